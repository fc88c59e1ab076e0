// The control block: what host and stack tell each other. docs/abi.md describes it octet by octet; the offsets below are
// checked against that page and against bindings by tests. u32 little-endian where nothing else is said.

/** Bits of Control.flags. */
export enum Flag {
  /** `init` has succeeded. */
  READY = 1,
  /** Something waits for a free TX slot: take frames, then poll again. */
  TX_BLOCKED = 2,
  /** The debug build met a broken invariant; faultFile and faultLine say where. */
  FAULT = 4,
}

/** Kinds of device. */
export enum DeviceKind {
  NONE = 0,
  ETHERNET = 1,
  RAW_IP = 2,
  /** What is sent arrives: one ring, which no host touches. */
  LOOPBACK = 3,
}

/** What a device can do for the stack; 0: frames are as they are on the wire. */
export enum Offload {
  /** Received frames may say CHECKSUM_VERIFIED, frames to send may say CHECKSUM_LEFT. */
  CHECKSUM = 1,
  /** Frames both ways may be longer than the MTU. Only with CHECKSUM. */
  SEGMENTATION = 2,
}
/** Bits of a slot's flags, for devices with offloads. */
export enum SlotFlag {
  /** Received: the UDP or TCP checksum needs no look. */
  CHECKSUM_VERIFIED = 1,
  /** To send: the TCP checksum field holds the sum of the pseudo header alone; the NIC adds the rest. */
  CHECKSUM_LEFT = 2,
  /** To send: a TCP segment that the NIC cuts into segments of the header's segment size. */
  SUPER_FRAME = 4,
}

/** Bits of an interface's flags. */
export enum InterfaceFlag {
  /** What comes in for any address of one host is for us. */
  TRANSPARENT = 1,
}

/** States of an address. Only a valid one is used as a source and answered for. */
export enum AddressState {
  NONE = 0,
  /** Not yet known to be ours alone. */
  TENTATIVE = 1,
  VALID = 2,
  /** Another host on link has it: given up. RFC 5227. */
  CONFLICT = 3,
}

/** Address families of an endpoint. */
export enum Family {
  ANY = 0,
  IPV4 = 4,
}

/** Two frame rings and a link state. 48 octets. */
@unmanaged
@final
export class Device {
  /** DeviceKind. Host, before init. */
  kind: u8;
  /** 1: no carrier. Host, at any time. */
  linkDown: u8;
  /** Offload bits. Host, before init. */
  offload: u16;
  /** Octets from slot to slot, a multiple of 64; 0: the smallest that holds the largest MTU. Host, before init. */
  slotOctets: u32;
  /** Slots of the receive ring, a power of two from 1 to 32,768. Host, before init. */
  rxSlots: u32;
  txSlots: u32;
  /** Address of the first slot. Stack, at init. */
  rxRing: u32;
  txRing: u32;
  /** Frames written since init, wrapping. Host, last. */
  rxWritten: u32;
  /** Frames taken since init, wrapping. Stack. */
  rxTaken: u32;
  /** Frames written since init, wrapping. Stack. */
  txWritten: u32;
  /** Frames taken since init, wrapping. Host. */
  txTaken: u32;
  /** Raised when the carrier comes or goes, so that both between two polls are noticed. Host, at any time. */
  linkChanges: u32;
  /** Another number each time the stack has noticed that the carrier came or went; bit 0: it is gone. Stack. */
  link: u32;
}

/** An address of an interface. 8 octets. */
@unmanaged
@final
export class Address {
  /** Network byte order. */
  ip: u32;
  /** Length of the prefix, 0 to 32. */
  prefix: u8;
  /** AddressState. */
  state: u8;
  /** How often another host was heard to use it, up to 255. Stack. */
  conflicts: u8;
  /** What is left to do of probing and announcing; 0: nothing. Stack. */
  step: u8;
}

/** Where a device meets an internet. 64 octets. */
@unmanaged
@final
export class Interface {
  /** Index of the device. Host, before init, as all fields here but `generation`; gateway and addresses change by calls. */
  device: u8;
  /** InterfaceFlag bits. */
  flags: u8;
  /** 802.1Q identifier, 1 to 4,094; 0: frames without a tag. */
  vlan: u16;
  /** Octets of the longest IP datagram, 68 to 65,535; without the link header. */
  mtu: u32;
  /** Six octets; not used by raw IP devices. */
  mac0: u32;
  mac1: u16;
  reserved0: u16;
  /** Gateway for what is not on link, network byte order; 0: none. */
  gateway: u32;
  /** Raised when an address, its state, or the gateway here changes. Stack. */
  generation: u32;
  address0: u64;
  address1: u64;
  address2: u64;
  address3: u64;
  reserved1: u64;

  get mac(): usize {
    return changetype<usize>(this) + offsetof<Interface>("mac0");
  }
  address(i: u32): Address {
    return changetype<Address>(changetype<usize>(this) + offsetof<Interface>("address0") + i * 8);
  }
}
/** Addresses of one interface. */
export const ADDRESSES_MAX: u32 = 4;

/** Where octets go to or come from. 24 octets. */
@unmanaged
@final
export class Endpoint {
  /** Family; ANY with address 0 means any address. */
  family: u16;
  /** Host byte order; the sequence number for ping sockets. */
  port: u16;
  /** Sixteen octets in network byte order; IPv4 uses the first four. */
  a0: u32;
  a1: u32;
  a2: u32;
  a3: u32;
  /** Index of the interface + 1; 0: any. */
  interface: u32;

  /** The IPv4 address in host byte order. */
  get ip(): u32 {
    return bswap<u32>(this.a0);
  }
  set(ip: u32, port: u32, interface_: u32): void {
    this.family = <u16>Family.IPV4;
    this.port = <u16>port;
    this.a0 = bswap<u32>(ip);
    this.a1 = 0;
    this.a2 = 0;
    this.a3 = 0;
    this.interface = interface_;
  }
  /** Becomes the same as another. */
  take(from: Endpoint): void {
    const at = changetype<usize>(this);
    store<u64>(at, load<u64>(changetype<usize>(from)));
    store<u64>(at, load<u64>(changetype<usize>(from), 8), 8);
    store<u64>(at, load<u64>(changetype<usize>(from), 16), 16);
  }
}

/** Size of one buffer class of TCP sockets. 12 octets. */
@unmanaged
@final
export class BufferClass {
  sockets: u32;
  receive: u32;
  send: u32;
}
/** Buffer classes of TCP sockets. */
export const CLASSES: u32 = 4;

/** More capacities and settings, for what a small build leaves out. 128 octets; capacities first. Host, before init. */
@unmanaged
@final
export class More {
  /** Datagrams being put together from fragments. */
  fragments: u32;
  /** Octets of the longest datagram put together. */
  fragmentOctets: u32;
  /** Multicast groups joined, all interfaces and sockets together. */
  groups: u32;
  /** Sources in the filters of groups. */
  sources: u32;
  /** Rules of the packet filter. */
  rules: u32;
  /** Flows that the packet filter and address translation keep. */
  flows: u32;
  /** Ports forwarded by address translation. */
  forwards: u32;
  /** Leases of the DHCP server. */
  leases: u32;
  /** Names the resolver remembers. */
  names: u32;
  /** Services announced by DNS-SD. */
  services: u32;
  /** TFTP transfers at the same time. */
  transfers: u32;
  /** HTTP requests at the same time, one of each connection. */
  requests: u32;
  /** Octets of the head of one. */
  requestOctets: u32;
  capacity2: u32;
  capacity3: u32;
  capacity4: u32;
  // Settings, at 64.
  /** 1: addresses are probed before use and defended. RFC 5227. */
  probing: u32;
  /** 1: datagrams are forwarded between interfaces. */
  forwarding: u32;
  /** Milliseconds a datagram may take to be put together. */
  fragmentTimeout: u32;
  /** Milliseconds a flow of the filter is kept without traffic: established TCP, other TCP, UDP, ICMP. */
  flowEstablished: u32;
  flowTcp: u32;
  flowUdp: u32;
  flowIcmp: u32;
  /** First and last of the ports that are chosen for whoever names none. RFC 6056 §3.2. */
  portFirst: u32;
  portLast: u32;
  /** Milliseconds an HTTP client may take for the head of a request, for each 512 octets of a body, and between requests. */
  httpTimeout: u32;
  setting3: u32;
  setting4: u32;
  setting5: u32;
  setting6: u32;
  setting7: u32;
  setting8: u32;
}
export const MORE_OCTETS: usize = 128;
if (offsetof<More>() != MORE_OCTETS || offsetof<More>("probing") != 64) ERROR("layout of More changed");

/** Octets of the exchange: names and lists that calls take and leave. */
export const EXCHANGE_OCTETS: u32 = 1024;

/** Mailbox words. */
export const MAILBOX_WORDS: u32 = 64;

/** The public half of the root record. */
@unmanaged
export class Control {
  /** Version of the host interface; 0 before the first `control()`. Stack. */
  abi: u32;
  /** Flag bits. Stack. */
  flags: u32;
  /** Octets the arena must have. Stack, at init. */
  memoryNeeded: u32;
  /** Address of the octets that the last span call spoke of. Stack. */
  span: u32;
  /** Event bits of the handle that the last ready_next answered. Stack. */
  events: u32;
  /** Offset of the control-block word that init refused. Stack. */
  detail: u32;
  /** First address the stack may use; 0: ARENA_START. Host. */
  arenaStart: u32;
  /** End of what the stack may use; 0: all memory. Host. */
  arenaEnd: u32;
  /** How coarse the host's clock is, in microseconds. Host. */
  clockGranularity: u32;
  devices: u32;
  interfaces: u32;
  /** Address of the pool table. Stack. */
  pools: u32;
  /** Address of the counters. Stack. */
  counters: u32;
  faultFile: u32;
  faultLine: u32;
  /** Address of the record that status calls fill. Stack. */
  status: u32;
  seed0: u64;
  seed1: u64;
  seed2: u64;
  seed3: u64;
  // Endpoints that calls take and leave: local 96, remote 120.
  local0: u64;
  local1: u64;
  local2: u64;
  remote0: u64;
  remote1: u64;
  remote2: u64;
  // Capacities: buffer classes at 144, four of 12 octets.
  class0Sockets: u32;
  class0Receive: u32;
  class0Send: u32;
  class1Sockets: u32;
  class1Receive: u32;
  class1Send: u32;
  class2Sockets: u32;
  class2Receive: u32;
  class2Send: u32;
  class3Sockets: u32;
  class3Receive: u32;
  class3Send: u32;
  listeners: u32;
  synQueue: u32;
  timeWait: u32;
  udpSockets: u32;
  udpReceive: u32;
  udpSend: u32;
  udpOctets: u32;
  neighbours: u32;
  routes: u32;
  holds: u32;
  owners: u32;
  record: u32;
  // Settings, at 240; milliseconds where a time.
  ttl: u32;
  msl: u32;
  userTimeout: u32;
  synTimeout: u32;
  arpTimeout: u32;
  delayedAck: u32;
  minRto: u32;
  finWait2: u32;
  keepIdle: u32;
  keepInterval: u32;
  keepCount: u32;
  errorRate: u32;
  frameBudget: u32;
  /** Offer bits. */
  offer: u32;
  /** Congestion control: 0 NewReno, 1 CUBIC. */
  congestion: u32;
  /** Records of sent segments a connection has at most; 0: loss recovery is NewReno. */
  sentRecords: u32;
  /** Address of the words of More. Stack. */
  more: u32;
  /** Address of the octets by which calls pass names and lists, EXCHANGE_OCTETS of them; 0 in a module without. Stack, at init. */
  exchange: u32;
  reserved5: u32;
  reserved6: u32;
  // Mailbox at 320, devices at 576, interfaces at 768: reached by the getters below.

  get local(): Endpoint {
    return changetype<Endpoint>(changetype<usize>(this) + offsetof<Control>("local0"));
  }
  get remote(): Endpoint {
    return changetype<Endpoint>(changetype<usize>(this) + offsetof<Control>("remote0"));
  }
  bufferClass(i: u32): BufferClass {
    return changetype<BufferClass>(changetype<usize>(this) + offsetof<Control>("class0Sockets") + i * offsetof<BufferClass>());
  }
  device(i: u32): Device {
    return changetype<Device>(changetype<usize>(this) + DEVICES_AT + <usize>i * DEVICE_OCTETS);
  }
  interface(i: u32): Interface {
    return changetype<Interface>(changetype<usize>(this) + INTERFACES_AT + <usize>i * INTERFACE_OCTETS);
  }
  /** Mailbox word `i`, 0 to 63: an input like any other. */
  mail(i: u32): u32 {
    return load<u32>(changetype<usize>(this) + MAILBOX_AT + (i & (MAILBOX_WORDS - 1)) * 4);
  }
  setMail(i: u32, value: u32): void {
    store<u32>(changetype<usize>(this) + MAILBOX_AT + (i & (MAILBOX_WORDS - 1)) * 4, value);
  }
}

export const MAILBOX_AT: usize = 320;
export const DEVICES_AT: usize = 576;
export const INTERFACES_AT: usize = 768;
export const DEVICE_OCTETS: usize = 48;
export const INTERFACE_OCTETS: usize = 64;

if (offsetof<Control>() != 320) ERROR("layout of Control changed");
if (offsetof<Control>("seed0") != 64) ERROR("layout of Control changed");
if (offsetof<Control>("local0") != 96) ERROR("layout of Control changed");
if (offsetof<Control>("class0Sockets") != 144) ERROR("layout of Control changed");
if (offsetof<Control>("ttl") != 240) ERROR("layout of Control changed");
if (offsetof<Device>() != DEVICE_OCTETS) ERROR("layout of Device changed");
if (offsetof<Interface>() != INTERFACE_OCTETS) ERROR("layout of Interface changed");
if (offsetof<Endpoint>() != 24) ERROR("layout of Endpoint changed");
