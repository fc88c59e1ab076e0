// read RFC 791 §3.2, RFC 6864 and RFC 7739 first
// A datagram that is longer than the MTU leaves in pieces. It lies somewhere in memory with its header, whole, and each piece
// is copied from there into a TX slot: it may be one that an application made, with options and an offset of its own.
import { FAST, IGMP } from "../memory/config";
import { Flag, Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { keyed } from "../memory/random";
import { recent, root, state } from "../memory/root";
import { EtherType } from "../wire/ethernet";
import { IPV4_HEADER, IPV4_MF, Ipv4Header } from "../wire/ipv4";
import { claim, hasFree, publish, Reserve, SLOT_HEADER, SLOT_IP } from "../link/device";
import * as ethernet from "../link/ethernet";
import { deviceOf, isEthernet } from "../link/interfaces";
import { isMulticast } from "./address";
import { putGroupMac } from "./group";

const ROUNDS: u32 = 6;

/** An identification for the next datagram from source to destination: the count of all, in an order of these two's own that a stranger cannot guess, so that none comes again within 65,536. */
export function identify(source: u32, destination: u32, protocol: u32): u32 {
  let key = FAST ? keyOf(source, destination, protocol) : keyFor(source, destination, protocol);
  let left = state.idents & 255;
  let right = (state.idents++ >> 8) & 255;
  for (let round: u32 = 0; round < ROUNDS; round++) {
    const next = left ^ (((right + <u32>key) * 0x9e3779b1) >> 24);
    left = right;
    right = next;
    key = rotr<u64>(key, 11);
  }
  return (left << 8) | right;
}

/** The key of these two, the one of the last two being at hand. */
function keyOf(source: u32, destination: u32, protocol: u32): u64 {
  if (recent.identFrom != source || recent.identTo != destination || recent.identProtocol != protocol) {
    recent.identFrom = source;
    recent.identTo = destination;
    recent.identProtocol = protocol;
    recent.identKey = keyFor(source, destination, protocol);
  }
  return recent.identKey;
}
function keyFor(source: u32, destination: u32, protocol: u32): u64 {
  return keyed(state.keySecret0, state.keySecret1, ((<u64>source) << 32) | <u64>destination, (<u64>protocol) << 32);
}

/** Octets of payload from `at` on that go into one piece. */
function share(it: Interface, headerLength: u32, left: u32): u32 {
  return left + headerLength <= it.mtu ? left : (it.mtu - headerLength) & ~7;
}
/** Whether there is a slot for every piece of the datagram at `ip`; if not, TX_BLOCKED is set. */
export function fit(it: Interface, ip: usize, reserve: Reserve): bool {
  const header = Ipv4Header.at(ip);
  const length = header.totalLength - header.headerLength;
  const each = share(it, header.headerLength, length);
  if (hasFree(deviceOf(it), reserve, length <= each ? 1 : (length + each - 1) / each)) return true;
  root.flags |= Flag.TX_BLOCKED;
  count(Counter.TX_FULL);
  return false;
}

/** Sends the datagram at `ip` from payload octet `from` on, in as many pieces as there are slots for; answers how far it came. `mac` 0: to everybody, or to its group. RFC 791 §3.2. */
export function send(it: Interface, mac: usize, ip: usize, from: u32, reserve: Reserve): u32 {
  const whole = Ipv4Header.at(ip);
  const headerLength = whole.headerLength;
  const length = whole.totalLength - headerLength;
  let at = from;
  do {
    const slot = claim(deviceOf(it), reserve);
    if (!slot) return at;
    const octets = share(it, headerLength, length - at);
    const isLast = at + octets >= length;
    const head = copyHeader(slot + SLOT_IP, ip, headerLength, at != 0);
    const piece = Ipv4Header.at(slot + SLOT_IP);
    piece.totalLength = head + octets;
    piece.fragment = (whole.fragment + (at >> 3)) | (isLast ? 0 : IPV4_MF);
    piece.seal();
    memory.copy(slot + SLOT_IP + head, ip + headerLength + at, octets);
    if (!isLast || at) count(Counter.IP_FRAGMENTS_OUT);
    if (!at) count(Counter.IP_OUT);
    hand(it, slot, mac, head + octets);
    at += octets;
  } while (at < length);
  return length;
}
/** Hands the slot to the device. */
function hand(it: Interface, slot: usize, mac: usize, length: u32): void {
  if (!isEthernet(it)) return publish(deviceOf(it), slot, length);
  const everybody = slot + SLOT_HEADER;
  if (!mac) {
    const group = Ipv4Header.at(slot + SLOT_IP).destination;
    store<u32>(everybody, 0xffffffff);
    store<u16>(everybody, 0xffff, 4);
    if (IGMP && isMulticast(group)) putGroupMac(everybody, group);
  }
  ethernet.output(it, slot, mac ? mac : everybody, EtherType.IPV4, length);
}
/** Copies a header; into a later piece only options that are to be in all. Answers its octets. RFC 791 §3.1. */
function copyHeader(to: usize, ip: usize, headerLength: u32, isLater: bool): u32 {
  memory.copy(to, ip, headerLength);
  if (!isLater || headerLength == IPV4_HEADER) return headerLength;
  const end = ip + headerLength;
  let length = IPV4_HEADER;
  let at = ip + IPV4_HEADER;
  while (at < end) {
    const kind = load<u8>(at);
    if (!kind) break;
    const octets: u32 = kind == 1 ? 1 : at + 1 < end ? load<u8>(at, 1) : 0;
    if (!octets || (kind != 1 && octets < 2) || at + octets > end) break;
    if (kind & 0x80) {
      memory.copy(to + length, at, octets);
      length += octets;
    }
    at += octets;
  }
  while (length & 3) store<u8>(to + length++, 0);
  store<u8>(to, <u8>(0x40 | (length >> 2)));
  return length;
}
