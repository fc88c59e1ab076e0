import type { RingwireError } from "./error.js";
import type { Rings } from "./rings.js";
import type { Kind } from "./settings.js";

/**
 * What a driver sees of a stack's device: a place for received frames, and the frames to send. `Rings` with a bell.
 * Views hold until the next call; a view may be longer than the frame in it.
 */
export interface Port {
  /** The rings behind the port, where frames may be moved in runs of slots; missing when somebody wants to see every frame. */
  readonly rings?: Rings;
  /** Octets of the frame that `peek` showed last. */
  readonly length: number;
  /** Whether the stack cannot write another frame until one is taken. */
  readonly txFull: boolean;
  /** The place for the next received frame, or null while there is none. */
  slot(): Uint8Array | null;
  /** The first `length` octets of `slot()` are a frame. */
  commit(length: number): void;
  /** Copies the first `length` octets of `frame` in; false while there is no room. */
  input(frame: Uint8Array, length?: number): boolean;
  /** The oldest frame to send, or null. */
  peek(): Uint8Array | null;
  /** The frame that `peek` showed is sent or dropped. */
  take(): void;
  /** Frames were committed or taken. `now`: the caller stands at the bottom of the event loop, so that the stack may run at once. */
  wake(now?: boolean): void;
  /** The carrier came or went. */
  setLink(up: boolean): void;
  /** The device is lost for good. */
  fail(error: RingwireError): void;
}

/** A device as a stack needs it. */
export interface Driver {
  /** What its frames are. */
  readonly kind: Kind;
  /** Octets of the longest IP datagram, where the device knows. */
  readonly mtu?: number;
  /** `Offload` bits: what it does for a stack that asks it to. Its rings then carry frames that need it, see `Rings.virtioSlot`. */
  readonly offload?: number;
  /** The device is in use: frames may be put into `port`. Called once. */
  start(port: Port): void;
  /** The stack has run: there may be frames to send and room for received ones. Takes what it can; never blocks. */
  pump(): void;
  /** Lets go of everything; settles when that is done. May be called without `start`, and twice. */
  stop(): Promise<void>;
}
