import { EventEmitter } from "node:events";
import { parseAddress, parsePort } from "./address.js";
import { Err, Event, Option } from "./constants.js";
import { RingwireError, check, errorOf } from "./error.js";
import { Memberships, type SourceFilter } from "./groups.js";
import type { Client, Host } from "./host.js";
import type { Status } from "./inspect.js";
import { octetsOf } from "./validate.js";
import { type Sender, type Sending, waysOf } from "./ways.js";

/** Datagrams handed on before other sockets get their turn. */
const BUDGET = 256;

/** From whom a datagram came. */
export interface RemoteInfo {
  address: string;
  port: number;
  family: "IPv4";
  /** Octets of the datagram. */
  size: number;
  /** The address that it was sent to: one of ours, but for a transparent socket. */
  to: string;
  /** The port there. */
  toPort: number;
}

/** A datagram with its sender. */
export interface Message {
  data: Buffer;
  remote: RemoteInfo;
}

/**
 * A UDP socket. Emits `message` with a Buffer and a RemoteInfo, or is iterated with `for await`. Datagrams that nobody asks for wait in the
 * socket's ring; when that is full, further ones are dropped and counted (UDP_FULL). `error` is emitted for what ICMP reports, when somebody listens.
 */
export class UdpSocket extends EventEmitter implements Client, Sender, AsyncIterable<Message> {
  /** The address given; `0.0.0.0`: any of ours. */
  readonly host: string;
  readonly port: number;
  readonly #host: Host;
  readonly #waiters: ((result: IteratorResult<Message>) => void)[] = [];
  readonly #sends: Sending[] = [];
  readonly #memberships = new Memberships();
  #handle: number;
  /** The address that it is connected to. */
  #peer: string | null = null;

  /** @internal */
  constructor(host: Host, handle: number, address: string, port: number) {
    super();
    this.#host = host;
    this.#handle = handle;
    this.host = address;
    this.port = port;
    host.attach(handle, this);
    this.on("newListener", (name) => {
      if (name === "message") queueMicrotask(() => this.#receive());
    });
  }

  /** The handle in the stack; 0 when it was let go. */
  get handle(): number {
    return this.#handle;
  }
  /** The local end. */
  address(): { address: string; family: "IPv4"; port: number } {
    return { address: this.host, family: "IPv4", port: this.port };
  }
  /** Sends one datagram; without port and host where the socket is connected to. Settles when it is in the socket's ring, waiting for room where there is none, and behind the first to a neighbour that is not known until that answers; rejects with UNREACHABLE when it does not. A transparent socket may say `from` where it comes. */
  async send(data: Uint8Array | string, port?: number, host?: string, from?: { address: string; port: number }): Promise<void> {
    const octets = typeof data === "string" ? Buffer.from(data) : octetsOf(data, "send");
    const remote = port === undefined ? null : { port: parsePort(port, "port", 1), address: String(host ?? "missing") };
    if (remote) parseAddress(remote.address, "host");
    if (!this.#handle) throw errorOf(Err.BAD_HANDLE);
    return new Promise((resolve, reject) => {
      this.#sends.push({ data: octets, remote, from, resolve, reject });
      if (this.#sends.length === 1) this.#flush();
    });
  }
  /** Only datagrams of this peer are received, and `send` without a destination goes there. */
  connect(port: number, host: string): this {
    parseAddress(host, "host");
    check(this.#host.core.udp_connect(this.#open(), { port: parsePort(port, "port", 1), address: host }), "connect");
    this.#peer = host;
    return this;
  }
  /** Undoes `connect`. */
  disconnect(): this {
    check(this.#host.core.udp_connect(this.#open(), null), "disconnect");
    this.#peer = null;
    return this;
  }
  /** Whether datagrams may go to broadcast addresses. */
  setBroadcast(allow: boolean): this {
    check(this.#host.core.socket_set(this.#open(), Option.BROADCAST, allow ? 1 : 0), "broadcast");
    return this;
  }
  /** Time to live of what is sent, 1 to 255. */
  setTTL(ttl: number): this {
    check(this.#host.core.socket_set(this.#open(), Option.TTL, ttl), "TTL");
    return this;
  }
  /** Time to live of what is sent to groups, 1 to 255. Default 1. */
  setMulticastTTL(ttl: number): this {
    check(this.#host.core.socket_set(this.#open(), Option.MULTICAST_TTL, ttl), "multicast TTL");
    return this;
  }
  /** Whether what is sent to a group comes to members on this stack, too. Default true. */
  setMulticastLoopback(loop: boolean): this {
    check(this.#host.core.socket_set(this.#open(), Option.MULTICAST_LOOP, loop ? 1 : 0), "multicast loopback");
    return this;
  }
  /** Whether other sockets may be bound to the same port; they have the option then, too. */
  setReuse(reuse: boolean): this {
    check(this.#host.core.socket_set(this.#open(), Option.REUSE, reuse ? 1 : 0), "reuse");
    return this;
  }
  /** Receives what is sent to a group, from all but the excluded sources or only from the included ones; called again it replaces them. Throws BAD_ADDRESS, NO_ROOM. */
  setMembership(group: string, filter: SourceFilter = {}, interface_?: number): this {
    this.#memberships.set(this.#host.core, this.#open(), group, interface_, filter);
    this.#host.schedule();
    return this;
  }
  /** Joins a group, on the interface with this index or where a route leads. */
  addMembership(group: string, interface_?: number): this {
    return this.setMembership(group, {}, interface_);
  }
  /** Leaves a group with all its sources. */
  dropMembership(group: string, interface_?: number): this {
    return this.setMembership(group, { include: [] }, interface_);
  }
  /** Joins a group for one more source. */
  addSourceSpecificMembership(source: string, group: string, interface_?: number): this {
    return this.setMembership(group, { include: [...this.#memberships.included(group, interface_), source] }, interface_);
  }
  /** Leaves a group for a source. */
  dropSourceSpecificMembership(source: string, group: string, interface_?: number): this {
    const rest = this.#memberships.included(group, interface_).filter((each) => each !== source);
    return this.setMembership(group, { include: rest }, interface_);
  }
  /** What the stack knows of the socket; null when it was closed. */
  status(): Status | null {
    return this.#handle ? this.#host.core.status(this.#handle) : null;
  }
  /** The next datagram; rejects when the socket is closed. */
  async receive(): Promise<Message> {
    const { value, done } = await this.#next();
    if (done) throw errorOf(Err.BAD_HANDLE, "receive");
    return value;
  }
  /** Closes the socket; datagrams that wait for room are not sent, their promises reject. */
  close(): void {
    const handle = this.#handle;
    if (!handle) return;
    this.#handle = 0;
    this.#host.detach(handle);
    this.#host.core.udp_close(handle);
    this.#host.schedule();
    for (const { reject } of [...waysOf(this.#host).forget(this), ...this.#sends.splice(0)])
      reject(new RingwireError("ABORTED", "the socket was closed"));
    for (const resolve of this.#waiters.splice(0)) resolve({ value: undefined, done: true });
    queueMicrotask(() => this.emit("close"));
  }
  [Symbol.asyncIterator](): AsyncIterator<Message> {
    return {
      next: () => this.#next(),
      return: async () => {
        this.close();
        return { value: undefined, done: true };
      },
    };
  }

  /** @internal */
  ready(events: number): void {
    if (events & (Event.READABLE | Event.SOFT_ERROR)) this.#receive();
    if (events & Event.WRITABLE) this.#flush();
  }
  /** @internal */
  resume(sendings: Sending[]): void {
    this.#sends.unshift(...sendings);
    this.#flush();
  }
  /** @internal */
  shut(): void {
    this.close();
  }

  get #asked(): boolean {
    return this.#waiters.length > 0 || this.listenerCount("message") > 0;
  }
  #open(): number {
    if (!this.#handle) throw errorOf(Err.BAD_HANDLE);
    return this.#handle;
  }
  #receive(): void {
    const { core } = this.#host;
    for (let count = 0; this.#handle; count++) {
      if (count === BUDGET) {
        core.ready_rearm(this.#handle);
        this.#host.schedule();
        return;
      }
      const octets = core.udp_receive_ready(this.#handle);
      if (octets === Err.WOULD_BLOCK) return;
      if (octets < 0) this.#reported(errorOf(octets));
      else if (this.#asked) this.#take(octets);
      else return;
    }
  }
  #take(size: number): void {
    const { core } = this.#host;
    const span = core.span;
    const { address, port } = core.remote;
    const remote: RemoteInfo = { address, port, family: "IPv4", size, to: core.local.address, toPort: core.local.port };
    const data = Buffer.allocUnsafe(size);
    data.set(core.octets.subarray(span, span + size));
    core.udp_receive_release(this.#handle);
    const waiter = this.#waiters.shift();
    if (waiter) waiter({ value: { data, remote }, done: false });
    else this.emit("message", data, remote);
  }
  #reported(error: RingwireError): void {
    if (this.listenerCount("error")) this.emit("error", error);
  }
  /** Puts datagrams into the ring, in order for each destination, until there is no room: then WRITABLE comes. */
  #flush(): void {
    const ways = waysOf(this.#host);
    for (let first = this.#sends[0]; first && this.#handle; first = this.#sends[0]) {
      const to = first.remote ? first.remote.address : this.#peer;
      if (to !== null && ways.keep(to, this, first)) {
        this.#sends.shift();
        continue;
      }
      const result = this.#host.core.udp_write(this.#handle, first.data, first.remote, first.from);
      if (result === Err.WOULD_BLOCK) return;
      this.#sends.shift();
      if (result < 0) first.reject(errorOf(result, "send"));
      else first.resolve();
      if (result >= 0 && to !== null) ways.wrote(to, this.#handle);
      this.#host.schedule();
    }
  }
  #next(): Promise<IteratorResult<Message>> {
    if (!this.#handle) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#receive();
    });
  }
}
