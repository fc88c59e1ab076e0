// read RFC 792, RFC 1122 §3.2.2 and RFC 5927 first
import { FILTER, FORWARDING, FRAGMENTATION, NAPT, REASSEMBLY, TRANSPARENT } from "../memory/config";
import { count, Counter } from "../memory/counters";
import { root, state } from "../memory/root";
import { fold, sum } from "../memory/checksum";
import { Instant } from "../memory/time";
import { ICMP_HEADER, IcmpHeader, IcmpType } from "../wire/icmp";
import { IPV4_HEADER, Ipv4Header, Protocol } from "../wire/ipv4";
import { Reserve, room, SLOT_IP } from "../link/device";
import { deviceOf, numberOf } from "../link/interfaces";
import { Cast, Packet } from "../link/packet";
import { isLocal, ours } from "./address";
import * as ipv4 from "./ipv4";
import * as limit from "./limit";
import * as napt from "./napt";
import * as pieces from "./pieces";
import { Hop } from "./route";

/** What becomes of an ICMP message: done with, or for the floor above. */
export enum Icmp {
  DONE = 0,
  ECHO_REPLY = 1,
  ERROR = 2,
}

/** The packet that an ICMP error quotes, as far as it is needed. Lies in root memory behind the packet in hand. */
@unmanaged
@final
export class Quote {
  type: u32;
  code: u32;
  protocol: u32;
  /** Our end, then the other. */
  local: u32;
  remote: u32;
  localPort: u32;
  remotePort: u32;
  /** Sequence number, when TCP. */
  seq: u32;
  /** MTU of the next hop, when that is the trouble; else 0. */
  mtu: u32;
}
/** The quote of the error in hand. */
export function quote(): Quote {
  return changetype<Quote>(root.packetAt + 64);
}
if (offsetof<Quote>() > 40) ERROR("Quote outgrew its place");
/** A hop for packets that belong to no socket. */
export function scratchHop(): Hop {
  return changetype<Hop>(root.packetAt + 104);
}

/** An ICMP message arrived. */
export function input(packet: Packet, now: Instant): Icmp {
  count(Counter.ICMP_IN);
  if (packet.length < ICMP_HEADER) return done(Counter.ICMP_SHORT);
  if (fold(sum(packet.payload, packet.length, 0))) return done(Counter.ICMP_CHECKSUM);
  const header = IcmpHeader.at(packet.payload);
  switch (header.type) {
    case IcmpType.ECHO:
      if (header.code) return done(Counter.ICMP_UNKNOWN);
      echo(packet, now);
      return Icmp.DONE;
    case IcmpType.ECHO_REPLY:
      return header.code || !ipv4.isUnicast(packet) ? done(Counter.ICMP_UNKNOWN) : Icmp.ECHO_REPLY;
    case IcmpType.UNREACHABLE:
    case IcmpType.TIME_EXCEEDED:
    case IcmpType.PARAMETER_PROBLEM:
      return readQuote(packet, header) ? Icmp.ERROR : done(Counter.ICMP_ERROR_UNMATCHED);
    default:
      // Source quench (RFC 6633), redirects, masks, time stamps and all others. differs: RFC 1122 §3.2.2.2 would follow a redirect.
      return done(Counter.ICMP_UNKNOWN);
  }
}
function done(why: Counter): Icmp {
  count(why);
  return Icmp.DONE;
}

/** Answers an echo request with the same octets. To a broadcast there is no answer. RFC 1122 §3.2.2.6. */
function echo(packet: Packet, now: Instant): void {
  count(Counter.ICMP_ECHO_IN);
  if (!ipv4.isUnicast(packet)) return count(Counter.ICMP_ECHO_BROADCAST);
  if (TRANSPARENT && packet.via.flags && !ours(packet.destination)) return count(Counter.IP_NOT_OURS);
  const hop = scratchHop();
  if (!ipv4.way(hop, packet.source, 0)) return;
  if (packet.length + IPV4_HEADER > hop.via.mtu || packet.length + IPV4_HEADER > room(deviceOf(hop.via)))
    return FRAGMENTATION ? echoInPieces(hop, packet, now) : count(Counter.ICMP_TOO_LONG);
  const slot = ipv4.openAnswer(hop);
  if (!slot) return;
  const at = slot + SLOT_IP + IPV4_HEADER;
  memory.copy(at, packet.payload, packet.length);
  count(Counter.ICMP_ECHO_REPLIES_OUT);
  answer(hop, slot, packet, IcmpType.ECHO_REPLY, packet.length, Ipv4Header.at(packet.ip).tos, now);
}

/** A reply longer than the MTU is made in the place of the request, and leaves only when there is a slot for each piece. */
function echoInPieces(hop: Hop, packet: Packet, now: Instant): void {
  const it = hop.via;
  const mac = ipv4.macForAnswer(hop, packet, now);
  if (!mac) return;
  const ip = packet.payload - IPV4_HEADER;
  const tos = Ipv4Header.at(packet.ip).tos;
  const ident = pieces.identify(packet.destination, packet.source, Protocol.ICMP);
  Ipv4Header.at(ip).write(tos, IPV4_HEADER + packet.length, ident, 0, root.ttl, Protocol.ICMP, packet.destination, packet.source);
  if (!pieces.fit(it, ip, Reserve.REPLY)) return;
  seal(packet.payload, IcmpType.ECHO_REPLY, packet.length);
  if (FILTER && !ipv4.mayLeave(it, ip)) return;
  count(Counter.ICMP_ECHO_REPLIES_OUT);
  pieces.send(it, mac, ip, 0, Reserve.REPLY);
}

/** Fills in type and checksum of the message at `at`. */
export function seal(at: usize, type: IcmpType, length: u32): void {
  const header = IcmpHeader.at(at);
  header.type = type;
  header.checksum = 0;
  header.checksum = fold(sum(at, length, 0));
}
/** Completes the message that lies in the slot and sends it to the sender of the packet in hand, from the address that one was sent to. */
function answer(hop: Hop, slot: usize, packet: Packet, type: IcmpType, length: u32, tos: u32, now: Instant): void {
  seal(slot + SLOT_IP + IPV4_HEADER, type, length);
  if (!FORWARDING || packet.cast == <u32>Cast.UNICAST) hop.source = packet.destination;
  ipv4.answer(hop, slot, packet, packet.source, Protocol.ICMP, length, tos, root.ttl, false, now);
}

/** Reports an error about the packet in hand to its sender, where RFC 1122 §3.2.2 allows one, and not too many. */
export function report(packet: Packet, type: IcmpType, code: u32, now: Instant): void {
  reportWith(packet, type, code, 0, now);
}
/** Whether a packet is one that an error may be about: for one host, no later fragment, no error itself. RFC 1122 §3.2.2. */
function mayBeReported(packet: Packet): bool {
  if (!REASSEMBLY && !FORWARDING) return ipv4.isUnicast(packet) && packet.protocol != Protocol.ICMP;
  if (packet.linkGroup || (packet.cast != <u32>Cast.UNICAST && packet.cast != <u32>Cast.ELSEWHERE)) return false;
  if (Ipv4Header.at(packet.ip).offset) return false;
  return (
    packet.protocol != Protocol.ICMP || (packet.ipLength > packet.payload - packet.ip && load<u8>(packet.payload) == <u8>IcmpType.ECHO)
  );
}
/** Reports an error with a second word that is not 0. */
export function reportWith(packet: Packet, type: IcmpType, code: u32, rest: u32, now: Instant): void {
  if (!mayBeReported(packet)) return;
  if (NAPT && state.napt) napt.undo(packet);
  if (!limit.mayReport(now)) return count(Counter.ICMP_RATE_LIMITED);
  const hop = scratchHop();
  if (!ipv4.way(hop, packet.source, 0)) return;
  const slot = ipv4.openAnswer(hop);
  if (!slot) return;
  const header = IcmpHeader.at(slot + SLOT_IP + IPV4_HEADER);
  const quoted = min(min<u32>(packet.ipLength, packet.payload - packet.ip + 8), hop.via.mtu - IPV4_HEADER - ICMP_HEADER);
  header.code = code;
  header.rest = rest;
  memory.copy(header.data, packet.ip, quoted);
  count(Counter.ICMP_ERRORS_OUT);
  answer(hop, slot, packet, type, ICMP_HEADER + quoted, 0, now);
}

/** Reads what an error quotes. False when it is not a packet that we may have sent. RFC 5927 §4. */
function readQuote(packet: Packet, header: IcmpHeader): bool {
  count(Counter.ICMP_ERRORS_IN);
  if (!ipv4.isUnicast(packet)) return false;
  const length = packet.length - ICMP_HEADER;
  if (length < IPV4_HEADER + 8) return false;
  const inner = Ipv4Header.at(header.data);
  const headerLength = inner.headerLength;
  if (inner.version != 4 || headerLength < IPV4_HEADER || headerLength + 8 > length) return false;
  if (inner.offset) return false;
  if (!isLocal(inner.source, numberOf(packet.via))) return false;
  const ports = header.data + headerLength;
  const it = quote();
  it.type = header.type;
  it.code = header.code;
  it.protocol = inner.protocol;
  it.local = inner.source;
  it.remote = inner.destination;
  it.localPort = bswap<u16>(load<u16>(ports));
  it.remotePort = bswap<u16>(load<u16>(ports, 2));
  it.seq = bswap<u32>(load<u32>(ports, 4));
  it.mtu = header.nextHopMtu;
  return true;
}
