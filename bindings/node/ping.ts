import { Err, Event, Option } from "./constants.js";
import { check, type ErrorCode, RingwireError, errorOf } from "./error.js";
import type { Client, Host } from "./host.js";
import { integer, number } from "./validate.js";

/** The answer to one echo request. */
export interface Echo {
  /** Who answered. */
  address: string;
  /** Round trip, milliseconds, with fractions. */
  ms: number;
  sequence: number;
  /** Octets of data in the reply. */
  size: number;
  /** Whether the data came back as they were sent. */
  intact: boolean;
}

/** What ICMP, or the stack itself, says became of an echo request. */
export class PingError extends RingwireError {
  /** Who says so; null: the stack itself. */
  readonly from: string | null;
  /** ICMP type and code; -1 without ICMP. */
  readonly type: number;
  readonly icmpCode: number;
  /** MTU of the next hop, 0 when not told. */
  readonly mtu: number;
  /** Milliseconds since the request was sent. */
  readonly ms: number;

  /** @internal */
  constructor(code: ErrorCode, message: string, told: { from: string | null; what: number; mtu: number; ms: number }) {
    super(code, message);
    this.from = told.from;
    this.type = told.from ? told.what >> 8 : -1;
    this.icmpCode = told.from ? told.what & 255 : -1;
    this.mtu = told.mtu;
    this.ms = told.ms;
  }
}

/** How one echo request is sent. */
export interface PingOptions {
  /** Milliseconds to wait for the reply. Default 5000. */
  timeout?: number;
  /** Octets of data. Default 56. */
  size?: number;
  /** 0 to 65,535. Default: counts up. */
  sequence?: number;
  /** Time to live, 1 to 255. Default: the stack's. */
  ttl?: number;
}

interface Waiting {
  readonly address: string;
  readonly data: Uint8Array;
  readonly sentAt: number;
  readonly timer: NodeJS.Timeout;
  readonly resolve: (echo: Echo) => void;
  readonly reject: (error: Error) => void;
}

/** Sends ICMP echo requests and waits for their replies, many at a time. */
export class Pinger implements Client {
  readonly #host: Host;
  readonly #waiting = new Map<number, Waiting>();
  #handle: number;
  #sequence = 0;
  /** TTL of requests that name none. */
  readonly #ttl: number;

  /** @internal */
  constructor(host: Host, handle: number) {
    this.#host = host;
    this.#handle = handle;
    this.#ttl = host.core.socket_get(handle, Option.TTL);
    host.attach(handle, this);
  }

  /** Requests that wait for their reply. */
  get waiting(): number {
    return this.#waiting.size;
  }
  /** Sends one request; rejects with TIMED_OUT, with what ICMP reports, or when it cannot be sent. */
  ping(address: string, { timeout = 5000, size = 56, sequence = this.#sequence, ttl = this.#ttl }: PingOptions = {}): Promise<Echo> {
    if (!this.#handle) return Promise.reject(errorOf(Err.BAD_HANDLE, "ping"));
    const wrong = rangeError(() => {
      integer(size, 0, 65_507, "ping: size");
      integer(sequence, 0, 65_535, "ping: sequence");
      check(this.#host.core.socket_set(this.#handle, Option.TTL, integer(ttl, 1, 255, "ping: ttl")), "ping: ttl");
      number(timeout, 0, 0x7fffffff, "ping: timeout");
    });
    if (wrong) return Promise.reject(wrong);
    if (this.#waiting.has(sequence))
      return Promise.reject(new RingwireError("IN_USE", `ping: sequence number ${sequence} is on its way already`));
    const data = Uint8Array.from({ length: size }, (_, i) => (i + sequence) & 255);
    const result = this.#host.core.udp_write(this.#handle, data, { address, port: sequence });
    if (result < 0) return Promise.reject(errorOf(result, `ping ${address}`));
    this.#sequence = (sequence + 1) & 0xffff;
    this.#host.schedule();
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => this.#fail(sequence, new RingwireError("TIMED_OUT", `ping ${address}: no reply within ${timeout} ms`)),
        timeout,
      );
      this.#waiting.set(sequence, { address, data, sentAt: performance.now(), timer, resolve, reject });
    });
  }
  /** Lets go of the socket; what waits is rejected. */
  close(): void {
    const handle = this.#handle;
    if (!handle) return;
    this.#handle = 0;
    this.#host.detach(handle);
    this.#host.core.udp_close(handle);
    for (const sequence of [...this.#waiting.keys()]) this.#fail(sequence, new RingwireError("ABORTED", "ping: closed"));
  }

  /** @internal */
  ready(events: number): void {
    if (!(events & (Event.READABLE | Event.SOFT_ERROR))) return;
    const { core } = this.#host;
    while (this.#handle) {
      const reply = core.udp_read(this.#handle);
      if (reply === Err.WOULD_BLOCK || reply === Err.BAD_HANDLE) return;
      if (typeof reply === "number") this.#reported(reply);
      else this.#answered(core.remote.address, core.remote.port, reply);
    }
  }
  /** @internal */
  shut(): void {
    this.close();
  }

  #answered(address: string, sequence: number, data: Uint8Array): void {
    const waiting = this.#waiting.get(sequence);
    if (!waiting || (waiting.address !== address && !waiting.address.endsWith(".255"))) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(sequence);
    const intact = Buffer.compare(data, waiting.data) === 0;
    waiting.resolve({ address, ms: performance.now() - waiting.sentAt, sequence, size: data.length, intact });
  }
  /** Something became of a request; where the neighbour did not answer, of all to that host. */
  #reported(result: number): void {
    const { core } = this.#host;
    const { address, port } = core.remote;
    const { address: by, port: what } = core.local;
    const from = by === "0.0.0.0" ? null : by;
    for (const [sequence, { address: to, sentAt }] of [...this.#waiting]) {
      const isOfAll = !from && result === Err.UNREACHABLE;
      if (to !== address || (sequence !== port && !isOfAll)) continue;
      const { code, message } = errorOf(result, `ping ${to}`);
      const text = from ? `${message}, says ${from}` : message;
      this.#fail(sequence, new PingError(code, text, { from, what, mtu: core.span, ms: performance.now() - sentAt }));
    }
  }
  #fail(sequence: number, error: Error): void {
    const waiting = this.#waiting.get(sequence);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(sequence);
    waiting.reject(error);
  }
}

/** What a check throws, or null. */
function rangeError(check: () => void): Error | null {
  try {
    check();
    return null;
  } catch (error) {
    return error as Error;
  }
}
