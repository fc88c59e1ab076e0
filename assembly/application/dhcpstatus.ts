// What the DHCP client tells its host, and the host name that it tells servers.
import { Err } from "../memory/errors";
import { root } from "../memory/root";
import { clock } from "../memory/time";
import { Binding, NAME_MAX } from "./binding";

/** Words of what `tell` leaves in the exchange. Addresses in network byte order, times in seconds, all ones: never. */
@unmanaged
@final
export class DhcpStatus {
  state: u32;
  address: u32;
  prefix: u32;
  server: u32;
  gateway: u32;
  dns0: u32;
  dns1: u32;
  dns2: u32;
  ntp0: u32;
  ntp1: u32;
  /** Of the lease; then what is left of it, and until it is renewed and rebound. */
  lease: u32;
  ends: u32;
  renews: u32;
  rebinds: u32;
  mtu: u32;
  /** The link-local address; 0: none. */
  local: u32;
  /** Classless routes in use. */
  routes: u32;
}

/** Leaves a DhcpStatus in the exchange and answers the state. An address is told once it is on the interface. Errors: BAD_ARGUMENT. */
export function tell(interface_: u32): i32 {
  if (!interface_ || interface_ > root.interfaces) return Err.BAD_ARGUMENT;
  const it = Binding.on(interface_ - 1);
  const out = changetype<DhcpStatus>(<usize>root.exchange);
  memory.fill(root.exchange, 0, offsetof<DhcpStatus>());
  out.state = it.state;
  out.local = bswap<u32>(it.local);
  out.mtu = it.via.mtu;
  if (!it.isInstalled) return it.state;
  out.address = bswap<u32>(it.ip);
  out.prefix = it.prefix;
  out.server = bswap<u32>(it.server);
  out.gateway = bswap<u32>(it.gateway);
  for (let i: u32 = 0; i < 5; i++) store<u32>(root.exchange + offsetof<DhcpStatus>("dns0") + i * 4, bswap<u32>(load<u32>(it.dns + i * 4)));
  out.lease = it.lease;
  out.ends = left(it.ends);
  out.renews = left(it.renews);
  out.rebinds = left(it.rebinds);
  out.routes = it.routeCount;
  return it.state;
}
/** Whole seconds until then. */
function left(at: u64): u32 {
  const now = clock();
  return at <= now ? 0 : <u32>min<u64>((at - now) / 1000, 0xffffffff);
}

/** Takes the host name that servers are told from the exchange: labels of letters, digits and hyphens, which begin and end with none, up to NAME_MAX octets in all; 0 octets: none. Errors: BAD_ARGUMENT. RFC 2132 §3.14. */
export function setName(interface_: u32, octets: u32): i32 {
  if (!interface_ || interface_ > root.interfaces || octets > NAME_MAX) return Err.BAD_ARGUMENT;
  const it = Binding.on(interface_ - 1);
  if (octets && !isName(root.exchange, octets)) return Err.BAD_ARGUMENT;
  it.nameLength = <u8>octets;
  memory.copy(it.name, root.exchange, octets);
  return 0;
}
/** A hyphen or a dot never stands at an end or beside a dot. */
function isName(at: usize, octets: u32): bool {
  const HYPHEN: u32 = 45;
  const DOT: u32 = 46;
  let before = DOT;
  for (let i: u32 = 0; i <= octets; i++) {
    const letter: u32 = i < octets ? load<u8>(at + i) : DOT;
    const lower = letter | 32;
    const isPlain = (letter >= 48 && letter <= 57) || (lower >= 97 && lower <= 122);
    if (!isPlain && letter != HYPHEN && letter != DOT) return false;
    if ((letter == DOT && (before == HYPHEN || before == DOT)) || (letter == HYPHEN && before == DOT)) return false;
    before = letter;
  }
  return true;
}
