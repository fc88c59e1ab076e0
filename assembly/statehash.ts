// A hash of everything the stack would act upon: equal inputs give equal values on every engine.
import { CONFIGURE, DHCP, DHCPD, DNS, FILTER, HTTP, MDNS, REASSEMBLY, SLIP } from "./memory/config";
import { ADDRESSES_MAX, CLASSES, Device } from "./memory/control";
import { PoolIndex } from "./memory/pool";
import { BEFORE_RECENT, BEHIND_RECENT, root, state, ROOT_OCTETS } from "./memory/root";
import { STREAM_OCTETS } from "./application/dns";
import { THING_OCTETS, thingAt } from "./application/announced";
import { NAME_OCTETS, nameAt } from "./application/names";
import { SERVICES, SERVICE_OCTETS } from "./transport/service";
import { LINE_OCTETS } from "./link/slip";
import { CLAIM_OCTETS } from "./internet/claim";
import { placeOctets } from "./application/request";
import { TRANSFER_OCTETS } from "./application/transfer";
import { RULE_OCTETS } from "./internet/filter";
import { NONE, Reassembly } from "./internet/fragments";
import { SENT_OCTETS } from "./transport/tcp/sent";
import { Tcb } from "./transport/tcp/tcb";
import { Datagram, DATAGRAM_FIELDS, UdpSocket } from "./transport/udp/socket";
import { BINDING_OCTETS } from "./application/binding";
import { LEASE_OCTETS } from "./application/leases";

const PRIME: u32 = 0x9e3779b1;

/** Mixes `octets` at `address` into `h`. */
function mix(h: u32, address: usize, octets: u32): u32 {
  let at = address;
  let left = octets;
  let out = h ^ octets;
  while (left >= 4) {
    out = rotl<u32>((out ^ load<u32>(at)) * PRIME, 13);
    at += 4;
    left -= 4;
  }
  while (left) {
    out = rotl<u32>((out ^ load<u8>(at)) * PRIME, 13);
    at++;
    left--;
  }
  return out;
}
/** Live octets of a ring: `octets` from position `from`. */
function mixRing(h: u32, base: usize, mask: u32, from: u32, octets: u32): u32 {
  const first = min(octets, mask + 1 - (from & mask));
  const out = mix(h, base + (from & mask), first);
  return mix(out, base, octets - first);
}

/** Control block, root record, tables, pools up to their marks, and the live octets of rings and slots. */
export function stateHash(): u32 {
  let h = mix(PRIME, changetype<usize>(root), BEFORE_RECENT);
  h = mix(h, changetype<usize>(root) + BEHIND_RECENT, <u32>ROOT_OCTETS - BEHIND_RECENT);
  h = mix(h, state.heap, state.heapCount * 8);
  h = mix(h, state.owners, (root.owners + SERVICES) * 8);
  if (SERVICES) h = mix(h, state.transfers, root.extra.transfers * TRANSFER_OCTETS);
  if (HTTP) h = mix(h, state.requests, root.extra.requests * placeOctets());
  h = mix(h, state.services, SERVICES * SERVICE_OCTETS);
  if (DHCP) h = mix(h, state.bindings, root.interfaces * BINDING_OCTETS);
  if (DHCPD) h = mix(h, state.leases, root.extra.leases * LEASE_OCTETS);
  h = mix(h, state.buckets, (state.bucketMask + 1) * 4);
  h = mix(h, state.udpBuckets, (state.udpBucketMask + 1) * 4);
  h = mix(h, state.neighbourBuckets, (state.neighbourBucketMask + 1) * 4);
  if (SLIP) h = mix(h, state.lines, root.devices * LINE_OCTETS);
  if (CONFIGURE) h = mix(h, state.claims, root.interfaces * ADDRESSES_MAX * CLAIM_OCTETS);
  for (let i: u32 = 0; i < <u32>PoolIndex.COUNT; i++) {
    if (i != <u32>PoolIndex.HOLD) h = mix(h, root.pool(i).base, root.pool(i).mark * root.pool(i).stride);
  }
  for (let i: u32 = 0; i < root.devices; i++) h = mixSlots(h, root.device(i));
  for (let i: u32 = 0; i < CLASSES; i++) h = mixConnections(h, i);
  if (DNS) h = mixNames(h);
  if (MDNS)
    for (let i: u32 = 0; i <= root.extra.services; i++) if (thingAt(i).taken) h = mix(h, changetype<usize>(thingAt(i)), THING_OCTETS);
  if (REASSEMBLY) h = mixFragments(h);
  if (FILTER) h = mixFilter(h);
  return mixDatagrams(h);
}
function mixSlots(h: u32, it: Device): u32 {
  let out = h;
  for (let n = it.rxTaken; n != it.rxWritten; n++) out = mixSlot(out, it.rxRing + (n & (it.rxSlots - 1)) * it.slotOctets, it.slotOctets);
  for (let n = it.txTaken; n != it.txWritten; n++) out = mixSlot(out, it.txRing + (n & (it.txSlots - 1)) * it.slotOctets, it.slotOctets);
  return out;
}
function mixSlot(h: u32, slot: usize, most: u32): u32 {
  return mix(h, slot, min(load<u32>(slot) + 24, most));
}
function mixConnections(h: u32, bufferClass: u32): u32 {
  const pool = root.pool(PoolIndex.TCP0 + bufferClass);
  let out = h;
  for (let i: u32 = 0; i < pool.mark; i++) {
    const tcb = changetype<Tcb>(pool.at(i));
    if (!tcb.taken) continue;
    const rcv = tcb.rcv;
    const snd = tcb.snd;
    out = mixRing(out, rcv.ring, rcv.mask, rcv.read.u32, tcb.readable);
    if (snd.end > snd.una) out = mixRing(out, snd.ring, snd.mask, snd.una.u32, snd.end.since(snd.una));
    for (let k = tcb.board.first; k != tcb.board.next; k++) out = mix(out, changetype<usize>(tcb.board.at(k)), SENT_OCTETS);
    for (let k: u32 = 0; k < tcb.ahead.count; k++)
      out = mixRing(out, rcv.ring, rcv.mask, tcb.ahead.left(k).u32, tcb.ahead.right(k).since(tcb.ahead.left(k)));
  }
  return out;
}
function mixNames(h: u32): u32 {
  let out = h;
  for (let i: u32 = 0; i < root.extra.names; i++) {
    const it = nameAt(i);
    if (it.type) out = mix(out, changetype<usize>(it), NAME_OCTETS);
    if (it.stream) out = mix(out, <usize>(state.names + root.extra.names * NAME_OCTETS), STREAM_OCTETS);
  }
  return out;
}
function mixDatagrams(h: u32): u32 {
  const pool = root.pool(PoolIndex.UDP);
  let out = h;
  for (let i: u32 = 0; i < pool.mark; i++) {
    const it = changetype<UdpSocket>(pool.at(i));
    if (!it.taken) continue;
    for (let n = it.read; n != it.received; n++) out = mixDatagram(out, it.inSlot(n));
    for (let n = it.sent; n != it.queued; n++) out = mixDatagram(out, it.outSlot(n));
  }
  return out;
}
/** What it says, and its data; what lies between, for headers, follows from both. */
function mixDatagram(h: u32, it: Datagram): u32 {
  return mix(mix(h, changetype<usize>(it), DATAGRAM_FIELDS), it.data, min(it.length, root.udpOctets));
}
/** Rules with what they have counted, flows and mappings. */
function mixFilter(h: u32): u32 {
  let out = mix(h, state.rules, state.ruleCount * RULE_OCTETS);
  out = mix(out, state.flowBuckets, (state.flowBucketMask + 1) << 3);
  return out;
}
/** What has come of datagrams that are put together; not their holes' octets. */
function mixFragments(h: u32): u32 {
  const pool = root.pool(PoolIndex.FRAGMENTS);
  let out = h;
  for (let i: u32 = 0; i < pool.mark; i++) {
    const it = changetype<Reassembly>(pool.at(i));
    if (!it.taken) continue;
    out = mix(out, it.payload - it.headerLength, it.headerLength);
    let from: u32 = 0;
    for (let hole = it.hole; hole != NONE; hole = it.holeNext(hole)) {
      out = mix(out, it.payload + from, hole - from);
      from = it.holeEnd(hole);
    }
  }
  return out;
}
