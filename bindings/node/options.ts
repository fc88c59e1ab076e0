import { createHash, randomBytes } from "node:crypto";
import { parsePrefix } from "./address.js";
import { CLASSES, INTERFACES_MAX } from "./constants.js";
import type { Core, CoreOptions } from "./core.js";
import type { DhcpWish } from "./configuring.js";
import type { Driver } from "./driver.js";
import { check, RingwireError } from "./error.js";
import { congestionNumber, EXTENSIONS, offersIn, type TcpExtensions } from "./extensions.js";
import type { WasmSource } from "./module.js";
import type { BufferClass, Capacities, DeviceOptions, InterfaceOptions, Settings } from "./settings.js";
import { integer, only, parseSeed } from "./validate.js";

/** An interface of a stack: a driver, and the addresses on it. */
export interface StackInterface {
  /** The device. */
  driver: Driver;
  /** `02:00:00:00:00:01` or six octets. Default: made from the seed; not used by raw IP devices. */
  mac?: string | Uint8Array;
  /** Octets of the longest IP datagram. Default: the device's, or 1500. */
  mtu?: number;
  /** One to four addresses, as `10.9.0.2/24`; with `dhcp` there may be none. */
  addresses?: string[];
  /** Configure the interface by DHCP; `stack.ready` tells when it is. */
  dhcp?: boolean | DhcpWish;
  /** 802.1Q identifier of this interface's frames, 1 to 4,094. Default: untagged. */
  vlan?: number;
  /** Where to send what is not on link, as `10.9.0.1`. Default: nowhere. */
  gateway?: string;
  /** Whether what is forwarded and leaves here gets an address of this interface, and a port. Needs `ip.forwarding`. Default false. */
  napt?: boolean;
  /** Whether what comes in for any address of one host is for the stack: for `listen` and `bindUdp` with `transparent`. Default false. */
  transparent?: boolean;
  /** Slots of the receive ring, a power of two. Default 256. */
  rxSlots?: number;
  /** Slots of the transmit ring, a power of two. Default 256. */
  txSlots?: number;
}

/** TCP: capacities, and settings in milliseconds. What is missing keeps the module's default, but for the first three. */
export interface TcpOptions extends TcpExtensions {
  /** Connections of buffer class 0. Default 1024. */
  sockets?: number;
  /** Octets each of them holds unread. Default 65536. */
  receive?: number;
  /** Octets each of them holds unacknowledged or unsent. Default 65536. */
  send?: number;
  /** Up to three more buffer classes: class 1, 2 and 3. */
  classes?: BufferClass[];
  /** Listeners. Default 64. */
  listeners?: number;
  /** Half-open connections. Default 256. */
  synQueue?: number;
  /** TIME-WAIT records. Default 4096. */
  timeWait?: number;
  msl?: number;
  userTimeout?: number;
  synTimeout?: number;
  delayedAck?: number;
  minRto?: number;
  finWait2?: number;
  keepIdle?: number;
  keepInterval?: number;
  keepCount?: number;
  /** Records of sent segments each connection has at most: what SACK and RACK work with. 0: loss recovery is NewReno. */
  sentRecords?: number;
}

/** UDP: capacities. */
export interface UdpOptions {
  /** UDP and ping sockets. Default 64. */
  sockets?: number;
  /** Datagrams a socket holds unread, a power of two. Default 64. */
  receive?: number;
  /** Datagrams a socket holds unsent, a power of two. Default 16. */
  send?: number;
  /** Octets of the longest datagram. Default 1472. */
  octets?: number;
  /** Multicast groups joined, each socket, interface and group one. */
  groups?: number;
  /** Addresses in the filters of groups. */
  sources?: number;
}

/** ARP: capacities and settings. */
export interface ArpOptions {
  /** Neighbours known at the same time. Default 256. */
  neighbours?: number;
  /** Packets that wait for a neighbour. Default 32. */
  holds?: number;
  /** Milliseconds an entry holds without news. */
  timeout?: number;
  /** Addresses that are added are probed before use, and all are defended (RFC 5227). Default: no. */
  probing?: boolean;
}

/** IP and ICMP: capacities and settings. */
export interface IpOptions {
  /** Time to live of what is sent. */
  ttl?: number;
  /** Routes besides those of the interfaces. */
  routes?: number;
  /** Addresses the DHCP server leases. */
  leases?: number;
  /** ICMP errors and stateless resets a second. */
  errorRate?: number;
  /** Whether datagrams are forwarded between interfaces. Default false. */
  forwarding?: boolean;
  /** Datagrams put together from fragments at the same time; 0: none. Default 16. */
  fragments?: number;
  /** Octets of the longest of them. Default 65535. */
  fragmentOctets?: number;
  /** Milliseconds each may take. */
  fragmentTimeout?: number;
  /** Rules of the packet filter. Default 64. */
  rules?: number;
  /** Flows that it and address translation keep. Default 1024. */
  flows?: number;
  /** Ports that address translation forwards. Default 32. */
  forwards?: number;
  /** Milliseconds a flow is kept without a packet: of an established TCP connection, of another one, of UDP, of others. */
  flowEstablished?: number;
  flowTcp?: number;
  flowUdp?: number;
  flowIcmp?: number;
  /** First of the ports that are chosen where none is named. */
  portFirst?: number;
  /** Last of them. */
  portLast?: number;
}

/** A route besides those that addresses and gateways of interfaces make. */
export interface StackRoute {
  /** The network, as `192.0.2.0/24`; `0.0.0.0/0`: all. */
  to: string;
  /** The gateway, as `10.0.0.254`. Default: the network is on link. */
  via?: string;
  /** Index of the interface. Default 0. */
  interface?: number;
  /** The least is taken. Default 0. */
  metric?: number;
}

/** What `createStack` takes. */
export interface StackOptions {
  /** One to eight; at most four different drivers. */
  interfaces: StackInterface[];
  /** 32 octets of entropy, or 64 hexadecimal digits. Default: from the operating system. */
  seed?: Uint8Array | string;
  /** Octets of a module, or the path or URL of one. Default: the module shipped with the package. */
  wasm?: WasmSource;
  /** The module's own capacities and settings hold, as on a board, and an interface may be without address: `tcp`, `udp`, `arp` and `ip` are not read. Default false. */
  asBuilt?: boolean;
  tcp?: TcpOptions;
  udp?: UdpOptions;
  arp?: ArpOptions;
  ip?: IpOptions;
  /** Name servers, asked in this order; up to four. Default: none. */
  dns?: string[];
  /** Name of this host on the link: `box` for `box.local`. Default: none, and nothing is announced. */
  mdns?: string;
  /** Routes to begin with. */
  routes?: StackRoute[];
  /** Rules of the packet filter to begin with, in words: `policy in drop`, `in tcp port 80 accept`. */
  filter?: string[];
  /** Ports of interfaces with `napt` that are forwarded, in words: `tcp 8080 to 10.1.0.2:80`. */
  forwards?: string[];
  /** Owners of sockets: the host and applications inside the module. */
  owners?: number;
  /** Octets of application record in each TCP socket. */
  record?: number;
  /** A loopback interface with 127.0.0.1/8, the last: the stack can connect to its own addresses. Default: no. */
  loopback?: boolean;
  /** Frames read before sockets are served. */
  frameBudget?: number;
  /** Most octets the memory may have. */
  memoryLimit?: number;
}

const NAMES = {
  stack: [
    "interfaces",
    "seed",
    "wasm",
    "asBuilt",
    "tcp",
    "udp",
    "arp",
    "ip",
    "dns",
    "mdns",
    "routes",
    "filter",
    "forwards",
    "owners",
    "record",
    "loopback",
    "frameBudget",
    "memoryLimit",
  ],
  interface: ["driver", "mac", "mtu", "vlan", "addresses", "dhcp", "gateway", "napt", "transparent", "rxSlots", "txSlots"],
  tcpSettings: [
    "msl",
    "userTimeout",
    "synTimeout",
    "delayedAck",
    "minRto",
    "finWait2",
    "keepIdle",
    "keepInterval",
    "keepCount",
    "sentRecords",
  ],
  tcp: ["sockets", "receive", "send", "classes", "listeners", "synQueue", "timeWait"],
  udp: ["sockets", "receive", "send", "octets", "groups", "sources"],
  arp: ["neighbours", "holds", "timeout", "probing"],
  ip: [
    "ttl",
    "routes",
    "leases",
    "errorRate",
    "portFirst",
    "portLast",
    "forwarding",
    "fragments",
    "fragmentOctets",
    "fragmentTimeout",
    "rules",
    "flows",
    "forwards",
    "flowEstablished",
    "flowTcp",
    "flowUdp",
    "flowIcmp",
  ],
  route: ["to", "via", "interface", "metric"],
} as const;
/** Octets of the longest datagram that a stack sends itself. */
const LOOPBACK_MTU = 16_384;
/** Node's clock differs from one microsecond to the next. */
const CLOCK_GRANULARITY = 1;

/** Checks the options of a stack and turns them into those of its core, with the drivers in the order of the devices. Throws RingwireError. */
export function coreOptions(options: StackOptions): { core: CoreOptions; drivers: Driver[] } {
  only(options, NAMES.stack, "options");
  const { interfaces } = options;
  if (!Array.isArray(interfaces) || interfaces.length < 1 || interfaces.length > INTERFACES_MAX) {
    throw new RingwireError("BAD_COUNT", `interfaces: expected a list of 1 to ${INTERFACES_MAX} interfaces`);
  }
  const seed = options.seed === undefined ? randomBytes(32) : parseSeed(options.seed);
  const drivers = [...new Set(options.interfaces.map((given, i) => driverOf(given, i)))];
  const core: CoreOptions = {
    seed,
    devices: drivers.map((driver) => deviceOf(driver, options)),
    interfaces: options.interfaces.map((given, i) => interfaceOf(given, i, drivers, seed, options.asBuilt)),
    ...(options.asBuilt ? {} : { capacities: capacities(options), settings: settings(options) }),
  };
  if (options.loopback) {
    core.interfaces.push({ device: core.devices.length, mtu: LOOPBACK_MTU, addresses: ["127.0.0.1/8"] });
    core.devices.push({ kind: "loopback" });
  }
  if (options.wasm !== undefined) core.wasm = options.wasm;
  if (options.memoryLimit !== undefined) core.memoryLimit = options.memoryLimit;
  return { core, drivers };
}

/** What interfaces want of DHCP, by their index. */
export function dhcpWishes(interfaces: StackInterface[]): Map<number, DhcpWish> {
  const wished = interfaces.map(({ dhcp }, index) => [index, dhcp === true ? {} : dhcp] as const);
  return new Map(wished.flatMap(([index, wish]) => (wish ? [[index, wish] as const] : [])));
}

function driverOf(given: StackInterface, i: number): Driver {
  const name = `interfaces[${i}]`;
  only(given, NAMES.interface, name);
  const { driver } = given;
  if (typeof driver?.start === "function" && typeof driver.pump === "function" && typeof driver.stop === "function") return driver;
  throw new RingwireError("BAD_DEVICE", `${name}.driver: a driver is expected (openTap, openTun, createWire, ...)`);
}

/** A device as its driver wants it. What it can do for a stack is used by our own module, if that forwards nothing. */
function deviceOf(driver: Driver, { interfaces, ip, wasm }: StackOptions): DeviceOptions {
  const offload = ip?.forwarding || wasm !== undefined ? 0 : (driver.offload ?? 0);
  const shared = interfaces.filter((given) => given.driver === driver);
  const rxSlots = shared.find((given) => given.rxSlots !== undefined)?.rxSlots;
  const txSlots = shared.find((given) => given.txSlots !== undefined)?.txSlots;
  return { kind: driver.kind, offload, ...(rxSlots !== undefined && { rxSlots }), ...(txSlots !== undefined && { txSlots }) };
}

function interfaceOf(given: StackInterface, i: number, drivers: Driver[], seed: Uint8Array, mayLack = false): InterfaceOptions {
  const addresses = given.addresses ?? (given.dhcp || mayLack ? [] : undefined);
  if (!Array.isArray(addresses) || (addresses.length < 1 && !given.dhcp && !mayLack)) {
    throw new RingwireError("BAD_INTERFACE", `interfaces[${i}].addresses: expected one to four addresses, as "10.9.0.2/24"`);
  }
  const made: InterfaceOptions = {
    device: drivers.indexOf(given.driver),
    mtu: given.mtu ?? given.driver.mtu ?? 1500,
    addresses,
  };
  if (given.mac !== undefined) made.mac = given.mac;
  else if (given.driver.kind === "ethernet") made.mac = macFrom(seed, i);
  if (given.vlan !== undefined) made.vlan = given.vlan;
  if (given.gateway !== undefined) made.gateway = given.gateway;
  if (given.transparent) made.transparent = true;
  return made;
}

/** A locally administered unicast MAC: the same seed gives the same one. */
function macFrom(seed: Uint8Array, i: number): Uint8Array {
  const mac = new Uint8Array(createHash("sha256").update("ringwire mac").update(seed).update(String(i)).digest().subarray(0, 6));
  mac[0] = ((mac[0] as number) & 0xfc) | 2;
  return mac;
}

function capacities({ tcp = {}, udp = {}, arp = {}, ip = {}, owners, record }: StackOptions): Capacities {
  only(tcp, [...NAMES.tcp, ...NAMES.tcpSettings, ...EXTENSIONS], "tcp");
  only(udp, NAMES.udp, "udp");
  only(arp, NAMES.arp, "arp");
  only(ip, NAMES.ip, "ip");
  const more = tcp.classes ?? [];
  if (!Array.isArray(more) || more.length >= CLASSES)
    throw new RingwireError("BAD_CAPACITY", `tcp.classes: expected at most ${CLASSES - 1} more buffer classes`);
  const first = {
    sockets: integer(tcp.sockets ?? 1024, 0, 0x1ffff, "tcp.sockets", "BAD_CAPACITY"),
    receive: integer(tcp.receive ?? 65536, 0, 2 ** 30 - 1, "tcp.receive", "BAD_CAPACITY"),
    send: integer(tcp.send ?? 65536, 0, 2 ** 30 - 1, "tcp.send", "BAD_CAPACITY"),
  };
  return given({
    classes: [first, ...more],
    listeners: tcp.listeners ?? 64,
    synQueue: tcp.synQueue ?? 256,
    timeWait: tcp.timeWait ?? 4096,
    udpSockets: udp.sockets ?? 64,
    udpReceive: udp.receive ?? 64,
    udpSend: udp.send ?? 16,
    udpOctets: udp.octets ?? 1472,
    groups: udp.groups,
    sources: udp.sources,
    neighbours: arp.neighbours ?? 256,
    holds: arp.holds ?? 32,
    routes: ip.routes,
    leases: ip.leases,
    fragments: ip.fragments ?? 16,
    fragmentOctets: ip.fragmentOctets ?? 65535,
    rules: ip.rules ?? 64,
    flows: ip.flows ?? 1024,
    forwards: ip.forwards ?? 32,
    owners,
    record,
  }) as Capacities;
}

function settings({ tcp = {}, arp = {}, ip = {}, frameBudget }: StackOptions): Settings {
  const times = Object.fromEntries(NAMES.tcpSettings.map((name) => [name, tcp[name]]));
  const { congestion } = tcp;
  return given({
    ...times,
    offer: offersIn(tcp, "tcp."),
    congestion: congestion === undefined ? undefined : congestionNumber(congestion, "tcp.congestion"),
    arpTimeout: arp.timeout,
    probing: arp.probing === undefined ? undefined : Number(arp.probing),
    ttl: ip.ttl,
    errorRate: ip.errorRate,
    forwarding: ip.forwarding === undefined ? undefined : Number(ip.forwarding),
    fragmentTimeout: ip.fragmentTimeout,
    flowEstablished: ip.flowEstablished,
    flowTcp: ip.flowTcp,
    flowUdp: ip.flowUdp,
    flowIcmp: ip.flowIcmp,
    portFirst: ip.portFirst,
    portLast: ip.portLast,
    frameBudget,
    clockGranularity: CLOCK_GRANULARITY,
  });
}

/** Adds the routes that were asked for; throws at the first that the stack refuses. */
export function addRoutes(core: Core, routes: StackRoute[] = []): void {
  for (const [i, route] of routes.entries()) {
    const name = `routes[${i}]`;
    only(route, NAMES.route, name);
    const { address, prefix } = parsePrefix(route.to, `${name}.to`);
    const network = { address, interface: route.interface ?? 0, port: integer(route.metric ?? 0, 0, 65535, `${name}.metric`) };
    check(core.route_add(network, prefix, route.via === undefined ? {} : { address: route.via }), name);
  }
}

/** Without what is not given. */
function given(values: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
