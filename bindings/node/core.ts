import type { Endpoint } from "./address.js";
import { Clock, time } from "./clock.js";
import { ABI_VERSION, ARENA_START, CONTROL, type Counter, Err, Flag, type Option, type PoolIndex } from "./constants.js";
import { RingwireError } from "./error.js";
import { type GroupStatus, type SourceFilter, groupsOf, writeFilter } from "./groups.js";
import type { Address, InterfaceStatus, NeighbourStatus, Pool, RouteStatus, Status } from "./inspect.js";
import { Inspector, readEndpoint } from "./inspect.js";
import { OCTETS } from "./layout.js";
import { type Exports, type WasmSource, load } from "./module.js";
import { Rings } from "./rings.js";
import { NameCalls } from "./namecalls.js";
import { start } from "./start.js";
import { type ControlOptions, writeControl } from "./settings.js";
import { integer, octetsOf, only } from "./validate.js";

/** What `instantiate` takes. */
export interface CoreOptions extends ControlOptions {
  /** Octets of a module, or the path or URL of one. Default: the module shipped with the package. */
  wasm?: WasmSource;
  /** The host's clock at the start: milliseconds, any monotonic count. Default 0. */
  ms?: number;
  /** The part below a millisecond. Default 0. */
  us?: number;
  /** Most octets the memory may have. Default: what WebAssembly allows, 4 GB. */
  memoryLimit?: number;
}

const KNOWN = ["wasm", "seed", "ms", "us", "devices", "interfaces", "capacities", "settings", "arena", "memoryLimit"];

/**
 * A stack with nothing around it: no clock, no timer, no I/O. Frames and time go in, frames and answers come out.
 * Throws RingwireError when an option is wrong, the seed is missing, or memory does not suffice (the message says how much is needed).
 */
export async function instantiate(options: CoreOptions): Promise<Core> {
  only(options, KNOWN, "options");
  const limit = integer(options.memoryLimit ?? 2 ** 32, OCTETS.page, 2 ** 32, "memoryLimit");
  time(options.ms ?? 0, options.us ?? 0);
  const exports = await load(options.wasm);
  return new Core(exports, options, limit);
}

/** One instance of the stack. Made by `instantiate`. Calls under the names of the host interface answer as docs/abi.md says: negative is an error. */
export class Core extends NameCalls {
  /** Where the stack's state and rings lie: `[start, end)`. */
  readonly arena: { readonly start: number; readonly end: number };
  /** The frame rings of the devices. */
  readonly devices: readonly Rings[];

  readonly #inspector: Inspector;
  readonly #clock: Clock;

  /** @internal */
  constructor(exports: Exports, options: CoreOptions, limit: number) {
    super(exports, prepared(exports, options, limit));
    this.#inspector = new Inspector(exports, this.view, this.control);
    this.#clock = new Clock(options.ms ?? 0);
    const end = this.word(CONTROL.arenaEnd) || this.octets.length;
    this.arena = { start: this.word(CONTROL.arenaStart) || ARENA_START, end: Math.min(end, this.octets.length) };
    this.devices = options.devices.map((_, device) => new Rings(this.octets, this.words, this.control, device));
  }

  // ---- Frames and time ----

  /** Copies a frame into the receive ring of a device; false while the ring is full. */
  input(frame: Uint8Array, device = 0): boolean {
    return this.device(device).input(octetsOf(frame, "input"));
  }
  /** Does all work due. Answers 0 (poll again), or the milliseconds until something may be due, or 2^30 when nothing is armed. */
  poll(ms: number, us = 0): number {
    this.#clock.stamp(time(ms, us));
    return this.exports.poll(ms, us);
  }
  /** The first half of `poll`: reads frames, runs what expired; answers how many frames it read. */
  receive(ms: number, us = 0): number {
    this.#clock.stamp(time(ms, us));
    return this.exports.receive(ms, us);
  }
  /** The second half of `poll`: sends what is owed; answers as `poll`. */
  transmit(): number {
    return this.exports.transmit();
  }
  /** Takes all frames out of the transmit ring of a device, as copies. */
  output(device = 0): Uint8Array[] {
    const frames: Uint8Array[] = [];
    this.drain((frame) => frames.push(frame.slice()), device);
    return frames;
  }
  /** Takes all frames out of the transmit ring of a device without copying: a view holds during `visit` only. Answers how many. */
  drain(visit: (frame: Uint8Array) => void, device = 0): number {
    const rings = this.device(device);
    let count = 0;
    for (let frame = rings.peek(); frame; frame = rings.peek()) {
      visit(frame.subarray(0, rings.length));
      rings.take();
      count++;
    }
    return count;
  }
  /** Moves frames from the transmit ring of a device here to the receive ring of one of `to`, with few calls; answers how many fitted. */
  transfer(to: Core, device = 0, toDevice = 0): number {
    return this.device(device).transfer(to.device(toDevice));
  }
  /** The frame rings of a device; throws BAD_ARGUMENT when there is none. */
  device(device: number): Rings {
    const rings = this.devices[device];
    if (!rings) throw new RingwireError("BAD_ARGUMENT", `device ${device}: there are ${this.devices.length}`);
    return rings;
  }
  /** Something waits for a free slot of a transmit ring: take frames and poll again. */
  get txBlocked(): boolean {
    return (this.word(CONTROL.flags) & Flag.TX_BLOCKED) !== 0;
  }

  // ---- Readiness ----

  /** The next socket of an owner to which something happened, or 0; `events` says what. */
  ready_next(owner = 0): number {
    return this.exports.ready_next(owner);
  }
  /** Queues the socket again if there is still something to do. */
  ready_rearm(handle: number): number {
    return this.exports.ready_rearm(handle);
  }
  /** Event bits of the handle that `ready_next` answered. */
  get events(): number {
    return this.word(CONTROL.events);
  }
  /** Address of the octets that the last span call spoke of. */
  get span(): number {
    return this.word(CONTROL.span);
  }

  // ---- TCP ----

  /** Passive OPEN on `local`. */
  tcp_listen(local: Endpoint, bufferClass = 0, backlog = 16, owner = 0): number {
    return this.endpoint(CONTROL.local, local) || this.exports.tcp_listen(bufferClass, backlog, owner);
  }
  /** The oldest connection that waits; `local` and `remote` are its endpoints. */
  tcp_accept(listener: number): number {
    return this.exports.tcp_accept(listener);
  }
  /** The oldest SYN that waits for a listener with the option DECIDE to decide; `local` and `remote` are its ends. */
  tcp_asked(listener: number): number {
    return this.exports.tcp_asked?.(listener) ?? Err.NOT_SUPPORTED;
  }
  /** Decides on it: 1 answers it, 0 refuses, -1 forgets it in silence. */
  tcp_decide(handle: number, verdict: number): number {
    return this.exports.tcp_decide?.(handle, verdict) ?? Err.NOT_SUPPORTED;
  }
  /** Active OPEN to `remote`, from `local` or what the stack chooses. */
  tcp_connect(remote: Endpoint, local: Endpoint = {}, bufferClass = 0, owner = 0): number {
    const wrong = this.endpoint(CONTROL.remote, remote) || this.endpoint(CONTROL.local, local);
    return wrong || this.exports.tcp_connect(bufferClass, owner);
  }
  /** Free octets in one piece at `span`. */
  tcp_send_space(handle: number): number {
    return this.exports.tcp_send_space(handle);
  }
  /** The first `octets` of the span are the next of the stream. */
  tcp_send_commit(handle: number, octets: number, push = true): number {
    return this.exports.tcp_send_commit(handle, octets, push ? 1 : 0);
  }
  /** Octets that can be read, in one piece at `span`. */
  tcp_receive_ready(handle: number): number {
    return this.exports.tcp_receive_ready(handle);
  }
  /** The first `octets` of the span were read. */
  tcp_receive_release(handle: number, octets: number): number {
    return this.exports.tcp_receive_release(handle, octets);
  }
  /** `half`: nothing more to send, the handle stays; otherwise the handle is let go and what was committed is still sent. */
  tcp_close(handle: number, half = false): number {
    return this.exports.tcp_close(handle, half ? 1 : 0);
  }
  /** Resets the connection; the handle is stale from now on. */
  tcp_abort(handle: number): number {
    return this.exports.tcp_abort(handle);
  }
  /** The state as a number, or an error; `status` reads the whole record. */
  tcp_status(handle: number): number {
    return this.exports.tcp_status(handle);
  }
  /** Copies as much of `octets` from `from` on into the send ring as fits; answers how many octets, or an error. */
  tcp_write(handle: number, octets: Uint8Array, from = 0, push = true): number {
    octetsOf(octets, "tcp_write");
    let at = integer(from, 0, octets.length, "tcp_write: from");
    while (at < octets.length) {
      const space = this.exports.tcp_send_space(handle);
      if (space < 0) return space;
      if (space === 0) break;
      const count = Math.min(space, octets.length - at);
      this.octets.set(at || count < octets.length ? octets.subarray(at, at + count) : octets, this.span);
      at += count;
      const committed = this.exports.tcp_send_commit(handle, count, push && at === octets.length ? 1 : 0);
      if (committed < 0) return committed;
    }
    return at - from;
  }
  /** Takes what can be read in one piece, at most `most` octets: a copy, or null when nothing is ready, or the error (`END` too). */
  tcp_read(handle: number, most = 0x7fffffff): Uint8Array | number | null {
    const ready = this.exports.tcp_receive_ready(handle);
    if (ready <= 0) return ready || null;
    const count = Math.min(ready, most);
    const span = this.span;
    const octets = this.octets.slice(span, span + count);
    this.exports.tcp_receive_release(handle, count);
    return octets;
  }

  // ---- UDP, ping and options ----

  /** A UDP socket on `local`; port 0 or missing: one is chosen, then in `local`. */
  udp_bind(local: Endpoint = {}, owner = 0): number {
    return this.endpoint(CONTROL.local, local) || this.exports.udp_bind(owner);
  }
  /** Only datagrams of `remote` are received, and sends go there; null undoes it. */
  udp_connect(handle: number, remote: Endpoint | null): number {
    return this.endpoint(CONTROL.remote, remote ?? {}) || this.exports.udp_connect(handle);
  }
  /** Room for one datagram at `span`; 0: none now. */
  udp_send_space(handle: number): number {
    return this.exports.udp_send_space(handle);
  }
  /** Sends the first `octets` of the span to `remote` (null: where the socket is connected to); a socket with ANY_PORT may say from where. */
  udp_send_commit(handle: number, octets: number, remote: Endpoint | null = null, local?: Endpoint): number {
    const wrong = (remote && this.endpoint(CONTROL.remote, remote)) || (local && this.endpoint(CONTROL.local, local));
    if (!local) this.view.setUint32(this.control + CONTROL.local + 4, 0);
    return wrong || this.exports.udp_send_commit(handle, octets);
  }
  /** Length of the oldest datagram, which is at `span`; `remote` is from whom, `local` to which address. */
  udp_receive_ready(handle: number): number {
    return this.exports.udp_receive_ready(handle);
  }
  /** Drops the oldest datagram. */
  udp_receive_release(handle: number): number {
    return this.exports.udp_receive_release(handle);
  }
  /** Closes a UDP or ping socket; what it queued is still sent. */
  udp_close(handle: number): number {
    return this.exports.udp_close(handle);
  }
  /** 0, or an error; `status` reads the whole record. */
  udp_status(handle: number): number {
    return this.exports.udp_status(handle);
  }
  /** Copies one datagram into the send ring; answers its octets, WOULD_BLOCK when there is no room, or an error. */
  udp_write(handle: number, octets: Uint8Array, remote: Endpoint | null = null, local?: Endpoint): number {
    octetsOf(octets, "udp_write");
    const space = this.exports.udp_send_space(handle);
    if (space < 0) return space;
    if (space === 0) return Err.WOULD_BLOCK;
    if (octets.length > space) return Err.TOO_LONG;
    this.octets.set(octets, this.span);
    return this.udp_send_commit(handle, octets.length, remote, local);
  }
  /** Takes the oldest datagram: a copy, or the error (`WOULD_BLOCK`: none). `remote` is from whom. */
  udp_read(handle: number): Uint8Array | number {
    const length = this.exports.udp_receive_ready(handle);
    if (length < 0) return length;
    const span = this.span;
    const octets = this.octets.slice(span, span + length);
    this.exports.udp_receive_release(handle);
    return octets;
  }
  /** Receives what is sent to a group (at its interface; missing: where a route leads), from all sources but those excluded or only from those included. */
  udp_join(handle: number, group: Endpoint, filter: SourceFilter = {}): number {
    const wrong = this.endpoint(CONTROL.remote, group);
    const sources = wrong || writeFilter(this, filter);
    return sources < 0 ? sources : (this.exports.udp_join?.(handle, filter.include ? 0 : 1, sources) ?? Err.NOT_SUPPORTED);
  }
  /** Receives nothing of a group any more. */
  udp_leave(handle: number, group: Endpoint): number {
    return this.endpoint(CONTROL.remote, group) || (this.exports.udp_leave?.(handle) ?? Err.NOT_SUPPORTED);
  }
  /** An ICMP echo socket on `local` for the `udp_` calls; NOT_SUPPORTED in a module without ping sockets. */
  ping_open(owner = 0, local: Endpoint = {}): number {
    if (!this.exports.ping_open) return Err.NOT_SUPPORTED;
    return this.endpoint(CONTROL.local, local) || this.exports.ping_open(owner);
  }
  /** A raw IP socket for a protocol on `local`, for the `udp_` calls; NOT_SUPPORTED in a module without raw sockets. */
  raw_open(protocol: number, owner = 0, local: Endpoint = {}): number {
    if (!this.exports.raw_open) return Err.NOT_SUPPORTED;
    return this.endpoint(CONTROL.local, local) || this.exports.raw_open(protocol, owner);
  }
  /** Sets an option; BAD_ARGUMENT for what is out of range or does not apply. */
  socket_set(handle: number, option: Option, value: number): number {
    return this.exports.socket_set(handle, option, value);
  }
  /** The value of an option. */
  socket_get(handle: number, option: Option): number {
    return this.exports.socket_get(handle, option);
  }
  /** The socket in place `index` of a pool; 0 when the place is free. */
  socket_at(pool: PoolIndex, index: number): number {
    return this.exports.socket_at(pool, index);
  }
  /** Adds a route to `network` with this prefix length at its interface (missing: 0), through `gateway` or, without one, on link; its port is the metric. */
  route_add(network: Endpoint, prefix: number, gateway: Endpoint = {}): number {
    const wrong = this.endpoint(CONTROL.remote, { interface: 0, ...network }) || this.endpoint(CONTROL.local, gateway);
    return wrong || this.exports.route_add(prefix);
  }
  /** Removes the routes to `network` with this prefix length at its interface (missing: 0) whose metric is its port (missing: 0). */
  route_remove(network: Endpoint, prefix: number): number {
    return this.endpoint(CONTROL.remote, { interface: 0, ...network }) || this.exports.route_remove(prefix);
  }
  /** The endpoint that the last call left in `local`. */
  get local(): Address {
    return readEndpoint(this.view, this.control + CONTROL.local);
  }
  /** The endpoint that the last call left in `remote`. */
  get remote(): Address {
    return readEndpoint(this.view, this.control + CONTROL.remote);
  }

  // ---- Looking inside ----

  /** Octets of the arena that state and rings take. */
  get memoryUsed(): number {
    return this.word(CONTROL.memoryNeeded);
  }
  /** All counters by name. */
  counters(): Record<keyof typeof Counter, number> {
    return this.#inspector.counters();
  }
  /** One counter. */
  counter(name: keyof typeof Counter): number {
    return this.#inspector.counter(name);
  }
  /** All pools by name: how many records there are and how many are taken. */
  pools(): Record<keyof typeof PoolIndex, Pool> {
    return this.#inspector.pools();
  }
  /** The interfaces with their addresses, as the stack has them. */
  interfaces(): InterfaceStatus[] {
    return this.#inspector.interfaces();
  }
  /** The hosts on link that ARP knows or asks for. */
  neighbours(): NeighbourStatus[] {
    return this.#inspector.neighbours(this.#clock.now);
  }
  /** The groups that interfaces listen to, with the MAC addresses that their devices must let in. */
  groups(): GroupStatus[] {
    return groupsOf(this);
  }
  /** The routes that were added. */
  routes(): RouteStatus[] {
    return this.#inspector.routes();
  }
  /** Every socket there is, half-open connections and TIME-WAIT records too. */
  sockets(): Status[] {
    return this.#inspector.sockets();
  }
  /** The status of one socket; null when the handle is stale. */
  status(handle: number): Status | null {
    return this.#inspector.status(handle);
  }
  /** A hash of everything the stack would act upon; throws NOT_SUPPORTED in a module without it. */
  stateHash(): number {
    const hash = this.exports.state_hash?.() ?? Err.NOT_SUPPORTED;
    if (hash === Err.NOT_SUPPORTED) throw new RingwireError("NOT_SUPPORTED", "this module has no state hash");
    return hash >>> 0;
  }
  /** Mailbox word `i`, 0 to 63: shared with applications inside the module. */
  mail(i: number): number {
    return this.view.getUint32(this.control + CONTROL.mailbox + integer(i, 0, 63, "mailbox word") * 4, true);
  }
  /** Writes mailbox word `i`, 0 to 63. */
  setMail(i: number, value: number): void {
    this.view.setUint32(this.control + CONTROL.mailbox + integer(i, 0, 63, "mailbox word") * 4, value, true);
  }
}

/** Writes the options and runs `init`; answers the address of the control block. */
function prepared(exports: Exports, options: CoreOptions, limit: number): number {
  const control = exports.control();
  const view = new DataView(exports.memory.buffer);
  const found = view.getUint32(control + CONTROL.abi, true);
  if (found !== ABI_VERSION) throw new RingwireError("BAD_ARGUMENT", `wasm: host interface ${found} (expected ${ABI_VERSION})`);
  writeControl(view, control, options);
  start(exports, control, options, limit);
  return control;
}

export { type ErrorCode, RingwireError } from "./error.js";
export type { Endpoint } from "./address.js";
export type { GroupStatus, SourceFilter } from "./groups.js";
export type { DhcpdOptions, DhcpOptions, DhcpStatus, Lease } from "./dhcpcalls.js";
export type { FilterRule, Ports } from "./filtercalls.js";
export type { HttpPart, HttpRequest } from "./httpcalls.js";
export type { Address, InterfaceStatus, NeighbourStatus, Pool, Protocol, RouteStatus, Status } from "./inspect.js";
export type { NameAnswer, RecordData, RecordType, Service } from "./namecalls.js";
export type { Exports, WasmMemory, WasmSource } from "./module.js";
export { Rings } from "./rings.js";
export type { BufferClass, Capacities, ControlOptions, DeviceOptions, InterfaceOptions, Kind, Settings } from "./settings.js";
export * from "./constants.js";
