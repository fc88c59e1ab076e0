// What a stack sends of a stream: text, SYN and FIN in their places, within the windows, and again only where that is right.
import { Counter, STATUS } from "../../bindings/node/core.js";
import { CTL, type Dissected } from "./dissect.js";
import type { Half } from "./half.js";
import type { Host } from "./host.js";
import type { World } from "./observer.js";
import { isStream } from "./stream.js";

/** A segment is at least this long, whatever the peer says. */
const SMALLEST_MSS = 64;
/** Segments by which our count of what is in the network may be too high: ACKs cross. */
const LEAST_SPARE = 1;

export class Sending {
  /** Probes of both kinds, recoveries begun and reneging found, as counted before this turn. */
  #probes = 0;
  #recoveries = 0;
  #reneged = 0;

  constructor(
    readonly host: Host,
    readonly world: World,
  ) {}

  /** The stack has sent what it wanted to. */
  turned(): void {
    this.#probes = this.#probesSent;
    this.#recoveries = this.host.counter(Counter.TCP_FAST_RETRANSMITS);
    this.#reneged = this.host.counter(Counter.TCP_RENEGED);
  }
  get #probesSent(): number {
    return this.host.counter(Counter.TCP_LOSS_PROBES) + this.host.counter(Counter.TCP_PROBES);
  }
  /** The stack has read frames and run its timers, and sends next; its status record is that of the connection. */
  look(half: Half): void {
    const { host } = this;
    half.snapshot = host.polls;
    half.state = host.status(STATUS.state);
    half.cwnd = host.status(STATUS.cwnd);
    half.pipe = host.status(STATUS.pipe);
    const flight = host.status(STATUS.unacknowledged);
    half.rto = flight ? Math.max(half.rto, host.status(STATUS.rto)) : 0;
    const mss = host.status(STATUS.mss);
    if (mss < half.mss) half.shorten();
    half.mss = mss;
    const timeouts = host.status(STATUS.timeouts);
    if (timeouts !== half.timeouts || host.counter(Counter.TCP_RENEGED) !== this.#reneged) half.forget();
    half.timeouts = timeouts;
    const wasClosed = half.window === 0;
    half.window = host.status(STATUS.sndWnd);
    if (wasClosed && half.window) half.flights.clear(); // nothing that left before is believed to arrive
    if (host.counter(Counter.TCP_FAST_RETRANSMITS) !== this.#recoveries) half.mayResend = true;
  }

  /** The stack has written text, or a SYN or FIN. */
  wrote(half: Half, frame: Dissected, octets: Uint8Array): void {
    const { world } = this;
    const from = half.ours(frame.seq);
    const first = from + (frame.has(CTL.SYN) ? 1 : 0);
    const to = from + frame.space;
    const end = first + frame.textLength;
    const mss = Math.min(Math.max(half.peerMss || 536, SMALLEST_MSS), this.host.plan.mtu - 40);
    if (frame.textLength && frame.textLength + frame.options > mss) {
      world.fails("mss", `${frame.textLength} octets of text and ${frame.options} of options, ${mss} are allowed`);
    }
    if (frame.has(CTL.SYN) ? from !== 0 : from < 1) world.fails("sequence", `text at ${from}`);
    if (frame.textLength && !isStream(octets, frame.text, frame.textLength, half.out, first - 1)) {
      world.fails("text", `stack ${this.host.index} wrote other octets than its application at ${first - 1}, ${frame.textLength} long`);
    }
    if (end - 1 > (half.owner?.written ?? 0)) world.fails("text", `octet ${end - 1} was never written by the application`);
    if (half.fin >= 0 && (end > half.fin || (frame.has(CTL.FIN) && end !== half.fin)))
      world.fails("fin", `${end} beyond the FIN at ${half.fin}`);
    if (frame.has(CTL.FIN)) half.fin = end;
    const isAgain = to <= half.sent;
    if (isAgain) this.#wroteAgain(half, frame, from, to);
    else this.#wroteNew(half, frame, from, to);
    half.flights.leave(from, to);
    if (half.hasRecords && half.snapshot === this.host.polls && !frame.has(CTL.SYN)) this.#judgePipe(half, frame, isAgain);
    half.sent = Math.max(half.sent, to);
  }
  #wroteNew(half: Half, frame: Dissected, from: number, to: number): void {
    const { world } = this;
    if (frame.has(CTL.SYN)) return;
    if (from > half.sent) world.fails("gap", `text at ${from}, ${half.sent} was sent before`);
    const isProbe = to - from === 1 && from === half.peerEdge;
    if (to > half.peerEdge && !isProbe) {
      world.fails("beyond-edge", `stack ${this.host.index} sends up to ${to}, the peer's right edge is ${half.peerEdge}`);
    }
    if (isProbe) world.saw("probe with a new octet");
    const isCut = to === half.peerEdge && frame.textLength > 1 && frame.textLength + frame.options < half.mss;
    if (isCut && (half.owner?.written ?? 0) > to) world.saw("silly window overridden");
    if (!half.hasWrapped && half.iss + to >= 2 ** 32 && to > 1) {
      half.hasWrapped = true;
      world.saw("sequence wrapped");
    }
    if (half.snapshot !== this.host.polls || isProbe || half.hasRecords) return;
    const most = Math.max(half.unaMost + half.cwnd, half.sentAtTimeout) + 2 * half.mss;
    if (to - (frame.has(CTL.FIN) ? 1 : 0) > most)
      world.fails("cwnd", `stack ${this.host.index} sends up to ${to}, ${half.unaMost} + ${half.cwnd} + 2 * ${half.mss} are allowed`);
  }
  /** The stack's own count of what is in the network, and a lower bound of ours (what left after everything that has arrived cannot be taken for lost), fit cwnd: but for a probe, the first retransmission of a recovery, a segment that is alone, and the FIN behind the last octet. */
  #judgePipe(half: Half, frame: Dissected, isAgain: boolean): void {
    const octets = frame.space;
    const before = half.pipe;
    half.pipe += octets;
    if (this.#probesSent !== this.#probes) return;
    const { index } = this.host;
    const least = half.flights.least;
    const most = Math.max(half.cwnd, octets) + LEAST_SPARE * half.mss;
    if (least > most)
      this.world.fails(
        "cwnd",
        `stack ${index}: ${least} octets are in the network, ${half.cwnd} + ${LEAST_SPARE} * ${half.mss} are allowed`,
      );
    if (before <= 0 || half.pipe <= half.cwnd + (frame.has(CTL.FIN) ? 1 : 0)) return;
    if (!isAgain || !half.mayResend) this.world.fails("cwnd", `stack ${index}: pipe is ${half.pipe}, ${half.cwnd} are allowed`);
    half.mayResend = false;
  }
  #wroteAgain(half: Half, frame: Dissected, from: number, to: number): void {
    const { world } = this;
    if (frame.has(CTL.SYN)) return;
    if (to <= half.una) world.fails("again", `stack ${this.host.index} sends ${from} to ${to} again, ${half.una} is acknowledged`);
    world.saw("sent again");
    if (half.snapshot !== this.host.polls) return;
    if (!half.hasRecords) {
      // The oldest leaves in any case.
      const most = half.unaMost + half.cwnd + (frame.has(CTL.FIN) ? 1 : 0);
      if (from > half.unaMost && to > most)
        world.fails("cwnd", `stack ${this.host.index} sends up to ${to} again, ${half.unaMost} + ${half.cwnd} are allowed`);
      return;
    }
    if (from < half.shrunkTo) return;
    const twice = half.sacked.within(from, to);
    // A record of which the peer has only a part counts as missing: it leaves again as a whole.
    const isCrumb = twice < to - from && twice < half.mss;
    if (twice && !isCrumb)
      world.fails("sacked-again", `stack ${this.host.index} sends ${from} to ${to} again, of which ${twice} octets were SACKed`);
  }
  /** A segment without text stands at SND.NXT, or at the peer's edge where that lies before, or one before for a keepalive. */
  wroteEmpty(half: Half, frame: Dissected): void {
    const at = half.ours(frame.seq);
    if (at === half.sent) return;
    if (at === half.sent - 1 && half.unaMost >= half.sent) return this.world.saw("keepalive"); // the SYN-ACK of a simultaneous open acknowledges, too
    if (at < half.sent && (half.edges.includes(at) || at === half.peerEdge)) return;
    this.world.fails("next-back", `stack ${this.host.index} wrote an empty segment at ${at}, ${half.sent} was sent`);
  }
}
