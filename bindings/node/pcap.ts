import { closeSync, openSync, writeSync } from "node:fs";
import type { Driver, Port } from "./driver.js";
import { RingwireError } from "./error.js";
import type { Kind } from "./settings.js";

const MAGIC = 0xa1b2c3d4;
const SNAPLEN = 262_144;
const LINKTYPE_ETHERNET = 1;
const LINKTYPE_RAW = 101;
/** Octets of the header of a file, and of each record's. */
export const FILE_HEADER = 24;
export const RECORD_HEADER = 16;
const BUFFER = 1 << 18;
/** How long frames wait in memory before they are written, milliseconds. */
const FLUSH = 200;

/** Milliseconds since 1970, fractions allowed. */
export type Clock = () => number;

/** Writes frames to a pcap file, with microsecond stamps. Frames are gathered in memory and written in large pieces, at the latest after 200 ms.
 * When the file takes no more (a full disk) `failed` is told once, or the next call throws LINK; nothing more is written. */
export class PcapWriter {
  readonly #fd: number;
  readonly #path: string;
  readonly #clock: Clock;
  /** Is told when the file takes no more. */
  failed: ((error: RingwireError) => void) | undefined;
  #error: RingwireError | undefined;
  readonly #buffer = Buffer.alloc(BUFFER);
  #used = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Makes or empties the file; throws LINK when it cannot be written. */
  constructor(path: string, kind: Kind = "ethernet", clock: Clock = wallClock) {
    this.#clock = clock;
    this.#path = path;
    try {
      this.#fd = openSync(path, "w");
    } catch (error) {
      throw this.#errorFor(error);
    }
    const header = this.#buffer;
    header.writeUInt32LE(MAGIC, 0);
    header.writeUInt16LE(2, 4);
    header.writeUInt16LE(4, 6);
    header.writeUInt32LE(SNAPLEN, 16);
    header.writeUInt32LE(kind === "ip" ? LINKTYPE_RAW : LINKTYPE_ETHERNET, 20);
    this.#used = FILE_HEADER;
    this.flush();
  }

  /** Notes the first `length` octets of a frame. */
  write(frame: Uint8Array, length = frame.length): void {
    this.#rethrow();
    if (this.#closed) return;
    if (this.#used + RECORD_HEADER + length > BUFFER) this.flush();
    const micros = Math.round(this.#clock() * 1000);
    const at = this.#used;
    this.#buffer.writeUInt32LE(Math.floor(micros / 1e6) >>> 0, at);
    this.#buffer.writeUInt32LE(micros % 1e6, at + 4);
    this.#buffer.writeUInt32LE(length, at + 8);
    this.#buffer.writeUInt32LE(length, at + 12);
    this.#buffer.set(frame.length === length ? frame : frame.subarray(0, length), at + RECORD_HEADER);
    this.#used = at + RECORD_HEADER + length;
    this.#timer ??= setTimeout(() => this.#writeOut(), FLUSH).unref();
  }
  /** Writes what was gathered. */
  flush(): void {
    this.#writeOut();
    this.#rethrow();
  }
  /** Writes what was gathered and closes the file. */
  close(): void {
    this.#writeOut();
    this.#end();
    this.#rethrow();
  }

  #writeOut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#closed) return;
    try {
      for (let written = 0; written < this.#used; ) written += writeSync(this.#fd, this.#buffer, written, this.#used - written);
      this.#used = 0;
    } catch (error) {
      this.#end();
      this.#error = this.#errorFor(error);
      if (!this.failed) return;
      this.failed(this.#error);
      this.#error = undefined;
    }
  }
  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }
  #rethrow(): void {
    const error = this.#error;
    this.#error = undefined;
    if (error) throw error;
  }
  #errorFor(error: unknown): RingwireError {
    return new RingwireError("LINK", `pcap: ${this.#path} cannot be written: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** A driver that notes every frame of another one in a pcap file, both directions, as the stack sees them. The file is closed when it stops. */
export function capture(driver: Driver, path: string, clock: Clock = wallClock): Driver {
  return new CapturingDriver(driver, new PcapWriter(path, driver.kind, clock));
}

function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

class CapturingDriver implements Driver {
  readonly kind: Kind;
  readonly mtu?: number;
  readonly #inner: Driver;
  readonly #file: PcapWriter;

  constructor(inner: Driver, file: PcapWriter) {
    this.kind = inner.kind;
    if (inner.mtu !== undefined) this.mtu = inner.mtu;
    this.#inner = inner;
    this.#file = file;
  }
  start(port: Port): void {
    this.#file.failed = (error) => port.fail(error);
    this.#inner.start(new CapturingPort(port, this.#file));
  }
  pump(): void {
    this.#inner.pump();
  }
  async stop(): Promise<void> {
    await this.#inner.stop();
    this.#file.close();
  }
}

/** A port whose frames are noted: received ones when they are committed, sent ones when they are taken. */
class CapturingPort implements Port {
  readonly #port: Port;
  readonly #file: PcapWriter;

  constructor(port: Port, file: PcapWriter) {
    this.#port = port;
    this.#file = file;
  }
  get length(): number {
    return this.#port.length;
  }
  get txFull(): boolean {
    return this.#port.txFull;
  }
  slot(): Uint8Array | null {
    return this.#port.slot();
  }
  commit(length: number): void {
    const slot = this.#port.slot();
    if (slot) this.#file.write(slot, Math.min(length, slot.length));
    this.#port.commit(length);
  }
  input(frame: Uint8Array, length = frame.length): boolean {
    if (!this.#port.input(frame, length)) return false;
    this.#file.write(frame, length);
    return true;
  }
  peek(): Uint8Array | null {
    return this.#port.peek();
  }
  take(): void {
    const frame = this.#port.peek();
    if (frame) this.#file.write(frame, this.#port.length);
    this.#port.take();
  }
  wake(now?: boolean): void {
    this.#port.wake(now);
  }
  setLink(up: boolean): void {
    this.#port.setLink(up);
  }
  fail(error: RingwireError): void {
    this.#port.fail(error);
  }
}
