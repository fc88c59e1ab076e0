// Looks at every frame that one stack reads and writes, and judges what it writes by what it has read: a small tracker of its own.
import { CONTROL, Counter, State } from "../../bindings/node/core.js";
import { CTL, type Dissected, PROTOCOL } from "./dissect.js";
import { Half } from "./half.js";
import type { Host } from "./host.js";
import { MS, SECOND } from "./units.js";
import { Sending } from "./sending.js";
import { streamOf } from "./stream.js";

/** Address of stack number `index`, host byte order; and its MAC address as a number. */
export const addressOf = (index: number) => (0x0a000001 + index) >>> 0;
export const macOf = (index: number) => 0x020000000001 + index;
/** The stack that has an address, -1: none. */
export const stackOf = (address: number) => (address >= 0x0a000001 && address < 0x0a000009 ? address - 0x0a000001 : -1);
/** A connection of a stack by its peer and ports. */
export const keyOf = (remote: number, localPort: number, remotePort: number) => (remote & 255) * 2 ** 32 + localPort * 65_536 + remotePort;

/** What the world tells the observer and learns from it. */
export interface World {
  now: number;
  /** A stack has sent the first SYN or SYN-ACK of a connection. */
  opened(stack: number, key: number, half: Half): void;
  fails(what: string, detail: string): void;
  /** Something rare was seen. */
  saw(what: string): void;
}

/** How much later than allowed the acknowledgement of a segment may leave: the host polls late, waits and refuses. Microseconds. */
const ACK_SLACK = 20 * MS;
/** A neighbour has failed after three requests a second apart. */
const ARP_WAIT = 4 * SECOND;
const EDGES = 64;
/** Frames without text that a poll may send of itself; and four more for each connection. */
const EMPTY_BESIDE = 10;
/** Octets of eight full segments, the shortest there are. */
const STRETCH = 8 * 536;
/** Segments further away than this belong to another incarnation. */
const PLAUSIBLE = 1 << 25;
/** Longest RTO, milliseconds. */
const RTO_MOST = 120_000;
/** Ends of connections but by both FINs. */
const ENDINGS = [Counter.TCP_GIVEN_UP, Counter.TCP_ABORTED, Counter.TCP_RST_IN, Counter.TCP_ORPHANS_RESET];

/** Whether the module keeps records of what it has sent. */
const HAS_RECORDS = "sentRecords" in CONTROL;

interface Syn {
  seq: number;
  mss: number;
  shift: number;
  isSack: boolean;
  window: number;
}

export class Observer {
  readonly halves = new Map<number, Half>();
  /** Frames without text that were written. */
  empty = 0;
  /** ISNs of peers whose segments drew a RST though a cookie of theirs is on its way: they did not bring it. */
  readonly refused = new Set<number>();
  readonly sending: Sending;
  readonly #syns = new Map<number, Syn[]>();
  /** Frames without text that what was read allows; what could not leave yet is carried on. */
  #credit = 0;
  #cookiesIn = 0;
  /** Cookies seen leaving; in a turn they leave before every other SYN-ACK. */
  #cookiesOut = 0;
  /** When an ARP packet left last: what is owed may wait for the answer. */
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(
    readonly host: Host,
    readonly isEthernet: boolean,
    readonly world: World,
  ) {
    this.sending = new Sending(host, world);
  }

  /** The stack has sent what it wanted to, after reading `read` frames: what it owes must have left. */
  turned(read: number): void {
    this.sending.turned();
    this.#cookiesIn = this.host.counter(Counter.TCP_COOKIES_IN);
    this.#cookiesOut = this.host.counter(Counter.TCP_COOKIES_OUT);
    const { host, world } = this;
    this.#credit += 3 * read;
    const most = EMPTY_BESIDE + this.#credit;
    if (this.empty > most && this.empty > most + 4 * this.#living)
      world.fails("storm", `stack ${host.index} wrote ${this.empty} frames without text after reading ${read} frames`);
    const isHeldUp = host.isBlocked || host.waiting > 0 || world.now < this.#askedAt + ARP_WAIT;
    this.#credit = isHeldUp ? Math.max(0, this.#credit - this.empty) : 0;
    this.empty = 0;
    if (isHeldUp || world.now < host.refusedUntil + SECOND) return;
    if (host.wait > RTO_MOST) this.#judgeOrphans();
    for (const half of this.halves.values()) {
      if (
        half.snapshot !== host.polls ||
        half.ackDue > world.now ||
        half.state === State.CLOSED ||
        (half.state === State.TIME_WAIT && !host.plan.timeWait)
      )
        continue;
      world.fails(
        "ack-late",
        `stack ${host.index} has not acknowledged ${half.owed} on ports ${half.localPort} ${half.remotePort} in state ${half.state}, which came ${(world.now - half.ackDue) / MS} ms too long ago`,
      );
    }
  }
  /** Connections of which something may be left. */
  get #living(): number {
    return [...this.halves.values()].filter((half) => !half.isGone).length;
  }
  /** Connections that ended without both FINs, so far. */
  get #endings(): number {
    return ENDINGS.reduce((sum, counter) => sum + this.host.counter(counter), 0);
  }
  /** What was let go has a timer, too, as long as octets of it are unacknowledged. */
  #judgeOrphans(): void {
    for (const half of this.halves.values()) {
      if (!half.owner?.isDone || half.isGone || half.unaMost < 1 || half.sent <= half.unaMost || half.endings !== this.#endings) continue;
      const what = `${half.sent - half.unaMost} octets unacknowledged on ports ${half.localPort} ${half.remotePort}, let go by its application`;
      this.world.fails("orphan", `stack ${this.host.index} has ${what}, and sleeps for ${this.host.wait} ms`);
    }
  }
  /** The stack has read a frame. `isGenuine`: it is as its sender, one of our stacks, has written it. */
  read(frame: Dissected, isGenuine: boolean): void {
    if (frame.wrong || frame.protocol !== PROTOCOL.TCP) return;
    if (frame.destination !== addressOf(this.host.index)) return;
    const key = keyOf(frame.source, frame.destinationPort, frame.sourcePort);
    if (frame.has(CTL.SYN)) this.#noteSyn(key, frame);
    if (!isGenuine) return;
    if (frame.has(CTL.RST)) return this.#readReset(this.halves.get(key), frame);
    this.#readCookie(key, frame);
    for (let half = this.halves.get(key) ?? null; half; half = half.older) if (!half.isOver) this.#readBy(half, frame);
  }
  #readReset(half: Half | undefined, frame: Dissected): void {
    if (half && half.irs >= 0 && half.theirs(frame.seq) === half.reached) half.isReset = true;
  }
  /** A late duplicate of the ACK that brought a cookie may bring it once more when the connection is gone: it begins anew. RFC 4987 §3.6. */
  #readCookie(key: number, frame: Dissected): void {
    const gone = this.halves.get(key);
    if (!gone?.isCookie || !gone.isGone || this.host.counter(Counter.TCP_COOKIES_IN) === this.#cookiesIn) return;
    if (frame.has(CTL.SYN) || !frame.has(CTL.ACK) || gone.ours(frame.ack) !== 1 || gone.theirs(frame.seq) !== 1) return;
    this.halves.set(key, gone.again());
    this.world.saw("cookie taken again");
  }
  #readBy(half: Half, frame: Dissected): void {
    if (half.irs < 0) {
      if (!frame.has(CTL.SYN)) return;
      if (frame.has(CTL.ACK) && half.ours(frame.ack) !== 1) return;
      half.adopt(frame.seq, frame);
      half.peerEdge = 1 + frame.window;
    }
    if (Math.abs(half.theirs(frame.seq) - half.gotMost) > PLAUSIBLE) return;
    if (frame.has(CTL.ACK)) this.#readAck(half, frame);
    this.#readText(half, frame);
  }
  #noteSyn(key: number, frame: Dissected): void {
    const list = this.#syns.get(key) ?? [];
    list.push({ seq: frame.seq, mss: frame.mss, shift: frame.shift, isSack: frame.isSackPermitted, window: frame.window });
    if (list.length > 8) list.shift();
    this.#syns.set(key, list);
  }
  #readAck(half: Half, frame: Dissected): void {
    const ack = half.ours(frame.ack);
    if (ack < 0 || ack > half.sent) return;
    half.flights.arrive(0, ack); // what an ACK told that was not taken may have left once more
    half.unaMost = Math.max(half.unaMost, ack);
    const isOld = frame.isStamped && half.isStamped && ((frame.tsVal - half.stamp) | 0) < 0;
    if (frame.isStamped && !isOld) {
      half.isStamped = true;
      half.stamp = frame.tsVal;
    }
    const isTaken = ack >= half.una && !isOld && half.theirs(frame.seq) >= half.reached;
    if (ack > half.una && isTaken) {
      half.una = ack;
      half.sacked.drop(ack);
    }
    const edge = ack + (frame.has(CTL.SYN) ? frame.window : frame.window << half.shiftIn);
    half.peerEdge = Math.max(half.peerEdge, edge);
    half.edges.push(edge);
    if (half.edges.length > EDGES) half.edges.shift();
    if (!half.isSack) return;
    for (let i = 0; i < frame.blocks; i++) {
      const left = half.ours(frame.edges[2 * i] as number);
      const right = half.ours(frame.edges[2 * i + 1] as number);
      if (left > ack && right > left && right <= half.sent) {
        if (isTaken) half.sacked.add(left, right);
        half.flights.arrive(left, right);
      } else if (i === 0 && right <= ack && right > left) this.world.saw("DSACK read");
    }
  }
  #readText(half: Half, frame: Dissected): void {
    const from = Math.max(half.theirs(frame.seq) + (frame.has(CTL.SYN) ? 1 : 0), 1);
    const end = half.theirs(frame.seq) + (frame.has(CTL.SYN) ? 1 : 0) + frame.textLength;
    half.gotMost = Math.max(half.gotMost, end);
    const to = Math.min(end, Math.max(half.edge, 1));
    const before = half.reached;
    half.got.add(from, to);
    const acked = half.ours(frame.ack);
    if (frame.has(CTL.FIN) && (half.peerFin < 0 || (acked >= 0 && acked <= half.sent))) {
      if (half.peerFin < 0 && half.fin >= 0 && half.unaMost <= half.fin) this.world.saw("simultaneous close");
      half.peerFin = end;
    }
    if (half.reached < 1) half.reached = 1;
    half.reached = half.got.endOf(half.reached);
    const isNews = from <= Math.max(half.acked, half.owed, 1) && to > Math.max(half.acked, half.owed);
    if (half.reached === half.peerFin) half.reached++;
    if (frame.textLength && from > before && before) this.world.saw("out of order");
    // An ACK field that is too old, or an old timestamp, may have the segment dropped. RFC 5961 §5.2, RFC 7323 §5.3.
    if (!isNews || half.ours(frame.ack) < half.unaMost || (frame.isStamped && ((frame.tsVal - half.stamp) | 0) < 0)) return;
    half.owed = to;
    half.ackDue = Math.min(half.ackDue, this.world.now + (this.host.plan.delayedAck + 1) * MS + this.host.plan.lag + ACK_SLACK);
  }

  /** The stack has written a frame. */
  wrote(frame: Dissected, octets: Uint8Array): void {
    const { host, world } = this;
    if (frame.wrong) return world.fails("frame", `stack ${host.index} wrote: ${frame.wrong}`);
    if (frame.source !== addressOf(host.index)) return world.fails("source", `stack ${host.index} wrote from ${frame.source.toString(16)}`);
    if (this.isEthernet && frame.mac !== macOf(host.index))
      return world.fails("source", `stack ${host.index} wrote from another MAC address`);
    if (!frame.textLength) this.empty++;
    if (frame.isArp) {
      this.#askedAt = world.now;
      return;
    }
    if (frame.packet > host.plan.mtu) return world.fails("mtu", `${frame.packet} octets, the MTU is ${host.plan.mtu}`);
    if (frame.protocol !== PROTOCOL.TCP) return;
    const key = keyOf(frame.destination, frame.sourcePort, frame.destinationPort);
    const half = frame.has(CTL.SYN) && !frame.has(CTL.RST) ? this.#opening(key, frame) : this.#known(key, frame);
    if (half && frame.has(CTL.SYN)) {
      half.ourMss = frame.mss;
      half.ourShift = frame.shift;
      half.hasOurSack = frame.isSackPermitted;
    }
    if (frame.has(CTL.RST)) {
      world.saw("RST written");
      if (!half) return;
      if (frame.has(CTL.ACK) && half.ours(frame.seq) > 0) half.isOver = true; // else an answer to what belongs to no connection
      if (!frame.has(CTL.ACK) && half.isCookie && half.sent === 1 && half.acked === 1 && half.ours(frame.seq) === 1)
        this.refused.add(half.irs);
      return;
    }
    if (!half && stackOf(frame.destination) < 0) return; // for a stranger whose SYN-ACK waits for a neighbour
    if (!half)
      return world.fails(
        "stray",
        `stack ${host.index} wrote a segment of no connection, ports ${frame.sourcePort} ${frame.destinationPort}`,
      );
    if (half.isOver || this.#isEarly(half, key, frame)) return;
    // A hole that is filled has many octets acknowledged at once: by a stretch of eight full segments each, which is no storm.
    if (!frame.textLength && frame.has(CTL.ACK) && half.theirs(frame.ack) - half.acked >= STRETCH) this.empty--;
    if (frame.has(CTL.ACK)) this.#wroteAck(half, frame, key);
    else if (!frame.has(CTL.SYN)) world.fails("ack", "a segment without ACK");
    if (frame.space) this.sending.wrote(half, frame, octets);
    else this.sending.wroteEmpty(half, frame);
    half.endings = this.#endings;
    half.wroteAt = world.now;
  }
  /** What is known of the connection of a segment: with SYN cookies the half whose ISN the peer has acknowledged. */
  #known(key: number, frame: Dissected): Half | undefined {
    const newest = this.halves.get(key);
    for (let half = newest ?? null; half && newest?.older; half = half.older) {
      if (half.ours(frame.seq) < 0 || half.ours(frame.seq) > half.sent + 1) continue;
      if (half !== newest && !frame.has(CTL.RST)) this.halves.set(key, half); // a RST may answer for the newest with another's numbers
      return half;
    }
    return newest;
  }
  #opening(key: number, frame: Dissected): Half {
    const known = this.halves.get(key);
    const isClosed = known && known.fin >= 0 && known.unaMost > known.fin;
    if (known && known.iss === frame.seq && !known.isOver && !isClosed) {
      if (frame.has(CTL.ACK) && known.acked === 0 && known.isActive) this.world.saw("simultaneous open");
      return known;
    }
    if (known && this.#waits(known) && frame.has(CTL.ACK)) this.world.saw("TIME-WAIT reused");
    const peer = stackOf(frame.destination);
    const { index } = this.host;
    const half = new Half(
      frame.seq,
      frame.destination,
      frame.sourcePort,
      frame.destinationPort,
      peer,
      streamOf(index, frame.sourcePort, frame.destinationPort),
      streamOf(peer, frame.destinationPort, frame.sourcePort),
    );
    half.isActive = !frame.has(CTL.ACK);
    half.isCookie = frame.has(CTL.ACK) && this.#cookiesOut < this.host.counter(Counter.TCP_COOKIES_OUT);
    if (half.isCookie) this.#cookiesOut++;
    half.firstEdge = 1 + frame.window;
    half.mayRecord = this.host.plan.sentRecords > 0 && HAS_RECORDS;
    this.halves.set(key, half);
    this.world.opened(index, key, half);
    if (frame.has(CTL.ACK)) {
      const irs = (frame.ack - 1) >>> 0;
      const syn = this.#syns.get(key)?.findLast(({ seq }) => seq === irs);
      if (syn) {
        half.adopt(irs, { mss: syn.mss, shift: syn.shift, isSackPermitted: syn.isSack });
        half.peerEdge = 1 + syn.window;
        half.reached = 1;
        if (known && (known.irs === irs || known.isCookie)) half.older = known; // the peer may come with an older cookie
      }
    }
    return half;
  }
  /** An answer of a half-open connection whose SYN-ACK has not left yet; what is known belongs to an earlier incarnation. */
  #isEarly(half: Half, key: number, frame: Dissected): boolean {
    const isAnswer = !frame.has(CTL.SYN) && frame.has(CTL.ACK) && frame.space === 0 && frame.ack !== (half.irs + 1) >>> 0;
    return (
      isAnswer && half.theirs(frame.ack) > half.reached && (this.#syns.get(key)?.some(({ seq }) => (seq + 1) >>> 0 === frame.ack) ?? false)
    );
  }
  /** Whether a side that closed first may be in TIME-WAIT still. */
  #waits(half: Half): boolean {
    const isClosed = half.fin >= 0 && half.peerFin >= 0 && half.unaMost > half.fin && !half.isOver;
    return isClosed && this.world.now - half.wroteAt < 2 * this.host.plan.msl * MS;
  }
  #wroteAck(half: Half, frame: Dissected, key: number): void {
    const { world } = this;
    if (half.irs < 0) return world.fails("ack", `acknowledges ${frame.ack}, but no SYN was read`);
    const isSyn = frame.has(CTL.SYN);
    const ack = half.theirs(frame.ack);
    if (ack > half.reached)
      world.fails("ack-of-nothing", `stack ${this.host.index} acknowledges ${ack}, ${half.reached} was read (${key})`);
    if (ack < half.acked) world.fails("ack-back", `stack ${this.host.index} acknowledges ${ack} after ${half.acked}`);
    half.acked = Math.max(half.acked, ack);
    half.ackDue = Number.POSITIVE_INFINITY;
    half.owed = half.acked;
    const shift = isSyn ? 0 : half.shiftOut;
    const edge = ack + frame.window * 2 ** shift;
    if (!isSyn && edge < half.edge - (2 ** half.shiftOut - 1)) {
      world.fails("edge-left", `stack ${this.host.index}: right edge ${edge} after ${half.edge}, shift ${shift}`);
    }
    half.edge = Math.max(half.edge, edge);
    if (!frame.window && !isSyn && half.edge === ack) world.saw("window closed");
    if (frame.blocks) this.#wroteSack(half, frame, ack);
  }
  #wroteSack(half: Half, frame: Dissected, ack: number): void {
    if (!half.isSack) this.world.fails("sack", "a SACK option that was not agreed on");
    this.world.saw("SACK written");
    for (let i = 0; i < frame.blocks; i++) {
      const left = half.theirs(frame.edges[2 * i] as number);
      const right = half.theirs(frame.edges[2 * i + 1] as number);
      const to = right === half.peerFin + 1 ? right - 1 : right;
      const isOlder = i === 0 && left < 1 && right <= ack; // a duplicate of an earlier incarnation
      if (!isOlder && (left >= right || half.got.within(left, to) !== to - left))
        this.world.fails("sack", `${left} to ${right} was not read whole`);
      if (right <= ack && i > 0) this.world.fails("sack", `block ${i} ${left} to ${right} lies before ${ack}`);
      if (right <= ack && i === 0) this.world.saw("DSACK written");
    }
  }
}
