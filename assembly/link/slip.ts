// read RFC 1055 first
// Frames of a raw IP device as a stream of octets on a serial line.
import { Device, DeviceKind, EXCHANGE_OCTETS } from "../memory/control";
import { Err } from "../memory/errors";
import { root, state } from "../memory/root";
import { oldestOut, room, SLOT_IP, slotIn, takeOut } from "./device";

const END: u8 = 192;
const ESC: u8 = 219;
const ESC_END: u8 = 220;
const ESC_ESC: u8 = 221;

/** Where a line stands in both directions. 12 octets. */
@unmanaged
@final
class Line {
  /** Octets of the packet that arrives; those that a slot has no room for are counted only. */
  length: u32;
  /** 1: the last octet was an ESC. */
  isEscaped: u32;
  /** Of the packet that leaves: 0 before its first END, then octets taken + 1. */
  sent: u32;
}
/** Octets for each device. */
export const LINE_OCTETS: u32 = 12;
if (offsetof<Line>() != LINE_OCTETS) ERROR("layout of Line changed");

function lineOf(device: u32): Line {
  return changetype<Line>(<usize>(state.lines + device * LINE_OCTETS));
}

/** Takes octets from the line; whole packets go into the receive ring. Answers how many it took: fewer where the ring is full. */
export function input(which: u32, from: usize, octets: u32): u32 {
  const device = root.device(which);
  const line = lineOf(which);
  for (let i: u32 = 0; i < octets; i++) {
    const slot = slotIn(device);
    if (!slot) return i;
    const octet = load<u8>(from + i);
    if (octet == END) end(device, line, slot);
    else if (octet == ESC && !line.isEscaped) line.isEscaped = 1;
    else arrives(device, line, slot, octet);
  }
  return octets;
}
/** A packet is whole. What is too long for a slot has its length only: the stack counts it and drops it. */
function end(device: Device, line: Line, slot: usize): void {
  store<u32>(slot, line.length);
  store<u32>(slot, 0, 4);
  store<u16>(slot, 0, 8);
  if (line.length) device.rxWritten++;
  line.length = 0;
  line.isEscaped = 0;
}
/** An octet of a packet. One that must not follow an ESC stands for itself, as RFC 1055 has it. */
function arrives(device: Device, line: Line, slot: usize, octet: u8): void {
  let value = octet;
  if (line.isEscaped) value = octet == ESC_END ? END : octet == ESC_ESC ? ESC : octet;
  line.isEscaped = 0;
  if (line.length < room(device)) store<u8>(slot + SLOT_IP + line.length, value);
  line.length++;
}

/** Leaves octets for the line, up to `most`, of what waits in the transmit ring; answers how many. A packet stands between two ENDs. */
export function output(which: u32, to: usize, most: u32): u32 {
  const device = root.device(which);
  const line = lineOf(which);
  let count: u32 = 0;
  for (let slot = oldestOut(device); slot; slot = oldestOut(device)) {
    const length = load<u32>(slot);
    while (line.sent < length + 2) {
      if (count + 2 > most) return count;
      const isEnd = !line.sent || line.sent > length;
      count += put(to + count, isEnd ? END : load<u8>(slot + SLOT_IP + line.sent - 1), isEnd);
      line.sent++;
    }
    line.sent = 0;
    takeOut(device);
  }
  return count;
}
function put(at: usize, octet: u8, isEnd: bool): u32 {
  if (isEnd || (octet != END && octet != ESC)) {
    store<u8>(at, octet);
    return 1;
  }
  store<u8>(at, ESC);
  store<u8>(at, octet == END ? ESC_END : ESC_ESC, 1);
  return 2;
}

function isLine(which: u32): bool {
  return which < root.devices && root.device(which).kind == <u8>DeviceKind.RAW_IP;
}
/** The call slip_input: the octets lie in the exchange. */
export function take(which: u32, octets: u32): i32 {
  return isLine(which) && octets <= EXCHANGE_OCTETS ? input(which, root.exchange, octets) : Err.BAD_ARGUMENT;
}
/** The call slip_output: the octets are left in the exchange. */
export function give(which: u32): i32 {
  return isLine(which) ? output(which, root.exchange, EXCHANGE_OCTETS) : Err.BAD_ARGUMENT;
}
