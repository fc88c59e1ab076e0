// read RFC 826, RFC 1122 §2.3.2 and RFC 5227 first
import { GATEWAYS, PROBING } from "../memory/config";
import { copyMac, sameMac } from "../memory/bytes";
import { Address, ADDRESSES_MAX, AddressState, Interface } from "../memory/control";
import { count, Counter } from "../memory/counters";
import * as deadlines from "../memory/deadlines";
import { Link } from "../memory/list";
import { Pool, PoolIndex } from "../memory/pool";
import { root, state } from "../memory/root";
import { bucketOf, insert, remove } from "../memory/table";
import { after, Instant } from "../memory/time";
import { ARP_PACKET, ArpOperation, ArpPacket } from "../wire/arp";
import { EthernetHeader, EtherType, isGroupMac, isZeroMac } from "../wire/ethernet";
import { claim, Reserve, SLOT_IP } from "../link/device";
import * as ethernet from "../link/ethernet";
import { deviceOf, isEthernet } from "../link/interfaces";
import { Packet } from "../link/packet";
import { covering, isLinkLocal, isOneHost, on } from "./address";
import * as hold from "./hold";
import { Neighbour, NeighbourState } from "./neighbour";

/** Requests before a neighbour counts as failed, one a second. */
const TRIES: u8 = 3;
/** Least time between two requests to one neighbour. RFC 1122 §2.3.2.1. */
const SPACING: u32 = 1000;

function pool(): Pool {
  return root.pool(PoolIndex.NEIGHBOUR);
}
function bucket(it: Interface, ip: u32): usize {
  return bucketOf(state.neighbourBuckets, state.neighbourBucketMask, ip, <u32>changetype<usize>(it));
}

/** The neighbour with this address, null when unknown. */
export function find(it: Interface, ip: u32): Neighbour | null {
  let at = load<u32>(bucket(it, ip));
  while (at) {
    const neighbour = changetype<Neighbour>(<usize>at);
    if (neighbour.ip == ip && neighbour.interface == <u32>changetype<usize>(it)) return neighbour;
    at = neighbour.link;
  }
  return null;
}

/** A new neighbour, or null when all are in use. Those whom only strangers made us know have a quarter of the table, and evict only each other. */
function create(it: Interface, ip: u32, forStranger: bool, now: Instant): Neighbour | null {
  const isFull = forStranger && state.strangers >= max<u32>(pool().capacity >> 2, 1);
  let address: usize = 0;
  if (!isFull) address = pool().take();
  if (!address) {
    if (!evict(forStranger, now)) return null;
    address = pool().take();
  }
  const neighbour = changetype<Neighbour>(address);
  neighbour.isStranger = forStranger ? 1 : 0;
  state.strangers += neighbour.isStranger;
  neighbour.ip = ip;
  neighbour.interface = <u32>changetype<usize>(it);
  neighbour.asked = now - SPACING;
  neighbour.used = now;
  neighbour.waiters.clear();
  state.neighbourOrder.push(neighbour.order);
  insert(bucket(it, ip), neighbour);
  return neighbour;
}

/** Gives up the longest unused neighbour that nobody needs and that was not asked for within a second. Looks at 64 at most. */
function evict(forStranger: bool, now: Instant): bool {
  let link = Link.at(state.neighbourOrder.next);
  for (let step = 0; step < 64 && link != state.neighbourOrder; step++) {
    const neighbour = Neighbour.ofOrder(link);
    link = Link.at(link.next);
    if (!neighbour.isIdle || now - neighbour.asked < SPACING) continue;
    if (forStranger && !neighbour.isStranger) continue;
    count(Counter.ARP_EVICTED);
    forget(neighbour);
    return true;
  }
  return false;
}

function toTail(neighbour: Neighbour): void {
  neighbour.order.unlink();
  state.neighbourOrder.push(neighbour.order);
}
/** A connection keeps it: it is not among those that may be given up. */
export function pin(neighbour: Neighbour): void {
  neighbour.pins++;
  neighbour.order.unlink();
}
export function unpin(neighbour: Neighbour): void {
  if (!--neighbour.pins) toTail(neighbour);
}

/** Takes a neighbour out of all lists and gives it back. */
function forget(neighbour: Neighbour): void {
  state.strangers -= neighbour.isStranger;
  remove(bucket(changetype<Interface>(<usize>neighbour.interface), neighbour.ip), neighbour);
  deadlines.disarm(neighbour);
  neighbour.order.unlink();
  pool().give(changetype<usize>(neighbour));
}

/** The neighbour to send to; made and asked for when it is not known. `forStranger`: for a host that no application asked for. Null when the table is full. */
export function want(it: Interface, ip: u32, forStranger: bool, now: Instant): Neighbour | null {
  let neighbour = find(it, ip);
  if (neighbour && neighbour.isStranger && !forStranger) {
    neighbour.isStranger = 0;
    state.strangers--;
  }
  if (!neighbour) {
    neighbour = create(it, ip, forStranger, now);
    if (!neighbour) {
      count(Counter.ARP_FULL);
      return null;
    }
  }
  if (neighbour.used != now) {
    neighbour.used = now;
    if (!neighbour.pins) toTail(neighbour);
  }
  if (!isUsable(neighbour, now)) ask(neighbour, now);
  else if (now - neighbour.confirmed >= refreshAge()) deadlines.arm(neighbour, now);
  return neighbour;
}

/** Whether this neighbour is known and was sent to at this very time, and nothing waits for it or is to be asked: `want` would change nothing. */
export function isSettled(it: Interface, ip: u32, now: Instant): bool {
  const neighbour = find(it, ip);
  return neighbour ? neighbour.used == now && !neighbour.hold && !neighbour.isStranger && isUsable(neighbour, now) : false;
}
/** Whether frames may be sent to its MAC address. */
export function isUsable(neighbour: Neighbour, now: Instant): bool {
  return neighbour.state == <u8>NeighbourState.VALID && now - neighbour.confirmed < root.arpTimeout;
}
/** Age at which a neighbour in use is asked again, by unicast, while its entry still holds. */
function refreshAge(): u32 {
  return root.arpTimeout - (root.arpTimeout >> 2);
}

/** Begins to resolve, or begins again a second after it failed. */
function ask(neighbour: Neighbour, now: Instant): void {
  if (neighbour.state == <u8>NeighbourState.ASKED && neighbour.tries) return;
  neighbour.state = <u8>NeighbourState.ASKED;
  neighbour.tries = 0;
  if (now - neighbour.asked < SPACING) deadlines.arm(neighbour, neighbour.asked + SPACING);
  else request(neighbour, now);
}

/** Sends a request: by broadcast, or to the known MAC address while that still holds. Without a TX slot it is tried again soon. */
function request(neighbour: Neighbour, now: Instant): void {
  const it = changetype<Interface>(<usize>neighbour.interface);
  const slot = claim(deviceOf(it), Reserve.ARP);
  if (!slot) return deadlines.arm(neighbour, now + 10);
  const isPoll = neighbour.state == <u8>NeighbourState.VALID;
  neighbour.tries++;
  neighbour.asked = now;
  const source = covering(it, neighbour.ip);
  const from = source ? bswap<u32>(source.ip) : firstAddress(it);
  write(it, slot, ArpOperation.REQUEST, from, isPoll ? neighbour.mac : 0, neighbour.ip);
  count(Counter.ARP_REQUESTS_OUT);
  deadlines.arm(neighbour, now + SPACING);
}
function firstAddress(it: Interface): u32 {
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) if (it.address(i).state == <u8>AddressState.VALID) return bswap<u32>(it.address(i).ip);
  return 0;
}
/** Where a broadcast's destination is kept while the frame is written: in the frame itself. */
function fillBroadcast(slot: usize): void {
  store<u32>(slot + 10, 0xffffffff);
  store<u16>(slot + 14, 0xffff);
}
/** Writes an ARP packet and hands it to the device. `targetMac` 0: broadcast, and the field is zero. */
function write(it: Interface, slot: usize, operation: ArpOperation, from: u32, targetMac: usize, targetIp: u32): void {
  const arp = ArpPacket.at(slot + SLOT_IP);
  arp.setFixedFields();
  arp.operation = operation;
  copyMac(arp.senderMac, it.mac);
  arp.senderIp = from;
  if (targetMac) copyMac(arp.targetMac, targetMac);
  else memory.fill(arp.targetMac, 0, 6);
  arp.targetIp = targetIp;
  // Everybody hears who has a link-local address. RFC 3927 §2.5.
  const toAll = !targetMac || isLinkLocal(from);
  if (toAll) fillBroadcast(slot);
  ethernet.output(it, slot, toAll ? slot + 10 : targetMac, EtherType.ARP, ARP_PACKET);
}

/** Says on the link that an address is ours (gratuitous ARP), or asks whether anybody has it. False: no TX slot now. RFC 5227 §2.1.1, §2.3. */
export function announce(it: Interface, address: Address, isProbe: bool): bool {
  const slot = claim(deviceOf(it), Reserve.ARP);
  if (!slot) return false;
  const ip = bswap<u32>(address.ip);
  write(it, slot, ArpOperation.REQUEST, isProbe ? 0 : ip, 0, ip);
  count(isProbe ? Counter.ARP_PROBES_OUT : Counter.ARP_ANNOUNCED);
  return true;
}

/** An ARP packet arrived. Answers the address of ours that another host shows to use, or to want while we probe it. */
export function input(packet: Packet, now: Instant): Address | null {
  count(Counter.ARP_IN);
  const arp = ArpPacket.at(packet.ip);
  if (packet.ipLength < ARP_PACKET || !arp.isIpv4OverEthernet) return done(Counter.ARP_MALFORMED);
  const operation = arp.operation;
  if (operation != ArpOperation.REQUEST && operation != ArpOperation.REPLY) return done(Counter.ARP_MALFORMED);
  const it = packet.via;
  const sender = arp.senderIp;
  if (isGroupMac(arp.senderMac) || isZeroMac(arp.senderMac) || sameMac(arp.senderMac, it.mac)) return done(Counter.ARP_BAD_SENDER);
  const contested = contestedBy(it, arp);
  if (contested) {
    count(Counter.ARP_CONFLICT);
    return contested;
  }
  if (sender && !isOneHost(sender)) return done(Counter.ARP_BAD_SENDER);
  const isForUs = on(it, arp.targetIp) != null;
  if (sender) learn(it, sender, arp, operation == ArpOperation.REPLY, isForUs, now);
  if (!isForUs) return done(Counter.ARP_NOT_OURS);
  if (operation == ArpOperation.REQUEST) reply(it, packet, arp);
  return null;
}
function done(why: Counter): Address | null {
  count(why);
  return null;
}
/** A valid address of ours that is the sender's too, or one under probe that the sender has, or probes. */
function contestedBy(it: Interface, arp: ArpPacket): Address | null {
  const sender = arp.senderIp;
  const valid = on(it, sender);
  if (valid || !PROBING || (!sender && arp.operation != ArpOperation.REQUEST)) return valid;
  const wire = bswap<u32>(sender ? sender : arp.targetIp);
  for (let i: u32 = 0; i < ADDRESSES_MAX; i++) {
    const address = it.address(i);
    if (address.ip == wire && address.step && address.state == <u8>AddressState.TENTATIVE) return address;
  }
  return null;
}

/** Answers a request for one of our addresses, into the device at once. */
function reply(it: Interface, packet: Packet, request: ArpPacket): void {
  const slot = claim(deviceOf(it), Reserve.ARP);
  if (!slot) return;
  write(it, slot, ArpOperation.REPLY, request.targetIp, request.senderMac, request.senderIp);
  // A reply goes to the frame's sender, which for some proxies is not the sender in the packet.
  if (!isLinkLocal(request.targetIp)) copyMac(EthernetHeader.at(slot + 10).destination, EthernetHeader.at(packet.frame).source);
  count(Counter.ARP_REPLIES_OUT);
}

/** Takes news of a sender: an answer to our question, what it says while it is not known where it is, a confirmation, or a first word to us. Nothing else changes the table. */
function learn(it: Interface, sender: u32, arp: ArpPacket, isReply: bool, isForUs: bool, now: Instant): void {
  let neighbour = find(it, sender);
  if (!neighbour) {
    if (isReply || !isForUs || !covering(it, sender)) return;
    neighbour = create(it, sender, true, now);
    if (neighbour) confirm(neighbour, arp.senderMac, now);
    return;
  }
  if (neighbour.state == <u8>NeighbourState.VALID) {
    if (sameMac(neighbour.mac, arp.senderMac)) confirm(neighbour, arp.senderMac, now);
    else suspect(neighbour, now);
  } else if (isForUs || !isReply || neighbour.tries) confirm(neighbour, arp.senderMac, now);
}
/** Somebody else claims the address: the one we know is asked, and believed until it has not answered three times. RFC 826 would overwrite; differs: */
function suspect(neighbour: Neighbour, now: Instant): void {
  if (neighbour.isDoubted) return;
  neighbour.isDoubted = 1;
  deadlines.arm(neighbour, now);
}

/** The neighbour has this MAC address now: what waited may go. */
function confirm(neighbour: Neighbour, mac: usize, now: Instant): void {
  copyMac(neighbour.mac, mac);
  neighbour.state = <u8>NeighbourState.VALID;
  neighbour.tries = 0;
  neighbour.isDoubted = 0;
  neighbour.confirmed = now;
  neighbour.failure.unlink();
  if (GATEWAYS && neighbour.isGateway) {
    neighbour.isGateway = 0;
    state.pathGeneration++;
  }
  deadlines.arm(neighbour, after(now, refreshAge()));
  if (neighbour.hold) deadlines.arm(neighbour, now);
  wake(neighbour);
}
/** Those who wait for it may try to send. */
function wake(neighbour: Neighbour): void {
  while (!neighbour.waiters.isEmpty) {
    const waiter = Link.at(neighbour.waiters.next);
    waiter.unlink();
    state.owed.push(waiter);
  }
}
/** The link was down: it may be another by now. One that nobody needs is forgotten, the others are asked for anew. */
export function renew(neighbour: Neighbour, now: Instant): void {
  wake(neighbour);
  if (neighbour.isIdle) return forget(neighbour);
  neighbour.state = <u8>NeighbourState.ASKED;
  neighbour.tries = 0;
  neighbour.asked = now - SPACING; // what was asked while the link was down reached nobody
  deadlines.arm(neighbour, now);
}

/** What TCP and others saw of it shows that it is there. RFC 1122 §2.3.2.1. In the first second of a doubt it may be the answer to what was sent before. */
export function heard(neighbour: Neighbour, now: Instant): void {
  if (!isUsable(neighbour, now) || (neighbour.isDoubted && neighbour.tries < 2)) return;
  neighbour.isDoubted = 0;
  neighbour.tries = 0;
  neighbour.confirmed = now;
}
/** Delivery seems to fail: the entry is doubted and asked for again. RFC 1122 §3.3.1.4. */
export function doubt(neighbour: Neighbour, now: Instant): void {
  if (isUsable(neighbour, now)) suspect(neighbour, now);
}

/** The neighbour's deadline has come. */
export function expire(neighbour: Neighbour, now: Instant): void {
  if (neighbour.state == <u8>NeighbourState.VALID) return expireValid(neighbour, now);
  if (neighbour.state == <u8>NeighbourState.FAILED) {
    if (GATEWAYS && neighbour.isGateway && now - neighbour.used < root.arpTimeout) return knock(neighbour, now);
    if (neighbour.isIdle) return forget(neighbour);
    if (neighbour.waiters.isEmpty && !neighbour.hold) return deadlines.arm(neighbour, now + root.arpTimeout); // the next that sends asks
    return ask(neighbour, now);
  }
  if (now - neighbour.asked < SPACING) return deadlines.arm(neighbour, neighbour.asked + SPACING);
  if (neighbour.tries < TRIES) return request(neighbour, now);
  fail(neighbour, now);
}
/** A gateway that failed is asked now and then, for as long as others stand in for it. */
function knock(neighbour: Neighbour, now: Instant): void {
  const wait = max(root.arpTimeout >> 2, SPACING);
  if (now - neighbour.asked < wait) return deadlines.arm(neighbour, neighbour.asked + wait);
  request(neighbour, now);
}
/** Whether this gateway did not answer and others are to be preferred. It is asked again while somebody wants it. */
export function isDead(it: Interface, gateway: u32, now: Instant): bool {
  const neighbour = find(it, gateway);
  if (!neighbour || neighbour.state != <u8>NeighbourState.FAILED) return false;
  neighbour.used = now;
  return true;
}
/** One that is doubted, or old and in use, is asked by unicast, once a second. One that is doubted and does not answer, or too old, is believed no more: everybody is asked who has the address now. */
function expireValid(neighbour: Neighbour, now: Instant): void {
  if (neighbour.hold) hold.flush(neighbour, now);
  const age = now - neighbour.confirmed;
  const isInUse = now - neighbour.used < root.arpTimeout >> 2;
  if (age < root.arpTimeout && !neighbour.isDoubted) {
    if (age < refreshAge()) return deadlines.arm(neighbour, neighbour.confirmed + refreshAge());
    if (!isInUse) return deadlines.arm(neighbour, neighbour.confirmed + root.arpTimeout);
  }
  if (age >= root.arpTimeout && neighbour.isIdle) return forget(neighbour);
  if (now - neighbour.asked < SPACING) return deadlines.arm(neighbour, neighbour.asked + SPACING);
  if (age < root.arpTimeout && !(neighbour.isDoubted && neighbour.tries >= TRIES)) return request(neighbour, now);
  neighbour.state = <u8>NeighbourState.ASKED;
  neighbour.tries = 0;
  if (neighbour.isDoubted || isInUse) request(neighbour, now);
}

/** Nobody answered: those that wait are told by stack.ts. */
function fail(neighbour: Neighbour, now: Instant): void {
  count(Counter.ARP_FAILED);
  if (neighbour.isIdle) return forget(neighbour);
  neighbour.state = <u8>NeighbourState.FAILED;
  neighbour.tries = 0;
  deadlines.arm(neighbour, now + SPACING);
  state.failed.push(neighbour.failure);
}

/** Whether this interface resolves neighbours at all. */
export function resolves(it: Interface): bool {
  return isEthernet(it);
}
