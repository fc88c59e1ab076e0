// What is known of an interface that configures itself: the state of its DHCP client, the lease, and its link-local address.
import { Interface } from "../memory/control";
import { root, state } from "../memory/root";
import { Err } from "../memory/errors";
import { DHCP_MESSAGE, DhcpOptions } from "../wire/dhcp";
import { IPV4_HEADER } from "../wire/ipv4";
import { UDP_HEADER } from "../wire/udp";
import { isEthernet } from "../link/interfaces";
import { recordOf, Service } from "../transport/service";

/** States of the client. RFC 2131 §4.4, figure 5; CHECKING is between the ACK and BOUND, while ARP asks whether anybody has the address. */
export enum DhcpState {
  OFF = 0,
  INIT = 1,
  SELECTING = 2,
  REQUESTING = 3,
  CHECKING = 4,
  BOUND = 5,
  RENEWING = 6,
  REBINDING = 7,
  INIT_REBOOT = 8,
  REBOOTING = 9,
}
/** Bits of what dhcp_start is told. */
export enum DhcpStart {
  /** Begin at once, and not after a second to ten. */
  NOW = 1,
  /** Use the address without asking by ARP whether anybody has it. */
  UNCHECKED = 2,
  /** Take a link-local address while no server answers. */
  LINK_LOCAL = 4,
}
/** Octets of a host name. */
export const NAME_MAX: u32 = 63;
/** The shortest lease that is taken or given, and the earliest T1, in seconds. */
export const LEASE_MIN: u32 = 10;
/** Classless routes of a lease that are used; what is beyond is left out. */
export const ROUTES_MAX: u32 = 4;

/** One for each interface; dhcp_status leaves a copy of it. Times that may lie far ahead are clock() values. Addresses in host order. */
@unmanaged
@final
export class Binding {
  // When the state has something to do; when this try began; when the request was sent that is answered; T1, T2, and the lease's end.
  due: u64;
  began: u64;
  asked: u64;
  renews: u64;
  rebinds: u64;
  ends: u64;
  /** When a link-local address may be tried again. */
  localDue: u64;
  /** DhcpState, and bits of DhcpStart. */
  state: u8;
  options: u8;
  /** Messages of this state sent. */
  tries: u8;
  /** Refusals in a row: NAKs, declines, requests without an answer. */
  failures: u8;
  /** 1: `ip` is on the interface. */
  isInstalled: u8;
  prefix: u8;
  nameLength: u8;
  routeCount: u8;
  /** 1: a link-local address is wanted; and those that others had. */
  isLocal: u8;
  localConflicts: u8;
  secs: u16;
  xid: u32;
  /** Our address: offered, leased, or to be asked for again; 0: none. */
  ip: u32;
  server: u32;
  /** The gateway that the lease has set; 0: none. */
  gateway: u32;
  dns0: u32;
  dns1: u32;
  dns2: u32;
  ntp0: u32;
  ntp1: u32;
  /** The interface's own MTU while the lease has set another; 0: it has not. */
  mtu: u32;
  /** Seconds; all ones: for ever. */
  lease: u32;
  /** What the device said of its carrier when it was last looked at. */
  link: u32;
  /** The link-local address, 0: none. */
  local: u32;
  reserved: u32;

  static on(i: u32): Binding {
    return changetype<Binding>(<usize>(state.bindings + i * BINDING_OCTETS));
  }
  /** The binding of the interface with this number, null when there is none. */
  static numbered(number: u32): Binding | null {
    return number && number <= root.interfaces ? Binding.on(number - 1) : null;
  }
  /** Number of the interface. */
  get number(): u32 {
    return (<u32>changetype<usize>(this) - state.bindings) / BINDING_OCTETS + 1;
  }
  get via(): Interface {
    return root.interface(this.number - 1);
  }
  get dns(): usize {
    return changetype<usize>(this) + offsetof<Binding>("dns0");
  }
  get ntp(): usize {
    return changetype<usize>(this) + offsetof<Binding>("ntp0");
  }
  get name(): usize {
    return changetype<usize>(this) + NAME_AT;
  }
  /** Route `i` of those it has added: network, prefix. */
  route(i: u32): usize {
    return changetype<usize>(this) + ROUTES_AT + i * 8;
  }
  /** Its gateway. */
  routeGateway(i: u32): usize {
    return changetype<usize>(this) + GATEWAYS_AT + i * 4;
  }
}
const NAME_AT: u32 = 128;
const ROUTES_AT: u32 = NAME_AT + 64;
const GATEWAYS_AT: u32 = ROUTES_AT + ROUTES_MAX * 8;
/** Octets of a Binding with its name and its routes. */
export const BINDING_OCTETS: u32 = GATEWAYS_AT + ROUTES_MAX * 4;
if (offsetof<Binding>() > NAME_AT) ERROR("Binding outgrew its place");

/** The options of the message in hand, for client and server. They lie behind the client's own record. */
export function reader(): DhcpOptions {
  return DhcpOptions.at(changetype<usize>(recordOf<DhcpOptions>(Service.DHCP)) + 64);
}

/** Why an interface cannot have DHCP: it is no Ethernet, or messages do not fit; 0: it can. */
export function refuses(via: Interface): i32 {
  if (!isEthernet(via) || via.mtu < DHCP_MESSAGE + IPV4_HEADER + UDP_HEADER) return Err.NOT_SUPPORTED;
  return root.udpOctets < DHCP_MESSAGE ? Err.NO_ROOM : 0;
}
