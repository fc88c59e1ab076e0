// read RFC 2131 §3, §4.1 and §4.4 first
// The DHCP client: the state machine of each interface, all over one socket.
import { copyMac, put16, put8, sameMac } from "../memory/bytes";
import { AddressState, Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { Err } from "../memory/errors";
import { jitter, secret } from "../memory/random";
import { root, state } from "../memory/root";
import { clock, NEVER } from "../memory/time";
import {
  BROADCAST,
  DHCP_CLIENT,
  DHCP_SERVER,
  DhcpMessage,
  DhcpOp,
  DhcpOption,
  DhcpOptions,
  DhcpType,
  write32,
  writeOctets,
} from "../wire/dhcp";
import { IPV4_HEADER } from "../wire/ipv4";
import { UDP_HEADER } from "../wire/udp";
import { deviceOf, numbered } from "../link/interfaces";
import * as configure from "../internet/configure";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as direct from "../transport/udp/direct";
import { EVERYBODY } from "../transport/udp/direct";
import * as udp from "../udp";
import { Datagrams } from "../udp";
import { Binding, DhcpStart, DhcpState, reader, refuses } from "./binding";
import * as lease from "./lease";
import { NO_TIME } from "./lease";
import * as linklocal from "./linklocal";

// Milliseconds. RFC 2131 §4.1, §3.1 (5), §4.4.1, §4.4.5.
const FIRST_WAIT: u32 = 4000;
const WAIT_SHIFT_MAX: u32 = 4;
const DECLINE_WAIT: u64 = 10000;
const RENEW_WAIT: u64 = 60000;
/** When a message could not leave: no TX slot, no way. */
const AGAIN: u64 = 1000;
/** Requests for an offer, and for the address of an earlier lease, without an answer. */
const REQUESTS: u32 = 4;
const REBOOTS: u32 = 3;
/** Unanswered questions after which a link-local address is taken, where one is wanted. */
const LOCAL_AFTER: u32 = 3;

/** What the client has besides its bindings. */
@unmanaged
class Client {
  socket: u32;
  reserved: u32;
  /** When something is due on any interface. */
  wake: u64;
  /** What is asked for. */
  list0: u32;
  list1: u32;
}
function client(): Client {
  return recordOf<Client>(Service.DHCP);
}
/** Options that are asked for, in the order of importance; classless routes before the router. RFC 3442. */
const WANTED0: u32 = DhcpOption.MASK | (DhcpOption.ROUTES << 8) | (DhcpOption.ROUTER << 16) | (DhcpOption.DNS << 24);
const WANTED1: u32 = DhcpOption.MTU | (DhcpOption.NTP << 8) | (DhcpOption.T1 << 16) | (DhcpOption.T2 << 24);

/** Configures an interface. `options`: DhcpStart bits. `remembered`: an address that it had, asked for first; 0: none. Errors: BAD_ARGUMENT, NOT_SUPPORTED (not Ethernet, or an MTU below 576), NO_ROOM (udpOctets below 548), NO_SOCKET. */
export function start(interface_: u32, options: u32, remembered: u32): i32 {
  const via = numbered(interface_);
  if (!via || options > 7) return Err.BAD_ARGUMENT;
  const wrong = refuses(via);
  if (wrong) return wrong;
  stop(interface_);
  const mine = client();
  if (!mine.socket) mine.socket = <u32>changetype<usize>(udp.open(DHCP_CLIENT, ownerOf(Service.DHCP), 0));
  if (!mine.socket) return Err.NO_SOCKET;
  mine.list0 = WANTED0;
  mine.list1 = WANTED1;
  const it = Binding.on(interface_ - 1);
  it.options = <u8>options;
  it.ip = remembered;
  it.ends = NO_TIME;
  it.link = deviceOf(via).link;
  it.failures = 0;
  begin(it, remembered ? DhcpState.INIT_REBOOT : DhcpState.INIT, options & DhcpStart.NOW ? jitter(100) : 1000 + jitter(9000));
  return 0;
}
/** Configures no more: the address goes from the interface, and no server is told; it can be asked for again. Errors: BAD_ARGUMENT. */
export function stop(interface_: u32): i32 {
  const it = Binding.numbered(interface_);
  if (!it) return Err.BAD_ARGUMENT;
  linklocal.stop(it);
  lease.withdraw(it);
  it.state = <u8>DhcpState.OFF;
  for (let i: u32 = 0; i < root.interfaces; i++) if (Binding.on(i).state) return 0;
  const mine = client();
  if (mine.socket) changetype<Datagrams>(<usize>mine.socket).close();
  mine.socket = 0;
  return 0;
}
/** The same, and the server is told that the address is free. RFC 2131 §4.4.6. */
export function release(interface_: u32): i32 {
  const it = Binding.numbered(interface_);
  if (it && it.isInstalled) send(it, DhcpType.RELEASE);
  return stop(interface_);
}

/** A new state, with something to do after `wait` milliseconds. */
function begin(it: Binding, next: DhcpState, wait: u64): void {
  it.state = <u8>next;
  it.tries = 0;
  it.due = clock() + wait;
}
/** Milliseconds to the next try: 4, 8, 16, 32, 64 seconds and up to one more or less. */
function backoff(tries: u32): u32 {
  return (FIRST_WAIT << min(tries, WAIT_SHIFT_MAX)) - 1000 + jitter(2001);
}
/** From the beginning, after the more time the more often that was in vain. */
function fail(it: Binding): void {
  const wait = backoff(it.failures);
  if (it.failures < 255) it.failures++;
  lease.withdraw(it);
  begin(it, DhcpState.INIT, wait);
}

/** Reads answers, and does what is due on each interface. */
export function serve(): void {
  udp.forget(ownerOf(Service.DHCP));
  const mine = client();
  if (!mine.socket) return;
  const socket = changetype<Datagrams>(<usize>mine.socket);
  for (let octets = socket.next; octets != Err.WOULD_BLOCK; octets = socket.next) {
    if (octets < 0) continue;
    arrives(Binding.on(socket.via - 1), socket.input, octets);
    socket.release();
  }
  mine.wake = NO_TIME;
  for (let i: u32 = 0; i < root.interfaces; i++) {
    const it = Binding.on(i);
    if (it.state) mine.wake = min(mine.wake, step(it, it.via));
  }
}
/** Milliseconds until something is due. */
export function within(): u32 {
  const mine = client();
  const now = clock();
  return !mine.socket ? NEVER : mine.wake <= now ? 0 : <u32>min<u64>(mine.wake - now, NEVER);
}

/** One interface: what has happened to its link and its address, and what is due. Answers when something is next. */
function step(it: Binding, via: Interface): u64 {
  const device = deviceOf(via);
  if (device.link != it.link) {
    it.link = device.link;
    if (!device.linkDown) linkIsUp(it);
  }
  const now = clock();
  if (it.isInstalled) watch(it, via, now);
  if (device.linkDown) return it.ends;
  linklocal.step(it, via, now);
  if (now >= it.due) act(it, now);
  return min(it.ends, min(it.due, linklocal.due(it)));
}
/** It may be another network by now: the lease is verified, and used meanwhile. RFC 2131 §3.2. */
function linkIsUp(it: Binding): void {
  const isKnown = it.isInstalled || it.state >= <u8>DhcpState.INIT_REBOOT;
  if (it.state == <u8>DhcpState.CHECKING) lease.withdraw(it);
  begin(it, isKnown ? DhcpState.INIT_REBOOT : DhcpState.INIT, jitter(100));
}
/** The lease may have ended, another host may have the address, or the host may have taken it away. */
function watch(it: Binding, via: Interface, now: u64): void {
  if (now >= it.ends) {
    lease.withdraw(it);
    return begin(it, DhcpState.INIT, 1000 + jitter(9000));
  }
  const place = configure.placeOf(via, it.ip);
  if (place < 0) {
    lease.withdraw(it);
    return begin(it, DhcpState.INIT_REBOOT, jitter(1000));
  }
  const address = via.address(place);
  if (address.state == <u8>AddressState.CONFLICT) decline(it);
  else if (address.state == <u8>AddressState.VALID && it.state == <u8>DhcpState.CHECKING) bound(it);
}
function bound(it: Binding): void {
  it.failures = 0;
  linklocal.stop(it);
  begin(it, DhcpState.BOUND, 0);
  it.due = it.renews;
}
/** Another host has the address: the server is told, and asked for another after ten seconds at least. RFC 2131 §3.1 (5). */
function decline(it: Binding): void {
  count(Counter.DHCP_DECLINED);
  send(it, DhcpType.DECLINE);
  fail(it);
  it.ip = 0;
  it.due = max(it.due, clock() + DECLINE_WAIT);
}

/** The state's next move. */
function act(it: Binding, now: u64): void {
  switch (<u32>it.state) {
    case DhcpState.INIT:
    case DhcpState.INIT_REBOOT:
      it.xid = secret();
      it.began = now;
      it.state = <u8>(it.state == <u8>DhcpState.INIT ? DhcpState.SELECTING : DhcpState.REBOOTING);
      return ask(it);
    case DhcpState.SELECTING:
      if (<u32>it.tries == LOCAL_AFTER && it.options & DhcpStart.LINK_LOCAL) linklocal.start(it);
      return ask(it);
    case DhcpState.REQUESTING:
      return <u32>it.tries < REQUESTS ? ask(it) : fail(it);
    case DhcpState.REBOOTING:
      if (<u32>it.tries < REBOOTS) return ask(it);
      return it.isInstalled ? bound(it) : begin(it, DhcpState.INIT, 0);
    case DhcpState.BOUND:
      it.xid = secret();
      it.began = now;
      return renew(it, DhcpState.RENEWING, now);
    case DhcpState.RENEWING:
    case DhcpState.REBINDING:
      return renew(it, it.state, now);
    default:
      it.due = NO_TIME;
  }
}
/** Sends the message of the state, and again after a while. */
function ask(it: Binding): void {
  if (!send(it, it.state == <u8>DhcpState.SELECTING ? DhcpType.DISCOVER : DhcpType.REQUEST)) return;
  it.due = clock() + backoff(it.tries);
  if (it.tries < 255) it.tries++;
}
/** Asks again at half of what is left, at least a minute apart, and everybody from T2 on. RFC 2131 §4.4.5. */
function renew(it: Binding, next: DhcpState, now: u64): void {
  it.state = <u8>(now < it.rebinds ? next : DhcpState.REBINDING);
  if (!send(it, DhcpType.REQUEST)) return;
  const end = it.state == <u8>DhcpState.RENEWING ? it.rebinds : it.ends;
  it.due = min(end, now + max((end - now) >> 1, RENEW_WAIT));
}

/** Sends a message to the server while renewing or releasing, else to everybody. False: it could not leave, and is due again soon. */
function send(it: Binding, type: DhcpType): bool {
  const via = it.via;
  const isRelease = type == DhcpType.RELEASE;
  const isUsed = isRelease || (type == DhcpType.REQUEST && it.isInstalled && it.state != <u8>DhcpState.REBOOTING);
  const to = isRelease || (isUsed && it.state == <u8>DhcpState.RENEWING) ? it.server : EVERYBODY;
  const at = direct.open(via, to, state.now);
  if (!at) {
    it.due = clock() + AGAIN;
    return false;
  }
  const from: u32 = isUsed ? it.ip : 0;
  const message = DhcpMessage.at(at);
  let next = message.begin(DhcpOp.REQUEST, type);
  message.xid = it.xid;
  // A request has the seconds of the discovery that it follows. RFC 2131 §3.1 (3).
  if (it.state != <u8>DhcpState.REQUESTING) it.secs = <u16>min<u64>((clock() - it.began) / 1000, 0xffff);
  const isLast = isRelease || type == DhcpType.DECLINE;
  message.secs = isLast ? 0 : it.secs;
  message.flags = from || isLast ? 0 : BROADCAST;
  message.ciaddr = from;
  copyMac(message.chaddr, via.mac);
  if (!from) next = write32(next, DhcpOption.REQUESTED, it.ip);
  const names = isLast || it.state == <u8>DhcpState.REQUESTING;
  if (names) next = write32(next, DhcpOption.SERVER, it.server);
  put8(next, 0, DhcpOption.CLIENT);
  put8(next, 1, 7);
  put8(next, 2, 1);
  copyMac(next + 3, via.mac);
  next += 9;
  if (type == DhcpType.DISCOVER || type == DhcpType.REQUEST) {
    it.asked = clock();
    next = writeOctets(next, DhcpOption.LIST, changetype<usize>(client()) + offsetof<Client>("list0"), 8);
    put16(next, 0, ((<u32>DhcpOption.MOST) << 8) | 2);
    put16(next, 2, min(via.mtu, root.udpOctets + IPV4_HEADER + UDP_HEADER));
    next = writeOctets(next + 4, DhcpOption.HOST_NAME, it.name, it.nameLength);
  }
  direct.send(at, message.end(next), from, DHCP_CLIENT, to, DHCP_SERVER, 0, state.now);
  return true;
}

/** A message to port 68. What is not for us, or not awaited, changes nothing. */
function arrives(it: Binding, at: usize, octets: u32): void {
  const options = reader();
  if (!options.open(at, octets)) return count(Counter.DHCP_MALFORMED);
  const message = DhcpMessage.at(at);
  const isOurs = it.state && message.op == DhcpOp.REPLY && message.xid == it.xid && sameMac(message.chaddr, it.via.mac);
  const type = options.type;
  if (!isOurs || !namesUs(it, options) || !isAwaited(it, type, options.number(DhcpOption.SERVER))) return count(Counter.DHCP_UNMATCHED);
  if (type == DhcpType.NAK) return refused(it);
  if (!lease.isUsable(message, options)) return count(Counter.DHCP_REFUSED);
  if (type == DhcpType.OFFER) {
    it.ip = message.yiaddr;
    it.server = options.number(DhcpOption.SERVER);
    return begin(it, DhcpState.REQUESTING, 0);
  }
  if (message.yiaddr != it.ip) return count(Counter.DHCP_UNMATCHED);
  acknowledged(it, message, options);
}
/** Whether a client identifier in it, if any, is the one that we send. RFC 6842 §3. */
function namesUs(it: Binding, options: DhcpOptions): bool {
  const octets = options.gather(DhcpOption.CLIENT);
  return !octets || (octets == 7 && load<u8>(options.value) == 1 && sameMac(options.value + 1, it.via.mac));
}
/** Whether the state waits for such a message: an offer while selecting, an answer to a request, by the server that it named. */
function isAwaited(it: Binding, type: u32, server: u32): bool {
  switch (<u32>it.state) {
    case DhcpState.SELECTING:
      return type == DhcpType.OFFER;
    case DhcpState.REQUESTING:
    case DhcpState.RENEWING:
      return (type == DhcpType.ACK || type == DhcpType.NAK) && server == it.server;
    case DhcpState.REBINDING:
    case DhcpState.REBOOTING:
      return type == DhcpType.ACK || type == DhcpType.NAK;
    default:
      return false;
  }
}
/** The address is not ours (any more). Who was told so about an earlier lease asks anew at once. */
function refused(it: Binding): void {
  count(Counter.DHCP_NAKS);
  const isReboot = it.state == <u8>DhcpState.REBOOTING;
  fail(it);
  it.ip = 0;
  if (isReboot && it.failures == 1) it.due = clock() + 1000;
}
function acknowledged(it: Binding, message: DhcpMessage, options: DhcpOptions): void {
  lease.take(it, message, options);
  const isNew = !it.isInstalled;
  if (lease.install(it, !(it.options & DhcpStart.UNCHECKED))) return decline(it);
  begin(it, DhcpState.CHECKING, NEVER);
  if (!isNew) bound(it);
}
