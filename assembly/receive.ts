// The protocol graph: the only file that hands a frame "up".
import { FILTER, FORWARDING, IGMP, NAPT, OFFLOAD, PROBING, RAW, REASSEMBLY, TCP, TRAINS, VLAN } from "./memory/config";
import { Device, DeviceKind, Flag } from "./memory/control";
import { count, Counter } from "./memory/counters";
import * as deadlines from "./memory/deadlines";
import { Kind, Timed } from "./memory/pool";
import { recent, root, state } from "./memory/root";
import { before, Instant } from "./memory/time";
import { EtherType } from "./wire/ethernet";
import { IcmpType, Unreachable } from "./wire/icmp";
import { IPV4_HEADER, Ipv4Header, Protocol } from "./wire/ipv4";
import { frameLength, isLoopback, isReadable, isVerified, oldest, SLOT_HEADER, SLOT_IP, take, waiting } from "./link/device";
import * as ethernet from "./link/ethernet";
import { deviceOf, onDevice } from "./link/interfaces";
import { Cast, Packet, packet } from "./link/packet";
import * as arp from "./internet/arp";
import * as claim from "./internet/claim";
import { Group } from "./internet/group";
import * as igmp from "./internet/igmp";
import * as filter from "./internet/filter";
import * as flow from "./internet/flow";
import { Flow } from "./internet/flow";
import * as forward from "./internet/forward";
import * as fragments from "./internet/fragments";
import { Reassembly } from "./internet/fragments";
import { Neighbour } from "./internet/neighbour";
import * as icmp from "./internet/icmp";
import { Icmp, quote } from "./internet/icmp";
import * as ipv4 from "./internet/ipv4";
import * as napt from "./internet/napt";
import { expire as expireConnection } from "./transport/tcp/expire";
import { HalfOpen } from "./transport/tcp/halfopen";
import { expire as expireHalfOpen } from "./transport/tcp/listener";
import * as tcp from "./transport/tcp/tcp";
import { Tcb } from "./transport/tcp/tcb";
import * as timewait from "./transport/tcp/timewait";
import * as raw from "./transport/udp/raw";
import * as udp from "./transport/udp/udp";

/** Frames of one device before it is the next one's turn. */
const TURN: u32 = 64;
/** Timers that run in one poll; the rest follows in the next, which is due at once. */
const TIMER_BUDGET: u32 = 1024;

/** Reads frames, device by device, while replies can be built and the budget lasts; answers how many. */
export function frames(now: Instant): u32 {
  let left = root.frameBudget;
  let idle: u32 = 0;
  while (left && idle < root.devices) {
    const device = root.device(state.nextDevice);
    const most = min(left, TURN);
    const read = turn(device, most, now);
    if (++state.nextDevice == root.devices) state.nextDevice = 0;
    left -= read;
    idle = read == most ? 0 : idle + 1;
  }
  return root.frameBudget - left;
}
function turn(device: Device, most: u32, now: Instant): u32 {
  let read: u32 = 0;
  if (TRAINS) recent.segment = 0; // the host may have written there since
  while (read < most && waiting(device)) {
    if (!isReadable(device)) {
      root.flags |= Flag.TX_BLOCKED;
      break;
    }
    const slot = oldest(device);
    if (TRAINS && recent.segment && isLikeLast(slot)) nextSegment(slot, now);
    else frame(device, slot, now);
    take(device);
    read++;
  }
  return read;
}
/** Whether frames wait that could be read now. Those that wait for room to answer set TX_BLOCKED. */
export function hasFrames(): bool {
  let found = false;
  for (let i: u32 = 0; i < root.devices; i++) {
    const device = root.device(i);
    if (!waiting(device)) continue;
    if (isReadable(device)) found = true;
    else root.flags |= Flag.TX_BLOCKED;
  }
  return found;
}

/** One frame on its way up. */
function frame(device: Device, slot: usize, now: Instant): void {
  if (TRAINS) recent.segment = 0;
  count(Counter.FRAMES_IN);
  if (device.linkDown) return count(Counter.LINK_DOWN);
  const length = frameLength(device, slot);
  if (!length) return count(load<u32>(slot) ? Counter.LINK_LONG : Counter.LINK_SHORT);
  const isRaw = device.kind != <u8>DeviceKind.ETHERNET;
  const vlan: u32 = VLAN && !isRaw ? ethernet.vlanOf(slot + SLOT_HEADER, length) : 0;
  const it = onDevice(indexOf(device), vlan);
  if (!it) return count(VLAN && !isRaw ? Counter.LINK_UNKNOWN_VLAN : Counter.LINK_NOT_OURS);
  const here = packet();
  here.in = <u32>changetype<usize>(it);
  here.frameLength = length;
  here.linkGroup = 0;
  if (OFFLOAD) here.verified = isVerified(device, slot) ? 1 : 0;
  if (isRaw) {
    here.frame = <u32>slot + SLOT_IP;
    here.ip = here.frame;
    here.ipLength = length;
    return datagram(here, now);
  }
  here.frame = <u32>slot + SLOT_HEADER;
  const type = ethernet.input(here);
  if (type == EtherType.IPV4) datagram(here, now);
  else if (type == EtherType.ARP) resolution(here, now);
}
/** An ARP packet; that another host has an address of ours is for those who defend it. */
function resolution(here: Packet, now: Instant): void {
  const contested = arp.input(here, now);
  if (PROBING && contested) claim.conflict(here.via, contested, now);
}
function indexOf(device: Device): u32 {
  return <u32>((changetype<usize>(device) - changetype<usize>(root.device(0))) / offsetof<Device>());
}

function datagram(here: Packet, now: Instant): void {
  if (!ipv4.input(here)) return;
  if (FILTER && state.guard && !guard(here, now)) return;
  if (ipv4.isOnSourceRoute(here)) return icmp.report(here, IcmpType.UNREACHABLE, Unreachable.SOURCE_ROUTE_FAILED, now);
  if (FORWARDING && here.cast == <u32>Cast.ELSEWHERE) return forward.input(here, now);
  if (REASSEMBLY && Ipv4Header.at(here.ip).isFragment) {
    if (!fragments.input(here, now)) return;
    if (OFFLOAD) here.verified = 0;
  }
  const isTaken = RAW && state.raws != 0 && raw.input(here);
  if (IGMP && here.protocol == Protocol.IGMP) return igmp.input(here, now);
  if (TCP && here.protocol == Protocol.TCP) {
    if (TRAINS && isPlain(here)) recent.segment = here.ip - SLOT_IP;
    return tcp.input(here, now);
  }
  switch (here.protocol) {
    case Protocol.UDP:
      if (!udp.input(here)) icmp.report(here, IcmpType.UNREACHABLE, Unreachable.PORT, now);
      return;
    case Protocol.ICMP:
      return message(here, now);
    default:
      if (isTaken) return;
      count(Counter.IP_UNKNOWN_PROTOCOL);
      return icmp.report(here, IcmpType.UNREACHABLE, Unreachable.PROTOCOL, now);
  }
}
/** Whether nobody but TCP looks at the segment in hand: then the frame behind it, when it has the same headers, needs no other look either. */
function isPlain(here: Packet): bool {
  const device = deviceOf(here.via);
  if (here.ip != <u32>oldest(device) + SLOT_IP || here.payload != here.ip + IPV4_HEADER || isLoopback(device)) return false;
  return !state.guard && !state.raws && !here.linkGroup && here.cast == <u32>Cast.UNICAST;
}
/** Whether a frame is the last one's like in all that was looked at before TCP: its length and flags, its link header and its IP header, but for the identification and the checksum, which is right. */
function isLikeLast(slot: usize): bool {
  const last = <usize>recent.segment;
  if (load<u64>(slot) != load<u64>(last) || load<u64>(slot, 8) != load<u64>(last, 8) || load<u64>(slot, 16) != load<u64>(last, 16))
    return false;
  const ip = slot + SLOT_IP;
  const lastIp = last + SLOT_IP;
  if (load<u32>(ip) != load<u32>(lastIp) || load<u32>(ip, 6) != load<u32>(lastIp, 6)) return false;
  return load<u64>(ip, 12) == load<u64>(lastIp, 12) && Ipv4Header.at(ip).checksumIsRight;
}
/** A segment from the same to the same. */
function nextSegment(slot: usize, now: Instant): void {
  const here = packet();
  const further = <u32>slot - recent.segment;
  here.frame += further;
  here.ip += further;
  here.payload += further;
  recent.segment = <u32>slot;
  count(Counter.FRAMES_IN);
  count(Counter.IP_IN);
  tcp.input(here, now);
}
/** Whether a datagram passes address translation and the filter, which see it whole. */
function guard(here: Packet, now: Instant): bool {
  here.translated = 0;
  if (Ipv4Header.at(here.ip).isFragment && !fragments.input(here, now)) return false;
  if (NAPT && !napt.input(here)) return false;
  const action = filter.input(here, now);
  if (action == filter.Action.REJECT) refuse(here, now);
  return !action;
}
/** Tells the sender of a rejected datagram, whatever the filter says of what we send. */
function refuse(here: Packet, now: Instant): void {
  const guard = state.guard;
  state.guard = 0;
  if (NAPT) napt.undo(here);
  if (TCP && here.protocol == Protocol.TCP && !here.linkGroup) tcp.refuse(here, now);
  else icmp.report(here, IcmpType.UNREACHABLE, Unreachable.PORT, now);
  state.guard = guard;
}
/** An ICMP message; what a socket must know goes up. */
function message(here: Packet, now: Instant): void {
  const what = icmp.input(here, now);
  if (what == Icmp.ECHO_REPLY) return udp.echoReplyArrives(here);
  if (what != Icmp.ERROR) return;
  if (TCP && quote().protocol == Protocol.TCP) return tcp.errorArrives(quote());
  switch (quote().protocol) {
    case Protocol.UDP:
    case Protocol.ICMP:
      return udp.errorArrives(quote());
    default:
      return count(Counter.ICMP_ERROR_UNMATCHED);
  }
}

/** Runs what has expired. */
export function expire(now: Instant): void {
  if (TCP) timewait.expire(now);
  for (let budget = TIMER_BUDGET; budget; budget--) {
    const record = deadlines.first();
    if (!record || before(now, deadlines.firstDeadline())) return;
    deadlines.disarm(record);
    expireRecord(record, now);
  }
}
function expireRecord(record: Timed, now: Instant): void {
  switch (record.kind) {
    case <u8>Kind.TCP:
      if (TCP) expireConnection(changetype<Tcb>(record), now);
      return;
    case <u8>Kind.HALF_OPEN:
      if (TCP) expireHalfOpen(changetype<HalfOpen>(record), now);
      return;
    case <u8>Kind.NEIGHBOUR:
      return arp.expire(changetype<Neighbour>(record), now);
    case <u8>Kind.GROUP:
      if (IGMP) igmp.expire(changetype<Group>(record), now);
      return;
    case <u8>Kind.FRAGMENTS:
      if (REASSEMBLY) fragments.expire(changetype<Reassembly>(record), now);
      return;
    case <u8>Kind.FLOW:
      if (FILTER) flow.expire(changetype<Flow>(record), now);
      return;
    default:
      return;
  }
}
