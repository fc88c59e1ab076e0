import { EventEmitter } from "node:events";
import { type Endpoint, parseAddress, parsePort } from "./address.js";
import { CLASSES, type Counter, type PoolIndex } from "./constants.js";
import { type Core, type DhcpdOptions, type DhcpStatus, instantiate, type Lease } from "./core.js";
import { Configuring, type DhcpWish } from "./configuring.js";
import type { Driver } from "./driver.js";
import { RingwireError, check, errorOf } from "./error.js";
import { applyExtensions, checkExtensions, EXTENSIONS, type TcpExtensions } from "./extensions.js";
import type { Client, Host } from "./host.js";
import type { InterfaceStatus, Pool, Status } from "./inspect.js";
import { type AcceptOptions, TcpListener } from "./listener.js";
import { Loop } from "./loop.js";
import { type StackOptions, coreOptions, dhcpWishes } from "./options.js";
import { type Echo, type PingOptions, Pinger } from "./ping.js";
import { StackPort } from "./stackport.js";
import { type StreamOptions, TcpSocket } from "./tcp.js";
import { UdpSocket } from "./udp.js";
import { integer, only } from "./validate.js";

/** Where and how to connect. */
export interface ConnectOptions extends StreamOptions, TcpExtensions {
  /** Dotted IPv4 address. */
  host: string;
  port: number;
  /** Default: chosen by the stack. */
  localAddress?: string;
  /** Default: chosen by the stack. */
  localPort?: number;
  /** Buffer class, 0 to 3. Default 0. */
  class?: number;
  /** Turns Nagle's algorithm off. */
  noDelay?: boolean;
  /** Turns keepalives on. */
  keepAlive?: boolean;
  /** Gives up when it is aborted. */
  signal?: AbortSignal;
}

/** Where and how to listen. */
export interface ListenOptions extends AcceptOptions {
  port: number;
  /** One of our addresses. Default: any. */
  host?: string;
  /** Connections that wait to be accepted, and as many half-open ones. Default 128. */
  backlog?: number;
  /** Buffer class of accepted connections, 0 to 3. Default 0. */
  class?: number;
}

/** Where to receive datagrams. */
export interface BindOptions {
  /** 0 or missing: chosen by the stack. */
  port?: number;
  /** One of our addresses. Default: any. */
  host?: string;
  /** Datagrams may go to broadcast addresses. */
  broadcast?: boolean;
}

/** Sockets served in one round, before frames get their turn. */
const SERVE_BUDGET = 4096;
const CONNECT = ["host", "port", "localAddress", "localPort", "class", "noDelay", "keepAlive", "signal", "allowHalfOpen", ...EXTENSIONS];
const LISTEN = ["port", "host", "backlog", "class", "noDelay", "keepAlive", "allowHalfOpen", ...EXTENSIONS];

/** Drivers that a stack has, or had. */
const OWNED = new WeakSet<Driver>();

/** Makes a stack on the drivers given, and starts it. They belong to it from now on: they are stopped with it, and when it cannot be made. Throws RingwireError. */
export async function createStack(options: StackOptions): Promise<Stack> {
  const given = Array.isArray(options?.interfaces) ? options.interfaces.map((each) => each?.driver).filter(Boolean) : [];
  const isTaken = given.some((driver, i) => OWNED.has(driver) || given.indexOf(driver) !== i);
  try {
    if (isTaken) throw new RingwireError("IN_USE", "interfaces: a driver serves one interface of one stack, once (open another one)");
    const { core, drivers } = coreOptions(options);
    const now = performance.now();
    core.ms = Math.floor(now);
    const stack = new Stack(await instantiate(core), drivers, dhcpWishes(options.interfaces));
    for (const driver of drivers) OWNED.add(driver);
    return stack;
  } catch (error) {
    await Promise.all(given.filter((driver) => !OWNED.has(driver)).map((driver) => driver?.stop?.()));
    throw error;
  }
}

/**
 * A running stack. It keeps the process alive until it is closed. Emits `error` with a RingwireError when a device is lost, when somebody
 * listens, `configured` with index and DhcpStatus when an interface that DHCP configures has changed, and `close`.
 */
export class Stack extends EventEmitter implements Host {
  /** The thin layer below. */
  readonly core: Core;
  /** Errors of devices that are lost. */
  readonly failures: RingwireError[] = [];
  readonly #drivers: readonly Driver[];
  readonly #clients = new Map<number, Client>();
  readonly #loop: Loop;
  readonly #configuring: Configuring;
  #pinger: Pinger | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(core: Core, drivers: readonly Driver[], wishes: ReadonlyMap<number, DhcpWish> = new Map()) {
    super();
    this.core = core;
    this.#drivers = drivers;
    this.#configuring = new Configuring(core, wishes, (index, status) => setImmediate(() => this.emit("configured", index, status)));
    this.#loop = new Loop(core, drivers, () => this.#serve());
    const events = {
      wake: (now: boolean) => (now ? this.#loop.run() : this.#loop.schedule()),
      failed: (error: RingwireError) => this.#failed(error),
    };
    drivers.forEach((driver, device) => {
      driver.start(new StackPort(core.device(device), events));
    });
    this.#loop.schedule();
  }

  /** Whether it was closed. */
  get closed(): boolean {
    return this.#closing !== undefined;
  }
  /** Settles when every interface that DHCP configures has an address; at once when there is none. Rejects when the stack is closed before. */
  get ready(): Promise<void> {
    return this.#configuring.ready;
  }
  /** What DHCP knows of an interface. */
  dhcp(index = 0): DhcpStatus {
    const status = this.core.dhcp_status(index);
    if (typeof status === "number") throw errorOf(status, `dhcp ${index}`);
    return status;
  }
  /** Leases addresses on an interface; answers how many. Throws RingwireError. */
  serveDhcp(options: DhcpdOptions, index = 0): number {
    this.ensureOpen();
    only(options, ["first", "last", "lease", "router", "dns", "options"], "serveDhcp");
    parseAddress(options.first, "serveDhcp: first");
    parseAddress(options.last, "serveDhcp: last");
    return check(this.core.dhcpd_start(options, index), "serveDhcp");
  }
  /** Addresses that the DHCP server has given. */
  leases(): Lease[] {
    return this.core.dhcpd_leases();
  }
  /** Connects; rejects with REFUSED, TIMED_OUT, UNREACHABLE, ... or the reason of the signal. */
  async connect(options: ConnectOptions): Promise<TcpSocket> {
    options.signal?.throwIfAborted();
    const socket = this.createConnection(options);
    return new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(socket);
      });
    });
  }
  /** Begins to connect and answers the stream at once: `connect` or `error` follows. For `http.request({ createConnection })` and the like. */
  createConnection(options: ConnectOptions): TcpSocket {
    this.ensureOpen();
    only(options, CONNECT, "connect");
    checkExtensions(options);
    parseAddress(options.host, "host");
    const remote = { address: options.host, port: parsePort(options.port, "port", 1) };
    const local = localEnd(options.localAddress, options.localPort);
    const handle = this.core.tcp_connect(remote, local, bufferClass(options.class, this.core));
    const socket = this.#stream(handle, remote, options);
    if (handle < 0) {
      const error = errorOf(handle, `connect ${remote.address}:${remote.port}`);
      setImmediate(() => socket.destroy(error));
      return socket;
    }
    applyExtensions(this.core, handle, options);
    if (options.noDelay) socket.setNoDelay();
    if (options.keepAlive) socket.setKeepAlive(true);
    this.schedule();
    return socket;
  }
  /** Listens for connections; throws IN_USE, BAD_ADDRESS, NO_SOCKET or BAD_ARGUMENT. */
  listen(options: ListenOptions): TcpListener {
    this.ensureOpen();
    only(options, LISTEN, "listen");
    checkExtensions(options);
    const port = parsePort(options.port, "port", 1);
    const local = localEnd(options.host, port);
    const backlog = integer(options.backlog ?? 128, 1, 65535, "backlog");
    const handle = check(this.core.tcp_listen(local, bufferClass(options.class, this.core), backlog), `listen ${local.address}:${port}`);
    return new TcpListener(this, handle, local.address, port, options);
  }
  /** Binds a UDP socket; throws IN_USE, BAD_ADDRESS or NO_SOCKET. */
  bindUdp(options: BindOptions = {}): UdpSocket {
    this.ensureOpen();
    only(options, ["port", "host", "broadcast"], "bind");
    const local = localEnd(options.host, options.port);
    const handle = check(this.core.udp_bind(local), `bind ${local.address}:${local.port}`);
    const socket = new UdpSocket(this, handle, local.address, this.core.local.port);
    if (options.broadcast) socket.setBroadcast(true);
    return socket;
  }
  /** Sends one ICMP echo request; rejects with TIMED_OUT or with what ICMP reports. Requests share a socket while any waits. */
  async ping(host: string, options: PingOptions = {}): Promise<Echo> {
    this.ensureOpen();
    only(options, ["timeout", "size", "sequence"], "ping");
    parseAddress(host, "host");
    this.#pinger ??= new Pinger(this, check(this.core.ping_open(), "ping"));
    try {
      return await this.#pinger.ping(host, options);
    } finally {
      if (this.#pinger?.waiting === 0) {
        this.#pinger.close();
        this.#pinger = undefined;
      }
    }
  }
  /** The interfaces with their addresses and MACs. */
  interfaces(): InterfaceStatus[] {
    return this.core.interfaces();
  }
  /** Every socket there is, half-open connections and TIME-WAIT records too. */
  sockets(): Status[] {
    return this.core.sockets();
  }
  /** All counters by name. */
  counters(): Record<keyof typeof Counter, number> {
    return this.core.counters();
  }
  /** All pools by name: how many records there are and how many are taken. */
  pools(): Record<keyof typeof PoolIndex, Pool> {
    return this.core.pools();
  }
  /** Resets what is connected, sends what that owes, stops the drivers. Settles when nothing is left, within 100 ms with the drivers of this package. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** @internal */
  ensureOpen(): void {
    if (this.#closing) throw new RingwireError("NOT_READY", "the stack was closed");
  }
  /** @internal */
  attach(handle: number, client: Client): void {
    this.#clients.set(handle, client);
  }
  /** @internal */
  detach(handle: number): void {
    this.#clients.delete(handle);
  }
  /** @internal */
  schedule(): void {
    this.#loop.schedule();
  }

  /** Tells sockets what happened to them; answers how many. */
  #serve(): number {
    this.#configuring.look();
    for (let count = 0; count < SERVE_BUDGET; count++) {
      const handle = this.core.ready_next();
      if (handle <= 0) return count;
      this.#clients.get(handle)?.ready(this.core.events);
    }
    return SERVE_BUDGET;
  }
  #stream(handle: number, remote: { address: string; port: number }, options: StreamOptions): TcpSocket {
    const nowhere = { address: "0.0.0.0", port: 0, interface: -1 };
    const local = handle > 0 ? (this.core.status(handle)?.local ?? nowhere) : nowhere;
    const socket = new TcpSocket(
      this,
      { handle: Math.max(handle, 0), local, remote: { ...remote, interface: -1 }, connecting: true },
      options,
    );
    const { signal } = options as ConnectOptions;
    if (!signal) return socket;
    const abort = () => socket.connecting && socket.destroy(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    socket.once("close", () => signal.removeEventListener("abort", abort));
    return socket;
  }
  #failed(error: RingwireError): void {
    this.failures.push(error);
    if (this.listenerCount("error")) this.emit("error", error);
  }
  async #close(): Promise<void> {
    for (const client of [...this.#clients.values()]) client.shut();
    this.#configuring.close();
    this.#loop.stop();
    await Promise.all(this.#drivers.map((driver) => driver.stop()));
    this.emit("close");
  }
}

function localEnd(address: string | undefined, port: number | undefined): Required<Omit<Endpoint, "interface">> {
  if (address !== undefined) parseAddress(address, "local address");
  return { address: address ?? "0.0.0.0", port: parsePort(port ?? 0, "local port") };
}

function bufferClass(given: number | undefined, core: Core): number {
  const number = integer(given ?? 0, 0, CLASSES - 1, "class");
  if (core.pools()[`TCP${number as 0 | 1 | 2 | 3}`].capacity) return number;
  throw new RingwireError(
    "BAD_ARGUMENT",
    `class: buffer class ${number} has no sockets (expected one that tcp.sockets or tcp.classes gives some)`,
  );
}
