// Full segments of new text behind each other, in one turn: all have the headers of the first but for sequence number and
// checksum, so theirs are copied. What leaves is the same as if each had been asked for by itself.
import { MTU_PROBING, VLAN } from "../../memory/config";
import { bump, count, Counter } from "../../memory/counters";
import * as ring from "../../memory/ring";
import { state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { ETHERNET_MINIMUM } from "../../wire/ethernet";
import { IPV4_HEADER } from "../../wire/ipv4";
import { Ctl, TcpHeader } from "../../wire/tcp";
import { claim, frameLength, free, publish, Reserve, SLOT_IP } from "../../link/device";
import { deviceOf } from "../../link/interfaces";
import * as congestion from "./congestion";
import * as pace from "./pace";
import * as recovery from "./recovery";
import { Seq, sooner } from "./seq";
import { Tcb } from "./tcb";
import * as together from "./together";

/** Octets before the IP header that are copied with it, so that words of 64 bits fit: the link header, and two zeros of the slot's. */
const BEFORE: u32 = 16;

/** Whether the segment in `slot`, which has just left, may have others like it behind it: it was new, since it began at `from`, the SND.NXT of then, and full; it says nothing that is for one alone, nothing else is owed, and nobody looks at each frame by itself. */
export function isPossible(tcb: Tcb, slot: usize, from: Seq): bool {
  const snd = tcb.snd;
  if (snd.nxt.since(from) != snd.mss || snd.mss < ETHERNET_MINIMUM || snd.nxt != snd.cursor) return false;
  const header = headerIn(slot);
  if (header.seq != from.u32 || (header.control & ~Ctl.ECE) != Ctl.ACK) return false;
  if (tcb.owes || tcb.fragmentable || (MTU_PROBING && tcb.mayTry)) return false;
  return !state.guard && !(VLAN && tcb.path.via.vlan) && !together.isLeft(tcb);
}
/** Sends up to `most` segments like that one; `room`: octets that both windows leave. Answers how many. */
export function follow(tcb: Tcb, slot: usize, room: u32, most: u32, now: Instant): u32 {
  const snd = tcb.snd;
  const device = deviceOf(tcb.path.via);
  const records = recovery.hasRecords(tcb) ? min(most, recovery.room(tcb)) : most;
  const segments = min(min(room, before(tcb)) / snd.mss, min(records, free(device, Reserve.DATA)));
  const headerLength = headerIn(slot).headerLength;
  const length = frameLength(device, slot);
  let done: u32 = 0;
  while (done < segments && !pace.isHeld(tcb)) {
    const next = snd.nxt.plus(snd.mss);
    const to = claim(device, Reserve.DATA);
    write(tcb, slot, to, headerLength);
    publish(device, to, length);
    pace.sent(tcb, snd.mss, now);
    recovery.sent(tcb, snd.nxt, next);
    snd.cursor = next;
    snd.nxt = next;
    done++;
  }
  if (!done) return 0;
  congestion.sent(tcb);
  recovery.watch(tcb, now);
  return done;
}
/** Octets of text before those that leave with PSH or FIN. */
function before(tcb: Tcb): u32 {
  const snd = tcb.snd;
  const end = snd.push > snd.cursor ? sooner(snd.push, snd.end) : snd.end;
  return end > snd.cursor ? end.since(snd.cursor) - 1 : 0;
}
/** Writes the next full segment into the slot `to`, with the headers of the one in `from`. */
function write(tcb: Tcb, from: usize, to: usize, headerLength: u32): void {
  const snd = tcb.snd;
  for (let at = SLOT_IP - BEFORE; at < SLOT_IP + IPV4_HEADER + headerLength; at += 8) store<u64>(to + at, load<u64>(from + at));
  const header = headerIn(to);
  header.seq = snd.nxt.u32;
  header.checksum = 0;
  const text = ring.peekAndSum(snd.ring, snd.mask, snd.nxt.u32, changetype<usize>(header) + headerLength, snd.mss);
  header.sealAround(text, tcb.local, tcb.remote, headerLength, headerLength + snd.mss);
  count(Counter.IP_OUT);
  count(Counter.TCP_OUT);
  bump(Counter.OCTETS_OUT, snd.mss);
}
function headerIn(slot: usize): TcpHeader {
  return TcpHeader.at(slot + SLOT_IP + IPV4_HEADER);
}
