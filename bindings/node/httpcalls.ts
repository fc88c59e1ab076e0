import type { Endpoint } from "./address.js";
import { CONTROL, Err, HttpMethod, type SmallService } from "./constants.js";
import { readEndpoint } from "./inspect.js";
import { TftpCalls } from "./tftpcalls.js";

/** A request that waits to be answered. */
export interface HttpRequest {
  request: number;
  method: keyof typeof HttpMethod;
  /** As the client sent it; of an absolute form what follows the authority. Nothing is decoded. */
  target: string;
  /** Names in small letters, in the order in which they came. */
  fields: [name: string, value: string][];
  /** Octets of its body; null: it comes in chunks. */
  octets: number | null;
  client: Endpoint;
}
/** Which octets of the body are to be written: those of the range that was asked for, none for HEAD. */
export interface HttpPart {
  first: number;
  /** null: until `http_end`. */
  octets: number | null;
}

const UNKNOWN = 0xffff_ffff_ffff_ffffn;
const METHODS = new Map<number, keyof typeof HttpMethod>(
  Object.entries(HttpMethod).map(([name, number]) => [number, name as keyof typeof HttpMethod]),
);
const LINE = /^[!#$%&'*+.^_`|~\w-]+: [^\0\r\n]*$/;

/** The calls of the HTTP server and the small services, under the ABI's names. NOT_SUPPORTED in a module without them. */
export class HttpCalls extends TftpCalls {
  /** Listens on a port, or (0) no more; connections are of a buffer class. */
  http_serve(port: number, bufferClass = 0): number {
    return this.exports.http_serve?.(port, bufferClass) ?? Err.NOT_SUPPORTED;
  }
  /** The next request whose head has come, told once; or an error: WOULD_BLOCK. */
  http_asked(): HttpRequest | number {
    const request = this.exports.http_asked?.() ?? Err.NOT_SUPPORTED;
    if (request < 0) return request;
    const at = this.word(CONTROL.exchange);
    const [method, target, octets] = [0, 4, 8].map((offset) => this.view.getUint32(at + offset, true)) as [number, number, number];
    const body = this.view.getBigUint64(at + 16, true);
    const span = this.word(CONTROL.span);
    const text = Buffer.from(this.octets.subarray(span, span + target + octets)).toString("latin1");
    const fields = text.slice(target).split("\n").slice(0, -1);
    return {
      request,
      method: METHODS.get(method) as keyof typeof HttpMethod,
      target: text.slice(0, target),
      fields: fields.map((field) => [field.slice(0, field.indexOf(":")), field.slice(field.indexOf(":") + 1)]),
      octets: body === UNKNOWN ? null : Number(body),
      client: readEndpoint(this.view, this.control + CONTROL.remote),
    };
  }
  /** What there is of its body in one piece, as a copy; or an error: WOULD_BLOCK, END after the last. */
  http_read(request: number): Uint8Array | number {
    const octets = this.exports.http_read?.(request) ?? Err.NOT_SUPPORTED;
    if (octets < 0) return octets;
    const span = this.word(CONTROL.span);
    const part = this.octets.slice(span, span + octets);
    this.exports.http_read_done?.(request, octets);
    return part;
  }
  /** Answers with a status, fields and a body of so many octets (null: until `http_end`); answers which of them to write, or an error. */
  http_answer(request: number, status: number, fields: Record<string, string> = {}, octets: number | null = 0): HttpPart | number {
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    if (!lines.every((line) => LINE.test(line))) return Err.BAD_ARGUMENT;
    const text = Buffer.from(lines.map((line) => `${line}\r\n`).join(""), "latin1");
    const { exchange } = this;
    if (!this.exports.http_answer) return Err.NOT_SUPPORTED;
    if (text.length + 8 > exchange.length) return Err.TOO_LONG;
    const at = this.word(CONTROL.exchange);
    this.view.setBigUint64(at, octets === null ? UNKNOWN : BigInt(octets), true);
    exchange.set(text, 8);
    const wrong = this.exports.http_answer(request, status, text.length);
    if (wrong) return wrong;
    const owed = this.view.getBigUint64(at + 8, true);
    return { first: Number(this.view.getBigUint64(at, true)), octets: owed === UNKNOWN ? null : Number(owed) };
  }
  /** Octets of the answer that can be written now; 0: the client must take some first. */
  http_space(request: number): number {
    return this.exports.http_space?.(request) ?? Err.NOT_SUPPORTED;
  }
  /** Writes as much of `octets` from `from` on as there is room for in one piece; answers how many, or an error. */
  http_write(request: number, octets: Uint8Array, from = 0): number {
    const space = this.http_space(request);
    if (space <= 0) return space;
    const part = octets.subarray(from, from + space);
    this.octets.set(part, this.word(CONTROL.span));
    return this.exports.http_write?.(request, part.length) || part.length;
  }
  /** Ends an answer whose length was not known; what is not answered ends with its connection. */
  http_end(request: number): number {
    return this.exports.http_end?.(request) ?? Err.NOT_SUPPORTED;
  }
  /** Serves those of echo, discard, daytime, chargen and time whose bits of SmallService are set, and no others. */
  small_serve(which: SmallService | number): number {
    return this.exports.small_serve?.(which) ?? Err.NOT_SUPPORTED;
  }
}
