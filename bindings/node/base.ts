import { type Endpoint, ipv4Number } from "./address.js";
import { CONTROL, Err, EXCHANGE_OCTETS } from "./constants.js";
import { writeEndpoint } from "./inspect.js";
import type { Exports, WasmMemory } from "./module.js";

/** A module that was initialized, and its memory: what all calls of the host interface stand on. */
export class Base {
  /** The module's own exports. */
  readonly exports: Exports;
  /** The module's memory; it does not grow any more. */
  readonly memory: WasmMemory;
  /** All octets of the memory. */
  readonly octets: Uint8Array;
  /** The same as little-endian fields. */
  readonly view: DataView;
  /** Address of the control block. */
  readonly control: number;
  /** The memory as aligned words. */
  protected readonly words: Uint32Array;

  /** @internal */
  constructor(exports: Exports, control: number) {
    this.exports = exports;
    this.control = control;
    this.memory = exports.memory;
    this.octets = new Uint8Array(this.memory.buffer);
    this.view = new DataView(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
  }

  /** Names and lists that calls take and leave; empty in a module that has no such calls. */
  get exchange(): Uint8Array {
    const at = this.word(CONTROL.exchange);
    return this.octets.subarray(at, at + (at ? EXCHANGE_OCTETS : 0));
  }

  /** Puts calls in front of the module's own; answers what takes them away again. @internal */
  around(calls: (inner: Exports) => Partial<Pick<Exports, "poll" | "receive" | "transmit">>): () => void {
    const inner = this.exports;
    const properties = Object.entries(calls(inner)).map(([name, value]) => [name, { value, enumerable: true }]);
    const own = this as { exports: Exports };
    own.exports = Object.create(inner, Object.fromEntries(properties)) as Exports;
    return () => {
      own.exports = inner;
    };
  }

  /** Writes a text into the exchange; answers its octets, TOO_LONG, or NOT_SUPPORTED in a module without an exchange. */
  protected pass(text: string): number {
    const octets = new TextEncoder().encode(text);
    const { exchange } = this;
    if (octets.length > exchange.length) return exchange.length ? Err.TOO_LONG : Err.NOT_SUPPORTED;
    exchange.set(octets);
    return octets.length;
  }
  /** A word of the control block. */
  protected word(offset: number): number {
    return this.words[(this.control + offset) >>> 2] as number;
  }
  /** Writes an endpoint record; answers BAD_ADDRESS when the address is none, BAD_ARGUMENT when the port is none, otherwise 0. */
  protected endpoint(record: number, endpoint: Endpoint): number {
    if (typeof endpoint !== "object" || endpoint === null) return Err.BAD_ARGUMENT;
    const { address = "0.0.0.0", port = 0, interface: index = -1 } = endpoint;
    const ip = ipv4Number(address);
    if (ip < 0) return Err.BAD_ADDRESS;
    if (!Number.isInteger(port) || port < 0 || port > 65535) return Err.BAD_ARGUMENT;
    writeEndpoint(this.view, this.control + record, ip, port, index);
    return 0;
  }
}
