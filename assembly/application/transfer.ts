import { root, state } from "../memory/root";
import { Instant } from "../memory/time";
import { Datagrams } from "../udp";

/** How far a transfer is. */
export enum TransferState {
  FREE = 0,
  /** A client has asked: the host must allow or refuse. */
  ASKED = 1,
  /** Our request has left, nothing was heard. */
  REQUESTED = 2,
  /** Sending: a block can be given. Receiving: the next one is awaited. */
  OPEN = 3,
  /** Sending: a block is on its way. */
  SENT = 4,
  /** Receiving: a block can be read. */
  BLOCK = 5,
  /** All has arrived. */
  DONE = 6,
  FAILED = 7,
}
/** Octets of the longest packet: what a datagram at an MTU of 1,500 holds. */
export const PACKET_MAX: u32 = 1472;

/** One file on its way. What may have to be sent again follows the record. 1,536 octets with it. */
@unmanaged
@final
export class Transfer {
  state: TransferState;
  /** 1: we send. */
  isSender: u8;
  /** 1: a client came to us. */
  isServer: u8;
  /** Times the packet was sent again in a row. */
  tries: u8;
  /** 1: the block sent or acknowledged last ended the file. */
  isLast: u8;
  generation: u32;
  socket: u32;
  peer: u32;
  /** Its transfer identifier, 0 before its first answer. */
  port: u32;
  /** Number of the block sent or acknowledged last, not wrapping. */
  block: u32;
  blockSize: u32;
  /** Octets of the file as the peer says, 0xffffffff: it did not. */
  size: u32;
  due: Instant;
  /** Milliseconds before the first repetition. */
  patience: u32;
  /** Octets of the packet that is sent again. */
  length: u32;
  error: i32;
  /** Code of the peer's error packet. */
  code: u32;
  /** Options that a client proposed and must be told of: 1 block size, 2 timeout, 4 size of the file. */
  hasOptions: u32;
  /** Where a request goes. */
  requestPort: u16;
  reserved: u16;

  get packet(): usize {
    return changetype<usize>(this) + offsetof<Transfer>();
  }
  get datagrams(): Datagrams {
    return changetype<Datagrams>(<usize>this.socket);
  }
  /** The number by which the host names it: place + 1, and how often the place was used. */
  get handle(): i32 {
    return <i32>(((this.generation & 0x7fff) << 16) | ((<u32>changetype<usize>(this) - state.transfers) / TRANSFER_OCTETS + 1));
  }
}
export const TRANSFER_OCTETS: u32 = PACKET_MAX + 64;
if (offsetof<Transfer>() != 64) ERROR("layout of Transfer changed");

/** The transfer in a place, 0 to the capacity. */
export function placed(i: u32): Transfer {
  return changetype<Transfer>(<usize>(state.transfers + i * TRANSFER_OCTETS));
}
/** The transfer of a handle, null when it is over and let go. */
export function named(handle: i32): Transfer | null {
  const place = <u32>(handle & 0xffff) - 1;
  if (handle <= 0 || place >= root.extra.transfers) return null;
  const it = placed(place);
  return it.state != TransferState.FREE && it.handle == handle ? it : null;
}
/** A free one, zeroed, with the next generation; null when all are taken. */
export function take(): Transfer | null {
  for (let i: u32 = 0; i < root.extra.transfers; i++) {
    const it = placed(i);
    if (it.state != TransferState.FREE) continue;
    const generation = it.generation + 1;
    memory.fill(changetype<usize>(it), 0, offsetof<Transfer>());
    it.generation = generation;
    return it;
  }
  return null;
}
