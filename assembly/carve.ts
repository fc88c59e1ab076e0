// The arena is carved once: what the state hash reads first, rings last; no ring is touched.
import * as arena from "./memory/arena";
import * as config from "./memory/config";
import { ADDRESSES_MAX, CLASSES, EXCHANGE_OCTETS } from "./memory/control";
import { Kind, Pool, PoolIndex } from "./memory/pool";
import * as ring from "./memory/ring";
import { root, state } from "./memory/root";
import * as table from "./memory/table";
import { isLoopback } from "./link/device";
import { LINE_OCTETS } from "./link/slip";
import * as claim from "./internet/claim";
import { RULE_OCTETS } from "./internet/filter";
import { Flow } from "./internet/flow";
import * as fragments from "./internet/fragments";
import { Reassembly } from "./internet/fragments";
import { Mapping } from "./internet/napt";
import { Group, Member, Source } from "./internet/group";
import { Neighbour } from "./internet/neighbour";
import { Hold } from "./internet/hold";
import { Route } from "./internet/route";
import { STREAM_OCTETS } from "./application/dns";
import { SCRATCH_OCTETS, THING_OCTETS } from "./application/announced";
import { NAME_OCTETS } from "./application/names";
import { SERVICES, SERVICE_OCTETS } from "./transport/service";
import { placeOctets } from "./application/request";
import { TRANSFER_OCTETS } from "./application/transfer";
import { HALF_OPEN_OCTETS } from "./transport/tcp/halfopen";
import { Listener } from "./transport/tcp/listening";
import { SENT_OCTETS } from "./transport/tcp/sent";
import { TCB_OCTETS } from "./transport/tcp/tcb";
import { TIME_WAIT_OCTETS } from "./transport/tcp/timewait";
import { slotOctets, UdpSocket } from "./transport/udp/socket";
import { BINDING_OCTETS } from "./application/binding";
import { LEASE_OCTETS } from "./application/leases";

/** A connection has a record for every 512 octets of its send ring and some more, and not more than the setting says. */
const SEGMENT_SHIFT: u32 = 9;
const RECORDS_MIN: u32 = 16;
/** Whether this build has calls that pass lists or texts. */
export const HAS_EXCHANGE: bool = (config.IGMP | config.SLIP | config.FILTER | config.SERVICE_SOCKETS) != 0;

/** Where the arena begins. */
export function start(): u32 {
  return root.arenaStart ? root.arenaStart : config.ARENA_START;
}

/** Gives every pool, table and ring its place. Nothing in the arena is written yet. */
export function layOut(): void {
  const from = (start() + 63) & ~63;
  state.cursor = from;
  state.owners = arena.take((root.owners + SERVICES) * 8, 8);
  state.services = arena.take(SERVICES * SERVICE_OCTETS, 8);
  state.transfers = SERVICES ? arena.take(product(root.extra.transfers, TRANSFER_OCTETS), 8) : 0;
  if (config.HTTP) state.requests = arena.take(product(root.extra.requests, placeOctets()), 8);
  if (config.DNS) state.names = arena.take(namesOctets(), 8);
  if (config.MDNS) state.things = arena.take(thingsOctets(), 8);
  if (HAS_EXCHANGE) root.exchange = arena.take(EXCHANGE_OCTETS, 8);
  if (config.DHCP) state.bindings = arena.take(root.interfaces * BINDING_OCTETS, 8);
  if (config.DHCPD) state.leases = arena.take(root.extra.leases * LEASE_OCTETS, 8);
  let sockets: u32 = 0;
  for (let i: u32 = 0; i < CLASSES; i++) sockets += root.bufferClass(i).sockets;
  const fragments = config.REASSEMBLY ? root.extra.fragments : 0;
  const flows = config.FILTER ? root.extra.flows : 0;
  state.heap = arena.take((sockets + root.synQueue + root.neighbours + groups() + fragments + flows) * 8, 8);
  const buckets = table.sizeFor(sockets + root.synQueue + root.timeWait + root.listeners);
  state.buckets = arena.take(buckets * 4, 64);
  state.bucketMask = buckets - 1;
  const udpBuckets = table.sizeFor(root.udpSockets + config.SERVICE_SOCKETS);
  state.udpBuckets = arena.take(udpBuckets * 4, 64);
  state.udpBucketMask = udpBuckets - 1;
  const neighbourBuckets = table.sizeFor(root.neighbours + groups());
  state.neighbourBuckets = arena.take(neighbourBuckets * 4, 64);
  state.neighbourBucketMask = neighbourBuckets - 1;
  if (config.SLIP) state.lines = arena.take(root.devices * LINE_OCTETS, 8);
  if (config.CONFIGURE) state.claims = arena.take(root.interfaces * ADDRESSES_MAX * claim.CLAIM_OCTETS, 8);
  if (config.FILTER) layOutFilter();
  layOutPools();
  state.stateEnd = state.cursor;
  layOutRings();
  root.memoryNeeded = state.cursor - start();
}
/** Groups on all interfaces, those that ended and are still to be reported too. */
function groups(): u32 {
  return config.IGMP ? 2 * root.extra.groups + root.interfaces : 0;
}
/** Rules, and the buckets for flows, and behind these for mappings. */
function layOutFilter(): void {
  const more = root.extra;
  state.rules = arena.take(product(more.rules, RULE_OCTETS), 8);
  const buckets = table.sizeFor(more.flows);
  state.flowBuckets = arena.take(buckets << 3, 64);
  state.flowBucketMask = buckets - 1;
  carve(PoolIndex.FLOW, Kind.FLOW, offsetof<Flow>(), more.flows, 0);
  if (config.NAPT) carve(PoolIndex.MAPPING, Kind.MAPPING, offsetof<Mapping>(), more.flows + more.forwards, 0);
}
function layOutPools(): void {
  let first: u32 = 0;
  const stride = (TCB_OCTETS + root.record + 7) & ~7;
  for (let i: u32 = 0; i < CLASSES; i++) {
    const it = root.bufferClass(i);
    carve(PoolIndex.TCP0 + i, Kind.TCP, stride, it.sockets, first);
    first += it.sockets;
  }
  carve(PoolIndex.LISTENER, Kind.LISTENER, offsetof<Listener>(), root.listeners, 0);
  carve(PoolIndex.HALF_OPEN, Kind.HALF_OPEN, HALF_OPEN_OCTETS, root.synQueue, 0);
  carve(PoolIndex.TIME_WAIT, Kind.TIME_WAIT, TIME_WAIT_OCTETS, root.timeWait, 0);
  carve(PoolIndex.UDP, Kind.UDP, offsetof<UdpSocket>(), root.udpSockets + config.SERVICE_SOCKETS, 0);
  carve(PoolIndex.NEIGHBOUR, Kind.NEIGHBOUR, offsetof<Neighbour>(), root.neighbours, 0);
  carve(PoolIndex.ROUTE, Kind.ROUTE, offsetof<Route>(), root.routes, 0);
  carve(PoolIndex.HOLD, Kind.HOLD, offsetof<Hold>() + largestMtu(), root.holds, 0);
  if (config.REASSEMBLY) carve(PoolIndex.FRAGMENTS, Kind.FRAGMENTS, offsetof<Reassembly>(), root.extra.fragments, 0);
  if (!config.IGMP) return;
  carve(PoolIndex.GROUP, Kind.GROUP, offsetof<Group>(), groups(), 0);
  carve(PoolIndex.MEMBER, Kind.MEMBER, offsetof<Member>(), root.extra.groups, 0);
  carve(PoolIndex.SOURCE, Kind.SOURCE, offsetof<Source>(), root.extra.sources, 0);
}
function carve(which: u32, kind: Kind, octets: u32, capacity: u32, first: u32): void {
  const pool: Pool = root.pool(which);
  pool.stride = (octets + 7) & ~7;
  pool.base = arena.take(product(pool.stride, capacity), 8);
  pool.capacity = capacity;
  pool.kind = kind;
  pool.first = first;
}
function largestMtu(): u32 {
  let largest: u32 = 0;
  for (let i: u32 = 0; i < root.interfaces; i++) largest = max(largest, root.interface(i).mtu);
  return largest;
}
/** The resolver's table, and behind it room for a message. */
export function namesOctets(): u32 {
  const names = root.extra.names;
  return config.DNS && names ? names * NAME_OCTETS + STREAM_OCTETS : 0;
}
/** The host and its services, and room for a record. */
export function thingsOctets(): u32 {
  return SERVICES && config.MDNS ? (root.extra.services + 1) * THING_OCTETS + SCRATCH_OCTETS : 0;
}
/** What is more than memory can hold stays more. */
function product(a: u32, b: u32): u32 {
  return <u32>min<u64>(<u64>a * <u64>b, 0xffffffff);
}
function layOutRings(): void {
  for (let i: u32 = 0; i < root.devices; i++) {
    const it = root.device(i);
    it.rxRing = arena.take(product(it.rxSlots, it.slotOctets), 64);
    it.txRing = isLoopback(it) ? it.rxRing : arena.take(product(it.txSlots, it.slotOctets), 64);
  }
  state.udpRings = arena.take(product(product(slotOctets(), root.udpReceive + root.udpSend), root.udpSockets + config.SERVICE_SOCKETS), 64);
  if (config.REASSEMBLY) state.fragmentBuffers = arena.take(product(fragments.bufferOctets(), root.extra.fragments), 64);
  for (let i: u32 = 0; i < CLASSES; i++) {
    const it = root.bufferClass(i);
    const rings = root.rings(i);
    rings.receiveLimit = it.receive;
    rings.sendLimit = it.send;
    rings.receiveOctets = ring.sizeFor(it.receive);
    rings.sendOctets = ring.sizeFor(it.send);
    rings.base = arena.take(product(rings.receiveOctets + rings.sendOctets, it.sockets), 64);
    rings.records = config.RACK ? ring.sizeFor(min(root.sentRecords, (it.send >> SEGMENT_SHIFT) + RECORDS_MIN)) : 0;
    rings.recordsBase = arena.take(product(rings.records * SENT_OCTETS, it.sockets), 64);
  }
}
