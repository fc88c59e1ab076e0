import { Err } from "./constants.js";
import { check, errorOf } from "./error.js";
import type { Host } from "./host.js";
import type { HttpRequest } from "./httpcalls.js";

/** A request, and its body as it comes. A body that is not read to its end ends the connection after the answer. */
export interface WebRequest extends HttpRequest {
  body: AsyncIterable<Uint8Array>;
}
/** What a request is answered with. */
export interface WebAnswer {
  /** Default 200. */
  status?: number;
  fields?: Record<string, string>;
  /** Octets, or a source of them: only what the client wants of it is read. */
  body?: Uint8Array | string | WebBody;
}
/** A body that is read piece by piece. */
export interface WebBody {
  /** Octets in all; null: not known, which HTTP/1.1 gets in chunks. */
  octets: number | null;
  /** `octets` of them from `first` on; null: all. */
  read(first: number, octets: number | null): AsyncIterable<Uint8Array>;
}
/** Answers a request. What it throws ends the connection. */
export type WebHandler = (request: WebRequest) => WebAnswer | Promise<WebAnswer>;

/** The HTTP server inside the stack, with a handler of the host's. Made by `stack.serveHttp`. */
export class WebServer {
  readonly #host: Host;
  readonly #handler: WebHandler;
  #waiting: (() => void)[] = [];
  #closed = false;

  /** @internal */
  constructor(host: Host, port: number, bufferClass: number, handler: WebHandler) {
    this.#host = host;
    this.#handler = handler;
    check(host.core.http_serve(port, bufferClass), `serveHttp ${port}`);
  }
  /** Listens no more; who has asked is still answered. */
  close(): void {
    if (!this.#closed) this.#host.core.http_serve(0);
    this.#closed = true;
  }
  /** @internal Takes the requests that have come, and lets those go on that wait. */
  look(): void {
    for (let asked = this.#host.core.http_asked(); typeof asked === "object"; asked = this.#host.core.http_asked()) void this.#serve(asked);
    for (const go of this.#waiting.splice(0)) go();
  }

  async #serve(asked: HttpRequest): Promise<void> {
    try {
      await this.#answer(asked);
    } catch {
      this.#host.core.http_end(asked.request); // BAD_HANDLE when the client has gone
    }
    this.#host.schedule();
    this.look(); // the next request of this connection may be there already
  }
  async #answer(asked: HttpRequest): Promise<void> {
    const { core } = this.#host;
    const { request } = asked;
    const { status = 200, fields = {}, body = "" } = await this.#handler({ ...asked, body: this.#body(request) });
    const source = typeof body === "string" ? Buffer.from(body) : body;
    const octets = source instanceof Uint8Array ? source.length : source.octets;
    const part = await this.#until(() => core.http_answer(request, status, fields, octets));
    if (part.octets === 0) return;
    if (source instanceof Uint8Array) await this.#write(request, source.subarray(part.first, part.first + (part.octets ?? 0)));
    else for await (const piece of source.read(part.first, part.octets)) await this.#write(request, piece);
    if (part.octets === null) await this.#until(() => core.http_end(request));
  }
  async #write(request: number, octets: Uint8Array): Promise<void> {
    for (let at = 0; at < octets.length; ) {
      const written = check(this.#host.core.http_write(request, octets, at), "write");
      at += written;
      if (!written) await this.#later();
    }
  }
  async *#body(request: number): AsyncGenerator<Uint8Array, void, void> {
    for (;;) {
      const part = this.#host.core.http_read(request);
      if (part === Err.END) return;
      if (part instanceof Uint8Array) yield part;
      else if (part === Err.WOULD_BLOCK) await this.#later();
      else throw errorOf(part as number, "read");
    }
  }
  /** Asks again while the answer is WOULD_BLOCK. */
  async #until<T>(what: () => T | number): Promise<T> {
    for (;;) {
      const result = what();
      if (typeof result !== "number" || result >= 0) return result as T;
      if (result !== Err.WOULD_BLOCK) throw errorOf(result, "answer");
      await this.#later();
    }
  }
  #later(): Promise<void> {
    this.#host.schedule();
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}
