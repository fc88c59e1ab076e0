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
import { isGroupMac, isZeroMac, VLAN_TAG } from "./wire/ethernet";
import { isLoopback, SLOT_IP } from "./link/device";
import { deviceOf } from "./link/interfaces";
import { LINE_OCTETS } from "./link/slip";
import { isSpecial, maskOf, mayBeHost } from "./internet/address";
import * as carrier from "./internet/carrier";
import * as claim from "./internet/claim";
import { Neighbour } from "./internet/neighbour";
import { Hold } from "./internet/hold";
import * as limit from "./internet/limit";
import { Route } from "./internet/route";
import { INDEX_MAX } from "./transport/socket";
import * as ready from "./transport/ready";
import { HALF_OPEN_OCTETS } from "./transport/tcp/halfopen";
import { Listener } from "./transport/tcp/listening";
import { SENT_OCTETS } from "./transport/tcp/sent";
import { TCB_OCTETS } from "./transport/tcp/tcb";
import { TIME_WAIT_OCTETS } from "./transport/tcp/timewait";
import { slotOctets, UdpSocket } from "./transport/udp/socket";

const SLOTS_MAX: u32 = 32768;
const LIMIT_MAX: u32 = (1 << 30) - 1;
const MTU_MIN: u32 = 68;
const MTU_MAX: u32 = 65535;
const VLAN_MAX: u16 = 4094;
/** A loopback device has slots for answers besides the one that is read. */
const LOOPBACK_MIN: u32 = 4;
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
    if (!root.device(i).slotOctets) root.device(i).slotOctets = slotFor(i);
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
  if (isLoopback(it)) it.rxSlots = it.txSlots;
  else if (it.kind != <u8>DeviceKind.ETHERNET && it.kind != <u8>DeviceKind.RAW_IP)
    return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("kind")));
  if (it.offload) return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Device>("offload")));
  if (!isSlots(it.rxSlots)) return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("rxSlots")));
  if (!isSlots(it.txSlots) || (isLoopback(it) && it.txSlots < LOOPBACK_MIN))
    return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("txSlots")));
  if (it.slotOctets & 63 || it.slotOctets > 1 << 17) return refuse(Err.BAD_DEVICE, offsetIn(at, offsetof<Device>("slotOctets")));
  return 0;
}
/** Octets of the longest frame of an interface with the slot's header. */
function longest(it: Interface): u32 {
  return min(it.mtu, MTU_MAX) + SLOT_IP + (config.VLAN && it.vlan ? VLAN_TAG : 0);
}
/** Slots that hold the longest frame of all interfaces of a device. */
function slotFor(device: u32): u32 {
  let octets: u32 = 64;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = root.interface(i);
    if (it.device == <u8>device) octets = max(octets, (longest(it) + 63) & ~63);
  }
  return octets;
}
function examineInterface(it: Interface, index: u32): i32 {
  const at = changetype<usize>(it);
  if (it.device >= root.devices) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("device")));
  if (it.flags) return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("flags")));
  const isEthernet = root.device(it.device).kind == <u8>DeviceKind.ETHERNET;
  if (it.vlan > (config.VLAN && isEthernet ? VLAN_MAX : 0)) return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("vlan")));
  for (let i: u32 = 0; i < index; i++)
    if (root.interface(i).device == it.device && root.interface(i).vlan == it.vlan)
      return refuse(Err.NOT_SUPPORTED, offsetIn(at, offsetof<Interface>("device")));
  if (it.mtu < MTU_MIN || it.mtu > MTU_MAX) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mtu")));
  if (root.device(it.device).slotOctets < longest(it)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mtu")));
  if (isEthernet && (isGroupMac(it.mac) || isZeroMac(it.mac))) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("mac0")));
  const gateway = bswap<u32>(it.gateway);
  if (gateway && isSpecial(gateway)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("gateway")));
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    if (gateway && !isOtherHost(it.address(i), gateway)) return refuse(Err.BAD_INTERFACE, offsetIn(at, offsetof<Interface>("gateway")));
    store<u16>(changetype<usize>(it.address(i)), 0, offsetof<Address>("conflicts"));
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
  if (address.state > <u8>AddressState.CONFLICT || address.prefix > 32 || !mayBeHost(it, bswap<u32>(address.ip), address.prefix))
    return false;
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
  if (root.udpSockets && !isSlots(root.udpReceive)) return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpReceive"));
  if (root.udpSockets && !isSlots(root.udpSend)) return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpSend"));
  if (root.udpOctets > MTU_MAX) return refuse(Err.BAD_CAPACITY, offsetof<Control>("udpOctets"));
  if (!isBetween(root.owners, 1, 255)) return refuse(Err.BAD_CAPACITY, offsetof<Control>("owners"));
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
  return 0;
}

/** Gives every pool, table and ring its place. Nothing in the arena is written yet. */
function layOut(): void {
  const from = (start() + 63) & ~63;
  state.cursor = from;
  state.owners = arena.take(root.owners * 8, 8);
  let sockets: u32 = 0;
  for (let i: u32 = 0; i < CLASSES; i++) sockets += root.bufferClass(i).sockets;
  state.heap = arena.take((sockets + root.synQueue + root.neighbours) * 8, 8);
  const buckets = table.sizeFor(sockets + root.synQueue + root.timeWait + root.listeners);
  state.buckets = arena.take(buckets * 4, 64);
  state.bucketMask = buckets - 1;
  const udpBuckets = table.sizeFor(root.udpSockets);
  state.udpBuckets = arena.take(udpBuckets * 4, 64);
  state.udpBucketMask = udpBuckets - 1;
  const neighbourBuckets = table.sizeFor(root.neighbours);
  state.neighbourBuckets = arena.take(neighbourBuckets * 4, 64);
  state.neighbourBucketMask = neighbourBuckets - 1;
  if (config.SLIP) {
    root.exchange = arena.take(EXCHANGE_OCTETS, 8);
    state.lines = arena.take(root.devices * LINE_OCTETS, 8);
  }
  if (config.CONFIGURE) state.claims = arena.take(root.interfaces * ADDRESSES_MAX * claim.CLAIM_OCTETS, 8);
  layOutPools();
  state.stateEnd = state.cursor;
  layOutRings();
  root.memoryNeeded = state.cursor - start();
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
  carve(PoolIndex.UDP, Kind.UDP, offsetof<UdpSocket>(), root.udpSockets, 0);
  carve(PoolIndex.NEIGHBOUR, Kind.NEIGHBOUR, offsetof<Neighbour>(), root.neighbours, 0);
  carve(PoolIndex.ROUTE, Kind.ROUTE, offsetof<Route>(), root.routes, 0);
  carve(PoolIndex.HOLD, Kind.HOLD, offsetof<Hold>() + largestMtu(), root.holds, 0);
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
  return <u32>min<u64>(<u64>a * <u64>b, 0xfffffff0);
}
function layOutRings(): void {
  for (let i: u32 = 0; i < root.devices; i++) {
    const it = root.device(i);
    it.rxRing = arena.take(product(it.rxSlots, it.slotOctets), 64);
    it.txRing = isLoopback(it) ? it.rxRing : arena.take(product(it.txSlots, it.slotOctets), 64);
  }
  state.udpRings = arena.take(product(product(slotOctets(), root.udpReceive + root.udpSend), root.udpSockets), 64);
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
  ready.start();
  state.owed.clear();
  state.owedUdp.clear();
  state.timeWaits.clear();
  state.neighbourOrder.clear();
  state.failed.clear();
  state.pathGeneration = 1;
  for (let i: u32 = 0; i < root.interfaces; i++)
    if (isLoopback(deviceOf(root.interface(i)))) state.loopback = <u32>changetype<usize>(root.interface(i));
  state.announceDue = config.CONFIGURE ? 0 : 0xffffffff; // else the first carrier has them announced
  for (let i: u32 = 0; i < root.devices; i++) {
    const it = root.device(i);
    it.rxWritten = 0;
    it.rxTaken = 0;
    it.txWritten = 0;
    it.txTaken = 0;
  }
  if (config.SLIP) memory.fill(state.lines, 0, root.devices * LINE_OCTETS);
  if (config.CONFIGURE) {
    memory.fill(state.claims, 0, root.interfaces * ADDRESSES_MAX * claim.CLAIM_OCTETS);
    carrier.start();
  }
}
