// read RFC 3022, RFC 4787, RFC 5382, RFC 5508 and RFC 1624 first
// Address and port translation. A mapping joins an inner end to a port of an outer address, whoever it speaks with, and lives as
// long as one of its flows; a forward is a mapping that stays, for whatever outer address there is. From outside only a flow's
// own packets pass, and what begins a flow with a forward. ICMP queries have their identifier for a port.
import { fold, sum } from "../memory/checksum";
import { Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { Err } from "../memory/errors";
import { PoolIndex, Timed } from "../memory/pool";
import { secret } from "../memory/random";
import { root, state } from "../memory/root";
import { bucketOf, insert, remove } from "../memory/table";
import { Ipv4Header, Protocol } from "../wire/ipv4";
import { TCP_HEADER } from "../wire/tcp";
import { numberOf } from "../link/interfaces";
import { Cast, Packet } from "../link/packet";
import { isOneHost, on } from "./address";
import { decide } from "./filter";
import * as flows from "./flow";
import { Flow, Key } from "./flow";
import { Hop } from "./route";

/** First of the ports that stand for inner ends; the last is 65,535. The stack's own sockets have none of them. */
export const FIRST_PORT: u32 = 49152;
const PORT_BITS: u32 = 14;
/** Ports that are tried for a new mapping. */
const TRIES: u32 = 64;
/** In End.what, of an inner end. */
const INNER: u32 = 1 << 24;

/** What became of a packet's destination. */
export enum Translated {
  NONE = 0,
  /** It came from outside and goes to an inner end. */
  IN = 1,
  /** It came from an inner end and goes to another one, by the outer address. RFC 4787 §6. */
  BACK = 2,
}

/** One end of a mapping, in a chain of its own. */
@unmanaged
@final
class End {
  link: u32;
  /** 0: any outer address. */
  ip: u32;
  /** Port, protocol * 65,536, and whether it is an inner end. */
  what: u32;
}
/** An inner end and what stands for it outside. */
@unmanaged
@final
export class Mapping extends Timed {
  outerLink: u32;
  outerIp: u32;
  outerWhat: u32;
  innerLink: u32;
  innerIp: u32;
  innerWhat: u32;
  /** Flows that are translated by it. */
  flows: u32;
  isForward: u32;

  get outer(): Timed {
    return changetype<Timed>(changetype<usize>(this) + offsetof<Mapping>("outerLink"));
  }
  get inner(): Timed {
    return changetype<Timed>(changetype<usize>(this) + offsetof<Mapping>("innerLink"));
  }
  get outerPort(): u32 {
    return this.outerWhat & 0xffff;
  }
  get innerPort(): u32 {
    return this.innerWhat & 0xffff;
  }
}

function bucket(ip: u32, what: u32): usize {
  return bucketOf(state.flowBuckets + ((state.flowBucketMask + 1) << 2), state.flowBucketMask, ip, what);
}
function whatOf(protocol: u32, port: u32): u32 {
  return (protocol << 16) | port;
}
/** The mapping with this end; of an inner end, one to this outer address. */
function lookUp(ip: u32, what: u32, outer: u32): Mapping | null {
  const at = what & INNER ? offsetof<Mapping>("innerLink") : offsetof<Mapping>("outerLink");
  let here = load<u32>(bucket(ip, what));
  while (here) {
    const end = changetype<End>(<usize>here);
    const it = changetype<Mapping>(<usize>here - at);
    if (end.ip == ip && end.what == what && (!outer || !it.outerIp || it.outerIp == outer)) return it;
    here = end.link;
  }
  return null;
}
function byOuter(ip: u32, what: u32): Mapping | null {
  const it = lookUp(ip, what, 0);
  return it ? it : lookUp(0, what, 0);
}
function enter(outerIp: u32, outerWhat: u32, innerIp: u32, innerWhat: u32): Mapping {
  const it = changetype<Mapping>(root.pool(PoolIndex.MAPPING).take());
  it.outerIp = outerIp;
  it.outerWhat = outerWhat;
  it.innerIp = innerIp;
  it.innerWhat = innerWhat;
  insert(bucket(outerIp, outerWhat), it.outer);
  insert(bucket(innerIp, innerWhat), it.inner);
  return it;
}
function give(it: Mapping): void {
  remove(bucket(it.outerIp, it.outerWhat), it.outer);
  remove(bucket(it.innerIp, it.innerWhat), it.inner);
  root.pool(PoolIndex.MAPPING).give(changetype<usize>(it));
}
/** A flow goes by this mapping from now on, or by none. The one it leaves goes with its last flow. */
export function attach(flow: Flow, to: Mapping | null): void {
  const old = changetype<Mapping | null>(<usize>flow.mapping);
  flow.mapping = <u32>changetype<usize>(to);
  if (to) to.flows++;
  if (old && !--old.flows && !old.isForward) give(old);
}

/** A new mapping to a port that nobody can guess; null when none was free. RFC 6056 §3.3.2, RFC 4787 REQ-1. */
function create(ip: u32, what: u32, outer: u32): Mapping | null {
  for (let i: u32 = 0; i < TRIES; i++) {
    const outside = (what & 0xff0000) | (FIRST_PORT + (secret() >> (32 - PORT_BITS)));
    if (!byOuter(outer, outside)) return enter(outer, outside, ip, what);
  }
  count(Counter.NAPT_FULL);
  return null;
}
/** The mapping of a flow's inner end to an outer address. One end of a flow may be translated by a forward beside it. */
function mappingOf(flow: Flow, ip: u32, what: u32, outer: u32): Mapping | null {
  const held = changetype<Mapping | null>(<usize>flow.mapping);
  const isOurs = !held || (held.innerIp == ip && held.innerWhat == what);
  if (held && isOurs && (!held.outerIp || held.outerIp == outer)) return held;
  let it = lookUp(ip, what, outer);
  if (!isOurs) return it;
  if (!it) it = create(ip, what, outer);
  if (it) attach(flow, it);
  return it;
}

/** Brings a checksum up to date where words under it have changed, all in memory order. RFC 1624 §3. */
function adjust(at: usize, oldWord: u32, newWord: u32, oldHalf: u32, newHalf: u32): void {
  const total = <u64>(~(<u32>load<u16>(at)) & 0xffff) + <u64>~oldWord + <u64>newWord + <u64>(~oldHalf & 0xffff) + <u64>newHalf;
  store<u16>(at, <u16>fold(total));
}
/** Writes another source or destination, and port, into the datagram at `ip`, of which `length` octets behind the header are there. */
function rewrite(ip: usize, isDestination: bool, address: u32, port: u32, length: u32): void {
  const header = Ipv4Header.at(ip);
  const at = ip + (isDestination ? 16 : 12);
  const old = load<u32>(at);
  const fresh = bswap<u32>(address);
  store<u32>(at, fresh);
  adjust(ip + 10, old, fresh, 0, 0);
  const payload = ip + header.headerLength;
  const isMessage = header.protocol == Protocol.ICMP;
  const portAt = payload + (isMessage ? 4 : isDestination ? 2 : 0);
  const oldPort: u32 = load<u16>(portAt);
  const newPort: u32 = bswap<u16>(<u16>port);
  store<u16>(portAt, <u16>newPort);
  if (isMessage) return adjust(payload + 2, 0, 0, oldPort, newPort);
  if (header.protocol == Protocol.TCP) {
    if (length >= TCP_HEADER) adjust(payload + 16, old, fresh, oldPort, newPort);
    return;
  }
  if (!load<u16>(payload, 6)) return;
  adjust(payload + 6, old, fresh, oldPort, newPort);
  if (!load<u16>(payload, 6)) store<u16>(payload, 0xffff, 6);
}
/** An ICMP error: one end of what it quotes, and the error's own source or destination, become others. RFC 5508 §4. */
function rewriteError(packet: Packet, quoted: usize, isInbound: bool, address: u32, port: u32): void {
  const inner = Ipv4Header.at(quoted);
  rewrite(quoted, !isInbound, address, port, packet.payload + packet.length - <u32>quoted - inner.headerLength);
  store<u16>(packet.payload, 0, 2);
  store<u16>(packet.payload, <u16>fold(sum(packet.payload, packet.length, 0)), 2);
  const at = packet.ip + (isInbound ? 16 : 12);
  adjust(packet.ip + 10, load<u32>(at), bswap<u32>(address), 0, 0);
  store<u32>(at, bswap<u32>(address));
}
/** One end of what an error quotes, as End.what has it. */
function quotedEnd(quoted: usize, isDestination: bool): u32 {
  const inner = Ipv4Header.at(quoted);
  const at = quoted + inner.headerLength + (inner.protocol == Protocol.ICMP ? 4 : isDestination ? 2 : 0);
  return whatOf(inner.protocol, bswap<u16>(load<u16>(at)));
}
function isIntact(packet: Packet): bool {
  if (!fold(sum(packet.payload, packet.length, 0))) return true;
  count(Counter.ICMP_CHECKSUM);
  return false;
}
function drop(): bool {
  count(Counter.NAPT_DROPPED);
  return false;
}

/** Whether what leaves by an interface is translated. */
function translates(it: Interface): bool {
  return ((state.napt >> (numberOf(it) - 1)) & 1) != 0;
}
/** The interface with this address, if it is one that translates. */
function outerInterface(ip: u32): Interface | null {
  for (let i: u32 = 0; i < root.interfaces; i++) {
    if ((state.napt >> i) & 1 && on(root.interface(i), ip)) return root.interface(i);
  }
  return null;
}
/** A whole datagram arrived: one for an inner end gets that as its destination. False: it may not pass, and is dropped. */
export function input(packet: Packet): bool {
  if (!state.napt) return true;
  // Inner addresses are none of the outside's business.
  if (packet.cast == <u32>Cast.ELSEWHERE && translates(packet.via)) return flows.find(flows.read(packet.ip)) ? true : drop();
  if (packet.cast != <u32>Cast.UNICAST) return true;
  const outer = outerInterface(packet.destination);
  if (!outer) return true;
  const it = flows.read(packet.ip);
  const what = it.quoted ? quotedEnd(it.quoted, false) : whatOf(it.protocol, it.ports & 0xffff);
  const mapping = byOuter(packet.destination, what);
  if (!mapping) return true;
  packet.firstDestination = packet.destination;
  packet.firstPort = what & 0xffff;
  packet.translated = outer == packet.via ? Translated.IN : Translated.BACK;
  packet.destination = mapping.innerIp;
  packet.cast = Cast.ELSEWHERE;
  if (!it.quoted) rewrite(packet.ip, true, mapping.innerIp, mapping.innerPort, packet.length);
  else if (isIntact(packet)) rewriteError(packet, it.quoted, true, mapping.innerIp, mapping.innerPort);
  else return false;
  return flows.find(flows.read(packet.ip)) || (mapping.isForward && it.opens) ? true : drop();
}
/** A datagram is about to be forwarded: where it leaves to the outside, its source becomes an outer one. False: it may not pass, and is dropped. */
export function output(hop: Hop, packet: Packet): bool {
  const isBack = packet.translated == Translated.BACK;
  if (!isBack && !translates(hop.via)) return true;
  const outer = isBack ? packet.firstDestination : hop.source;
  const it: Key = flows.read(packet.ip);
  const flow = flows.find(it);
  if (!flow || (flow.protocol != <u8>Protocol.TCP && flow.protocol != <u8>Protocol.UDP && flow.protocol != <u8>Protocol.ICMP))
    return drop();
  const ip = it.quoted ? Ipv4Header.at(it.quoted).destination : it.source;
  const what = it.quoted ? quotedEnd(it.quoted, true) : whatOf(it.protocol, it.ports >> 16);
  const mapping = mappingOf(flow, ip, what | INNER, outer);
  if (!mapping) return false;
  if (!it.quoted) rewrite(packet.ip, false, outer, mapping.outerPort, packet.length);
  else if (isIntact(packet)) rewriteError(packet, it.quoted, false, outer, mapping.outerPort);
  else return false;
  packet.source = outer;
  return true;
}
/** Gives the packet in hand its first destination back: what is said about it is for whoever sent it there. */
export function undo(packet: Packet): void {
  if (!packet.translated) return;
  packet.translated = Translated.NONE;
  packet.destination = packet.firstDestination;
  rewrite(packet.ip, true, packet.firstDestination, packet.firstPort, packet.length);
}
/** Gives a translated packet its first source back, likewise. */
export function restore(packet: Packet): void {
  const it = flows.read(packet.ip);
  if (it.quoted) return;
  const mapping = byOuter(it.source, whatOf(it.protocol, it.ports >> 16));
  if (!mapping) return;
  packet.source = mapping.innerIp;
  rewrite(packet.ip, false, mapping.innerIp, mapping.innerPort, packet.length);
}

/** Whether a port is not for the stack's own sockets. */
export function reserves(protocol: u32, port: u32): bool {
  return (state.napt && port >= FIRST_PORT) || (state.forwards && lookUp(0, whatOf(protocol, port), 0) != null);
}
/** Translates on this interface, or no more. Errors: BAD_ARGUMENT, BAD_STATE: the stack does not forward, NO_ROOM: no flows are kept. */
export function enable(number: u32, isOn: u32): i32 {
  if (!number || number > root.interfaces || isOn > 1) return Err.BAD_ARGUMENT;
  if (!root.extra.forwarding) return Err.BAD_STATE;
  if (!root.extra.flows) return Err.NO_ROOM;
  const bit: u32 = 1 << (number - 1);
  state.napt = isOn ? state.napt | bit : state.napt & ~bit;
  decide();
  return 0;
}
/** Forwards a port of the outer addresses to `remote`. Errors: BAD_ARGUMENT, BAD_ADDRESS, IN_USE, NO_ROOM. */
export function forward(protocol: u32, port: u32): i32 {
  const to = root.remote;
  if ((protocol != Protocol.TCP && protocol != Protocol.UDP) || !port || port > 0xffff || !to.port) return Err.BAD_ARGUMENT;
  if (!isOneHost(to.ip)) return Err.BAD_ADDRESS;
  const what = whatOf(protocol, port);
  if (lookUp(0, what, 0)) return Err.IN_USE;
  if (state.forwards >= root.extra.forwards) return Err.NO_ROOM;
  state.forwards++;
  enter(0, what, to.ip, whatOf(protocol, to.port) | INNER).isForward = 1;
  return 0;
}
/** Ends a forward and the flows that go by it. Errors: BAD_ARGUMENT when there is none. */
export function unforward(protocol: u32, port: u32): i32 {
  const it = port <= 0xffff ? lookUp(0, whatOf(protocol, port), 0) : null;
  if (!it) return Err.BAD_ARGUMENT;
  const pool = root.pool(PoolIndex.FLOW);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const flow = changetype<Flow>(pool.at(i));
    if (flow.taken && flow.mapping == it.address) flows.forget(flow);
  }
  state.forwards--;
  give(it);
  return 0;
}
