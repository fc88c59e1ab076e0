// What bindings are generated from: the debug build exports this file's constants beside the functions.
import { Control, Device, DEVICES_AT, Endpoint, Interface, INTERFACES_AT, MAILBOX_AT, More } from "./memory/control";
import { Pool } from "./memory/pool";
import { SLOT_HEADER, SLOT_IP } from "./link/device";
import { Group } from "./internet/group";
import { Binding } from "./application/binding";
import { Lease } from "./application/leases";
import { Neighbour } from "./internet/neighbour";
import { Route } from "./internet/route";
import { Status } from "./transport/status";

export { ABI_VERSION, DEVICES_MAX, INTERFACES_MAX } from "./memory/config";
export {
  AddressState,
  ADDRESSES_MAX,
  CLASSES,
  DeviceKind,
  EXCHANGE_OCTETS,
  Family,
  Flag,
  InterfaceFlag,
  MAILBOX_WORDS,
  Offload,
  SlotFlag,
} from "./memory/control";
export { Counter } from "./memory/counters";
export { Err, Event, Offer, Option } from "./memory/errors";
export { FlashWhat, FlashWord } from "./application/flash";
export { MqttState } from "./application/mqtt";
export { HttpMethod } from "./application/request";
export { SmallService } from "./application/small";
export { TransferState } from "./application/transfer";
export { Kind, PoolIndex } from "./memory/pool";
export { DhcpStart, DhcpState } from "./application/binding";
export { LeaseState } from "./application/leases";
export { DnsType } from "./wire/dns";
export { Action, Direction, Standing } from "./internet/filter";
export { NeighbourState } from "./internet/neighbour";
export { State } from "./transport/tcp/state";
export { Phase } from "./transport/tcp/tcb";
export { Service } from "./transport/service";
export { Waits } from "./transport/status";

/** Offsets in the control block. */
export enum CONTROL {
  abi = <i32>offsetof<Control>("abi"),
  flags = <i32>offsetof<Control>("flags"),
  memoryNeeded = <i32>offsetof<Control>("memoryNeeded"),
  span = <i32>offsetof<Control>("span"),
  events = <i32>offsetof<Control>("events"),
  detail = <i32>offsetof<Control>("detail"),
  arenaStart = <i32>offsetof<Control>("arenaStart"),
  arenaEnd = <i32>offsetof<Control>("arenaEnd"),
  clockGranularity = <i32>offsetof<Control>("clockGranularity"),
  devices = <i32>offsetof<Control>("devices"),
  interfaces = <i32>offsetof<Control>("interfaces"),
  pools = <i32>offsetof<Control>("pools"),
  counters = <i32>offsetof<Control>("counters"),
  faultFile = <i32>offsetof<Control>("faultFile"),
  faultLine = <i32>offsetof<Control>("faultLine"),
  status = <i32>offsetof<Control>("status"),
  seed = <i32>offsetof<Control>("seed0"),
  local = <i32>offsetof<Control>("local0"),
  remote = <i32>offsetof<Control>("remote0"),
  classes = <i32>offsetof<Control>("class0Sockets"),
  listeners = <i32>offsetof<Control>("listeners"),
  synQueue = <i32>offsetof<Control>("synQueue"),
  timeWait = <i32>offsetof<Control>("timeWait"),
  udpSockets = <i32>offsetof<Control>("udpSockets"),
  udpReceive = <i32>offsetof<Control>("udpReceive"),
  udpSend = <i32>offsetof<Control>("udpSend"),
  udpOctets = <i32>offsetof<Control>("udpOctets"),
  neighbours = <i32>offsetof<Control>("neighbours"),
  routes = <i32>offsetof<Control>("routes"),
  holds = <i32>offsetof<Control>("holds"),
  owners = <i32>offsetof<Control>("owners"),
  record = <i32>offsetof<Control>("record"),
  ttl = <i32>offsetof<Control>("ttl"),
  msl = <i32>offsetof<Control>("msl"),
  userTimeout = <i32>offsetof<Control>("userTimeout"),
  synTimeout = <i32>offsetof<Control>("synTimeout"),
  arpTimeout = <i32>offsetof<Control>("arpTimeout"),
  delayedAck = <i32>offsetof<Control>("delayedAck"),
  minRto = <i32>offsetof<Control>("minRto"),
  finWait2 = <i32>offsetof<Control>("finWait2"),
  keepIdle = <i32>offsetof<Control>("keepIdle"),
  keepInterval = <i32>offsetof<Control>("keepInterval"),
  keepCount = <i32>offsetof<Control>("keepCount"),
  errorRate = <i32>offsetof<Control>("errorRate"),
  frameBudget = <i32>offsetof<Control>("frameBudget"),
  offer = <i32>offsetof<Control>("offer"),
  congestion = <i32>offsetof<Control>("congestion"),
  sentRecords = <i32>offsetof<Control>("sentRecords"),
  more = <i32>offsetof<Control>("more"),
  exchange = <i32>offsetof<Control>("exchange"),
  mailbox = <i32>MAILBOX_AT,
  deviceTable = <i32>DEVICES_AT,
  interfaceTable = <i32>INTERFACES_AT,
}

/** Offsets in the record of more capacities and settings, whose address is the control block's `more`. */
export enum MORE {
  fragments = <i32>offsetof<More>("fragments"),
  fragmentOctets = <i32>offsetof<More>("fragmentOctets"),
  groups = <i32>offsetof<More>("groups"),
  sources = <i32>offsetof<More>("sources"),
  rules = <i32>offsetof<More>("rules"),
  flows = <i32>offsetof<More>("flows"),
  forwards = <i32>offsetof<More>("forwards"),
  leases = <i32>offsetof<More>("leases"),
  names = <i32>offsetof<More>("names"),
  services = <i32>offsetof<More>("services"),
  transfers = <i32>offsetof<More>("transfers"),
  requests = <i32>offsetof<More>("requests"),
  requestOctets = <i32>offsetof<More>("requestOctets"),
  probing = <i32>offsetof<More>("probing"),
  forwarding = <i32>offsetof<More>("forwarding"),
  fragmentTimeout = <i32>offsetof<More>("fragmentTimeout"),
  flowEstablished = <i32>offsetof<More>("flowEstablished"),
  flowTcp = <i32>offsetof<More>("flowTcp"),
  flowUdp = <i32>offsetof<More>("flowUdp"),
  flowIcmp = <i32>offsetof<More>("flowIcmp"),
  portFirst = <i32>offsetof<More>("portFirst"),
  portLast = <i32>offsetof<More>("portLast"),
  httpTimeout = <i32>offsetof<More>("httpTimeout"),
  octets = <i32>offsetof<More>(),
}

/** Offsets in a device record. */
export enum DEVICE {
  kind = <i32>offsetof<Device>("kind"),
  linkDown = <i32>offsetof<Device>("linkDown"),
  offload = <i32>offsetof<Device>("offload"),
  slotOctets = <i32>offsetof<Device>("slotOctets"),
  rxSlots = <i32>offsetof<Device>("rxSlots"),
  txSlots = <i32>offsetof<Device>("txSlots"),
  rxRing = <i32>offsetof<Device>("rxRing"),
  txRing = <i32>offsetof<Device>("txRing"),
  rxWritten = <i32>offsetof<Device>("rxWritten"),
  rxTaken = <i32>offsetof<Device>("rxTaken"),
  txWritten = <i32>offsetof<Device>("txWritten"),
  txTaken = <i32>offsetof<Device>("txTaken"),
  linkChanges = <i32>offsetof<Device>("linkChanges"),
  link = <i32>offsetof<Device>("link"),
  octets = <i32>offsetof<Device>(),
}

/** Offsets in an interface record. */
export enum INTERFACE {
  device = <i32>offsetof<Interface>("device"),
  flags = <i32>offsetof<Interface>("flags"),
  vlan = <i32>offsetof<Interface>("vlan"),
  mtu = <i32>offsetof<Interface>("mtu"),
  mac = <i32>offsetof<Interface>("mac0"),
  gateway = <i32>offsetof<Interface>("gateway"),
  generation = <i32>offsetof<Interface>("generation"),
  addresses = <i32>offsetof<Interface>("address0"),
  octets = <i32>offsetof<Interface>(),
}

/** Offsets in an endpoint record. */
export enum ENDPOINT {
  family = <i32>offsetof<Endpoint>("family"),
  port = <i32>offsetof<Endpoint>("port"),
  address = <i32>offsetof<Endpoint>("a0"),
  interface_ = <i32>offsetof<Endpoint>("interface"),
  octets = <i32>offsetof<Endpoint>(),
}

/** Offsets in the status record. */
export enum STATUS {
  state = <i32>offsetof<Status>("state"),
  error = <i32>offsetof<Status>("error"),
  readable = <i32>offsetof<Status>("readable"),
  writable = <i32>offsetof<Status>("writable"),
  unacknowledged = <i32>offsetof<Status>("unacknowledged"),
  unsent = <i32>offsetof<Status>("unsent"),
  srtt = <i32>offsetof<Status>("srtt"),
  rttvar = <i32>offsetof<Status>("rttvar"),
  rto = <i32>offsetof<Status>("rto"),
  cwnd = <i32>offsetof<Status>("cwnd"),
  ssthresh = <i32>offsetof<Status>("ssthresh"),
  sndWnd = <i32>offsetof<Status>("sndWnd"),
  rcvWnd = <i32>offsetof<Status>("rcvWnd"),
  mss = <i32>offsetof<Status>("mss"),
  retransmissions = <i32>offsetof<Status>("retransmissions"),
  waits = <i32>offsetof<Status>("waits"),
  softError = <i32>offsetof<Status>("softError"),
  owner = <i32>offsetof<Status>("owner"),
  local = <i32>offsetof<Status>("local0"),
  remote = <i32>offsetof<Status>("remote0"),
  backlog = <i32>offsetof<Status>("backlog"),
  handle = <i32>offsetof<Status>("handle"),
  phase = <i32>offsetof<Status>("phase"),
  pipe = <i32>offsetof<Status>("pipe"),
  sacked = <i32>offsetof<Status>("sacked"),
  lost = <i32>offsetof<Status>("lost"),
  minRtt = <i32>offsetof<Status>("minRtt"),
  backoff = <i32>offsetof<Status>("backoff"),
  timeouts = <i32>offsetof<Status>("timeouts"),
  undone = <i32>offsetof<Status>("undone"),
  agreed = <i32>offsetof<Status>("agreed"),
  sndShift = <i32>offsetof<Status>("sndShift"),
  rcvShift = <i32>offsetof<Status>("rcvShift"),
  urgent = <i32>offsetof<Status>("urgent"),
  receivedTos = <i32>offsetof<Status>("receivedTos"),
  mssMax = <i32>offsetof<Status>("mssMax"),
  receivedTtl = <i32>offsetof<Status>("receivedTtl"),
  receivedOctets = <i32>offsetof<Status>("receivedOctets"),
  ackWithin = <i32>offsetof<Status>("ackWithin"),
  timerWithin = <i32>offsetof<Status>("timerWithin"),
  octets = <i32>offsetof<Status>(),
}

/** Offsets of what `dhcp_status` leaves in the exchange. */
export enum DHCP_STATUS {
  now = 0,
  renews = 8 + <i32>offsetof<Binding>("renews"),
  rebinds = 8 + <i32>offsetof<Binding>("rebinds"),
  ends = 8 + <i32>offsetof<Binding>("ends"),
  state = 8 + <i32>offsetof<Binding>("state"),
  isInstalled = 8 + <i32>offsetof<Binding>("isInstalled"),
  prefix = 8 + <i32>offsetof<Binding>("prefix"),
  routes = 8 + <i32>offsetof<Binding>("routeCount"),
  address = 8 + <i32>offsetof<Binding>("ip"),
  server = 8 + <i32>offsetof<Binding>("server"),
  gateway = 8 + <i32>offsetof<Binding>("gateway"),
  dns = 8 + <i32>offsetof<Binding>("dns0"),
  ntp = 8 + <i32>offsetof<Binding>("ntp0"),
  lease = 8 + <i32>offsetof<Binding>("lease"),
  local = 8 + <i32>offsetof<Binding>("local"),
}

/** Offsets in a lease of the DHCP server. */
export enum LEASE {
  until = <i32>offsetof<Lease>("until"),
  mac = <i32>offsetof<Lease>("mac0"),
  state = <i32>offsetof<Lease>("state"),
  octets = <i32>offsetof<Lease>(),
}

/** Offsets in a record of the pool table. */
export enum POOL {
  base = <i32>offsetof<Pool>("base"),
  stride = <i32>offsetof<Pool>("stride"),
  capacity = <i32>offsetof<Pool>("capacity"),
  mark = <i32>offsetof<Pool>("mark"),
  head = <i32>offsetof<Pool>("head"),
  tail = <i32>offsetof<Pool>("tail"),
  free = <i32>offsetof<Pool>("free"),
  kind = <i32>offsetof<Pool>("kind"),
  first = <i32>offsetof<Pool>("first"),
  octets = <i32>offsetof<Pool>(),
}

/** Offsets in a neighbour's record, which lies in its pool. */
export enum NEIGHBOUR {
  taken = <i32>offsetof<Neighbour>("taken"),
  ip = <i32>offsetof<Neighbour>("ip"),
  interface_ = <i32>offsetof<Neighbour>("interface"),
  mac = <i32>offsetof<Neighbour>("mac0"),
  state = <i32>offsetof<Neighbour>("state"),
  tries = <i32>offsetof<Neighbour>("tries"),
  confirmed = <i32>offsetof<Neighbour>("confirmed"),
  asked = <i32>offsetof<Neighbour>("asked"),
  used = <i32>offsetof<Neighbour>("used"),
  pins = <i32>offsetof<Neighbour>("pins"),
}

/** Offsets in the record of a multicast group, which lies in its pool. */
export enum GROUP {
  taken = <i32>offsetof<Group>("taken"),
  ip = <i32>offsetof<Group>("ip"),
  interface_ = <i32>offsetof<Group>("key"),
  members = <i32>offsetof<Group>("members"),
}

/** Offsets in a route's record, which lies in its pool. */
export enum ROUTE {
  taken = <i32>offsetof<Route>("taken"),
  network = <i32>offsetof<Route>("network"),
  prefix = <i32>offsetof<Route>("prefix"),
  gateway = <i32>offsetof<Route>("gateway"),
  interface_ = <i32>offsetof<Route>("interface"),
  metric = <i32>offsetof<Route>("metric"),
}

/** Where frames begin in a slot. */
export enum SLOT {
  ethernet = <i32>SLOT_HEADER,
  rawIp = <i32>SLOT_IP,
}
