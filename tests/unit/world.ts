// A stack to test: a control block, an arena of its own (as-pect's heap begins where static data ends), frames in and out.
import { control, init } from "../../assembly/init";
import { ARENA_START } from "../../assembly/memory/config";
import { AddressState, Device, DeviceKind, Interface } from "../../assembly/memory/control";
import { Counter } from "../../assembly/memory/counters";
import { root, ROOT_OCTETS } from "../../assembly/memory/root";
import * as stack from "../../assembly/stack";
import { put } from "./octets";

/** Octets of the arena. */
export const ARENA_OCTETS: u32 = 1048576;
const ARENA: usize = memory.data(1048576, 64);

/** Host time that `poll` gives the stack. */
export let ms: u32 = 0;
export let us: u32 = 0;

/** A control block with this build's defaults, a seed and an arena; no device yet. */
export function blank(): void {
  memory.fill(changetype<usize>(root), 0, ROOT_OCTETS);
  control();
  root.seed0 = 0x0123456789abcdef;
  root.seed1 = 0x1122334455667788;
  root.seed2 = 0x99aabbccddeeff00;
  root.seed3 = 0x0f1e2d3c4b5a6978;
  // Nothing below ARENA_START may be given to a stack, even where static data ends earlier.
  root.arenaStart = max(<u32>ARENA, <u32>ARENA_START);
  root.arenaEnd = <u32>ARENA + ARENA_OCTETS;
  root.class0Sockets = 4;
  root.udpSockets = 4;
  root.neighbours = 4;
  ms = 1000;
  us = 0;
}
export function addDevice(kind: DeviceKind, txSlots: u32): Device {
  const it = root.device(root.devices++);
  it.kind = <u8>kind;
  it.rxSlots = 32;
  it.txSlots = txSlots;
  return it;
}
/** An interface on the device added last, MTU 1500, MAC 02:00:00:00:00:01 for interface 0, ...:02 for 1. */
export function addInterface(ip: u32, prefix: u32): Interface {
  const it = root.interface(root.interfaces++);
  it.device = <u8>(root.devices - 1);
  it.mtu = 1500;
  put(it.mac, "02 00 00 00 00 00");
  store<u8>(it.mac, <u8>root.interfaces, 5);
  it.address(0).ip = bswap<u32>(ip);
  it.address(0).prefix = <u8>prefix;
  it.address(0).state = <u8>AddressState.VALID;
  return it;
}
/** One Ethernet device with one address; what the stack announces is taken away. */
export function ethernet(ip: u32, prefix: u32): void {
  blank();
  addDevice(DeviceKind.ETHERNET, 32);
  addInterface(ip, prefix);
  begin();
}
/** One raw IP device with one address. */
export function rawIp(ip: u32, prefix: u32): void {
  blank();
  addDevice(DeviceKind.RAW_IP, 64);
  addInterface(ip, prefix);
  begin();
}
/** init at `ms`, which must succeed, and a first poll, whose frames are taken away. */
export function begin(): void {
  expect<i32>(init(ms, us)).toBe(0, "init");
  stack.poll(ms, us);
  for (let i: u32 = 0; i < root.devices; i++) root.device(i).txTaken = root.device(i).txWritten;
}
/** init at another time, with what the control block says. */
export function beginAt(msec: u32, usec: u32): void {
  ms = msec;
  us = usec;
  begin();
}
/** Polls at the present time; answers the milliseconds until the stack wants to be called again. */
export function poll(): i32 {
  return stack.poll(ms, us);
}
/** Lets time pass and polls. */
export function pass(msec: u32): i32 {
  ms += msec;
  return poll();
}
/** Lets microseconds pass; the next poll tells the stack. */
export function waitMicro(usec: u32): void {
  us += usec;
  ms += us / 1000;
  us %= 1000;
}
/** Lets time pass; the next poll tells the stack. */
export function wait(msec: u32): void {
  ms += msec;
}
/** Time runs as a host would run it, from deadline to deadline, for `msec` in all. */
export function run(msec: u32): void {
  const end = ms + msec;
  for (let guard = 0; guard < 100000 && ms != end; guard++) {
    const next = <u32>poll();
    ms += min(max<u32>(next, 1), end - ms);
  }
  poll();
}

function offset(device: Device): u32 {
  return device.kind == <u8>DeviceKind.ETHERNET ? 10 : 24;
}
/** Where the next frame for the stack is written. */
export function rx(index: u32): usize {
  const it = root.device(index);
  return it.rxRing + (it.rxWritten & (it.rxSlots - 1)) * it.slotOctets + offset(it);
}
/** Hands over the `length` octets written at `rx`; the stack sees them in the next poll. */
export function give(index: u32, length: u32): void {
  const it = root.device(index);
  const slot = it.rxRing + (it.rxWritten & (it.rxSlots - 1)) * it.slotOctets;
  store<u32>(slot, length);
  store<u32>(slot, 0, 4);
  store<u16>(slot, 0, 8);
  it.rxWritten++;
}
/** Hands over a frame given as text, and polls. */
export function arrives(index: u32, text: string): void {
  give(index, put(rx(index), text));
  poll();
}
/** Frames that the stack has sent and nobody has taken. */
export function unsent(index: u32): u32 {
  return root.device(index).txWritten - root.device(index).txTaken;
}
/** Takes the oldest frame that the stack has sent: where it lies, 0 when there is none. Its length is `taken`. */
export function tx(index: u32): usize {
  const it = root.device(index);
  taken = 0;
  if (it.txWritten == it.txTaken) return 0;
  const slot = it.txRing + (it.txTaken & (it.txSlots - 1)) * it.slotOctets;
  it.txTaken++;
  taken = load<u32>(slot);
  return slot + offset(it);
}
/** Octets of the frame that `tx` took. */
export let taken: u32 = 0;
/** Forgets all frames sent. */
export function ignore(index: u32): void {
  root.device(index).txTaken = root.device(index).txWritten;
}
export function counted(what: Counter): u32 {
  return load<u32>(root.counter(what));
}
