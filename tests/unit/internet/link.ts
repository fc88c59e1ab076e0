// One Ethernet with us (192.0.2.1, 02:00:00:00:00:01) and whoever the test plays.
import { Interface } from "../../../assembly/memory/control";
import { root } from "../../../assembly/memory/root";
import * as arp from "../../../assembly/internet/arp";
import { Neighbour } from "../../../assembly/internet/neighbour";
import { hex, store32 } from "../octets";
import * as world from "../world";

export const US: u32 = 0xc0000201;
const OUR_MAC: string = "02 00 00 00 00 01";
const NOBODY: string = "00 00 00 00 00 00";
export const EVERYBODY: string = "ff ff ff ff ff ff";
const SCRATCH: usize = memory.data(8, 4);

export function it(): Interface {
  return root.interface(0);
}
/** Host number `n` of the subnet, and its MAC address. */
export function host(n: u32): u32 {
  return 0xc0000200 + n;
}
export function mac(n: u32): string {
  store<u8>(SCRATCH, <u8>n);
  return "02 aa aa aa aa " + hex(SCRATCH, 1);
}
function ip(address: u32): string {
  store32(SCRATCH, address);
  return hex(SCRATCH, 4);
}
/** An ARP packet. */
export function packet(operation: string, senderMac: string, sender: u32, targetMac: string, target: u32): string {
  return "00 01 08 00 06 04 00 " + operation + " " + senderMac + " " + ip(sender) + " " + targetMac + " " + ip(target);
}
/** Host `n` asks for an address by broadcast. */
export function asks(n: u32, target: u32): void {
  world.arrives(0, EVERYBODY + " " + mac(n) + " 08 06 " + packet("01", mac(n), host(n), NOBODY, target));
}
/** Host `n` answers us, with the MAC address of host `m`. */
export function answersAs(n: u32, m: u32): void {
  world.arrives(0, OUR_MAC + " " + mac(m) + " 08 06 " + packet("02", mac(m), host(n), OUR_MAC, US));
}
export function answers(n: u32): void {
  answersAs(n, n);
}
/** The next frame sent as text, `most` octets of it at most; "nothing" when there is none. */
export function next(most: u32): string {
  const at = world.tx(0);
  return at ? hex(at, min(world.taken, most)) : "nothing";
}
/** We have asked everybody for host `n`. */
export function weAsk(n: u32): void {
  expect<string>(next(42)).toBe(EVERYBODY + " " + OUR_MAC + " 08 06 " + packet("01", OUR_MAC, US, NOBODY, host(n)));
}
/** We have asked host `n` alone. */
export function wePoll(n: u32): void {
  expect<string>(next(42)).toBe(mac(n) + " " + OUR_MAC + " 08 06 " + packet("01", OUR_MAC, US, mac(n), host(n)));
}
/** We have told host `n` where we are. */
export function weAnswer(n: u32): void {
  expect<string>(next(42)).toBe(mac(n) + " " + OUR_MAC + " 08 06 " + packet("02", OUR_MAC, US, mac(n), host(n)));
}
export function silent(): void {
  expect<string>(next(42)).toBe("nothing");
}
/** Wants host `n`, as whoever sends to it does. */
export function want(n: u32): Neighbour | null {
  return arp.want(it(), host(n), false, world.ms);
}
export function known(n: u32): Neighbour | null {
  return arp.find(it(), host(n));
}
export function isKnown(n: u32): bool {
  return known(n) != null;
}
/** Whether frames may be sent to host `n`. */
export function isUsable(n: u32): bool {
  const neighbour = known(n);
  return neighbour ? arp.isUsable(neighbour, world.ms) : false;
}
/** Host `n` is resolved. */
export function resolve(n: u32): Neighbour {
  want(n);
  world.poll();
  answers(n);
  world.ignore(0);
  expect<bool>(isUsable(n)).toBe(true, "host is resolved");
  return changetype<Neighbour>(changetype<usize>(known(n)));
}
export function start(): void {
  world.ethernet(US, 24);
}
