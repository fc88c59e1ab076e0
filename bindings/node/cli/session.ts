import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { macText } from "../address.js";
import type { ChannelStats } from "../channel.js";
import { CONTROL, INTERFACE } from "../constants.js";
import type { Driver } from "../driver.js";
import { capture, createStack, type IpOptions, Link, openSlip, openTap, openTun, type Stack } from "../index.js";
import type { Status as SocketRecord } from "../inspect.js";
import { drawLadder } from "../ladder.js";
import type { Prefix, RouteTo } from "./addresses.js";
import { Failure, oneLine } from "./failure.js";
import { SIGNALS, statusOf } from "./signals.js";
import type { DeviceOptions, LinkOptions, StackOptions } from "./options.js";
import { offerStatus } from "./statussocket.js";
import type { InterfaceStatus, SocketStatus, Status } from "./services/status.js";

/** A device with its driver, and the interface on it. */
export interface Attached {
  readonly kind: "tap" | "tun" | "slip" | "wire";
  readonly name: string;
  readonly driver: Driver;
  readonly addresses: readonly Prefix[];
  /** Addresses come by DHCP. */
  readonly dhcp?: true;
  readonly linkLocal?: true;
  readonly vlan?: number;
  readonly transparent?: true;
  readonly gateway?: string;
  readonly routes?: readonly RouteTo[];
  readonly mac?: string;
  readonly mtu?: number;
  readonly napt?: boolean;
  readonly netns?: string;
  /** The link simulator behind the driver, if there is one. */
  readonly link?: Link;
}

/** A stack on its devices. */
export interface Session {
  readonly stack: Stack;
  readonly interfaces: readonly InterfaceStatus[];
  readonly prefixes: readonly Prefix[];
  /** Index of the interface that takes what is for anybody, or -1. */
  readonly transparent: number;
  /** When it started, by `performance.now()`. */
  readonly started: number;
  /** Rejects when a device is lost. */
  readonly failed: Promise<never>;
  /** Sockets, pools and counters of the stack, as the status page shows them. */
  inside(): Pick<Status, "sockets" | "pools" | "counters">;
  /** What the link simulator of a device did so far, both directions together. */
  linkStats(name: string): Pick<ChannelStats, "lost" | "reordered">;
  /** Settles when every connection that was let go has sent all it had, and the peer has it. */
  drained(): Promise<void>;
  /** Resets what is open and lets go of stack and devices; may be called twice. */
  close(): Promise<void>;
}

/** Rings of a connection, octets each way. A ring costs nothing until it is used. */
const RING = 524_288;

/** What a command-line stack holds: room for many clients at once and for many short connections one after another. */
const TCP = { sockets: 1024, receive: RING, send: RING, listeners: 32, synQueue: 1024, timeWait: 16_384 };
const UDP = { receive: 64, send: 16, octets: 65_507 };
/** UDP sockets for each address, where each service has one, and for other things. */
const UDP_SOCKETS = 16;
const RULES = 64;
const ARP = { neighbours: 1024, holds: 64 };

/** Octets of an interface's longest datagram when neither the option nor the device says. */
const MTU = 1500;
/** The host name that DHCP servers are told, and how long they have to answer, in milliseconds. */
const DHCP_NAME = "ringwire";
const DHCP_PATIENCE = 60_000;

/** Opens the devices of a command line and starts a stack on them: all, or nothing and a Failure. */
export async function openSession({ devices, seed, ...rest }: StackOptions, more: IpOptions = {}): Promise<Session> {
  const opened: Attached[] = [];
  try {
    for (const device of devices) opened.push(openDevice(device));
    return await offered(await startSession(opened, seed, rest, more));
  } catch (error) {
    for (const { driver } of opened) await driver.stop();
    throw error instanceof Failure ? error : new Failure(oneLine(error));
  }
}

/** The session, of which `ringwire netstat` can tell while it lasts. */
async function offered(session: Session): Promise<Session> {
  const end = await offerStatus(session);
  return { ...session, close: () => session.close().finally(end) };
}

function openDevice({ kind, name, netns, hostIp, pcap, link, ...rest }: DeviceOptions): Attached {
  if (kind === "slip") return openSerial(name, pcap, link, rest);
  const system = hostIp ? { hostAddress: prefixText(hostIp), up: true, ...(rest.mtu === undefined ? {} : { mtu: rest.mtu }) } : {};
  const open = kind === "tap" ? openTap : openTun;
  const device = open({ name, ...(netns === undefined ? {} : { netns }), ...system });
  try {
    const simulator = Object.keys(link).length ? simulated(link, device.kind) : undefined;
    const behind = simulator ? simulator.attach(device) : device;
    const driver = pcap === undefined ? behind : capture(behind, pcap);
    return {
      kind,
      name: device.name,
      driver,
      ...rest,
      ...(netns === undefined ? {} : { netns }),
      ...(simulator ? { link: simulator } : {}),
    };
  } catch (error) {
    void device.stop();
    throw error;
  }
}

/** A serial line: the operating system has no device of its own on it. */
function openSerial(
  name: string,
  pcap: string | undefined,
  link: LinkOptions,
  rest: Pick<DeviceOptions, "addresses" | "gateway" | "mtu">,
): Attached {
  const line = openSlip(name, rest.mtu === undefined ? {} : { mtu: rest.mtu });
  const simulator = Object.keys(link).length ? simulated(link, line.kind) : undefined;
  const behind = simulator ? simulator.attach(line) : line;
  return {
    kind: "slip",
    name,
    driver: pcap === undefined ? behind : capture(behind, pcap),
    ...rest,
    ...(simulator ? { link: simulator } : {}),
  };
}

/** A link simulator from percentages. */
export function simulated(
  { loss = 0, reorder = 0, duplicate = 0, corrupt = 0, delay = 0, linkSeed }: LinkOptions,
  kind: Driver["kind"],
): Link {
  const seed = linkSeed ?? randomBytes(4).readUInt32LE();
  return new Link({ seed, kind, delay, loss: loss / 100, reorder: reorder / 100, duplicate: duplicate / 100, corrupt: corrupt / 100 });
}

/** Starts a stack on drivers. */
export async function startSession(
  attached: readonly Attached[],
  seed: Uint8Array = randomBytes(32),
  {
    forward = false,
    filter = [],
    portForward = [],
    trace = false,
    loopback = false,
    ...names
  }: Omit<StackOptions, "devices" | "seed"> = {},
  more: IpOptions = {},
): Promise<Session> {
  const own = attached.flatMap(({ addresses }) => addresses);
  const mtus = attached.map(({ mtu, driver }) => mtu ?? driver.mtu ?? MTU);
  const stack = await createStack({
    seed,
    ...names,
    loopback,
    interfaces: attached.map(
      ({ driver, addresses, dhcp, linkLocal = false, vlan, transparent = false, mac, gateway, napt = false }, i) => ({
        driver,
        mtu: mtus[i] ?? MTU,
        addresses: addresses.map(prefixText),
        napt,
        transparent,
        ...(vlan === undefined ? {} : { vlan }),
        ...(dhcp ? { dhcp: { now: true, hostname: DHCP_NAME, linkLocal } } : {}),
        ...(mac === undefined ? {} : { mac }),
        ...(gateway === undefined ? {} : { gateway }),
      }),
    ),
    tcp: TCP,
    udp: { ...UDP, sockets: UDP_SOCKETS * (own.length + 1) },
    arp: ARP,
    ip: { ...more, forwarding: forward, rules: Math.max(filter.length, RULES) },
    filter: [...filter],
    forwards: [...portForward],
    routes: attached.flatMap(({ routes = [] }, i) => routes.map((route) => ({ ...route, interface: i }))),
  });
  if (trace) drawLadder(stack.core, draw, { kinds: attached.map(({ driver }) => driver.kind), names: attached.map(({ name }) => name) });
  const failed = new Promise<never>((_, reject) => {
    stack.on("error", (error: unknown) => reject(new Failure(oneLine(error))));
  });
  failed.catch(() => {}); // whoever waits for it is told
  if (attached.some(({ dhcp }) => dhcp)) await configured(stack, failed);
  return {
    stack,
    interfaces: attached.map((device, i) => interfaceStatus(device, mtus[i] ?? MTU, stack, i)),
    prefixes: attached.flatMap((device, i) => (device.dhcp ? leasedPrefixes(stack, i) : device.addresses)),
    transparent: attached.findIndex(({ transparent }) => transparent),
    started: performance.now(),
    failed,
    inside: () => ({ sockets: stack.sockets().map(socketStatus), pools: stack.pools(), counters: stack.counters() }),
    linkStats: (name) => linkStats(attached.find((device) => device.name === name)?.link),
    drained: () => drained(stack),
    close: () => stack.close(),
  };
}

function draw(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Waits for DHCP servers; gives up after a while, or when a signal comes. */
async function configured(stack: Stack, failed: Promise<never>): Promise<void> {
  const late = new AbortController();
  const timeout = sleep(DHCP_PATIENCE, undefined, { signal: late.signal }).then(() => {
    throw new Failure("no DHCP server gave an address");
  });
  timeout.catch(() => {});
  let interrupt = (_: NodeJS.Signals) => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = (name) => reject(new Failure("interrupted before a DHCP server gave an address", statusOf(name)));
  });
  for (const name of SIGNALS) process.on(name, interrupt);
  try {
    await Promise.race([stack.ready, failed, timeout, interrupted]);
  } catch (error) {
    await stack.close();
    throw error;
  } finally {
    late.abort();
    for (const name of SIGNALS) process.off(name, interrupt);
  }
}
function leasedPrefixes(stack: Stack, i: number): Prefix[] {
  return (stack.interfaces()[i]?.addresses ?? []).map((text) => {
    const [address = "", length] = text.split("/");
    return { address, length: Number(length) };
  });
}

/** States in which a connection may hold octets, or a FIN, that the peer does not have. */
const OWING = new Set<string>(["SYN_RECEIVED", "ESTABLISHED", "CLOSE_WAIT", "FIN_WAIT_1", "CLOSING", "LAST_ACK"]);
/** Milliseconds between two looks. */
const LOOK = 10;

async function drained(stack: Stack): Promise<void> {
  while (!stack.closed && stack.sockets().some(({ protocol, state }) => protocol === "tcp" && OWING.has(state))) await sleep(LOOK);
}

function prefixText({ address, length }: Prefix): string {
  return `${address}/${length}`;
}

function interfaceStatus({ kind, name, addresses, dhcp, gateway, netns }: Attached, mtu: number, stack: Stack, i: number): InterfaceStatus {
  const leased = dhcp ? stack.interfaces()[i] : undefined;
  const router = leased ? leased.gateway : gateway;
  return {
    name,
    kind,
    ...(netns === undefined ? {} : { netns }),
    ...(kind === "tun" || kind === "slip" ? {} : { mac: macOf(stack, i) }),
    mtu: leased?.mtu ?? mtu,
    addresses: leased?.addresses ?? addresses.map(prefixText),
    ...(router ? { gateway: router } : {}),
  };
}

/** The MAC address of an interface, as the stack has it: one may have been made from the seed. */
function macOf({ core }: Stack, i: number): string {
  const at = core.control + CONTROL.interfaceTable + i * INTERFACE.octets + INTERFACE.mac;
  return macText(core.octets.subarray(at, at + 6));
}

function linkStats(link: Link | undefined): { lost: number; reordered: number } {
  const { forward, backward } = link?.stats ?? {};
  return {
    lost: (forward?.lost ?? 0) + (backward?.lost ?? 0),
    reordered: (forward?.reordered ?? 0) + (backward?.reordered ?? 0),
  };
}

const PROTOCOLS: Partial<Record<SocketRecord["protocol"], string>> = { listener: "tcp", "half-open": "tcp", "time-wait": "tcp" };

/** A line of the table as netstat has it: a listener's queues are connections, all others are octets (datagrams for UDP). */
function socketStatus({ protocol, state, readable, unacknowledged, unsent, backlog, local, remote }: SocketRecord): SocketStatus {
  const end = ({ address, port }: SocketRecord["local"]) => `${address}:${port || "*"}`;
  const tcp = protocol !== "udp";
  return {
    protocol: PROTOCOLS[protocol] ?? protocol,
    receiveQueue: protocol === "listener" ? backlog : readable,
    sendQueue: unacknowledged + unsent,
    local: end(local),
    remote: end(remote),
    state: tcp ? state : "",
  };
}
