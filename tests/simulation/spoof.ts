// A hostile node: it sees nothing that it could use, but guesses well. What it sends must never do harm: RFC 5961, RFC 5927.
import { Prng } from "../../bindings/node/prng.js";
import { CTL } from "./dissect.js";
import type { Half } from "./half.js";
import { icmpError, segment } from "./hostile.js";
import { addressOf } from "./observer.js";
import { SERVER_PORT } from "./traffic.js";
import { pick } from "./units.js";

const STRANGER = 0x0a0000c8;
/** As far as this beside the truth. */
const NEAR = 3000;

/** What the hostile node is told. `halves`: connections of the victim; `peerSent`: what the other end of one has sent, at most. */
export interface Victim {
  index: number;
  /** Where an IP packet begins in a frame. */
  start: number;
  halves: readonly Half[];
  peerSent(half: Half): number;
}

/** A frame to the victim; `value` decides which. */
export function spoofed(victim: Victim, value: number): Uint8Array {
  const random = new Prng(value, 77);
  const open = victim.halves.filter((half) => half.irs >= 0 && half.una >= 1 && !half.isOver);
  if (!open.length || random.chance(0.2)) return fromStranger(victim, random);
  return intoConnection(victim, pick(random, open), random);
}

/** Segments to a listener, or to nobody. */
function fromStranger({ index, start }: Victim, random: Prng): Uint8Array {
  return segment(start, index, {
    source: STRANGER,
    destination: addressOf(index),
    sourcePort: 1024 + random.below(5),
    destinationPort: random.chance(0.6) ? SERVER_PORT + random.below(4) : random.below(65_536),
    seq: random.u32(),
    ack: random.u32(),
    ctl: pick(random, [CTL.SYN, CTL.SYN, CTL.ACK, CTL.RST, CTL.FIN, CTL.SYN | CTL.FIN, CTL.SYN | CTL.ACK, 0, 63]),
    window: random.below(65_536),
    options: random.chance(0.5) ? [2, 4, 5, 180] : [],
    text: new Uint8Array(random.chance(0.3) ? random.below(20) : 0).fill(0x58),
  });
}

/** What claims to come from the peer. It stands behind all that the peer has sent, so that it is never the next segment. */
function intoConnection(victim: Victim, half: Half, random: Prng): Uint8Array {
  const room = Math.max(1, Math.min(NEAR, half.edge - victim.peerSent(half) - 1));
  const behind = half.irs + victim.peerSent(half) + 1 + random.below(room);
  const [next, seq] = [half.iss + half.sent, random.chance(0.8) ? behind : behind + (1 << 28) + random.below(1 << 30)];
  const unsent = next + (1 << 20) + random.below(1 << 28);
  const old = half.iss - 1 - (1 << 24) - random.below(1 << 30);
  const bad = random.chance(0.5) ? unsent : old;
  const make = (ctl: number, ack: number, octets: number) =>
    segment(victim.start, victim.index, {
      source: half.remote,
      destination: addressOf(victim.index),
      sourcePort: half.remotePort,
      destinationPort: half.localPort,
      seq,
      ack,
      ctl,
      window: random.below(65_536),
      options: [],
      text: new Uint8Array(octets).fill(0x58),
    });
  switch (random.below(7)) {
    case 0:
      return make(CTL.RST | (random.chance(0.5) ? CTL.ACK : 0), next, 0);
    case 1:
      return make(CTL.SYN | (random.chance(0.5) ? CTL.ACK : 0), next, 0);
    case 2:
      return make(CTL.ACK | CTL.PSH, bad, 1 + random.below(500));
    case 3:
      return make(CTL.ACK, bad, 0);
    case 4:
      return make(CTL.ACK | CTL.FIN, bad, random.below(10));
    case 5:
      return make(random.chance(0.5) ? 0 : CTL.PSH, 0, random.below(100));
    default:
      return icmp(victim, half, random);
  }
}

/** An ICMP error about a segment that is not in flight; or a soft one about one that is. */
function icmp({ index, start }: Victim, half: Half, random: Prng): Uint8Array {
  const isSoft = random.chance(0.3) && half.sent > half.una;
  const seq = isSoft ? half.iss + half.una : half.iss + half.sent + 1 + random.below(1 << 30);
  const quoted = segment(0, index, {
    source: addressOf(index),
    destination: half.remote,
    sourcePort: half.localPort,
    destinationPort: half.remotePort,
    seq,
    ack: 0,
    ctl: CTL.ACK,
    window: 0,
    options: [],
    text: new Uint8Array(0),
  });
  const code = isSoft ? pick(random, [0, 1]) : pick(random, [2, 3, 4]);
  return icmpError(start, index, half.remote, addressOf(index), 3, code, code === 4 ? 68 + random.below(1000) : 0, quoted);
}
