import { AddressState, DeviceKind, Interface } from "../../../assembly/memory/control";
import { root } from "../../../assembly/memory/root";
import { Cast } from "../../../assembly/link/packet";
import {
  castOf,
  covering,
  isMulticast,
  isOneHost,
  isSpecial,
  isSubnetBroadcast,
  maskOf,
  on,
  ours,
  primary,
} from "../../../assembly/internet/address";
import { addDevice, addInterface, begin, blank } from "../world";

/** 192.0.2.1/24 and 10.1.2.3/8 on the first interface, 198.51.100.5/30 and 198.51.100.9/31 on the second. */
function two(): void {
  blank();
  addDevice(DeviceKind.ETHERNET, 4);
  const first = addInterface(0xc0000201, 24);
  add(first, 1, 0x0a010203, 8, AddressState.VALID);
  add(first, 2, 0x0a020101, 16, AddressState.TENTATIVE);
  addDevice(DeviceKind.ETHERNET, 4);
  const second = addInterface(0xc6336405, 30);
  add(second, 3, 0xc6336409, 31, AddressState.VALID);
  begin();
}
function add(it: Interface, i: u32, ip: u32, prefix: u8, state: AddressState): void {
  it.address(i).ip = bswap<u32>(ip);
  it.address(i).prefix = prefix;
  it.address(i).state = <u8>state;
}
/** The address of a record in host order, 0 for none. */
function ipOf(at: usize): u32 {
  return at ? bswap<u32>(load<u32>(at)) : 0;
}

describe("internet/address", () => {
  test("a mask has as many ones as the prefix is long, 0 to 32", () => {
    expect<u32>(maskOf(0)).toBe(0);
    expect<u32>(maskOf(1)).toBe(0x80000000);
    expect<u32>(maskOf(8)).toBe(0xff000000);
    expect<u32>(maskOf(20)).toBe(0xfffff000);
    expect<u32>(maskOf(31)).toBe(0xfffffffe);
    expect<u32>(maskOf(32)).toBe(0xffffffff);
  });
  test("ours are the valid addresses of all interfaces; tentative ones are not", () => {
    two();
    expect<u32>(ipOf(changetype<usize>(ours(0xc0000201)))).toBe(0xc0000201);
    expect<u32>(ipOf(changetype<usize>(ours(0xc6336409)))).toBe(0xc6336409);
    expect<u32>(ipOf(changetype<usize>(ours(0x0a020101)))).toBe(0);
    expect<u32>(ipOf(changetype<usize>(ours(0xc0000202)))).toBe(0);
    expect<u32>(ipOf(changetype<usize>(on(root.interface(0), 0x0a010203)))).toBe(0x0a010203);
    expect<u32>(ipOf(changetype<usize>(on(root.interface(1), 0x0a010203)))).toBe(0);
  });
  test("the primary address is the first valid one", () => {
    two();
    expect<u32>(ipOf(changetype<usize>(primary(root.interface(0))))).toBe(0xc0000201);
    root.interface(0).address(0).state = <u8>AddressState.TENTATIVE;
    expect<u32>(ipOf(changetype<usize>(primary(root.interface(0))))).toBe(0x0a010203);
    root.interface(0).address(1).state = <u8>AddressState.NONE;
    expect<u32>(ipOf(changetype<usize>(primary(root.interface(0))))).toBe(0);
  });
  test("1122-3.3.1.1: on link is what the prefix of a valid address covers; the longest wins", () => {
    two();
    const it = root.interface(0);
    expect<u32>(ipOf(changetype<usize>(covering(it, 0xc00002fe)))).toBe(0xc0000201);
    expect<u32>(ipOf(changetype<usize>(covering(it, 0xc0000301)))).toBe(0);
    // 10.2.9.9 is in the tentative /16 too: only the valid /8 counts until that is valid.
    expect<u32>(ipOf(changetype<usize>(covering(it, 0x0a020909)))).toBe(0x0a010203);
    it.address(2).state = <u8>AddressState.VALID;
    expect<u32>(ipOf(changetype<usize>(covering(it, 0x0a020909)))).toBe(0x0a020101);
    expect<u32>(ipOf(changetype<usize>(covering(it, 0x0a030909)))).toBe(0x0a010203);
  });
  test("1122-3.3.6: all ones and, as of old, all zeros in the host part are the subnet's broadcast", () => {
    two();
    expect<bool>(isSubnetBroadcast(0xc00002ff)).toBe(true);
    expect<bool>(isSubnetBroadcast(0xc0000200)).toBe(true);
    expect<bool>(isSubnetBroadcast(0x0affffff)).toBe(true);
    expect<bool>(isSubnetBroadcast(0x0a01ffff)).toBe(false);
    expect<bool>(isSubnetBroadcast(0xc00003ff)).toBe(false);
    expect<bool>(isSubnetBroadcast(0xc6336407)).toBe(true);
    expect<bool>(isSubnetBroadcast(0xc6336404)).toBe(true);
    expect<bool>(isSubnetBroadcast(0xc6336406)).toBe(false);
  });
  test("a /31 has no broadcast address (RFC 3021)", () => {
    two();
    expect<bool>(isSubnetBroadcast(0xc6336408)).toBe(false);
    expect<bool>(isSubnetBroadcast(0xc6336409)).toBe(false);
  });
  test("class D is multicast, neither more nor less", () => {
    expect<bool>(isMulticast(0xdfffffff)).toBe(false);
    expect<bool>(isMulticast(0xe0000000)).toBe(true);
    expect<bool>(isMulticast(0xefffffff)).toBe(true);
    expect<bool>(isMulticast(0xf0000000)).toBe(false);
  });
  test("0/8, 127/8, 224/4 and 240/4 are no single host's", () => {
    expect<bool>(isSpecial(0)).toBe(true);
    expect<bool>(isSpecial(0x00ffffff)).toBe(true);
    expect<bool>(isSpecial(0x01000000)).toBe(false);
    expect<bool>(isSpecial(0x7effffff)).toBe(false);
    expect<bool>(isSpecial(0x7f000001)).toBe(true);
    expect<bool>(isSpecial(0x80000000)).toBe(false);
    expect<bool>(isSpecial(0xdfffffff)).toBe(false);
    expect<bool>(isSpecial(0xe0000001)).toBe(true);
    expect<bool>(isSpecial(0xf0000001)).toBe(true);
    expect<bool>(isSpecial(0xffffffff)).toBe(true);
  });
  test("1122-3.2.1.3b: a remote end is one host: not special, no broadcast of a subnet of ours, not us", () => {
    two();
    expect<bool>(isOneHost(0xc0000202)).toBe(true);
    expect<bool>(isOneHost(0x08080808)).toBe(true);
    expect<bool>(isOneHost(0xc00002ff)).toBe(false);
    expect<bool>(isOneHost(0xc6336407)).toBe(false);
    expect<bool>(isOneHost(0xc0000201)).toBe(false);
    expect<bool>(isOneHost(0xc6336405)).toBe(false);
    expect<bool>(isOneHost(0x7f000001)).toBe(false);
  });
  test("1122-3.2.1.3a: a destination speaks to us by address, by broadcast, or as all hosts 224.0.0.1", () => {
    two();
    expect<i32>(castOf(0xc6336409)).toBe(Cast.UNICAST);
    expect<i32>(castOf(0xc00002ff)).toBe(Cast.BROADCAST);
    expect<i32>(castOf(0xffffffff)).toBe(Cast.BROADCAST);
    expect<i32>(castOf(0)).toBe(Cast.BROADCAST);
    expect<i32>(castOf(0xe0000001)).toBe(Cast.MULTICAST);
    expect<i32>(castOf(0xe0000002)).toBe(-1);
    expect<i32>(castOf(0xc0000202)).toBe(-1);
    expect<i32>(castOf(0x7f000001)).toBe(-1);
  });
});
