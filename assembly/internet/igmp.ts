// read RFC 2236 and RFC 3376 first
// Which groups the interfaces listen to, as sockets ask for, told to multicast routers in the version that they speak.
// differs: RFC 3376 §5.1: a changed list of sources is told as the whole filter (TO_IN, TO_EX), but where sources only came as
// ALLOW of all; §5.2: a general query is answered group by group, each after a delay of its own.
import { fold, sum } from "../memory/checksum";
import { FILTER } from "../memory/config";
import { Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import * as deadlines from "../memory/deadlines";
import { Err } from "../memory/errors";
import { PoolIndex, Timed } from "../memory/pool";
import { jitter, secret } from "../memory/random";
import { root, state } from "../memory/root";
import { after, before, Instant } from "../memory/time";
import { EtherType } from "../wire/ethernet";
import { IGMP_HEADER, IGMP_QUERY, IGMP_RECORD, IgmpHeader, IgmpType, maxResponse, RecordType } from "../wire/igmp";
import { IPV4_DF, IPV4_HEADER, Ipv4Header, Protocol } from "../wire/ipv4";
import { claim, publish, Reserve, SLOT_HEADER, SLOT_IP } from "../link/device";
import * as ethernet from "../link/ethernet";
import { deviceOf, isEthernet, numberOf } from "../link/interfaces";
import { Packet } from "../link/packet";
import { isMulticast, primary } from "./address";
import { mayLeave } from "./ipv4";
import { ALL_SYSTEMS, enter, Group, groupOn, leave, lists, Member, memberOf, putGroupMac, Source } from "./group";

/** What of a group a query asked for. */
enum Asked {
  NOTHING = 0,
  SOURCES = 1,
  ALL = 2,
}

const ALL_ROUTERS: u32 = 0xe0000002;
const IGMP_ROUTERS: u32 = 0xe0000016;
/** Reports of a change when no querier says how many. RFC 3376 §8.1. */
const ROBUSTNESS: u8 = 2;
/** Longest time between two of them, by version. RFC 3376 §8.11, RFC 2236 §8.10. */
const INTERVAL: u32 = 1000;
const INTERVAL_V2: u32 = 10000;
/** How long a querier of version 1 counts as present, and the time between the queries of one. RFC 2236 §8.11, RFC 3376 §8.2. */
const V1_PRESENT: u32 = 400000;
const QUERY_INTERVAL: u32 = 125000;
const RESPONSE_V1: u32 = 10000;
/** When to try again without a TX slot, and without carrier or address. */
const RETRY: u32 = 10;
const RETRY_DOWN: u32 = 1000;
/** An IP header with the Router Alert option. RFC 2113 §2.1. */
const HEADER: u32 = IPV4_HEADER + 4;
const ROUTER_ALERT: u32 = 0x94040000;
/** Precedence "Internetwork Control". RFC 3376 §4. */
const TOS: u32 = 0xc0;

/** The record for the queriers of each interface. */
export function start(): void {
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = changetype<Group>(enter(PoolIndex.GROUP, ALL_SYSTEMS, <u32>changetype<usize>(root.interface(i))));
    it.robustness = ROBUSTNESS;
  }
}
function queriersOf(it: Interface): Group {
  return changetype<Group>(groupOn(it, ALL_SYSTEMS));
}

// ---- What an interface listens to. RFC 3376 §3.2 ----

function isExclusive(group: Group): bool {
  for (let at = group.members; at; at = Member.at(at).members) if (Member.at(at).isExclude) return true;
  return false;
}
/** Whether a source is in the interface's list: in exclude mode when no socket wants it. Network byte order. */
function isListed(group: Group, ip: u32, isExclude: bool): bool {
  if (!isExclude) return true;
  for (let at = group.members; at; at = Member.at(at).members) {
    if ((Member.at(at).isExclude != 0) != lists(Member.at(at), ip)) return false;
  }
  return true;
}
/** Writes the interface's list at `to`, leaving out the first `skip`; with `to` 0 sums it up. Answers how many it wrote, or the sum. */
function list(group: Group, to: usize, skip: u32, most: u32, onlyAsked: bool): u64 {
  const isExclude = isExclusive(group);
  let total: u64 = 0;
  let place: u32 = 0;
  for (let member = group.members; member; member = Member.at(member).members) {
    for (let at = Member.at(member).sources; at; at = Source.at(at).next) {
      const source = Source.at(at);
      if ((onlyAsked && !source.isAsked) || first(group, source.ip) != source || !isListed(group, source.ip, isExclude)) continue;
      if (!to) total += (state.keyHash0 + source.ip) * (state.keyHash1 ^ source.ip);
      else if (place++ >= skip && total < most) {
        store<u32>(to + <usize>(total << 2), source.ip);
        total++;
      }
    }
  }
  return total;
}
/** The first record of a source in the filters of a group. */
function first(group: Group, ip: u32): Source | null {
  for (let member = group.members; member; member = Member.at(member).members) {
    for (let at = Member.at(member).sources; at; at = Source.at(at).next) {
      if (Source.at(at).ip == ip) return Source.at(at);
    }
  }
  return null;
}
/** Equal when an interface listens to the same: mode in the last bit, and a keyed sum of the list. */
function filterOf(group: Group): u64 {
  return (list(group, 0, 0, 0, false) << 1) | (isExclusive(group) ? 1 : 0);
}

/** A socket listens to a group on an interface from now on, but for (`isExclude`) or only to `octets / 4` addresses at `from`; only to none: not any more. RFC 3376 §2. Errors: BAD_STATE (leaving without having joined), NO_ROOM. */
export function listen(socket: Timed, it: Interface, ip: u32, isExclude: bool, from: usize, octets: u32): i32 {
  let member = memberOf(socket, numberOf(it), ip);
  if (!member && !isExclude && !octets) return Err.BAD_STATE;
  const sources = root.pool(PoolIndex.SOURCE);
  let free = sources.capacity - sources.used;
  for (let at = member ? member.sources : 0; at; at = Source.at(at).next) free++;
  if (octets >> 2 > free) return Err.NO_ROOM;
  if (!member) member = join(socket, it, ip);
  if (!member) return Err.NO_ROOM;
  const group = changetype<Group>(<usize>member.group);
  const was = filterOf(group);
  const hasLost = replace(member, from, octets);
  member.isExclude = isExclude ? 1 : 0;
  if (!isExclude && !octets) remove(group, member);
  tell(group, was, hasLost);
  return 0;
}
/** Takes the place of a socket in a group; null when there is no room. */
function join(socket: Timed, it: Interface, ip: u32): Member | null {
  const member = changetype<Member | null>(enter(PoolIndex.MEMBER, ip, socket.address + numberOf(it)));
  if (!member) return null;
  let group = groupOn(it, ip);
  if (!group) group = changetype<Group>(enter(PoolIndex.GROUP, ip, <u32>changetype<usize>(it)));
  if (!group.members) it.generation++;
  member.socket = socket.address;
  member.group = group.address;
  member.members = group.members;
  group.members = member.address;
  return member;
}
/** Puts other sources into a filter; whether one of the old is not among them. */
function replace(member: Member, from: usize, octets: u32): bool {
  const pool = root.pool(PoolIndex.SOURCE);
  let hasLost = false;
  for (let at = member.sources; at; at = Source.at(at).next) {
    let isKept = false;
    for (let i: u32 = 0; i < octets; i += 4) isKept = isKept || load<u32>(from + i) == Source.at(at).ip;
    hasLost = hasLost || !isKept;
    pool.give(at);
  }
  member.sources = 0;
  for (let i: u32 = 0; i < octets; i += 4) {
    const source = changetype<Source>(pool.take());
    source.ip = load<u32>(from + i);
    source.next = member.sources;
    member.sources = source.address;
  }
  return hasLost;
}
function remove(group: Group, member: Member): void {
  let at = changetype<usize>(group) + offsetof<Group>("members");
  while (load<u32>(at) != member.address) at = <usize>load<u32>(at) + offsetof<Member>("members");
  store<u32>(at, member.members);
  leave(PoolIndex.MEMBER, member);
  if (!group.members) group.via.generation++;
}
/** A socket is closed: it leaves all its groups. */
export function forget(socket: Timed): void {
  const pool = root.pool(PoolIndex.MEMBER);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const member = changetype<Member>(pool.at(i));
    if (member.taken && member.socket == socket.address)
      listen(socket, root.interface(member.key - member.socket - 1), member.ip, false, 0, 0);
  }
}

/** Routers must hear of a group unless it listens to what it did. Of one that ended only while there is room. */
function tell(group: Group, was: u64, hasLost: bool): void {
  if (group.ip == ALL_SYSTEMS) return;
  const filter = filterOf(group);
  const isWhole = <bool>(was & 1) || hasLost || (group.left && group.change != <u8>RecordType.ALLOW);
  if (filter != was) {
    group.change = <u8>(filter & 1 ? RecordType.TO_EXCLUDE : isWhole ? RecordType.TO_INCLUDE : RecordType.ALLOW);
    group.left = queriersOf(group.via).robustness;
    group.changeAt = state.now;
    deadlines.arm(group, state.now);
  }
  const pool = root.pool(PoolIndex.GROUP);
  if (!group.members && (!group.left || pool.used > root.extra.groups + root.interfaces)) end(group);
}
function end(group: Group): void {
  deadlines.disarm(group);
  leave(PoolIndex.GROUP, group);
}
/** The link is up again, or has a first address: routers hear of all groups of an interface. */
export function repeat(it: Interface, now: Instant): void {
  const pool = root.pool(PoolIndex.GROUP);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const group = changetype<Group>(pool.at(i));
    if (group.taken && group.via == it && group.ip != ALL_SYSTEMS && group.members) ask(group, now, INTERVAL, Asked.ALL);
  }
}

// ---- What routers ask ----

/** An IGMP message arrived. */
export function input(packet: Packet, now: Instant): void {
  count(Counter.IGMP_IN);
  const length = packet.length;
  const header = IgmpHeader.at(packet.payload);
  if (length < IGMP_HEADER || fold(sum(packet.payload, length, 0))) return count(Counter.IGMP_DROPPED);
  const type = header.type;
  if (type == IgmpType.QUERY && (length == IGMP_HEADER || (length >= IGMP_QUERY && IGMP_QUERY + header.sources * 4 <= length)))
    return query(queriersOf(packet.via), header, length, now);
  if (type != IgmpType.REPORT_V1 && type != IgmpType.REPORT_V2) return count(Counter.IGMP_DROPPED);
  // Another host has said what we were about to say. RFC 2236 §3.
  const group = groupOn(packet.via, header.group);
  if (!group || version(packet.via) == 3 || !group.members) return;
  group.asked = <u8>Asked.NOTHING;
  group.left = 0;
}
/** A query of any version: who is present, and who is to answer within what time. RFC 3376 §7.1. */
function query(queriers: Group, header: IgmpHeader, length: u32, now: Instant): void {
  let most = maxResponse(header.code);
  let group = header.group;
  let sources: u32 = 0;
  if (length > IGMP_HEADER) {
    sources = header.sources;
    queriers.robustness = header.robustness ? <u8>header.robustness : ROBUSTNESS;
  } else if (header.code) {
    most = header.code * 100;
    queriers.until2 = after(now, queriers.robustness * QUERY_INTERVAL + most) | 1;
    deadlines.arm(queriers, queriers.until2);
  } else {
    group = 0;
    most = RESPONSE_V1;
    queriers.until1 = after(now, V1_PRESENT) | 1;
    deadlines.arm(queriers, queriers.until1);
  }
  const it = queriers.via;
  if (group) {
    const asked = isMulticast(group) ? groupOn(it, group) : null;
    if (asked && (!sources || markAsked(asked, header, sources))) ask(asked, now, most, sources ? Asked.SOURCES : Asked.ALL);
    return;
  }
  const pool = root.pool(PoolIndex.GROUP);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const each = changetype<Group>(pool.at(i));
    if (each.taken && each.via == it) ask(each, now, most, Asked.ALL);
  }
}
/** Remembers which sources a query asked for; whether there is anything to answer. */
function markAsked(group: Group, header: IgmpHeader, sources: u32): bool {
  let isAny = isExclusive(group);
  for (let i: u32 = 0; i < sources; i++) {
    const source = first(group, header.source(i));
    if (!source) continue;
    source.isAsked = 1;
    isAny = true;
  }
  return isAny;
}
/** An answer is owed after a random part of `most` milliseconds, or earlier when one was owed already. */
function ask(group: Group, now: Instant, most: u32, what: Asked): void {
  if (group.ip == ALL_SYSTEMS || !group.members) return;
  const at = now + 1 + jitter(most);
  if (!group.asked || before(at, group.answerAt)) group.answerAt = at;
  if (group.asked < <u8>what) group.asked = <u8>what;
  deadlines.arm(group, group.answerAt);
}

// ---- What we say ----

/** The version that the routers on an interface speak. */
function version(it: Interface): u32 {
  const queriers = queriersOf(it);
  return queriers.until1 ? 1 : queriers.until2 ? 2 : 3;
}
/** A group's deadline, or that of the older queriers, has come. */
export function expire(group: Group, now: Instant): void {
  if (group.ip == ALL_SYSTEMS) {
    if (!before(now, group.until1)) group.until1 = 0;
    if (!before(now, group.until2)) group.until2 = 0;
    if (group.until1) deadlines.arm(group, group.until1);
    if (group.until2) deadlines.arm(group, group.until2);
    return;
  }
  // Without carrier or address a report waits; that a group was left is not worth it.
  if (deviceOf(group.via).linkDown || !primary(group.via)) return group.members ? deadlines.arm(group, now + RETRY_DOWN) : end(group);
  if (group.left && !before(now, group.changeAt)) {
    if (!report(group, group.change, false)) return deadlines.arm(group, now + RETRY);
    group.left--;
    group.changeAt = now + 1 + jitter(version(group.via) < 3 ? INTERVAL_V2 : INTERVAL);
  }
  if (group.asked && !before(now, group.answerAt)) {
    const onlyAsked = group.asked == <u8>Asked.SOURCES && !isExclusive(group);
    if (!report(group, isExclusive(group) ? RecordType.IS_EXCLUDE : RecordType.IS_INCLUDE, onlyAsked))
      return deadlines.arm(group, now + RETRY);
    group.asked = <u8>Asked.NOTHING;
    for (let member = group.members; member; member = Member.at(member).members)
      for (let at = Member.at(member).sources; at; at = Source.at(at).next) Source.at(at).isAsked = 0;
  }
  if (!group.left && !group.members) return end(group);
  if (group.left) deadlines.arm(group, group.changeAt);
  if (group.asked) deadlines.arm(group, group.answerAt);
}

/** Says what a group listens to, in the version of the routers. False: no TX slot. */
function report(group: Group, type: u32, onlyAsked: bool): bool {
  const spoken = version(group.via);
  if (spoken == 3) return reportSources(group, type, onlyAsked);
  if (!group.members) {
    group.left = 1;
    if (spoken == 1) return true;
  }
  const slot = claim(deviceOf(group.via), Reserve.REPLY);
  if (!slot) return false;
  const header = messageIn(slot);
  header.start(!group.members ? IgmpType.LEAVE : spoken == 1 ? IgmpType.REPORT_V1 : IgmpType.REPORT_V2);
  header.group = group.ip;
  send(group.via, slot, IGMP_HEADER, group.members ? group.ip : ALL_ROUTERS);
  return true;
}
/** A report of version 3; of a list that does not fit, exclude mode tells the first part, include mode all in several. RFC 3376 §4.2.16. */
function reportSources(group: Group, type: u32, onlyAsked: bool): bool {
  const it = group.via;
  const most = (it.mtu - HEADER - IGMP_HEADER - IGMP_RECORD) >> 2;
  for (let skip: u32 = 0; ; skip += most) {
    const slot = claim(deviceOf(it), Reserve.REPLY);
    if (!slot) return false;
    const header = messageIn(slot);
    const sources = <u32>list(group, header.recordSources, skip, most, onlyAsked);
    if (skip && !sources) break;
    header.start(IgmpType.REPORT_V3);
    header.record(type, sources, group.ip);
    send(it, slot, IGMP_HEADER + IGMP_RECORD + (sources << 2), IGMP_ROUTERS);
    if (sources < most || isExclusive(group)) break;
  }
  return true;
}
function messageIn(slot: usize): IgmpHeader {
  return IgmpHeader.at(slot + SLOT_IP + HEADER);
}
/** Completes the message of `length` octets in a slot: TTL 1 and Router Alert. RFC 2236 §2, RFC 3376 §4. */
function send(it: Interface, slot: usize, length: u32, destination: u32): void {
  const message = slot + SLOT_IP + HEADER;
  IgmpHeader.at(message).checksum = fold(sum(message, length, 0));
  const source = primary(it);
  const header = Ipv4Header.at(slot + SLOT_IP);
  header.write(TOS, HEADER + length, secret() & 0xffff, IPV4_DF, 1, Protocol.IGMP, source ? bswap<u32>(source.ip) : 0, destination);
  header.option = ROUTER_ALERT;
  if (FILTER && !mayLeave(it, slot + SLOT_IP)) return;
  count(Counter.IP_OUT);
  count(Counter.IGMP_OUT);
  if (!isEthernet(it)) return publish(deviceOf(it), slot, HEADER + length);
  putGroupMac(slot + SLOT_HEADER, destination);
  ethernet.output(it, slot, slot + SLOT_HEADER, EtherType.IPV4, HEADER + length);
}
