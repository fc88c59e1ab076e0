import { Duplex } from "node:stream";
import { Err, Event, Option } from "./constants.js";
import type { Core } from "./core.js";
import { RingwireError, check, errorOf } from "./error.js";
import type { Client, Host } from "./host.js";
import type { Address, Status } from "./inspect.js";
import { integer } from "./validate.js";

/** Most octets handed to the stream in one piece. */
const CHUNK = 65536;

/** How a TCP stream behaves. */
export interface StreamOptions {
  /** true: the stream stays writable after the peer has closed. Default false: it then ends itself. */
  allowHalfOpen?: boolean;
}

/** Ends of an established connection, and its handle. */
export interface Connection {
  handle: number;
  local: Address;
  remote: Address;
  connecting: boolean;
}

interface Writing {
  readonly chunks: readonly Uint8Array[];
  /** The chunk that is written now, and how far. */
  index: number;
  offset: number;
  readonly done: (error?: Error | null) => void;
}

/**
 * A TCP connection as a stream. A slow reader holds the sender: octets leave the receive ring only when the stream takes them. A write is done
 * when its octets are in the send ring. `end` closes one half; `destroy` lets go (what was written is still sent), `destroy` with an error and
 * `resetAndDestroy` reset the connection. `urgent` tells, before those octets are read, how many lie before the end of urgent data; `stalled`, that
 * the same octets were sent again three times without an answer. A connection that ends by reset or timeout emits `error` with a RingwireError at once, whether
 * or not everything was read.
 */
export class TcpSocket extends Duplex implements Client {
  /** Until `connect` is emitted. */
  connecting: boolean;
  localAddress: string;
  localPort: number;
  remoteAddress: string;
  remotePort: number;
  readonly remoteFamily = "IPv4";
  readonly localFamily = "IPv4";
  bytesRead = 0;
  /** Octets that are in the send ring or were sent. */
  bytesWritten = 0;
  /** Milliseconds without traffic after which `timeout` is emitted; 0: never. */
  timeout = 0;

  readonly #host: Host;
  readonly #core: Core;
  #handle: number;
  /** The stream asks for octets. */
  #wanted = false;
  #writing: Writing | null = null;
  #ending: ((error?: Error | null) => void) | null = null;
  #resets = false;
  #idle: NodeJS.Timeout | undefined;

  /** @internal */
  constructor(host: Host, connection: Connection, options: StreamOptions = {}) {
    super({ allowHalfOpen: options.allowHalfOpen ?? false, decodeStrings: true });
    this.#host = host;
    this.#core = host.core;
    this.#handle = connection.handle;
    this.connecting = connection.connecting;
    this.localAddress = connection.local.address;
    this.localPort = connection.local.port;
    this.remoteAddress = connection.remote.address;
    this.remotePort = connection.remote.port;
    if (this.#handle) host.attach(this.#handle, this);
  }

  /** The handle in the stack; 0 when it was let go. */
  get handle(): number {
    return this.#handle;
  }
  /** Not yet connected: as `connecting`. */
  get pending(): boolean {
    return this.connecting;
  }
  /** As in `node:net`. */
  get readyState(): "opening" | "open" | "readOnly" | "writeOnly" | "closed" {
    if (this.connecting) return "opening";
    if (this.readable) return this.writable ? "open" : "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }
  /** The local end. */
  address(): { address: string; family: "IPv4"; port: number } {
    return { address: this.localAddress, family: "IPv4", port: this.localPort };
  }
  /** What the stack knows of the connection; null when it was let go. */
  status(): Status | null {
    return this.#handle ? this.#core.status(this.#handle) : null;
  }
  /** Turns Nagle's algorithm off or on again. */
  setNoDelay(noDelay = true): this {
    return this.#set(Option.NODELAY, noDelay ? 1 : 0);
  }
  /** Turns keepalives on or off; `initialDelay` (milliseconds) is the idle time before the first, 0 leaves it as it is. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    if (enable && initialDelay > 0) this.#set(Option.KEEP_IDLE, Math.ceil(initialDelay));
    return this.#set(Option.KEEPALIVE, enable ? 1 : 0);
  }
  /** The TOS octet of what is sent from now on: DSCP in the upper six bits; the lower two are the stack's. */
  setTypeOfService(tos: number): this {
    return this.#set(Option.TOS, integer(tos, 0, 255, "tos"));
  }
  /** Unread octets up to the end of what the peer called urgent; they stay in the stream. 0: nothing is. RFC 6093. */
  get urgent(): number {
    return this.status()?.urgent ?? 0;
  }
  /** How long sent octets may stay unacknowledged before the connection is given up, milliseconds. */
  setUserTimeout(ms: number): this {
    return this.#set(Option.USER_TIMEOUT, ms);
  }
  /** Emits `timeout` after so many milliseconds without traffic; 0: no longer. The connection goes on. */
  setTimeout(ms: number, callback?: () => void): this {
    clearTimeout(this.#idle);
    this.timeout = ms;
    this.#idle = ms > 0 && !this.destroyed ? setTimeout(() => this.emit("timeout"), ms) : undefined;
    if (callback && ms > 0) this.once("timeout", callback);
    else if (callback) this.off("timeout", callback);
    return this;
  }
  /** Does nothing: the stack keeps the process alive until it is closed. */
  ref(): this {
    return this;
  }
  /** Does nothing: the stack keeps the process alive until it is closed. */
  unref(): this {
    return this;
  }
  /** Ends the stream and lets go of it when everything is written. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }
  /** Resets the connection. */
  resetAndDestroy(): this {
    this.#resets = true;
    return this.destroy();
  }

  /** @internal The name of the other end was resolved, and the connection begins. */
  begin(handle: number, local: Address, remote: string): void {
    this.#handle = handle;
    this.localAddress = local.address;
    this.localPort = local.port;
    this.remoteAddress = remote;
    this.#host.attach(handle, this);
  }
  /** @internal */
  ready(events: number): void {
    if (events & Event.CONNECTED && this.connecting) this.#connected();
    if (events & Event.URGENT) this.emit("urgent", this.urgent);
    if (events & Event.STALLED) this.emit("stalled");
    if (events & (Event.READABLE | Event.FINISHED | Event.CLOSED)) this.#pull();
    if (events & Event.CLOSED) this.#closed();
    if (events & (Event.WRITABLE | Event.CLOSED)) this.#flush();
  }
  /** @internal */
  shut(): void {
    this.#resets = true;
    if (this.connecting) this.destroy(new RingwireError("ABORTED", "the stack was closed"));
    else this.destroy();
  }

  override _read(): void {
    this.#wanted = true;
    this.#pull();
  }
  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#writing = { chunks: [chunk], index: 0, offset: 0, done };
    this.#flush();
  }
  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#writing = { chunks: chunks.map(({ chunk }) => chunk), index: 0, offset: 0, done };
    this.#flush();
  }
  override _final(done: (error?: Error | null) => void): void {
    this.#ending = done;
    if (!this.connecting) this.#closeHalf();
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    this.connecting = false;
    const handle = this.#handle;
    if (handle) {
      this.#handle = 0;
      this.#host.detach(handle);
      if (error || this.#resets) this.#core.tcp_abort(handle);
      else this.#core.tcp_close(handle);
      this.#host.schedule();
    }
    const { done: written = null } = this.#writing ?? {};
    this.#writing = null;
    written?.(error ?? new RingwireError("ABORTED"));
    done(error);
  }

  #connected(): void {
    this.connecting = false;
    const status = this.status();
    if (status) {
      this.localAddress = status.local.address;
      this.localPort = status.local.port;
    }
    this.emit("connect");
    this.emit("ready");
    this.#flush();
    if (this.#ending) this.#closeHalf();
    this.#pull();
  }
  /** The connection is gone: says why, unless both sides have closed. */
  #closed(): void {
    if (!this.#handle) return;
    const error = this.status()?.error;
    if (error) this.destroy(errorOf(Err[error as keyof typeof Err]));
  }
  /** Moves octets from the receive ring into the stream as long as it takes them. What it would only throw away is not copied. */
  #pull(): void {
    while (this.#wanted && this.#handle && !this.connecting) {
      const ready = this.#core.tcp_receive_ready(this.#handle);
      if (ready === 0) return;
      if (ready < 0) {
        this.#ended(ready);
        return;
      }
      const count = Math.min(ready, CHUNK);
      const octets = this.#isUnheard() ? null : this.#copyOf(count);
      this.#core.tcp_receive_release(this.#handle, count);
      this.#host.schedule();
      this.bytesRead += count;
      this.#idle?.refresh();
      if (octets) this.#wanted = this.push(octets);
    }
  }
  /** Whether the stream flows and nobody listens, as after `resume()`. */
  #isUnheard(): boolean {
    return this.readableFlowing === true && this.listenerCount("data") === 0;
  }
  /** A copy of the oldest octets of the receive ring. */
  #copyOf(count: number): Buffer {
    const octets = Buffer.allocUnsafe(count);
    const span = this.#core.span;
    octets.set(this.#core.octets.subarray(span, span + count));
    return octets;
  }
  #ended(result: number): void {
    this.#wanted = false;
    if (result === Err.END) this.push(null);
    else this.destroy(errorOf(result));
  }
  /** Moves octets into the send ring; what does not fit waits for WRITABLE. */
  #flush(): void {
    const writing = this.#writing;
    if (!writing || !this.#handle || this.connecting) return;
    this.#idle?.refresh();
    while (writing.index < writing.chunks.length) {
      const chunk = writing.chunks[writing.index] as Uint8Array;
      const last = writing.index === writing.chunks.length - 1;
      const count = this.#core.tcp_write(this.#handle, chunk, writing.offset, last);
      this.#host.schedule();
      if (count < 0) {
        this.#writing = null;
        writing.done(errorOf(count));
        return;
      }
      this.bytesWritten += count;
      writing.offset += count;
      if (writing.offset < chunk.length) return;
      writing.index++;
      writing.offset = 0;
    }
    this.#writing = null;
    writing.done();
  }
  #closeHalf(): void {
    const done = this.#ending;
    this.#ending = null;
    if (this.#handle) {
      this.#core.tcp_close(this.#handle, true);
      this.#host.schedule();
    }
    done?.();
  }
  #set(option: Option, value: number): this {
    if (this.#handle) check(this.#core.socket_set(this.#handle, option, value), "socket option");
    return this;
  }
}
