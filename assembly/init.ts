// What happens once: the control block has its defaults, and after it is examined and the arena carved all begins empty.
import * as arena from "./memory/arena";
import * as config from "./memory/config";
import { ADDRESSES_MAX, Control, EXCHANGE_OCTETS, Flag, More } from "./memory/control";
import { Counter } from "./memory/counters";
import { Err } from "./memory/errors";
import { PoolIndex } from "./memory/pool";
import * as random from "./memory/random";
import { root, ROOT_OCTETS, state } from "./memory/root";
import * as time from "./memory/time";
import { isLoopback } from "./link/device";
import { deviceOf } from "./link/interfaces";
import { LINE_OCTETS } from "./link/slip";
import * as carrier from "./internet/carrier";
import * as claim from "./internet/claim";
import * as flow from "./internet/flow";
import * as igmp from "./internet/igmp";
import * as limit from "./internet/limit";
import { SERVICES, SERVICE_OCTETS } from "./transport/service";
import * as ready from "./transport/ready";
import { placeOctets } from "./application/request";
import { TRANSFER_OCTETS } from "./application/transfer";
import { BINDING_OCTETS } from "./application/binding";
import { LEASE_OCTETS } from "./application/leases";
import { HAS_EXCHANGE, layOut, namesOctets, start, thingsOctets } from "./carve";
import { examine, refuse } from "./examine";

/** For modules without abi.ts: first address of the arena when the host names none. */
export { ARENA_START } from "./memory/config";

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
  fillMoreDefaults(root.extra);
}

function fillMoreDefaults(it: More): void {
  if (SERVICES) it.transfers = config.TRANSFERS;
  if (config.DNS) it.names = config.NAMES;
  if (config.MDNS) it.services = config.SERVICES;
  it.leases = config.LEASES;
  if (config.IGMP) {
    it.groups = config.GROUPS;
    it.sources = config.SOURCES;
    it.portFirst = config.PORT_FIRST;
    it.portLast = config.PORT_LAST;
  }
  if (config.REASSEMBLY) {
    it.fragments = config.FRAGMENTS;
    it.fragmentOctets = config.FRAGMENT_OCTETS;
    it.fragmentTimeout = config.FRAGMENT_TIMEOUT;
  }
  if (config.HTTP) {
    it.requests = config.REQUESTS;
    it.requestOctets = config.REQUEST_OCTETS;
    it.httpTimeout = config.HTTP_TIMEOUT;
  }
  if (config.FILTER) flow.fillDefaults(it);
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
  if (config.CANARIES) {
    arena.beginCanaries();
    layOut();
  }
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

/** Empties what is found through the arena: tables, queues, lists, counters of rings. */
function clear(): void {
  memory.fill(state.buckets, 0, (state.bucketMask + 1) * 4);
  memory.fill(state.udpBuckets, 0, (state.udpBucketMask + 1) * 4);
  memory.fill(state.neighbourBuckets, 0, (state.neighbourBucketMask + 1) * 4);
  if (SERVICES) {
    memory.fill(state.transfers, 0, root.extra.transfers * TRANSFER_OCTETS);
    memory.fill(state.services, 0, SERVICES * SERVICE_OCTETS);
  }
  if (config.HTTP) memory.fill(state.requests, 0, root.extra.requests * placeOctets());
  if (config.DHCP) memory.fill(state.bindings, 0, root.interfaces * BINDING_OCTETS);
  if (config.DHCPD) memory.fill(state.leases, 0, root.extra.leases * LEASE_OCTETS);
  if (config.DNS) memory.fill(state.names, 0, namesOctets());
  if (config.MDNS) memory.fill(state.things, 0, thingsOctets());
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
  for (let i: u32 = 0; config.LOOPBACK && i < root.interfaces; i++)
    if (isLoopback(deviceOf(root.interface(i)))) state.loopback = <u32>changetype<usize>(root.interface(i));
  state.announceDue = config.CONFIGURE ? 0 : 0xffffffff; // else the first carrier has them announced
  if (config.IGMP) igmp.start();
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
