// A gateway that keeps flows, 10.0.0.1/24 inside and 192.0.2.1/24 outside, and datagrams for it.
import { DeviceKind } from "../../../assembly/memory/control";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root, state } from "../../../assembly/memory/root";
import { Ipv4Header, Protocol } from "../../../assembly/wire/ipv4";
import * as flow from "../../../assembly/internet/flow";
import { addDevice, addInterface, begin, blank } from "../world";

const AT: usize = memory.data(64);
export const INNER: u32 = 0x0a000002;
export const OUTER: u32 = 0xc0000201;
export const PEER: u32 = 0xc0000202;

/** A stack that keeps `flows` flows. */
export function gateway(flows: u32): void {
  blank();
  const more = root.extra;
  more.flows = flows;
  more.rules = 4;
  more.forwards = 2;
  more.forwarding = 1;
  addDevice(DeviceKind.ETHERNET, 4);
  addInterface(0x0a000001, 24);
  addDevice(DeviceKind.ETHERNET, 4);
  addInterface(OUTER, 24);
  begin();
}
/** A UDP datagram without data. */
export function datagram(source: u32, destination: u32, ports: u32): usize {
  memory.fill(AT, 0, 64);
  Ipv4Header.at(AT).write(0, 28, 7, 0, 64, Protocol.UDP, source, destination);
  store<u32>(AT + 20, bswap<u32>(ports));
  return AT;
}
/** A datagram of a flow passes; whether there was room. */
export function passes(source: u32, destination: u32, ports: u32): bool {
  const it = flow.read(datagram(source, destination, ports));
  return flow.follow(flow.find(it), it, state.now);
}
/** Places of a pool in use. */
export function used(which: PoolIndex): u32 {
  return root.pool(which).used;
}
