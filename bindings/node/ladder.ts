// A packet ladder that says why: stands around a core's calls, has it read one frame at a time, and compares what it shows of itself before and after.
import { CONTROL, Counter } from "./constants.js";
import type { Core } from "./core.js";
import type { Exports } from "./module.js";
import { event, rung, Rungs, type Seen, why } from "./rungs.js";
import type { Kind } from "./settings.js";
import type { Status } from "./statusrecord.js";
import { whyOf } from "./whys.js";

/** How a ladder is drawn. */
export interface LadderOptions {
  /** What the frames of each device are. Default: Ethernet. */
  kinds?: readonly Kind[];
  /** Names of the devices, shown when there are several. */
  names?: readonly string[];
}

/** What the stack showed at one time. */
interface Picture {
  counters: Uint32Array;
  sockets: Map<string, Status>;
}
/** Lines to draw beneath a frame, by the connection that they are about ("": any). */
interface Why {
  of: string;
  text: string;
}
/** A frame that was sent, and of which connection. */
interface Sent {
  device: number;
  text: string;
  of: string;
  seen?: Seen;
}

const NAMES = Object.entries(Counter).filter(([name]) => name !== "COUNT");
const WAITING: Partial<Record<Status["waits"], string>> = {
  NEIGHBOUR: "waits: the neighbour's MAC address",
  PEER_WINDOW: "waits: peer's window",
  CONGESTION_WINDOW: "waits: congestion window",
  TX_SLOT: "waits: a free TX slot",
  PACING: "waits: pacing",
};

/** Draws the ladder of a core until what it answers is called. Slower than the stack by far: it looks at every socket for every frame. */
export function drawLadder(core: Core, print: (line: string) => void, options: LadderOptions = {}): () => void {
  const ladder = new Ladder(core, print, options);
  return core.around((inner) => ladder.calls(inner));
}

class Ladder {
  readonly #core: Core;
  readonly #print: (line: string) => void;
  readonly #options: LadderOptions;
  readonly #rungs = new Rungs();
  /** Text segments of a connection that no ACK of ours has left for, and when the delayed one is due. */
  readonly #heard = new Map<string, { segments: number; due: number }>();
  /** Counters that rose in this round. */
  readonly #risen = new Set<string>();
  #picture: Picture;
  #began: number | undefined;
  #now = 0;

  constructor(core: Core, print: (line: string) => void, options: LadderOptions) {
    this.#core = core;
    this.#print = print;
    this.#options = options;
    this.#picture = this.#look();
  }

  /** The calls that stand in front of the module's. */
  calls(inner: Exports): Pick<Exports, "poll" | "receive" | "transmit"> {
    const receive = (ms: number, us: number) => this.#receive(inner, ms, us);
    const transmit = () => this.#transmit(inner);
    const poll = (ms: number, us: number) => {
      const read = receive(ms, us);
      return read < 0 ? read : transmit();
    };
    return { poll, receive, transmit };
  }

  #receive(inner: Exports, ms: number, us: number): number {
    this.#began ??= ms + us / 1000;
    this.#now = ms + us / 1000 - this.#began;
    this.#risen.clear();
    this.#events(this.#compare());
    const budget = this.#budget();
    let read = 0;
    try {
      for (this.#budget(1); read < budget; read++) {
        const frames = this.#core.devices.map((rings) => ({ frame: rings.unread(), waiting: rings.waiting }));
        const marks = this.#marks();
        const count = inner.receive(ms, us);
        if (count < 0) return count;
        const device = this.#core.devices.findIndex((rings, i) => rings.waiting < (frames[i]?.waiting ?? 0));
        const frame = frames[device]?.frame;
        if (frame && count) this.#arrived(device, frame, marks);
        else this.#left(marks, this.#compare());
        if (!count) break;
      }
    } finally {
      this.#budget(budget);
    }
    return read;
  }
  #transmit(inner: Exports): number {
    const marks = this.#marks();
    const wait = inner.transmit();
    this.#left(marks, this.#compare(true));
    return wait;
  }
  /** Frames that are read in one round; sets them, too. */
  #budget(set?: number): number {
    const at = this.#core.control + CONTROL.frameBudget;
    const was = this.#core.view.getUint32(at, true);
    if (set !== undefined) this.#core.view.setUint32(at, set, true);
    return was;
  }
  #marks(): number[] {
    return this.#core.devices.map((rings) => rings.written);
  }

  /** A frame was read: it, why, and what the stack sent at once. */
  #arrived(device: number, frame: Uint8Array, marks: number[]): void {
    const { text, seen } = this.#rungs.describe(frame, this.#kind(device));
    const of = seen ? keyOf(seen.segment.destination, seen.segment.destinationPort, seen.segment.source, seen.segment.sourcePort) : "";
    if (seen?.segment.octets) this.#heard.set(of, { segments: (this.#heard.get(of)?.segments ?? 0) + 1, due: Number.POSITIVE_INFINITY });
    const whys = this.#compare();
    this.#print(rung(this.#now, "<-", text, this.#name(device)));
    this.#say(whys, of);
    const delayed = seen?.segment.octets ? this.#delayed(of) : null;
    if (delayed) this.#print(why(delayed));
    this.#left(marks, []);
  }
  /** What is known of an acknowledgement that is put off. */
  #delayed(of: string): string | null {
    const left = this.#picture.sockets.get(of)?.ackWithin ?? null;
    const heard = this.#heard.get(of);
    if (left === null || !heard) return null;
    heard.due = this.#now + left;
    return `ACK delayed: ${heard.segments} segment${heard.segments === 1 ? "" : "s"}, ${left} ms left`;
  }
  /** Draws what was sent since `marks`, each with its reasons; reasons without a frame stand for themselves. */
  #left(marks: number[], whys: Why[]): void {
    const sent = this.#sent(marks);
    let rest = whys;
    sent.forEach(({ device, text, of, seen }, i) => {
      this.#print(rung(this.#now, "->", text, this.#name(device)));
      const cause = seen?.isAgain ? this.#cause(of) : "";
      if (cause) this.#print(why(`retransmitted: ${cause}`));
      const acknowledges = seen && seen.segment.flags & 16 ? this.#heard.get(of) : undefined;
      if (acknowledges && acknowledges.due <= this.#now && !seen?.segment.octets) this.#print(why("the delayed ACK: its time is over"));
      if (acknowledges) this.#heard.delete(of);
      const isLastOf = !sent.slice(i + 1).some((other) => other.of === of);
      const mine = rest.filter((each) => (each.of ? each.of === of && isLastOf : i === sent.length - 1));
      rest = rest.filter((each) => !mine.includes(each));
      this.#say(
        mine.filter(({ text }) => text !== cause),
        of,
      );
    });
    this.#events(rest);
  }
  #sent(marks: number[]): Sent[] {
    return this.#core.devices.flatMap((rings, device) => {
      const count = (rings.written - (marks[device] ?? 0)) >>> 0;
      return Array.from({ length: Math.min(count, rings.txSlots) }, (_, i) => {
        const { text, seen } = this.#rungs.describe(rings.frameOf(((marks[device] ?? 0) + i) >>> 0), this.#kind(device));
        if (!seen) return { device, text, of: "" };
        const { source, sourcePort, destination, destinationPort } = seen.segment;
        return { device, text, seen, of: keyOf(source, sourcePort, destination, destinationPort) };
      });
    });
  }
  /** Why something is sent again. */
  #cause(of: string): string {
    const status = this.#picture.sockets.get(of);
    if (this.#risen.has("TCP_LOSS_PROBES")) return "tail loss probe";
    if (this.#risen.has("TCP_PROBES")) return "zero-window probe";
    if (this.#risen.has("TCP_KEEPALIVES")) return "keepalive";
    if (status?.phase === "RECOVERY") return "lost, as acknowledgements tell";
    if (status?.phase === "LOSS" || this.#risen.has("TCP_TIMEOUTS")) return "timer";
    return this.#risen.has("TCP_IN") ? "the peer sent its own again" : "timer";
  }
  #say(whys: Why[], of: string): void {
    for (const each of whys) this.#print(why(each.of && each.of !== of ? `${each.of}: ${each.text}` : each.text));
  }
  #events(whys: Why[]): void {
    for (const each of whys) this.#print(event(this.#now, each.of ? `${each.of}: ${each.text}` : each.text));
  }

  /** What has changed since the last look; `waits` only where all that may leave has left. */
  #compare(waits = false): Why[] {
    const before = this.#picture;
    const after = this.#look();
    this.#picture = after;
    const counted = NAMES.flatMap(([name, index]) => {
      if (after.counters[index as number] === before.counters[index as number]) return [];
      this.#risen.add(name);
      const text = whyOf(name);
      return text ? [{ of: "", text }] : [];
    });
    const keys = new Set([...before.sockets.keys(), ...after.sockets.keys()]);
    const changed = [...keys].flatMap((of) => changes(before.sockets.get(of), after.sockets.get(of), waits).map((text) => ({ of, text })));
    if (!waits) for (const [of, status] of before.sockets) if (after.sockets.has(of)) keep(after.sockets.get(of) as Status, status);
    return [...counted, ...changed];
  }
  #look(): Picture {
    const at = this.#core.view.getUint32(this.#core.control + CONTROL.counters, true);
    const counters = new Uint32Array(this.#core.memory.buffer.slice(at, at + Counter.COUNT * 4));
    const sockets = this.#core.sockets().filter(({ protocol }) => protocol !== "listener" && protocol !== "udp");
    return {
      counters,
      sockets: new Map(sockets.map((each) => [keyOf(each.local.address, each.local.port, each.remote.address, each.remote.port), each])),
    };
  }
  #kind(device: number): Kind {
    return this.#options.kinds?.[device] ?? "ethernet";
  }
  #name(device: number): string {
    return this.#core.devices.length > 1 ? (this.#options.names?.[device] ?? `device ${device}`) : "";
  }
}

function keyOf(local: string, localPort: number, remote: string, remotePort: number): string {
  return `${local}:${localPort} ${remote}:${remotePort}`;
}
/** What a connection waits for is compared from one sending to the next. */
function keep(after: Status, before: Status): void {
  after.waits = before.waits;
}
/** How a connection has changed. */
function changes(before: Status | undefined, after: Status | undefined, waits: boolean): string[] {
  const states = before?.state !== after?.state ? [`${before?.state ?? "CLOSED"} -> ${after?.state ?? "CLOSED"}`] : [];
  if (after?.error && after.error !== before?.error) states.push(`ended: ${after.error}`);
  if (!waits || !after || after.waits === before?.waits) return states;
  const waiting = WAITING[after.waits] ?? (after.waits === "ACKNOWLEDGEMENT" && after.unsent ? "waits: an acknowledgement" : "");
  return waiting ? [...states, waiting] : states;
}
