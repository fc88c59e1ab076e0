import { LOOPBACK, OFFLOAD } from "../memory/config";
import { Device, DeviceKind, Flag, SlotFlag } from "../memory/control";
import { count, Counter } from "../memory/counters";
import { root } from "../memory/root";

/** Octets of a slot's header. */
export const SLOT_HEADER: u32 = 10;
/** Where a raw IP packet begins in a slot, and the IP header of an Ethernet frame. */
export const SLOT_IP: u32 = 24;

/** Slots of the TX ring that a purpose leaves free for those more urgent; rings of fewer than 4 slots leave none. */
export enum Reserve {
  ARP = 0,
  REPLY = 1,
  DATA = 2,
}

/** Frames written by the host and not yet taken. A counter that the host set wild counts as an empty ring. */
export function waiting(device: Device): u32 {
  const frames = device.rxWritten - device.rxTaken;
  return frames <= device.rxSlots ? frames : 0;
}
/** The slot of the oldest frame. Only when one waits. */
export function oldest(device: Device): usize {
  return device.rxRing + (device.rxTaken & (device.rxSlots - 1)) * device.slotOctets;
}
/** Gives the oldest slot back to the host; of a loopback device it is free to be sent from again. */
export function take(device: Device): void {
  device.rxTaken++;
  if (isLoopback(device)) device.txTaken = device.rxTaken;
}
/** Whether what is sent on a device arrives on it, through one ring. */
export function isLoopback(device: Device): bool {
  return LOOPBACK ? device.kind == <u8>DeviceKind.LOOPBACK : false;
}
/** Octets of the frame in a slot, 0 when the header claims more than the slot holds. */
export function frameLength(device: Device, slot: usize): u32 {
  const length = load<u32>(slot);
  return length <= room(device) ? length : 0;
}
/** Octets of frame that fit a slot. */
export function room(device: Device): u32 {
  return device.slotOctets - (device.kind == <u8>DeviceKind.ETHERNET ? SLOT_HEADER : SLOT_IP);
}

/** The slot for the next frame that arrives, for a link that is driven from inside; 0: the ring is full. */
export function slotIn(device: Device): usize {
  if (device.rxWritten - device.rxTaken >= device.rxSlots) return 0;
  return device.rxRing + (device.rxWritten & (device.rxSlots - 1)) * device.slotOctets;
}
/** The slot of the oldest frame to be sent, likewise; 0: none. */
export function oldestOut(device: Device): usize {
  if (device.txWritten == device.txTaken) return 0;
  return device.txRing + (device.txTaken & (device.txSlots - 1)) * device.slotOctets;
}
/** That frame has been sent. */
export function takeOut(device: Device): void {
  device.txTaken++;
}

/** Whether a frame may be read: there is room to answer it. A loopback device makes room by reading. */
export function isReadable(device: Device): bool {
  return isLoopback(device) || isFree(device, Reserve.REPLY);
}
/** Whether a slot of the TX ring is free for this purpose. */
export function isFree(device: Device, reserve: Reserve): bool {
  return hasFree(device, reserve, 1);
}
/** Whether `slots` slots are. */
export function hasFree(device: Device, reserve: Reserve, slots: u32): bool {
  return free(device, reserve) >= slots;
}
/** How many are. */
export function free(device: Device, reserve: Reserve): u32 {
  const used = device.txWritten - device.txTaken;
  const left: u32 = used <= device.txSlots ? device.txSlots - used : 0;
  const kept: u32 = device.txSlots >= 4 ? <u32>reserve : 0;
  return left > kept ? left - kept : 0;
}
/** The next TX slot, or 0 when none is free for this purpose; then TX_BLOCKED is set. */
export function claim(device: Device, reserve: Reserve): usize {
  if (!isFree(device, reserve)) {
    root.flags |= Flag.TX_BLOCKED;
    count(Counter.TX_FULL);
    return 0;
  }
  const slot = device.txRing + (device.txWritten & (device.txSlots - 1)) * device.slotOctets;
  store<u32>(slot, 0, 4);
  store<u16>(slot, 0, 8);
  return slot;
}
/** What the NIC is to do with the frame in a slot: SlotFlag bits, and octets of text of each segment. */
export function leave(slot: usize, flags: u32, segmentSize: u32): void {
  store<u32>(slot, flags | (segmentSize << 16), 4);
}
/** Whether the checksum of the frame in a slot needs no look. */
export function isVerified(device: Device, slot: usize): bool {
  return OFFLOAD && device.offload ? (load<u16>(slot, 4) & SlotFlag.CHECKSUM_VERIFIED) != 0 : false;
}
/** Hands the slot claimed last to the host, with a frame of `length` octets. With no carrier the frame is lost. */
export function publish(device: Device, slot: usize, length: u32): void {
  if (device.linkDown) return count(Counter.LINK_DOWN);
  store<u32>(slot, length);
  device.txWritten++;
  if (isLoopback(device)) device.rxWritten = device.txWritten;
  count(Counter.FRAMES_OUT);
}
