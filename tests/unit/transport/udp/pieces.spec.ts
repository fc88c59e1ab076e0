import { DeviceKind, Family } from "../../../../assembly/memory/control";
import { Err, Option } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import { set } from "../../../../assembly/transport/tcp/settings";
import * as udp from "../../../../assembly/transport/udp/calls";
import { load16, pseudoSum, sumOf } from "../../octets";
import { addDevice, addInterface, begin, blank, poll, tx } from "../../world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;
const WHOLE: usize = memory.data(4096, 8);
let handle: i32 = 0;

/** A socket over a device of two slots with an MTU of 576. */
function open(): void {
  blank();
  addDevice(DeviceKind.RAW_IP, 2);
  addInterface(US, 24).mtu = 576;
  root.udpOctets = 3000;
  begin();
  root.local.set(0, 5000, 0);
  root.local.family = <u16>Family.ANY;
  handle = udp.bind(0, false);
}
function send(octets: u32): i32 {
  const space = udp.sendSpace(handle);
  for (let i: u32 = 0; i < octets && i < <u32>space; i++) store<u8>(root.span + i, <u8>(i * 5));
  root.remote.set(PEER, 9, 0);
  return udp.sendCommit(handle, octets);
}

describe("transport/udp/pieces", () => {
  test("A028: a datagram leaves as slots come free, with one checksum over all of it", () => {
    open();
    expect<i32>(send(2000)).toBe(2000);
    let at: u32 = 0;
    for (let turn = 0; turn < 8; turn++) {
      poll();
      for (let frame = tx(0); frame; frame = tx(0)) {
        const octets = load16(frame + 2) - 20;
        expect<u32>(load16(frame + 6) & 0x1fff).toBe(at >> 3);
        memory.copy(WHOLE + at, frame + 20, octets);
        at += octets;
      }
    }
    expect<u32>(at).toBe(2008);
    expect<u32>(sumOf(WHOLE, 2008, pseudoSum(US, PEER, 17, 2008))).toBe(0xffff);
    expect<u32>(load<u8>(WHOLE + 8 + 1999)).toBe((1999 * 5) & 255);
  });
  test("with DF the call refuses it", () => {
    open();
    expect<i32>(set(handle, Option.DONT_FRAGMENT, 1)).toBe(0);
    expect<i32>(send(549)).toBe(Err.TOO_LONG);
    expect<i32>(send(548)).toBe(548);
    poll();
    expect<u32>(load16(tx(0) + 6)).toBe(0x4000);
  });
});
