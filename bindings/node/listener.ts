import { EventEmitter } from "node:events";
import { Err, Option } from "./constants.js";
import { check, errorOf } from "./error.js";
import { applyExtensions, type TcpExtensions } from "./extensions.js";
import type { Client, Host } from "./host.js";
import type { Address } from "./inspect.js";
import { type StreamOptions, TcpSocket } from "./tcp.js";

/** Connections accepted before other sockets get their turn. */
const ACCEPT_BUDGET = 64;

/** What a listener does with its connections. */
export interface AcceptOptions extends StreamOptions, TcpExtensions {
  /** Turns Nagle's algorithm off for accepted connections. */
  noDelay?: boolean;
  /** Turns keepalives on for accepted connections. */
  keepAlive?: boolean;
  /** Asked about every connection before it is answered: true accepts, false refuses, null is silent, as is what throws. It has 30 seconds. */
  decide?: (asked: AskedConnection) => boolean | null | Promise<boolean | null>;
}

/** A connection that somebody would like to open. */
export interface AskedConnection {
  local: Address;
  remote: Address;
}

/**
 * A TCP listener. Emits `connection` with a TcpSocket, or is iterated with `for await`. Connections that nobody asks for wait in the backlog;
 * when that is full, further ones are met with silence.
 */
export class TcpListener extends EventEmitter implements Client, AsyncIterable<TcpSocket> {
  /** The address given; `0.0.0.0`: any of ours. */
  readonly host: string;
  readonly port: number;
  readonly #host: Host;
  readonly #options: AcceptOptions;
  readonly #waiters: ((result: IteratorResult<TcpSocket>) => void)[] = [];
  #handle: number;

  /** @internal */
  constructor(host: Host, handle: number, address: string, port: number, options: AcceptOptions) {
    super();
    this.#host = host;
    this.#handle = handle;
    this.host = address;
    this.port = port;
    this.#options = options;
    if (options.noDelay) check(host.core.socket_set(handle, Option.NODELAY, 1), "noDelay");
    if (options.keepAlive) check(host.core.socket_set(handle, Option.KEEPALIVE, 1), "keepAlive");
    if (options.decide) check(host.core.socket_set(handle, Option.DECIDE, 1), "decide");
    applyExtensions(host.core, handle, options);
    host.attach(handle, this);
    this.on("newListener", (name) => {
      if (name === "connection") queueMicrotask(() => this.ready());
    });
  }

  /** Whether connections are accepted; false after `close`. */
  get listening(): boolean {
    return this.#handle !== 0;
  }
  /** The handle in the stack; 0 when it was let go. */
  get handle(): number {
    return this.#handle;
  }
  /** The next connection; rejects when the listener is closed. */
  async accept(): Promise<TcpSocket> {
    const { value, done } = await this.#next();
    if (done) throw errorOf(Err.BAD_STATE, "accept");
    return value;
  }
  /** Accepts nothing more; connections that nobody took are reset. Those that were accepted go on. */
  close(): void {
    const handle = this.#handle;
    if (!handle) return;
    this.#handle = 0;
    this.#host.detach(handle);
    this.#host.core.tcp_close(handle);
    this.#host.schedule();
    for (const resolve of this.#waiters.splice(0)) resolve({ value: undefined, done: true });
    queueMicrotask(() => this.emit("close"));
  }
  [Symbol.asyncIterator](): AsyncIterator<TcpSocket> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.close();
        return { value: undefined, done: true };
      },
    };
  }

  /** @internal */
  ready(): void {
    if (this.#options.decide) this.#decideAll(this.#options.decide);
    for (let count = 0; this.#handle && this.#asked; count++) {
      if (count === ACCEPT_BUDGET) {
        this.#host.core.ready_rearm(this.#handle);
        this.#host.schedule();
        return;
      }
      const socket = this.#accept();
      if (!socket) return;
      const waiter = this.#waiters.shift();
      if (waiter) waiter({ value: socket, done: false });
      else this.emit("connection", socket);
    }
  }
  /** @internal */
  shut(): void {
    this.close();
  }

  #decideAll(decide: NonNullable<AcceptOptions["decide"]>): void {
    const { core } = this.#host;
    for (let asked = core.tcp_asked(this.#handle); asked > 0; asked = core.tcp_asked(this.#handle)) {
      const handle = asked;
      const ends = { local: core.local, remote: core.remote };
      const settle = (verdict: boolean | null) => {
        if (!this.#handle) return;
        core.tcp_decide(handle, verdict === null ? -1 : Number(Boolean(verdict)));
        this.#host.schedule();
      };
      new Promise<boolean | null>((resolve) => resolve(decide(ends))).then(settle, () => settle(null));
    }
  }
  get #asked(): boolean {
    return this.#waiters.length > 0 || this.listenerCount("connection") > 0;
  }
  #accept(): TcpSocket | null {
    const { core } = this.#host;
    const handle = core.tcp_accept(this.#handle);
    if (handle <= 0) return null;
    return new TcpSocket(this.#host, { handle, local: core.local, remote: core.remote, connecting: false }, this.#options);
  }
  #next(): Promise<IteratorResult<TcpSocket>> {
    if (!this.#handle) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.ready();
    });
  }
}
