// Which figures there are, and how each is told.

/** A figure of the suite. */
export interface Planned {
  part: string;
  workload: string;
  connections: number;
  title: string;
  unit: string;
  /** What is told of nanoseconds (or octets) for a unit. */
  tell(value: number): number;
  /** Whether more is better. */
  isRate: boolean;
  /** In the quick form, too. */
  isQuick: boolean;
  /** By the wall clock, where the others count the processor's time: the kernel or several processes take part. */
  isWall?: true;
  /** It needs root, for devices and network namespaces. */
  isPrivileged?: true;
}

const A_SECOND = { unit: "a second", tell: (value: number) => 1e9 / value, isRate: true };
const NANOSECONDS = { unit: "ns", tell: (value: number) => value, isRate: false };
const GIGABITS = { unit: "Gbit/s", tell: (value: number) => 8 / value, isRate: true };

function bulk(workload: "bulk" | "both", connections: number, isQuick: boolean): Planned {
  const way = workload === "bulk" ? "one way" : "both ways at once";
  const flows = connections === 1 ? "one flow" : `${connections.toLocaleString("en")} flows`;
  return { part: "bulk", workload, connections, title: `bulk ${way}, ${flows}`, ...GIGABITS, isQuick };
}
function many(workload: "ping" | "spread", connections: number, isQuick: boolean): Planned {
  const open = connections.toLocaleString("en");
  const title =
    workload === "spread" ? `round trip of an octet, on any of ${open} connections` : `round trip of an octet, ${open} connections open`;
  return { part: "scale", workload, connections, title, ...NANOSECONDS, isQuick };
}
function short(connections: number, isQuick: boolean): Planned {
  const title = `short connections, ${connections.toLocaleString("en")} TIME-WAIT records`;
  return { part: "connections", workload: "short", connections, title, ...A_SECOND, isQuick };
}
/** Over a device, to and from the Linux kernel. */
function device(part: string, workload: string, title: string, units: Pick<Planned, "unit" | "tell" | "isRate">): Planned {
  return { part, workload, connections: 1, title, ...units, isQuick: false, isWall: true, isPrivileged: true };
}

/** All figures that are measured. */
export const FIGURES: readonly Planned[] = [
  bulk("bulk", 1, true),
  bulk("both", 1, true),
  bulk("bulk", 10, false),
  bulk("bulk", 1000, false),
  { part: "small", workload: "udp", connections: 1, title: "a UDP packet of 64 octets", ...NANOSECONDS, isQuick: true },
  { part: "small", workload: "ping", connections: 1, title: "TCP round trip of an octet", ...NANOSECONDS, isQuick: true },
  many("ping", 100, false),
  many("ping", 1000, true),
  many("ping", 10_000, false),
  many("ping", 100_000, false),
  many("spread", 100, false),
  many("spread", 1000, true),
  many("spread", 10_000, false),
  many("spread", 100_000, false),
  short(1000, true),
  short(50_000, false),
  {
    part: "memory",
    workload: "memory",
    connections: 10_000,
    title: "memory of an idle connection, each end",
    unit: "octets",
    tell: (value) => value,
    isRate: false,
    isQuick: false,
  },
  { part: "idle", workload: "idle", connections: 1, title: "a poll with nothing to do", ...NANOSECONDS, isQuick: true },
  { part: "idle", workload: "idle", connections: 10_000, title: "the same, 10,000 connections open", ...NANOSECONDS, isQuick: false },
  {
    part: "start",
    workload: "start",
    connections: 16,
    title: "from the file to two stacks that poll",
    unit: "ms",
    tell: (value) => value / 1e6,
    isRate: false,
    isQuick: true,
  },
  device("tap", "receive", "one connection, receiving from Linux", GIGABITS),
  device("tap", "send", "one connection, sending to Linux", GIGABITS),
  device("http", "http", "requests of a web page by wrk, 16 connections", A_SECOND),
  {
    part: "streams",
    workload: "streams",
    connections: 1,
    title: "Node's streams in one process",
    ...GIGABITS,
    isQuick: true,
    isWall: true,
  },
];

/** The figures of these parts (none: all) that this user may measure; tells `report` of parts that it may not. */
export function figuresOf(parts: readonly string[], quick: boolean, isRoot: boolean, report: (text: string) => void): Planned[] {
  const chosen = FIGURES.filter(({ part, isQuick }) => (parts.length === 0 || parts.includes(part)) && (isQuick || !quick));
  const left = new Set(chosen.filter(({ isPrivileged }) => isPrivileged && !isRoot).map(({ part }) => part));
  for (const part of left) report(`${part} is left out: it needs root, for devices and network namespaces`);
  return chosen.filter(({ part }) => !left.has(part));
}

/** A condition of the project on a median: how many times as fast as a peer, or how many times the cost of another figure of ours, at most. */
export interface Aim {
  what: string;
  of: string;
  figure: [string, number];
  /** At least this many times as fast as this stack. */
  peer?: [string, number];
  /** At most this many times the cost of this figure of the same stack. */
  other?: [string, number, number];
  /** At least this much; with a peer the lower of both is enough. */
  least?: number;
}

/** What the project wants. */
export const AIMS: readonly Aim[] = [
  { what: "bulk, 0.75 times native smoltcp", of: "ringwire", figure: ["bulk", 1], peer: ["smoltcp", 0.75] },
  { what: "bulk, 2.3 times lwIP in WebAssembly", of: "ringwire", figure: ["bulk", 1], peer: ["lwip-wasm", 2.3] },
  { what: "bulk with SIMD, 0.9 times native smoltcp", of: "ringwire-simd", figure: ["bulk", 1], peer: ["smoltcp", 0.9] },
  { what: "bulk with SIMD, as fast as native lwIP", of: "ringwire-simd", figure: ["bulk", 1], peer: ["lwip", 1] },
  { what: "UDP packet within 1.5 times native lwIP", of: "ringwire", figure: ["udp", 1], peer: ["lwip", 1 / 1.5] },
  { what: "TCP round trip within 1.5 times native smoltcp", of: "ringwire", figure: ["ping", 1], peer: ["smoltcp", 1 / 1.5] },
  { what: "the same as C within 1.2 times", of: "ringwire-c", figure: ["ping", 1], peer: ["smoltcp", 1 / 1.2] },
  { what: "10,000 idle connections within 10 %", of: "ringwire", figure: ["ping", 10_000], other: ["ping", 1, 1.1] },
  { what: "spread over 10,000 within 2 times", of: "ringwire", figure: ["spread", 10_000], other: ["ping", 1, 2] },
  { what: "spread over 100,000 within 3 times", of: "ringwire", figure: ["spread", 100_000], other: ["ping", 1, 3] },
  { what: "50,000 short connections a second", of: "ringwire", figure: ["short", 50_000], least: 50_000 },
  {
    what: "offload, receiving: 12 Gbit/s or 0.6 of Linux",
    of: "ringwire-offload",
    figure: ["receive", 1],
    peer: ["linux", 0.6],
    least: 12,
  },
  { what: "offload, sending: 1.5 times smoltcp's plain frames", of: "ringwire-offload", figure: ["send", 1], peer: ["smoltcp-tap", 1.5] },
  { what: "plain TAP, receiving: 0.7 times smoltcp", of: "ringwire-tap", figure: ["receive", 1], peer: ["smoltcp-tap", 0.7] },
  { what: "plain TAP, sending: 0.7 times smoltcp", of: "ringwire-tap", figure: ["send", 1], peer: ["smoltcp-tap", 0.7] },
];
