// read RFC 1112 §6 and RFC 3376 §3 first
// Multicast groups that an interface listens to, and the sockets that joined them. Groups and memberships lie in the hash
// table of the neighbours: a group's address is never a neighbour's.
import { Interface } from "../memory/control";
import { PoolIndex, Timed } from "../memory/pool";
import { root, state } from "../memory/root";
import { bucketOf, insert, remove } from "../memory/table";
import { Instant } from "../memory/time";
import { Neighbour } from "./neighbour";

/** The group of all hosts, which nobody needs to join or report. Its record on an interface stands for the queriers there. */
export const ALL_SYSTEMS: u32 = 0xe0000001;

/** An address in a filter. */
@unmanaged
@final
export class Source extends Timed {
  next: u32;
  /** Network byte order. */
  ip: u32;
  /** 1: a query asked for it. */
  isAsked: u32;

  static at(address: u32): Source {
    return changetype<Source>(<usize>address);
  }
}

/** What is found by a group's address and a second word. */
@unmanaged
class Found extends Timed {
  ip: u32;
  /** Of a group, the interface record; of a membership, the socket's record plus the number of the interface. */
  key: u32;
  /** First Member of a group; the next one of a membership. */
  members: u32;
}
if (offsetof<Found>("ip") != offsetof<Neighbour>("ip") || offsetof<Found>("key") != offsetof<Neighbour>("interface"))
  ERROR("Found must be as Neighbour");

/** A group that an interface listens to. */
@unmanaged
@final
export class Group extends Found {
  /** Changes still to be reported, when the next is due, and its RecordType. */
  left: u8;
  change: u8;
  /** Answers owed to a query: Asked. */
  asked: u8;
  /** Of ALL_SYSTEMS: reports of a change. RFC 3376 §8.1. */
  robustness: u8;
  changeAt: Instant;
  answerAt: Instant;
  // Of ALL_SYSTEMS: until when queriers of version 1 and 2 count as present; 0: none.
  until1: Instant;
  until2: Instant;

  get via(): Interface {
    return changetype<Interface>(<usize>this.key);
  }
}

/** A socket's membership in a group on an interface, and its filter. */
@unmanaged
@final
export class Member extends Found {
  group: u32;
  /** Record of the socket. */
  socket: u32;
  /** First Source. */
  sources: u32;
  /** 1: all sources but those are wanted; 0: only those. */
  isExclude: u32;

  static at(address: u32): Member {
    return changetype<Member>(<usize>address);
  }
}

function bucket(ip: u32, key: u32): usize {
  return bucketOf(state.neighbourBuckets, state.neighbourBucketMask, ip, key);
}
function find(ip: u32, key: u32): Found | null {
  let at = load<u32>(bucket(ip, key));
  while (at) {
    const it = changetype<Found>(<usize>at);
    if (it.ip == ip && it.key == key) return it;
    at = it.link;
  }
  return null;
}
/** A new record of the pool `which`, found by both words from now on; null when all are taken. */
export function enter(which: PoolIndex, ip: u32, key: u32): Timed | null {
  const address = root.pool(which).take();
  if (!address) return null;
  const it = changetype<Found>(address);
  it.ip = ip;
  it.key = key;
  insert(bucket(ip, key), it);
  return it;
}
/** Gives a group or a membership back. */
export function leave(which: PoolIndex, record: Timed): void {
  const it = changetype<Found>(record);
  remove(bucket(it.ip, it.key), it);
  root.pool(which).give(changetype<usize>(it));
}

/** The group on this interface, null when it does not listen to it. */
export function groupOn(it: Interface, ip: u32): Group | null {
  return changetype<Group | null>(find(ip, <u32>changetype<usize>(it)));
}
/** The membership of a socket in a group on the interface with this number; null when there is none. */
export function memberOf(socket: Timed, number: u32, ip: u32): Member | null {
  return changetype<Member | null>(find(ip, socket.address + number));
}

/** Whether a membership's filter names a source; network byte order. */
export function lists(member: Member, ip: u32): bool {
  for (let at = member.sources; at; at = Source.at(at).next) {
    if (Source.at(at).ip == ip) return true;
  }
  return false;
}
/** Whether a socket wants what `source` sends to a group. */
export function wants(socket: Timed, number: u32, ip: u32, source: u32): bool {
  const member = memberOf(socket, number, ip);
  return member ? (member.isExclude != 0) != lists(member, bswap<u32>(source)) : ip == ALL_SYSTEMS;
}

/** Writes the MAC address of a group. RFC 1112 §6.4. */
export function putGroupMac(at: usize, ip: u32): void {
  store<u32>(at, bswap<u32>(0x01005e00 | ((ip >> 16) & 0x7f)));
  store<u16>(at, bswap<u16>(<u16>ip), 4);
}
