// What happens once: the control block is examined and the arena carved, state first, rings last; no ring is touched.
import * as arena from "./memory/arena";
import * as config from "./memory/config";
import {
  Address,
  ADDRESSES_MAX,
  AddressState,
  CLASSES,
  Control,
  Device,
  DeviceKind,
  EXCHANGE_OCTETS,
  Flag,
  Interface,
  InterfaceFlag,
  More,
} from "./memory/control";
import { Counter } from "./memory/counters";
import { Err, OFFERS } from "./memory/errors";
import { Kind, Pool, PoolIndex } from "./memory/pool";
import * as random from "./memory/random";
import * as ring from "./memory/ring";
import { root, ROOT_OCTETS, state } from "./memory/root";
import * as table from "./memory/table";
import * as time from "./memory/time";
import { isGroupMac, isZeroMac } from "./wire/ethernet";
import { SLOT_IP } from "./link/device";
import { isSpecial, maskOf, mayBeHost } from "./internet/address";
import * as carrier from "./internet/carrier";
import * as claim from "./internet/claim";
import * as fragments from "./internet/fragments";
import { Reassembly } from "./internet/fragments";
import { RULE_OCTETS } from "./internet/filter";
import * as flow from "./internet/flow";
import { Flow } from "./internet/flow";
import { Mapping } from "./internet/napt";
import { Neighbour } from "./internet/neighbour";
import { Hold } from "./internet/hold";
import * as limit from "./internet/limit";
import { Route } from "./internet/route";
import { SERVICES, SERVICE_OCTETS } from "./transport/service";
import { INDEX_MAX } from "./transport/socket";
import * as ready from "./transport/ready";
import { HALF_OPEN_OCTETS } from "./transport/tcp/halfopen";
import { Listener } from "./transport/tcp/listening";
import { SENT_OCTETS } from "./transport/tcp/sent";
import { TCB_OCTETS } from "./transport/tcp/tcb";
import { TIME_WAIT_OCTETS } from "./transport/tcp/timewait";
import { slotOctets, UdpSocket } from "./transport/udp/socket";

/** Not 0: the module has an exchange. */
const HAS_EXCHANGE: u32 = SERVICES + config.FILTER;
const SLOTS_MAX: u32 = 32768;
/** Owners are an octet, and 16 of them are kept for services. */
const OWNERS_MAX: u32 = 240;
const LIMIT_MAX: u32 = (1 << 30) - 1;
const MTU_MIN: u32 = 68;
const MTU_MAX: u32 = 65535;
/** Datagrams that can be put together at the same time: they are looked through one by one. */
const FRAGMENTS_MAX: u32 = 1024;
/** Octets of a datagram that every host must take. RFC 1122 §3.3.2. */
const DATAGRAM_MIN: u32 = 576;
/** A connection has a record for every 512 octets of its send ring and some more, and not more than the setting says. */
const SEGMENT_SHIFT: u32 = 9;
const RECORDS_MIN: u32 = 16;
const RECORDS_MAX: u32 = 65536;

/** Address of the control block; the first time, fills in the defaults of this build. */
export function control(): i32 {
  if (!root.abi) fillDefaults();
  return <i32>changetype<usize>(root);
}
function fillDefaults(): void {
  root.abi = config.ABI_VERSION;
  root.more = <u32>changetype<usize>(root.extra);
  root.clockGranularity = 1000;
  root.class0Sockets = config.TCP_SOCKETS;
  root.class0Receive = config.TCP_RECEIVE;
  root.class0Send = config.TCP_SEND;
  root.listeners = config.LISTENERS;
  root.synQueue = config.SYN_QUEUE;
  root.timeWait = config.TIME_WAIT;
  root.udpSockets = config.UDP_SOCKETS;
  root.udpReceive = config.UDP_RECEIVE;
  root.udpSend = config.UDP_SEND;
  root.udpOctets = config.UDP_OCTETS;
  root.neighbours = config.NEIGHBOURS;
  root.routes = config.ROUTES;
  root.holds = config.HOLDS;
  root.owners = config.OWNERS;
  root.record = config.RECORD;
  root.ttl = config.TTL;
  root.msl = config.MSL;
  root.userTimeout = config.USER_TIMEOUT;
  root.synTimeout = config.SYN_TIMEOUT;
  root.arpTimeout = config.ARP_TIMEOUT;
  root.delayedAck = config.DELAYED_ACK;
  root.minRto = config.MIN_RTO;
  root.finWait2 = config.FIN_WAIT_2;
  root.keepIdle = config.KEEP_IDLE;
  root.keepInterval = config.KEEP_INTERVAL;
  root.keepCount = config.KEEP_COUNT;
  root.errorRate = config.ERROR_RATE;
  root.frameBudget = config.FRAME_BUDGET;
  root.offer = config.OFFER;
  root.congestion = config.CONGESTION;
  root.sentRecords = config.SENT_RECORDS;
  const more = root.extra;
  more.fragments = config.FRAGMENTS;
  more.fragmentOctets = config.FRAGMENT_OCTETS;
  more.fragmentTimeout = config.FRAGMENT_TIMEOUT;
  if (config.FILTER) flow.fillDefaults(more);
}

/** Begins afresh at the host's time. Errors: BAD_SEED, BAD_ARGUMENT (arenaStart), BAD_COUNT, BAD_DEVICE, BAD_INTERFACE, BAD_CAPACITY, BAD_SETTING, NOT_SUPPORTED, NO_MEMORY. */
export function init(ms: u32, us: u32): i32 {
  control();
  root.flags = 0;
  root.detail = 0;
  if (!random.seedIsPlausible()) return refuse(Err.BAD_SEED, offsetof<Control>("seed0"));
  if (start() < <u32>config.ARENA_START) return refuse(Err.BAD_ARGUMENT, offsetof<Control>("arenaStart"));
  const wrong = examine();
  if (wrong) return wrong;
  memory.fill(root.privateAt, 0, ROOT_OCTETS - (root.privateAt - changetype<usize>(root)));
  layOut();
  if (root.memoryNeeded > arena.end() - min(start(), arena.end())) return Err.NO_MEMORY;
  root.pools = <u32>changetype<usize>(root.pool(PoolIndex.TCP0));
  root.counters = <u32>root.counter(Counter.FRAMES_IN);
  root.status = <u32>root.statusAt;
  random.start();
  time.start(ms, us);
  limit.start(ms);
  clear();
  root.flags = Flag.READY;
  return 0;
}
function refuse(error: Err, at: usize): i32 {
  root.detail = <u32>at;
  return error;
}
/** The address of a word in the control block, as `detail` gives it. */
function offsetIn(record: usize, at: usize): usize {
  return record - changetype<usize>(root) + at;
}
function start(): u32 {
  return root.arenaStart ? root.arenaStart : config.ARENA_START;
}

function examine(): i32 {
  if (!root.devices || root.devices > <u32>config.DEVICES_MAX) return refuse(Err.BAD_COUNT, offsetof<Control>("devices"));
  if (!root.interfaces || root.interfaces > <u32>config.INTERFACES_MAX) return refuse(Err.BAD_COUNT, offsetof<Control>("interfaces"));
  for (let i: u32 = 0; i < root.devices; i++) {
    const wrong = examineDevice(root.device(i));
    if (wrong) return wrong;
  }
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const wrong = examineInterface(root.interface(i), i);
    if (wrong) return wrong;
  }
  const wrong = examineCapacities();
  return wrong ? wrong : examineSettings();
}
function isSlots(n: u32): bool {
  return n && n <= SLOTS_MAX && !(n & (n - 1));
}
function examineDevice(it: Device): i32 {
  const at = changetype<usize>(it);
  if (it.kind != <u8>DeviceKind.ETHERNET && it.kind != <u8>DeviceKind.RAW_IP)
    return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("kind")));
  if (it.offload) return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Device>("offload")));
  if (!isSlots(it.rxSlots)) return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("rxSlots")));
  if (!isSlots(it.txSlots)) return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("txSlots")));
  if (it.slotOctets & 63 || it.slotOctets > 1 << 17) return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("slotOctets")));
  return 0;
}
function examineInterface(it: Interface, index: u32): i32 {
  const at = changetype<usize>(it);
  if (it.device >= root.devices) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("device")));
  if (it.vlan || it.flags > (config.TRANSPARENT ? <u8>InterfaceFlag.TRANSPARENT : 0))
    return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("flags")));
  for (let i: u32 = 0; i < index; i++)
    if (root.interface(i).device == it.device) return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("device")));
  if (it.mtu < MTU_MIN || it.mtu > MTU_MAX) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mtu")));
  const device = root.device(it.device);
  const slot = (it.mtu + SLOT_IP + 63) & ~63;
  if (!device.slotOctets) device.slotOctets = slot;
  if (device.slotOctets < it.mtu + SLOT_IP) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mtu")));
  const isEthernet = device.kind == <u8>DeviceKind.ETHERNET;
  if (isEthernet && (isGroupMac(it.mac) || isZeroMac(it.mac))) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mac0")));
  const gateway = bswap<u32>(it.gateway);
  if (gateway && isSpecial(gateway)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("gateway")));
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    if (gateway && !isOtherHost(it.address(i), gateway)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("gateway")));
    if (!isAddressPlausible(it, i, index)) return refuse(Err.BAD_INTERFACE, offsetIn(changetype<usize>(it.address(i)), 0));
  }
  return 0;
}
/** Whether `ip` may be another host as far as this address of ours goes: not the same, nor its subnet's own or broadcast address. */
function isOtherHost(address: Address, ip: u32): bool {
  if (address.state == <u8>AddressState.NONE) return true;
  const ours = bswap<u32>(address.ip);
  const host = ~maskOf(address.prefix);
  if (ip == ours) return false;
  return address.prefix >= 31 || ((ip ^ ours) & ~host) != 0 || ((ip & host) != 0 && (ip & host) != host);
}
/** One host's address, not a subnet's own or its broadcast, and nobody else's. RFC 1122 §3.2.1.3, RFC 3021. */
function isAddressPlausible(it: Interface, which: u32, index: u32): bool {
  const address = it.address(which);
  if (address.state == <u8>AddressState.NONE) return true;
  if (address.state > <u8>AddressState.CONFLICT || address.prefix > 32 || !mayBeHost(bswap<u32>(address.ip), address.prefix)) return false;
  for (let i: u32 = 0; i <= index; i++) {
    for (let k: u32 = 0; k < ADDRESSES_MAX; k++) {
      const other = root.interface(i).address(k);
      if (other != address && other.state && other.ip == address.ip) return false;
    }
  }
  return true;
}
function isBetween(n: u32, low: u32, high: u32): bool {
  return n >= low && n <= high;
}
function examineCapacities(): i32 {
  let sockets: u64 = 0;
  for (let i: u32 = 0; i < CLASSES; i++) {
    const it = root.bufferClass(i);
    sockets += it.sockets;
    if (it.receive > LIMIT_MAX || it.send > LIMIT_MAX) return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(it), 4));
  }
  if (sockets > INDEX_MAX) return refuse(Err.BAD_CAPACITY, offsetof<Control>("class0Sockets"));
  for (let at = offsetof<Control>("listeners"); at <= offsetof<Control>("record"); at += 4) {
    if (load<u32>(changetype<usize>(root) + at) > INDEX_MAX) return refuse(Err.BAD_CAPACITY, at);
  }
  for (let at = changetype<usize>(root.extra); at < changetype<usize>(root.extra) + offsetof<More>("probing"); at += 4) {
    if (load<u32>(at) > INDEX_MAX) return refuse(Err.BAD_CAPACITY, offsetIn(at, 0));
  }
  if (root.udpSockets + config.SERVICE_SOCKETS && !isSlots(root.udpReceive))
    return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpReceive"));
  if (root.udpSockets + config.SERVICE_SOCKETS && !isSlots(root.udpSend)) return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpSend"));
  if (config.REASSEMBLY) {
    const more = root.extra;
    if (more.fragments > FRAGMENTS_MAX) return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(more), offsetof<More>("fragments")));
    if (more.fragments && !isBetween(more.fragmentOctets, DATAGRAM_MIN, MTU_MAX))
      return refuse(Err.BAD_CAPACITY, offsetIn(changetype<usize>(more), offsetof<More>("fragmentOctets")));
  }
  if (root.udpOctets > MTU_MAX) return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpOctets"));
  if (!isBetween(root.owners, 1, OWNERS_MAX)) return refuse(Err.BAD_CAPACITY, offsetof<Control>("owners"));
  if (root.record > 4096) return refuse(Err.BAD_CAPACITY, offsetof<Control>("record"));
  return 0;
}
function examineSettings(): i32 {
  for (let at = offsetof<Control>("ttl"); at <= offsetof<Control>("frameBudget"); at += 4) {
    if (!isBetween(load<u32>(changetype<usize>(root) + at), 1, time.NEVER)) return refuse(Err.BAD_SETTING, at);
  }
  if (root.ttl > 255) return refuse(Err.BAD_SETTING, offsetof<Control>("ttl"));
  if (root.delayedAck > 499) return refuse(Err.BAD_SETTING, offsetof<Control>("delayedAck"));
  if (root.keepCount > 255) return refuse(Err.BAD_SETTING, offsetof<Control>("keepCount"));
  if (root.offer > OFFERS) return refuse(Err.BAD_SETTING, offsetof<Control>("offer"));
  if (root.congestion > <u32>config.CUBIC) return refuse(Err.BAD_SETTING, offsetof<Control>("congestion"));
  if (root.sentRecords > (config.RACK ? RECORDS_MAX : 0)) return refuse(Err.BAD_SETTING, offsetof<Control>("sentRecords"));
  if (root.extra.probing > <u32>config.PROBING)
    return refuse(Err.BAD_SETTING, offsetIn(changetype<usize>(root.extra), offsetof<More>("probing")));
  if (root.msl > time.NEVER >> 1) return refuse(Err.BAD_SETTING, offsetof<Control>("msl"));
  return config.REASSEMBLY || config.FORWARDING ? examineMore() : 0;
}
function examineMore(): i32 {
  const more = root.extra;
  const at = changetype<usize>(more);
  if (more.forwarding > 1) return refuse(Err.BAD_SETTING, offsetIn(at, offsetof<More>("forwarding")));
  const last = config.FILTER ? offsetof<More>("flowIcmp") : offsetof<More>("fragmentTimeout");
  for (let it = offsetof<More>("fragmentTimeout"); it <= last; it += 4) {
    if (!isBetween(load<u32>(at + it), 1, time.NEVER)) return refuse(Err.BAD_SETTING, offsetIn(at, it));
  }
  return 0;
}

/** Gives every pool, table and ring its place. Nothing in the arena is written yet. */
function layOut(): void {
  const from = (start() + 63) & ~63;
  state.cursor = from;
  state.owners = arena.take((root.owners + SERVICES) * 8, 8);
  state.services = arena.take(SERVICES * SERVICE_OCTETS, 8);
  if (HAS_EXCHANGE) root.exchange = arena.take(EXCHANGE_OCTETS, 8);
  let sockets: u32 = 0;
  for (let i: u32 = 0; i < CLASSES; i++) sockets += root.bufferClass(i).sockets;
  const fragments = config.REASSEMBLY ? root.extra.fragments : 0;
  const flows = config.FILTER ? root.extra.flows : 0;
  state.heap = arena.take((sockets + root.synQueue + root.neighbours + fragments + flows) * 8, 8);
  const buckets = table.sizeFor(sockets + root.synQueue + root.timeWait + root.listeners);
  state.buckets = arena.take(buckets * 4, 64);
  state.bucketMask = buckets - 1;
  const udpBuckets = table.sizeFor(root.udpSockets + config.SERVICE_SOCKETS);
  state.udpBuckets = arena.take(udpBuckets * 4, 64);
  state.udpBucketMask = udpBuckets - 1;
  const neighbourBuckets = table.sizeFor(root.neighbours);
  state.neighbourBuckets = arena.take(neighbourBuckets * 4, 64);
  state.neighbourBucketMask = neighbourBuckets - 1;
  if (config.CONFIGURE) state.claims = arena.take(root.interfaces * ADDRESSES_MAX * claim.CLAIM_OCTETS, 8);
  if (config.FILTER) layOutFilter();
  layOutPools();
  state.stateEnd = state.cursor;
  layOutRings();
  root.memoryNeeded = state.cursor - start();
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
/** What is more than memory can hold stays more. */
function product(a: u32, b: u32): u32 {
  return <u32>min<u64>(<u64>a * <u64>b, 0xffffffff);
}
function layOutRings(): void {
  for (let i: u32 = 0; i < root.devices; i++) {
    const it = root.device(i);
    if (!it.slotOctets) it.slotOctets = 64;
    it.rxRing = arena.take(product(it.rxSlots, it.slotOctets), 64);
    it.txRing = arena.take(product(it.txSlots, it.slotOctets), 64);
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

/** Empties what is found through the arena: tables, queues, lists, counters of rings. */
function clear(): void {
  memory.fill(state.buckets, 0, (state.bucketMask + 1) * 4);
  memory.fill(state.udpBuckets, 0, (state.udpBucketMask + 1) * 4);
  memory.fill(state.neighbourBuckets, 0, (state.neighbourBucketMask + 1) * 4);
  memory.fill(state.services, 0, SERVICES * SERVICE_OCTETS);
  if (HAS_EXCHANGE) memory.fill(root.exchange, 0, EXCHANGE_OCTETS);
  if (config.FILTER) flow.clear();
  ready.start();
  state.owed.clear();
  state.owedUdp.clear();
  state.timeWaits.clear();
  state.neighbourOrder.clear();
  state.failed.clear();
  if (config.REASSEMBLY) state.fragments.clear();
  state.pathGeneration = 1;
  state.announceDue = 0xffffffff;
  for (let i: u32 = 0; i < root.devices; i++) {
    const it = root.device(i);
    it.rxWritten = 0;
    it.rxTaken = 0;
    it.txWritten = 0;
    it.txTaken = 0;
  }
  if (config.CONFIGURE) carrier.start();
  if (config.PROBING) claim.start(state.now);
}
