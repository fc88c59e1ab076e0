import { CONTROL, DEVICE, DeviceKind, SLOT, SlotFlag } from "./constants.js";
import * as virtio from "./virtio.js";

/** Octets of a frame and what stands before it up to which it is copied word by word: a view of it would cost more. */
const SHORT = 256;

/** Copies words by fours, which V8 does not make of a plain loop; slots are multiples of 64 octets, so that what is copied too much is part of them. */
function copyWords(from: Uint32Array, at: number, to: Uint32Array, place: number, words: number): void {
  for (let i = 0; i < words; i += 4) {
    const source = at + i;
    const target = place + i;
    to[target] = from[source] as number;
    to[target + 1] = from[source + 1] as number;
    to[target + 2] = from[source + 2] as number;
    to[target + 3] = from[source + 3] as number;
  }
}

/** The two frame rings of a device, from the host's side. docs/abi.md section 3. */
export class Rings {
  /** Octets of the frame that `peek` showed last. */
  length = 0;
  /** Longest frame that fits a slot, octets. */
  readonly capacity: number;
  readonly rxSlots: number;
  readonly txSlots: number;
  /** `Offload` bits of the device. */
  readonly offload: number;

  readonly #u8: Uint8Array;
  readonly #u32: Uint32Array;
  /** Index of the device record's first word. */
  readonly #record: number;
  readonly #stride: number;
  /** Where a frame begins in its slot. */
  readonly #start: number;
  readonly #rxRing: number;
  readonly #txRing: number;
  readonly #rxViews: Uint8Array[];
  readonly #txViews: Uint8Array[];
  readonly #linkDown: number;
  /** Flags and segment size of the frame that `virtioPeek` showed. */
  #kept = 0;
  /** Likewise, with a virtio-net header in front of the frame; none without offloads. */
  readonly #rxVirtio: Uint8Array[] = [];
  readonly #txVirtio: Uint8Array[] = [];

  /** `control` is the address of the control block; `init` must have succeeded. */
  constructor(u8: Uint8Array, u32: Uint32Array, control: number, device: number) {
    const at = control + CONTROL.deviceTable + device * DEVICE.octets;
    this.#u8 = u8;
    this.#u32 = u32;
    this.#record = at >>> 2;
    this.#linkDown = at + DEVICE.linkDown;
    this.#start = u8[at + DEVICE.kind] === DeviceKind.ETHERNET ? SLOT.ethernet : SLOT.rawIp;
    this.#stride = this.#word(DEVICE.slotOctets);
    this.rxSlots = this.#word(DEVICE.rxSlots);
    this.txSlots = this.#word(DEVICE.txSlots);
    this.#rxRing = this.#word(DEVICE.rxRing);
    this.#txRing = this.#word(DEVICE.txRing);
    this.capacity = this.#stride - this.#start;
    this.#rxViews = this.#views(this.#rxRing, this.rxSlots);
    this.#txViews = this.#views(this.#txRing, this.txSlots);
    this.offload = (u8[at + DEVICE.offload] as number) | ((u8[at + DEVICE.offload + 1] as number) << 8);
    if (!this.offload) return;
    this.#rxVirtio = this.#views(this.#rxRing, this.rxSlots, virtio.HEADER);
    this.#txVirtio = this.#views(this.#txRing, this.txSlots, virtio.HEADER);
  }

  /** Carrier: whether the stack may send and receive here. */
  get link(): boolean {
    return this.#u8[this.#linkDown] === 0;
  }
  set link(up: boolean) {
    const down = up ? 0 : 1;
    if (this.#u8[this.#linkDown] === down) return;
    this.#u8[this.#linkDown] = down;
    this.#setWord(DEVICE.linkChanges, this.#word(DEVICE.linkChanges) + 1);
  }
  /** Free slots of the receive ring. */
  get room(): number {
    return this.rxSlots - this.#word(DEVICE.rxWritten) + this.#word(DEVICE.rxTaken);
  }
  /** Frames in the transmit ring. */
  get pending(): number {
    return (this.#word(DEVICE.txWritten) - this.#word(DEVICE.txTaken)) >>> 0;
  }
  /** Whether the transmit ring has no free slot. */
  get txFull(): boolean {
    return this.pending === this.txSlots;
  }

  /** The place for the next received frame, or null while the ring is full. */
  slot(): Uint8Array | null {
    return this.#free(this.#rxViews);
  }
  /** The first `length` octets of `slot()` are a frame. */
  commit(length: number): void {
    this.#stored(length, 0);
  }
  /** Copies the first `length` octets of `frame` into the receive ring; false while it is full. A frame longer than a slot is counted by the stack and dropped. */
  input(frame: Uint8Array, length = frame.length): boolean {
    const slot = this.slot();
    if (!slot) return false;
    if (frame.length <= slot.length) slot.set(frame);
    else if (length <= slot.length) slot.set(frame.subarray(0, length));
    this.commit(length);
    return true;
  }
  /** A view that begins with the oldest frame to send, of which `length` octets are the frame; null when there is none. */
  peek(): Uint8Array | null {
    const taken = this.#word(DEVICE.txTaken);
    if (taken === this.#word(DEVICE.txWritten)) return null;
    const place = taken & (this.txSlots - 1);
    this.length = this.#u32[(this.#txRing + place * this.#stride) >>> 2] as number;
    return this.#txViews[place] as Uint8Array;
  }
  /** The frame that `peek` showed is done with. */
  take(): void {
    this.#setWord(DEVICE.txTaken, this.#word(DEVICE.txTaken) + 1);
  }
  /** Frames that were ever put into the transmit ring, modulo 2^32. */
  get written(): number {
    return this.#word(DEVICE.txWritten);
  }
  /** A copy of the frame of the transmit ring that was put there when `written` was this, while it is there. */
  frameOf(number: number): Uint8Array {
    const place = number & (this.txSlots - 1);
    const length = this.#u32[(this.#txRing + place * this.#stride) >>> 2] as number;
    return (this.#txViews[place] as Uint8Array).slice(0, length);
  }
  /** The place for the next received frame behind its virtio-net header, or null while the ring is full; for a device with offloads. */
  virtioSlot(): Uint8Array | null {
    return this.#free(this.#rxVirtio);
  }
  /** The first `length` octets of `virtioSlot()` are header and frame. */
  virtioCommit(length: number): void {
    const view = this.#rxVirtio[this.#word(DEVICE.rxWritten) & (this.rxSlots - 1)] as Uint8Array;
    this.#stored(length - virtio.HEADER, virtio.isVerified(view) ? SlotFlag.CHECKSUM_VERIFIED : 0);
  }
  /** The oldest frame to send behind a virtio-net header, of `length` octets together; null when there is none. `take` or `virtioKeep` must follow. */
  virtioPeek(): Uint8Array | null {
    if (!this.pending) return null;
    const place = this.#word(DEVICE.txTaken) & (this.txSlots - 1);
    const header = (this.#txRing + place * this.#stride) >>> 2;
    const view = this.#txVirtio[place] as Uint8Array;
    const what = this.#u32[header + 1] as number;
    this.length = (this.#u32[header] as number) + virtio.HEADER;
    this.#kept = what;
    virtio.write(view, this.#start === SLOT.ethernet, what & 0xffff, what >>> 16);
    return view;
  }
  /** The frame is still to be sent: its slot's header is as it was. */
  virtioKeep(): void {
    const header = (this.#txRing + (this.#word(DEVICE.txTaken) & (this.txSlots - 1)) * this.#stride) >>> 2;
    this.#u32[header] = this.length - virtio.HEADER;
    this.#u32[header + 1] = this.#kept;
  }
  /** A copy of the oldest received frame that the stack has not read; null when there is none. */
  unread(): Uint8Array | null {
    const taken = this.#word(DEVICE.rxTaken);
    if (taken === this.#word(DEVICE.rxWritten)) return null;
    const place = taken & (this.rxSlots - 1);
    const length = this.#u32[(this.#rxRing + place * this.#stride) >>> 2] as number;
    return (this.#rxViews[place] as Uint8Array).slice(0, length);
  }
  /** Received frames that the stack has not read. */
  get waiting(): number {
    return this.rxSlots - this.room;
  }
  /** Moves as many frames as fit from this transmit ring to the receive ring of `to`, which has the same kind; answers how many. */
  transfer(to: Rings): number {
    if (to.#stride !== this.#stride || to.#start !== this.#start) return this.#transferOneByOne(to);
    const taken = this.#word(DEVICE.txTaken);
    const written = to.#word(DEVICE.rxWritten);
    const frames = Math.min(this.pending, to.room);
    let moved = 0;
    while (moved < frames) {
      const source = (taken + moved) & (this.txSlots - 1);
      const target = (written + moved) & (to.rxSlots - 1);
      const from = this.#txRing + source * this.#stride;
      const place = to.#rxRing + target * this.#stride;
      const octets = this.#start + (this.#u32[from >>> 2] as number);
      if (octets <= SHORT) {
        copyWords(this.#u32, from >>> 2, to.#u32, place >>> 2, (octets + 3) >>> 2);
        moved++;
        continue;
      }
      const run = Math.min(frames - moved, this.txSlots - source, to.rxSlots - target);
      to.#u8.set(this.#u8.subarray(from, from + run * this.#stride), place);
      moved += run;
    }
    to.#setWord(DEVICE.rxWritten, written + moved);
    this.#setWord(DEVICE.txTaken, taken + moved);
    return moved;
  }

  #transferOneByOne(to: Rings): number {
    let moved = 0;
    for (let frame = this.peek(); frame && to.input(frame, this.length); frame = this.peek()) {
      this.take();
      moved++;
    }
    return moved;
  }
  /** The view of the next slot of the receive ring, or null while that is full. */
  #free(views: readonly Uint8Array[]): Uint8Array | null {
    const written = this.#word(DEVICE.rxWritten);
    if ((written - this.#word(DEVICE.rxTaken)) >>> 0 >= this.rxSlots) return null;
    return views[written & (this.rxSlots - 1)] as Uint8Array;
  }
  /** A frame of this length lies in it. */
  #stored(length: number, flags: number): void {
    const written = this.#word(DEVICE.rxWritten);
    const header = (this.#rxRing + (written & (this.rxSlots - 1)) * this.#stride) >>> 2;
    this.#u32[header] = length;
    this.#u32[header + 1] = flags;
    this.#setWord(DEVICE.rxWritten, written + 1);
  }
  #word(offset: number): number {
    return this.#u32[this.#record + (offset >>> 2)] as number;
  }
  #setWord(offset: number, value: number): void {
    this.#u32[this.#record + (offset >>> 2)] = value;
  }
  /** Views of the frames in a ring's slots, and of `more` octets before them. */
  #views(ring: number, slots: number, more = 0): Uint8Array[] {
    const view = (i: number) => new Uint8Array(this.#u8.buffer, ring + i * this.#stride + this.#start - more, this.capacity + more);
    return Array.from({ length: slots }, (_, i) => view(i));
  }
}
