// read RFC 791 §3.2, RFC 815, RFC 1858, RFC 3128 and RFC 5722 first
// Datagrams are put together in buffers of one size. What is missing is written where it is missing: a hole holds the place
// of the next hole and its own end, and holes are in order (RFC 815). A buffer:
//
//   0        6          16                     80                                    80 + fragmentOctets
//   |        | MAC of   |     ... IP header    | payload, with holes in it           | room for a last hole
//   |        | sender   |   of first fragment  |
import { copyMac } from "../memory/bytes";
import { count, Counter } from "../memory/counters";
import * as deadlines from "../memory/deadlines";
import { Link } from "../memory/list";
import { Pool, PoolIndex, Timed } from "../memory/pool";
import { root, state } from "../memory/root";
import { after, Instant } from "../memory/time";
import { EthernetHeader } from "../wire/ethernet";
import { IcmpType } from "../wire/icmp";
import { CE, DATAGRAM_MAX, IPV4_MF, Ipv4Header, NOT_ECT, Protocol } from "../wire/ipv4";
import { isEthernet } from "../link/interfaces";
import { Cast, Packet, packet } from "../link/packet";
import { castOf } from "./address";
import * as icmp from "./icmp";
import * as ipv4 from "./ipv4";

/** Holes of one datagram; a fragment that would make one more ends it. */
const HOLES_MAX: u32 = 64;
/** Octets of a hole, no more than the shortest fragment. */
const HOLE: u32 = 8;
const PAYLOAD_AT: u32 = 80;
/** No hole follows; the end is not known. */
export const NONE: u32 = 0xffffffff;
/** Octets of TCP that the first fragment must have: a whole header. RFC 1858 §3.3. */
const TCP_FIRST: u32 = 20;
/** The two bits of ECN in the TOS octet: the peer does not know it, congestion experienced. */

/** A datagram being put together. Fragments belong to it by source, destination, protocol and identification. RFC 791 §3.2. */
@unmanaged
@final
export class Reassembly extends Timed {
  source: u32;
  destination: u32;
  /** Protocol * 65,536 + identification. */
  key: u32;
  /** The interface the last fragment came in by. */
  interface: u32;
  orderNext: u32;
  orderPrevious: u32;
  /** Offset of the first hole; NONE: complete. */
  hole: u32;
  holes: u32;
  /** Octets of payload; 0: the last fragment is not there yet. */
  end: u32;
  /** Of the first fragment; 0: it is not there yet. */
  headerLength: u32;
  /** 1: a fragment came to a link-layer group. */
  linkGroup: u32;
  /** Values of the ECN field that were seen, a bit each. */
  ecn: u32;
  /** 1: it cannot be completed, and what else of it comes is dropped. */
  isDead: u32;

  get order(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Reassembly>("orderNext"));
  }
  get buffer(): usize {
    return state.fragmentBuffers + this.index * bufferOctets();
  }
  get payload(): usize {
    return this.buffer + PAYLOAD_AT;
  }
  /** Where the word lies that says where the first hole is. */
  get first(): usize {
    return changetype<usize>(this) + offsetof<Reassembly>("hole");
  }
  /** Where the hole after this one begins. */
  holeNext(hole: u32): u32 {
    return load<u32>(this.payload + hole);
  }
  holeEnd(hole: u32): u32 {
    return load<u32>(this.payload + hole, 4);
  }
}
function ofOrder(link: Link): Reassembly {
  return changetype<Reassembly>(changetype<usize>(link) - offsetof<Reassembly>("orderNext"));
}
function pool(): Pool {
  return root.pool(PoolIndex.FRAGMENTS);
}
/** Octets from one buffer to the next. */
export function bufferOctets(): u32 {
  return (PAYLOAD_AT + root.extra.fragmentOctets + HOLE + 7) & ~7;
}

/** A fragment for us arrived. True: its datagram is complete, and is the packet in hand now, in its buffer. */
export function input(packet: Packet, now: Instant): bool {
  count(Counter.IP_FRAGMENTS_IN);
  const header = Ipv4Header.at(packet.ip);
  const from = header.offset << 3;
  const isLast = !(header.fragment & IPV4_MF);
  if (!isSound(packet, from, isLast)) return drop(Counter.IP_FRAGMENT);
  const key = (packet.protocol << 16) | header.ident;
  const known = find(packet, key);
  if (known && known.isDead) return drop(Counter.IP_FRAGMENT);
  const total = from + packet.length + (packet.payload - packet.ip);
  if (total > DATAGRAM_MAX || total > root.extra.fragmentOctets) {
    if (known) give(known);
    return drop(Counter.IP_FRAGMENT_TOO_LONG);
  }
  const it = known ? known : begin(packet, key, now);
  if (!it) return drop(Counter.IP_FRAGMENTS_FULL);
  const hole = holeFor(it, from, from + packet.length, isLast);
  if (!hole) return refuse(it, packet, from, isLast);
  fill(it, hole, packet, from, isLast);
  if (it.hole != NONE && it.holes > HOLES_MAX) return kill(it, Counter.IP_FRAGMENT);
  return it.hole == NONE && complete(it, packet);
}
function drop(why: Counter): bool {
  count(why);
  return false;
}
/** Whether a fragment is one that an honest sender makes: not empty, whole units of 8 octets but for the last, and no TCP header cut in two. */
function isSound(packet: Packet, from: u32, isLast: bool): bool {
  const length = packet.length;
  if (!length || (!isLast && length & 7)) return false;
  return packet.protocol != Protocol.TCP || (from ? from >= TCP_FIRST : length >= TCP_FIRST);
}
function find(packet: Packet, key: u32): Reassembly | null {
  for (let link = Link.at(state.fragments.next); link != state.fragments; link = Link.at(link.next)) {
    const it = ofOrder(link);
    if (it.key == key && it.source == packet.source && it.destination == packet.destination) return it;
  }
  return null;
}

/** A place for a new datagram, all of it missing. When all are taken the oldest goes; a source that has half of them gives one of its own. Null: there are none at all. */
function begin(packet: Packet, key: u32, now: Instant): Reassembly | null {
  if (pool().used == pool().capacity) makeRoom(packet.source);
  const address = pool().take();
  if (!address) return null;
  const it = changetype<Reassembly>(address);
  it.source = packet.source;
  it.destination = packet.destination;
  it.key = key;
  it.holes = 1;
  store<u32>(it.payload, NONE);
  store<u32>(it.payload, NONE, 4);
  state.fragments.push(it.order);
  deadlines.arm(it, after(now, root.extra.fragmentTimeout));
  return it;
}
function makeRoom(source: u32): void {
  let victim = Link.at(state.fragments.next);
  if (victim == state.fragments) return;
  let own: u32 = 0;
  let oldest = victim;
  for (let link = Link.at(state.fragments.previous); link != state.fragments; link = Link.at(link.previous)) {
    if (ofOrder(link).source != source) continue;
    own++;
    oldest = link;
  }
  if (own && own << 1 >= pool().capacity) victim = oldest;
  count(Counter.IP_FRAGMENTS_FULL);
  give(ofOrder(victim));
}
/** Gives a datagram's place back. */
function give(it: Reassembly): void {
  deadlines.disarm(it);
  it.order.unlink();
  pool().give(changetype<usize>(it));
}
/** What came contradicts what was there: the rest of the datagram is dropped, too, until its time is over. Its place is the first to be given up. RFC 5722 §4. */
function kill(it: Reassembly, why: Counter): bool {
  it.isDead = 1;
  it.order.unlink();
  Link.at(state.fragments.next).push(it.order);
  return drop(why);
}

/** The word that says where the hole is that takes octets `from` to `to`, 0: there is none, or they contradict the datagram's end. */
function holeFor(it: Reassembly, from: u32, to: u32, isLast: bool): usize {
  let at = it.first;
  for (let hole = load<u32>(at); hole != NONE; hole = load<u32>(at)) {
    const end = it.holeEnd(hole);
    if (from >= hole && to <= end) return isLast ? (end == NONE ? at : 0) : it.end && to == it.end ? 0 : at;
    at = it.payload + hole;
  }
  return 0;
}
/** A fragment that fits no hole. One that says the same again is a duplicate; any other ends the datagram. */
function refuse(it: Reassembly, packet: Packet, from: u32, isLast: bool): bool {
  const to = from + packet.length;
  const isEnd = it.end ? to == it.end : false;
  for (let hole = it.hole; hole != NONE; hole = it.holeNext(hole))
    if (from < it.holeEnd(hole) && to > hole) return kill(it, Counter.IP_FRAGMENT_OVERLAP);
  if (isLast != isEnd || memory.compare(it.payload + from, packet.payload, packet.length)) return kill(it, Counter.IP_FRAGMENT_OVERLAP);
  return drop(Counter.IP_FRAGMENT_DUPLICATE);
}
/** Puts a fragment into its hole; what is left of that on either side stays a hole. */
function fill(it: Reassembly, at: usize, packet: Packet, from: u32, isLast: bool): void {
  const hole = load<u32>(at);
  const to = from + packet.length;
  let next = it.holeNext(hole);
  const end = isLast ? to : it.holeEnd(hole);
  if (isLast) it.end = to;
  it.holes--;
  if (to < end) {
    store<u32>(it.payload + to, next);
    store<u32>(it.payload + to, end, 4);
    next = to;
    it.holes++;
  }
  if (hole < from) {
    store<u32>(it.payload + hole, next);
    store<u32>(it.payload + hole, from, 4);
    it.holes++;
  } else store<u32>(at, next);
  memory.copy(it.payload + from, packet.payload, packet.length);
  it.interface = packet.in;
  it.linkGroup |= packet.linkGroup;
  it.ecn |= 1 << (Ipv4Header.at(packet.ip).tos & 3);
  if (!from) keepHeader(it, packet);
}
function keepHeader(it: Reassembly, packet: Packet): void {
  it.headerLength = packet.payload - packet.ip;
  memory.copy(it.payload - it.headerLength, packet.ip, it.headerLength);
  if (isEthernet(packet.via)) copyMac(EthernetHeader.at(it.buffer).source, EthernetHeader.at(packet.frame).source);
}

/** Makes what was put together the packet in hand: its header says that it is whole. False: it contradicts itself. */
function complete(it: Reassembly, packet: Packet): bool {
  const isCongested = (it.ecn >> CE) & 1;
  const total = it.headerLength + it.end;
  const header = Ipv4Header.at(it.payload - it.headerLength);
  header.totalLength = total;
  header.fragment = 0;
  if (isCongested) header.tos |= CE;
  header.seal();
  present(it, packet);
  give(it);
  if (total > DATAGRAM_MAX || (isCongested && it.ecn & (1 << NOT_ECT))) return drop(Counter.IP_FRAGMENT);
  count(Counter.IP_REASSEMBLED);
  return true;
}
/** Describes the datagram as the packet in hand, by the header of its first fragment. */
function present(it: Reassembly, packet: Packet): void {
  packet.in = it.interface;
  packet.frame = <u32>it.buffer;
  packet.linkGroup = it.linkGroup;
  packet.translated = 0;
  packet.ip = <u32>it.payload - it.headerLength;
  ipv4.describe(packet);
}

/** A datagram's time is over: its sender hears of it, when the first fragment came. RFC 1122 §3.3.2. */
export function expire(it: Reassembly, now: Instant): void {
  count(Counter.IP_FRAGMENT_TIMEOUT);
  if (it.headerLength && !it.isDead) {
    const here = packet();
    present(it, here);
    here.cast = castOf(it.destination) == Cast.UNICAST ? Cast.UNICAST : Cast.BROADCAST;
    icmp.report(here, IcmpType.TIME_EXCEEDED, 1, now);
  }
  give(it);
}
