// read RFC 2979, RFC 5382 §5 and RFC 5508 §3 first
// Flows: who speaks with whom, for the packet filter and for address translation. A flow is found by both ends from both
// sides, with inner addresses where there is translation. TCP is followed loosely: by control bits, without sequence numbers.
import * as config from "../memory/config";
import { NAPT } from "../memory/config";
import { More } from "../memory/control";
import { count, Counter } from "../memory/counters";
import * as deadlines from "../memory/deadlines";
import { Link } from "../memory/list";
import { PoolIndex, Timed } from "../memory/pool";
import { keyed } from "../memory/random";
import { root, state } from "../memory/root";
import { insert, remove } from "../memory/table";
import { after, before, Instant } from "../memory/time";
import { ICMP_HEADER, IcmpType } from "../wire/icmp";
import { IPV4_HEADER, Ipv4Header, Protocol } from "../wire/ipv4";
import { Ctl, TCP_HEADER, TcpHeader } from "../wire/tcp";
import { UDP_HEADER } from "../wire/udp";
import * as napt from "./napt";

/** What a flow has seen. */
enum Seen {
  /** A packet of the other side. */
  REPLY = 1,
  /** One more of the first side after that: the flow is established. */
  BOTH = 2,
  /** A FIN of the first side, of the other one; a RST of either. */
  FIN = 4,
  FIN_REPLY = 8,
  RST = 16,
}
const FINS: u32 = Seen.FIN | Seen.FIN_REPLY;

/** Two ends that speak with each other; `source` is the one that began. Addresses in host order. */
@unmanaged
@final
export class Flow extends Timed {
  source: u32;
  destination: u32;
  /** Source port * 65,536 + destination port; of an ICMP query its identifier, twice. */
  ports: u32;
  protocol: u8;
  reserved0: u8;
  reserved1: u16;
  /** Bits of Seen. */
  seen: u32;
  /** When its last packet came. */
  used: Instant;
  /** The mapping it is translated by, 0: none. */
  mapping: u32;
  orderNext: u32;
  orderPrevious: u32;

  get order(): Link {
    return Link.at(changetype<usize>(this) + offsetof<Flow>("orderNext"));
  }
  /** Whether a packet goes from the other side to the one that began. */
  isReply(it: Key): bool {
    return this.source != it.source || this.ports != it.ports;
  }
  get isAnswered(): bool {
    return (this.seen & Seen.REPLY) != 0;
  }
  get isClosing(): bool {
    return this.protocol == <u8>Protocol.TCP && ((this.seen & FINS) == FINS || (this.seen & Seen.RST) != 0);
  }
}
function ofOrder(link: Link): Flow {
  return changetype<Flow>(changetype<usize>(link) - offsetof<Flow>("orderNext"));
}

/** The defaults of filter, flows and translation. */
export function fillDefaults(more: More): void {
  more.rules = config.RULES;
  more.flows = config.FLOWS;
  more.forwards = config.FORWARDS;
  more.flowEstablished = config.FLOW_ESTABLISHED;
  more.flowTcp = config.FLOW_TCP;
  more.flowUdp = config.FLOW_UDP;
  more.flowIcmp = config.FLOW_ICMP;
}
/** Empties the buckets of flows, and of mappings behind them. */
export function clear(): void {
  memory.fill(state.flowBuckets, 0, (state.flowBucketMask + 1) << 3);
  state.openFlows.clear();
}

/** What a datagram says of the flow it belongs to. Lies in root memory behind the segment in hand. */
@unmanaged
@final
export class Key {
  source: u32;
  destination: u32;
  ports: u32;
  protocol: u32;
  /** Control bits, when TCP. */
  control: u32;
  /** 1: it may begin a flow. */
  opens: u32;
  /** Where the header lies that an ICMP error quotes, 0: it is no such error. */
  quoted: u32;
}
if (offsetof<Key>() > 32) ERROR("Key outgrew its place");
/** The datagram in hand. */
export function key(): Key {
  return changetype<Key>(root.packetAt + 224);
}

/** Reads the datagram at `ip`. */
export function read(ip: usize): Key {
  const it = key();
  const header = Ipv4Header.at(ip);
  it.source = header.source;
  it.destination = header.destination;
  it.protocol = header.protocol;
  it.control = 0;
  it.quoted = 0;
  it.ports = 0;
  it.opens = header.offset ? 0 : readPayload(it, ip + header.headerLength, header.totalLength - header.headerLength);
  return it;
}
function readPayload(it: Key, at: usize, length: u32): u32 {
  switch (it.protocol) {
    case Protocol.TCP:
      if (length < TCP_HEADER) return 0;
      it.ports = bswap<u32>(load<u32>(at));
      it.control = TcpHeader.at(at).control;
      return (it.control & (Ctl.SYN | Ctl.ACK | Ctl.RST | Ctl.FIN)) == <u32>Ctl.SYN ? 1 : 0;
    case Protocol.UDP:
      if (length < UDP_HEADER) return 0;
      it.ports = bswap<u32>(load<u32>(at));
      return 1;
    case Protocol.ICMP:
      return length < ICMP_HEADER ? 0 : readMessage(it, at, length);
    default:
      return 1;
  }
}
function readMessage(it: Key, at: usize, length: u32): u32 {
  switch (load<u8>(at)) {
    case <u8>IcmpType.ECHO:
      it.ports = identAt(at);
      return 1;
    case <u8>IcmpType.ECHO_REPLY:
      it.ports = identAt(at);
      return 0;
    case <u8>IcmpType.UNREACHABLE:
    case <u8>IcmpType.TIME_EXCEEDED:
    case <u8>IcmpType.PARAMETER_PROBLEM: {
      const inner = Ipv4Header.at(at + ICMP_HEADER);
      if (length < ICMP_HEADER + IPV4_HEADER + 8 || inner.headerLength < IPV4_HEADER) return 0;
      if (length >= ICMP_HEADER + inner.headerLength + 8 && !inner.offset) it.quoted = <u32>at + ICMP_HEADER;
      return 0;
    }
    default:
      return 0;
  }
}
/** The identifier of an ICMP query, as both ports. */
function identAt(at: usize): u32 {
  const ident = <u32>bswap<u16>(load<u16>(at, 4));
  return (ident << 16) | ident;
}

function bucket(source: u32, destination: u32, ports: u32, protocol: u32): usize {
  const isFirst = source < destination || (source == destination && ports >> 16 <= (ports & 0xffff));
  const from = isFirst ? source : destination;
  const to = isFirst ? destination : source;
  const all = isFirst ? ports : rotl<u32>(ports, 16);
  const hash = keyed(state.keyHash0, state.keyHash1, ((<u64>from) << 32) | <u64>to, ((<u64>protocol) << 32) | <u64>all);
  return state.flowBuckets + ((<u32>hash & state.flowBucketMask) << 2);
}
function lookUp(source: u32, destination: u32, ports: u32, protocol: u32): Flow | null {
  let at = load<u32>(bucket(source, destination, ports, protocol));
  while (at) {
    const it = changetype<Flow>(<usize>at);
    if (it.protocol == <u8>protocol) {
      if (it.source == source && it.destination == destination && it.ports == ports) return it;
      if (it.source == destination && it.destination == source && it.ports == rotl<u32>(ports, 16)) return it;
    }
    at = it.link;
  }
  return null;
}
/** The flow of the datagram in hand, or the one that an ICMP error is about. */
export function find(it: Key): Flow | null {
  if (!it.quoted) return lookUp(it.source, it.destination, it.ports, it.protocol);
  const inner = Ipv4Header.at(it.quoted);
  const at = <usize>it.quoted + inner.headerLength;
  const protocol = inner.protocol;
  let ports: u32 = 0;
  if (protocol == Protocol.ICMP) ports = identAt(at);
  else if (protocol == Protocol.TCP || protocol == Protocol.UDP) ports = bswap<u32>(load<u32>(at));
  return lookUp(inner.source, inner.destination, ports, protocol);
}

/** Follows a flow by a datagram that passes, or begins one where it may. False: there is no room. */
export function follow(flow: Flow | null, it: Key, now: Instant): bool {
  if (!flow) return !it.opens || create(it, now);
  if (it.quoted) return true;
  const isReply = flow.isReply(it);
  flow.used = now;
  if (isReply) flow.seen |= Seen.REPLY;
  else if (flow.isAnswered && !(it.control & Ctl.SYN) && !(flow.seen & Seen.BOTH)) {
    flow.seen |= Seen.BOTH;
    flow.order.unlink();
  }
  const wasClosing = flow.isClosing;
  if (it.control & Ctl.FIN) flow.seen |= isReply ? Seen.FIN_REPLY : Seen.FIN;
  if (it.control & Ctl.RST) flow.seen |= Seen.RST;
  if (!wasClosing && flow.isClosing) deadlines.arm(flow, after(now, timeoutOf(flow)));
  if ((flow.seen & FINS) == FINS && !flow.order.linked) state.openFlows.push(flow.order);
  return true;
}
function create(it: Key, now: Instant): bool {
  const pool = root.pool(PoolIndex.FLOW);
  if (!pool.capacity) return true;
  if (pool.used == pool.capacity && !evict()) {
    count(Counter.FLOWS_FULL);
    return false;
  }
  const flow = changetype<Flow>(pool.take());
  flow.source = it.source;
  flow.destination = it.destination;
  flow.ports = it.ports;
  flow.protocol = <u8>it.protocol;
  flow.used = now;
  insert(bucket(it.source, it.destination, it.ports, it.protocol), flow);
  state.openFlows.push(flow.order);
  deadlines.arm(flow, after(now, timeoutOf(flow)));
  return true;
}
function evict(): bool {
  if (state.openFlows.isEmpty) return false;
  count(Counter.FLOWS_EVICTED);
  forget(ofOrder(Link.at(state.openFlows.next)));
  return true;
}
/** Ends a flow; a mapping without flows goes with its last one. */
export function forget(flow: Flow): void {
  remove(bucket(flow.source, flow.destination, flow.ports, flow.protocol), flow);
  deadlines.disarm(flow);
  flow.order.unlink();
  if (NAPT) napt.attach(flow, null);
  root.pool(PoolIndex.FLOW).give(changetype<usize>(flow));
}
function timeoutOf(flow: Flow): u32 {
  const more = root.extra;
  if (flow.protocol == <u8>Protocol.UDP) return more.flowUdp;
  if (flow.protocol != <u8>Protocol.TCP) return more.flowIcmp;
  return flow.seen & Seen.BOTH && !flow.isClosing ? more.flowEstablished : more.flowTcp;
}
/** The deadline of a flow has come: it ends, if nothing passed for as long as its kind may be silent. */
export function expire(flow: Flow, now: Instant): void {
  const end = after(flow.used, timeoutOf(flow));
  if (before(now, end)) deadlines.arm(flow, end);
  else forget(flow);
}
