// Which ports of a host are open: by connecting, or for UDP by asking.
import { randomBytes } from "node:crypto";
import type { Core } from "./core.js";
import { RingwireError } from "./error.js";
import type { Host } from "./host.js";
import { serviceName } from "./ports.js";
import type { ConnectOptions } from "./stack.js";
import type { TcpSocket } from "./tcp.js";
import type { UdpSocket } from "./udp.js";
import { integer, number, only } from "./validate.js";

/** How ports are looked at. */
export interface ScanOptions {
  /** UDP instead of TCP. */
  udp?: boolean;
  /** Milliseconds to wait for each port. Default 2000. */
  timeout?: number;
  /** Ports looked at at the same time, 1 to 1024. Default 64, for UDP 8. */
  parallel?: number;
}

/** What became of a port. `open|filtered`: UDP that stays silent. */
export type PortState = "open" | "closed" | "filtered" | "open|filtered";

/** A port, as it was found. */
export interface PortResult {
  port: number;
  protocol: "tcp" | "udp";
  state: PortState;
  /** By the table of well-known ports. */
  service: string | null;
  /** How it was found out, in words. */
  reason: string;
  /** Milliseconds it took. */
  ms: number;
}

/** What a scan needs of a stack. */
interface Scanning extends Host {
  resolve(name: string): Promise<string[]>;
  createConnection(options: ConnectOptions): TcpSocket;
  bindUdp(): UdpSocket;
}
type Found = Pick<PortResult, "state" | "reason">;

const UNREACHABLE = 3;
/** ICMP type 3: what each code says. RFC 792, RFC 1122 §3.2.2.1, RFC 1812 §5.2.7.1. */
const CODES: Record<number, string> = {
  0: "network unreachable",
  1: "host unreachable",
  2: "protocol unreachable",
  3: "port unreachable",
  9: "network prohibited",
  10: "host prohibited",
  13: "administratively prohibited",
};
/** Times a UDP port is asked. */
const TRIES = 2;
/** Questions that servers answer: DNS for the root, NTP, a TFTP file. To others goes an empty datagram. */
const QUESTIONS: Record<number, () => Uint8Array> = {
  53: () => Uint8Array.from([...randomBytes(2), 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]),
  69: () => Buffer.from("\0\x01ringwire-scan\0octet\0"),
  123: () => Uint8Array.from({ length: 48 }, (_, i) => (i === 0 ? 0x23 : 0)),
};

/** Looks at ports, several at a time: yields each as it is known. Rejects when the host's name is not known. */
export async function* scan(
  stack: Scanning,
  host: string,
  ports: Iterable<number>,
  options: ScanOptions,
): AsyncGenerator<PortResult, void, void> {
  only(options, ["udp", "timeout", "parallel"], "scan");
  const { udp = false } = options;
  const timeout = number(options.timeout ?? 2000, 1, 0x7fffffff, "scan: timeout");
  const most = Math.min(integer(options.parallel ?? (udp ? 8 : 64), 1, 1024, "scan: parallel"), free(stack.core, udp));
  const waiting = [...ports].map((port) => integer(port, 1, 65_535, "scan: port"));
  const [address = ""] = await stack.resolve(host);
  const running = new Map<number, Promise<PortResult>>();
  const look = udp ? lookUdp : lookTcp;
  const first = waiting.shift();
  // The first goes alone: until the neighbour is known, others would only wait for it.
  if (first !== undefined) yield await timed(first, udp, () => look(stack, address, first, timeout));
  for (;;) {
    for (let port = waiting[0]; port !== undefined && running.size < most; port = waiting[0]) {
      const next = port;
      waiting.shift();
      running.set(
        next,
        timed(next, udp, () => look(stack, address, next, timeout)),
      );
    }
    if (!running.size) return;
    const result = await Promise.race(running.values());
    running.delete(result.port);
    yield result;
  }
}

/** Sockets that are free, but for one. */
function free(core: Core, udp: boolean): number {
  const pools = core.pools();
  const { capacity, used } = udp ? pools.UDP : pools.TCP0;
  if (capacity - used < 1) throw new RingwireError("NO_SOCKET", `scan: no free ${udp ? "UDP" : "TCP"} socket`);
  return Math.max(1, capacity - used - 1);
}

async function timed(port: number, udp: boolean, look: () => Promise<Found>): Promise<PortResult> {
  const began = performance.now();
  const found = await look();
  const protocol = udp ? "udp" : "tcp";
  return { port, protocol, service: serviceName(protocol, port) ?? null, ...found, ms: performance.now() - began };
}

function lookTcp(stack: Scanning, host: string, port: number, timeout: number): Promise<Found> {
  return new Promise((resolve, reject) => {
    const socket = stack.createConnection({ host, port });
    const done = (found: Found) => {
      clearTimeout(timer);
      unlook();
      socket.resetAndDestroy();
      resolve(found);
    };
    const reported = () => told(socket.status()?.softError ?? 0);
    const timer = setTimeout(() => done({ state: "filtered", reason: reported() ?? "no answer" }), timeout);
    const unlook = stack.looking(() => {
      const why = socket.connecting && reported();
      if (why) done({ state: "filtered", reason: why });
    });
    socket.once("connect", () => done({ state: "open", reason: "it answers" }));
    socket.on("error", (error: RingwireError) => {
      if (error.code === "REFUSED" || error.code === "RESET") done({ state: "closed", reason: "reset" });
      else if (error.code === "UNREACHABLE" || error.code === "TIMED_OUT") done({ state: "filtered", reason: "unreachable" });
      else {
        clearTimeout(timer);
        unlook();
        reject(error);
      }
    });
  });
}

function lookUdp(stack: Scanning, host: string, port: number, timeout: number): Promise<Found> {
  return new Promise((resolve, reject) => {
    const socket = stack.bindUdp().connect(port, host);
    let last = 0;
    const done = (found: Found) => {
      clearInterval(timer);
      unlook();
      socket.close();
      resolve(found);
    };
    const failed = (error: Error) => {
      clearInterval(timer);
      unlook();
      socket.close();
      reject(error);
    };
    const unreached = (error: RingwireError) => {
      if (error.code === "UNREACHABLE") done({ state: "filtered", reason: "unreachable" });
      else failed(error);
    };
    const ask = () => socket.send(QUESTIONS[port]?.() ?? new Uint8Array(0)).catch(unreached);
    let tries = 1;
    const timer = setInterval(() => {
      if (tries++ < TRIES) ask();
      else done({ state: "open|filtered", reason: "no answer" });
    }, timeout / TRIES);
    const unlook = stack.looking(() => {
      last = socket.status()?.softError || last;
    });
    socket.on("message", () => done({ state: "open", reason: "it answers" }));
    socket.on("error", ({ code }: RingwireError) => {
      last = socket.status()?.softError || last;
      const isClosed = code === "REFUSED" && (!last || last === UNREACHABLE * 256 + 3);
      done(isClosed ? { state: "closed", reason: CODES[3] as string } : { state: "filtered", reason: told(last) ?? "unreachable" });
    });
    ask();
  });
}

/** What an ICMP message says, by type * 256 + code; null: none came. */
function told(icmp: number): string | null {
  if (!icmp) return null;
  if (icmp >> 8 !== UNREACHABLE) return `ICMP type ${icmp >> 8}`;
  return CODES[icmp & 255] ?? `unreachable, code ${icmp & 255}`;
}
