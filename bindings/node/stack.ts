import { EventEmitter } from "node:events";
import { Advertised } from "./advertised.js";
import { type Endpoint, parseAddress, parsePort } from "./address.js";
import { CLASSES, type Counter, Option, type PoolIndex } from "./constants.js";
import type { Core, DhcpdOptions, DhcpStatus, Lease } from "./core.js";
import { Configuring, type DhcpWish } from "./configuring.js";
import type { Driver } from "./driver.js";
import { RingwireError, check, errorOf } from "./error.js";
import { applyExtensions, checkExtensions, EXTENSIONS, type TcpExtensions } from "./extensions.js";
import { Filter } from "./filter.js";
import type { Client, Host } from "./host.js";
import type { InterfaceStatus, Pool, Status } from "./inspect.js";
import { type AcceptOptions, TcpListener } from "./listener.js";
import { Loop } from "./loop.js";
import type { NameAnswer, RecordType, Service } from "./namecalls.js";
import { type Echo, type PingOptions, Pinger } from "./ping.js";
import { isHostName, Resolver } from "./resolver.js";
import { type HopResult, type TracerouteOptions, traceroute } from "./traceroute.js";
import { type PortResult, scan, type ScanOptions } from "./scan.js";
import { StackPort } from "./stackport.js";
import { type StreamOptions, TcpSocket } from "./tcp.js";
import { UdpSocket } from "./udp.js";
import { type WebHandler, WebServer } from "./webserver.js";
import { integer, only } from "./validate.js";

/** Where and how to connect. */
export interface ConnectOptions extends StreamOptions, TcpExtensions {
  /** Dotted IPv4 address, or the name of a host. */
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
  /** Missing, with `transparent`: all ports. */
  port?: number;
  /** Takes connections to other hosts' addresses as well, which come by `interface`, a transparent one; `localAddress` of each says to whom it was. */
  transparent?: boolean;
  /** Index of the interface. Default: any; with `transparent` 0. */
  interface?: number;
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
  /** Other sockets may be bound to the same port. */
  reuse?: boolean;
  /** Index of the interface. Default: any; with `transparent` 0. */
  interface?: number;
  /** Also takes datagrams for other hosts' addresses, on any port, that come by `interface`, a transparent one. */
  transparent?: boolean;
}

/** Sockets served in one round, before frames get their turn. */
const SERVE_BUDGET = 4096;
const NOWHERE = { address: "0.0.0.0", port: 0, interface: -1 };
const CONNECT = ["host", "port", "localAddress", "localPort", "class", "noDelay", "keepAlive", "signal", "allowHalfOpen", ...EXTENSIONS];
const LISTEN = [
  "transparent",
  "interface",
  "decide",
  "port",
  "host",
  "backlog",
  "class",
  "noDelay",
  "keepAlive",
  "allowHalfOpen",
  ...EXTENSIONS,
];

/**
 * A running stack. It keeps the process alive until it is closed. Emits `error` with a RingwireError when a device is lost, when somebody
 * listens, `configured` with index and DhcpStatus when an interface that DHCP configures has changed, and `close`.
 */
export class Stack extends EventEmitter implements Host {
  /** The thin layer below. */
  readonly core: Core;
  /** The packet filter. */
  readonly filter: Filter;
  /** Errors of devices that are lost. */
  readonly failures: RingwireError[] = [];
  readonly #drivers: readonly Driver[];
  readonly #clients = new Map<number, Client>();
  readonly #looks = new Set<() => void>();
  readonly #loop: Loop;
  readonly #configuring: Configuring;
  readonly #resolver = new Resolver(this);
  #pinger: Pinger | undefined;
  #web: WebServer | undefined;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(core: Core, drivers: readonly Driver[], wishes: ReadonlyMap<number, DhcpWish> = new Map()) {
    super();
    this.core = core;
    this.filter = new Filter(core);
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
  /** Answers HTTP requests on a port by the server inside the module; one at a time. Throws NOT_SUPPORTED, IN_USE, NO_SOCKET, BAD_ARGUMENT. */
  serveHttp(options: { port: number; class?: number }, handler: WebHandler): WebServer {
    this.ensureOpen();
    only(options, ["port", "class"], "serveHttp");
    this.#web = new WebServer(this, parsePort(options.port, "port", 1), bufferClass(options.class, this.core), handler);
    return this.#web;
  }
  /** Lets the module serve those of echo, discard, daytime, chargen and time whose bits of SmallService are set. */
  serveSmall(which: number): void {
    this.ensureOpen();
    check(this.core.small_serve(which), "serveSmall");
    this.schedule();
  }
  /** Addresses of a host; rejects with NO_NAME, TIMED_OUT, REFUSED, ... */
  resolve(name: string): Promise<string[]> {
    this.ensureOpen();
    return this.#resolver.addresses(name);
  }
  /** Names of a host by its address. */
  async reverse(address: string): Promise<string[]> {
    this.ensureOpen();
    parseAddress(address, "address");
    return (await this.#resolver.lookup(address, "PTR")).records as string[];
  }
  /** Records of any type that can be asked for, with their TTL and the name at the end of all aliases. */
  lookup(name: string, type: RecordType = "A"): Promise<NameAnswer> {
    this.ensureOpen();
    return this.#resolver.lookup(name, type);
  }
  /** Announces a service on the link by mDNS. Throws BAD_STATE without the option `mdns`, NO_ROOM, BAD_ARGUMENT. */
  advertise(service: Service): Advertised {
    this.ensureOpen();
    only(service, ["name", "type", "port", "txt"], "advertise");
    return new Advertised(this, { ...service, port: parsePort(service.port, "port", 1) });
  }
  /** This host's name on the link, as `box.local`; null without the option `mdns`, and until nobody else is found to have it. */
  get hostName(): string | null {
    const name = this.core.mdns_name(0);
    return typeof name === "string" ? name : null;
  }
  /** Connects; rejects with REFUSED, TIMED_OUT, UNREACHABLE, ... or the reason of the signal. */
  async connect(options: ConnectOptions): Promise<TcpSocket> {
    options?.signal?.throwIfAborted(); // what is no object is refused below
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
    const { host } = options;
    const port = parsePort(options.port, "port", 1);
    const local = localEnd(options.localAddress, options.localPort);
    const ofClass = bufferClass(options.class, this.core);
    const socket = this.#stream({ address: host, port }, options);
    const open = (address: string) => {
      const handle = this.core.tcp_connect({ address, port }, local, ofClass);
      if (handle < 0) throw errorOf(handle, `connect ${host}:${port}`);
      socket.begin(handle, this.core.status(handle)?.local ?? NOWHERE, address);
      applyExtensions(this.core, handle, options);
      if (options.noDelay) socket.setNoDelay();
      if (options.keepAlive) socket.setKeepAlive(true);
      this.schedule();
    };
    if (!isHostName(host)) {
      parseAddress(host, "host");
      failing(socket, () => open(host));
    } else {
      const found = this.#resolver.address(host, "host").then((address) => failing(socket, () => socket.destroyed || open(address)));
      found.catch((error) => socket.destroy(error));
    }
    return socket;
  }
  /** Listens for connections; throws IN_USE, BAD_ADDRESS, NO_SOCKET or BAD_ARGUMENT. */
  listen(options: ListenOptions): TcpListener {
    this.ensureOpen();
    only(options, LISTEN, "listen");
    checkExtensions(options);
    const port = parsePort(options.transparent ? (options.port ?? 0) : options.port, "port", options.transparent ? 0 : 1);
    const index = options.interface ?? (options.transparent ? 0 : undefined);
    const local = { ...localEnd(options.host, port), ...(index === undefined ? {} : { interface: index }) };
    const backlog = integer(options.backlog ?? 128, 1, 65535, "backlog");
    const handle = check(this.core.tcp_listen(local, bufferClass(options.class, this.core), backlog), `listen ${local.address}:${port}`);
    return new TcpListener(this, handle, local.address, port, options);
  }
  /** Binds a UDP socket; throws IN_USE, BAD_ADDRESS or NO_SOCKET. */
  bindUdp(options: BindOptions = {}): UdpSocket {
    this.ensureOpen();
    only(options, ["port", "host", "broadcast", "reuse", "interface", "transparent"], "bind");
    const index = options.interface ?? (options.transparent ? 0 : undefined);
    const local = { ...localEnd(options.host, options.port), ...(index === undefined ? {} : { interface: index }) };
    const handle = check(this.core.udp_bind(local), `bind ${local.address}:${local.port}`);
    const socket = new UdpSocket(this, handle, local.address, this.core.local.port);
    if (options.broadcast) socket.setBroadcast(true);
    if (options.reuse) socket.setReuse(true);
    if (options.transparent) check(this.core.socket_set(handle, Option.ANY_PORT, 1), "transparent");
    return socket;
  }
  /** A raw IP socket for a protocol, 1 to 255: what it sends gets our header, what it receives has the sender's in front. Ports mean nothing. Throws BAD_ARGUMENT, NO_SOCKET. */
  bindRaw(protocol: number): UdpSocket {
    this.ensureOpen();
    return new UdpSocket(this, check(this.core.raw_open(integer(protocol, 1, 255, "protocol")), "raw socket"), NOWHERE.address, 0);
  }
  /** Sends one ICMP echo request; rejects with TIMED_OUT or with what ICMP reports. Requests share a socket while any waits. */
  async ping(host: string, options: PingOptions = {}): Promise<Echo> {
    this.ensureOpen();
    only(options, ["timeout", "size", "sequence", "ttl"], "ping");
    const address = await this.#resolver.address(host, "host");
    this.ensureOpen();
    this.#pinger ??= new Pinger(this, check(this.core.ping_open(), "ping"));
    try {
      return await this.#pinger.ping(address, options);
    } finally {
      if (this.#pinger?.waiting === 0) {
        this.#pinger.close();
        this.#pinger = undefined;
      }
    }
  }
  /** Finds the routers on the way to a host: yields one hop after another, with who answered each probe, until the host has answered or says that it cannot be reached. */
  traceroute(host: string, options: TracerouteOptions = {}): AsyncGenerator<HopResult, void, void> {
    this.ensureOpen();
    return traceroute(this, host, options);
  }
  /** Looks which ports of a host are open, several at a time: yields each as it is known. */
  scan(host: string, ports: Iterable<number>, options: ScanOptions = {}): AsyncGenerator<PortResult, void, void> {
    this.ensureOpen();
    return scan(this, host, ports, options);
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
  /** @internal */
  looking(look: () => void): () => void {
    this.#looks.add(look);
    return () => this.#looks.delete(look);
  }

  /** Tells sockets what happened to them; answers how many. */
  #serve(): number {
    this.#configuring.look();
    this.#resolver.look();
    for (const look of this.#looks) look();
    this.#web?.look();
    for (let count = 0; count < SERVE_BUDGET; count++) {
      const handle = this.core.ready_next();
      if (handle <= 0) return count;
      this.#clients.get(handle)?.ready(this.core.events);
    }
    return SERVE_BUDGET;
  }
  #stream(remote: { address: string; port: number }, options: StreamOptions): TcpSocket {
    const socket = new TcpSocket(this, { handle: 0, local: NOWHERE, remote: { ...remote, interface: -1 }, connecting: true }, options);
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
    this.#resolver.shut();
    for (const look of this.#looks) look();
    if (this.core.mdns_stop() === 0) this.#loop.run();
    this.#loop.stop();
    await Promise.all(this.#drivers.map((driver) => driver.stop()));
    this.emit("close");
  }
}

/** Does something; what it throws ends the stream, soon. */
function failing(socket: TcpSocket, what: () => unknown): void {
  try {
    what();
  } catch (error) {
    setImmediate(() => socket.destroy(error as Error));
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
