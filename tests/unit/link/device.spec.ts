import { Device, DeviceKind, Flag, Offload, SlotFlag } from "../../../assembly/memory/control";
import { Counter } from "../../../assembly/memory/counters";
import { root } from "../../../assembly/memory/root";
import {
  claim,
  frameLength,
  free,
  isFree,
  isVerified,
  leave,
  oldest,
  publish,
  Reserve,
  room,
  take,
  waiting,
} from "../../../assembly/link/device";
import { addDevice, addInterface, begin, blank, counted } from "../world";

/** A device with 4 slots to receive and `txSlots` to send; slots of 1,536 octets, the smallest multiple of 64 from 1,500 + 24. */
function device(kind: DeviceKind, txSlots: u32): Device {
  blank();
  const it = addDevice(kind, txSlots);
  it.rxSlots = 4;
  addInterface(0xc0000201, 24);
  begin();
  it.txWritten = 0;
  it.txTaken = 0;
  return it;
}
/** Hands over `n` frames of 60 octets; answers how many could be claimed for that purpose. */
function fill(it: Device, n: u32, reserve: Reserve): u32 {
  for (let i: u32 = 0; i < n; i++) {
    const slot = claim(it, reserve);
    if (!slot) return i;
    publish(it, slot, 60);
  }
  return n;
}

describe("link/device", () => {
  test("frames wait between the host's counter and ours, also around the wrap of 2^32", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    expect<u32>(waiting(it)).toBe(0);
    it.rxWritten = 3;
    expect<u32>(waiting(it)).toBe(3);
    take(it);
    expect<u32>(waiting(it)).toBe(2);
    it.rxTaken = 0xfffffffe;
    it.rxWritten = 2;
    expect<u32>(waiting(it)).toBe(4);
  });
  test("a counter that the host set wild counts as an empty ring", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    it.rxWritten = 5;
    expect<u32>(waiting(it)).toBe(0);
    it.rxWritten = 0xffffffff;
    expect<u32>(waiting(it)).toBe(0);
  });
  test("the oldest slot follows the taken counter around the ring", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    expect<u32>(<u32>oldest(it) - it.rxRing).toBe(0);
    it.rxTaken = 3;
    expect<u32>(<u32>oldest(it) - it.rxRing).toBe(3 * 1536);
    take(it);
    expect<u32>(<u32>oldest(it) - it.rxRing).toBe(0);
  });
  test("a frame's length is believed up to what the slot holds", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    expect<u32>(room(it)).toBe(1536 - 10);
    store<u32>(it.rxRing, 1526);
    expect<u32>(frameLength(it, it.rxRing)).toBe(1526);
    store<u32>(it.rxRing, 1527);
    expect<u32>(frameLength(it, it.rxRing)).toBe(0);
    store<u32>(it.rxRing, 0xffffffff);
    expect<u32>(frameLength(it, it.rxRing)).toBe(0);
    expect<u32>(room(device(DeviceKind.RAW_IP, 8))).toBe(1536 - 24);
  });
  test("text leaves two slots free, replies one, ARP none", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    expect<u32>(free(it, Reserve.DATA)).toBe(6);
    expect<u32>(free(it, Reserve.ARP)).toBe(8);
    expect<u32>(fill(it, 9, Reserve.DATA)).toBe(6);
    expect<bool>(isFree(it, Reserve.REPLY)).toBe(true);
    expect<u32>(fill(it, 9, Reserve.REPLY)).toBe(1);
    expect<u32>(fill(it, 9, Reserve.ARP)).toBe(1);
    expect<bool>(isFree(it, Reserve.ARP)).toBe(false);
    expect<u32>(free(it, Reserve.DATA)).toBe(0);
    it.txTaken++;
    expect<bool>(isFree(it, Reserve.ARP)).toBe(true);
    expect<bool>(isFree(it, Reserve.REPLY)).toBe(false);
  });
  test("rings of fewer than 4 slots reserve nothing", () => {
    const it = device(DeviceKind.ETHERNET, 2);
    expect<u32>(fill(it, 9, Reserve.DATA)).toBe(2);
  });
  test("a full ring sets TX_BLOCKED and counts", () => {
    const it = device(DeviceKind.ETHERNET, 4);
    expect<u32>(fill(it, 4, Reserve.ARP)).toBe(4);
    expect<u32>(root.flags & Flag.TX_BLOCKED).toBe(0);
    expect<usize>(claim(it, Reserve.ARP)).toBe(0);
    expect<u32>(root.flags & Flag.TX_BLOCKED).toBe(Flag.TX_BLOCKED);
    expect<u32>(counted(Counter.TX_FULL)).toBe(1);
  });
  test("the host's taken counter set wild leaves no slot free", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    it.txTaken = 1;
    expect<bool>(isFree(it, Reserve.ARP)).toBe(false);
  });
  test("a published slot says its length, with flags and offload fields zero", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    it.txWritten = 9;
    it.txTaken = 9;
    memory.fill(it.txRing + 1536, 0xee, 10);
    const slot = claim(it, Reserve.ARP);
    expect<u32>(<u32>slot - it.txRing).toBe(1536);
    const sent = counted(Counter.FRAMES_OUT);
    publish(it, slot, 77);
    expect<u32>(load<u32>(slot)).toBe(77);
    expect<u32>(load<u32>(slot, 4)).toBe(0);
    expect<u32>(load<u16>(slot, 8)).toBe(0);
    expect<u32>(it.txWritten).toBe(10);
    expect<u32>(counted(Counter.FRAMES_OUT) - sent).toBe(1);
  });
  test("a slot says what is left to the NIC, and of a device with offloads what the NIC has seen", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    const slot = claim(it, Reserve.ARP);
    leave(slot, SlotFlag.CHECKSUM_LEFT | SlotFlag.SUPER_FRAME, 1460);
    publish(it, slot, 3000);
    expect<u32>(load<u16>(slot, 4)).toBe(6);
    expect<u32>(load<u16>(slot, 6)).toBe(1460);
    store<u16>(slot, SlotFlag.CHECKSUM_VERIFIED, 4);
    expect<bool>(isVerified(it, slot)).toBe(false);
    it.offload = <u16>Offload.CHECKSUM;
    expect<bool>(isVerified(it, slot)).toBe(true);
    store<u16>(slot, 0, 4);
    expect<bool>(isVerified(it, slot)).toBe(false);
    it.offload = 0;
  });
  test("with no carrier a frame is lost and counted", () => {
    const it = device(DeviceKind.ETHERNET, 8);
    it.linkDown = 1;
    publish(it, claim(it, Reserve.ARP), 60);
    expect<u32>(it.txWritten).toBe(0);
    expect<u32>(counted(Counter.LINK_DOWN)).toBe(1);
  });
});
