import type { Endpoint } from "./address.js";
import { CONTROL, Err } from "./constants.js";
import { ServiceCalls } from "./servicecalls.js";

/** What a TFTP client wants. */
export interface TftpRequest {
  transfer: number;
  /** Whether it brings a file; otherwise it wants one. */
  writes: boolean;
  /** Octets of the file it brings; null: it did not say. */
  size: number | null;
  name: string;
}
/** What is known of a transfer. */
export interface TftpStatus {
  /** TransferState, or an error. */
  state: number;
  /** Code of the peer's error packet. */
  code: number;
  blockSize: number;
  /** Octets of the file as the peer said; null: it did not. */
  size: number | null;
}

const UNKNOWN = 0xffffffff;

/** The TFTP calls, under the ABI's names. NOT_SUPPORTED in a module without them. */
export class TftpCalls extends ServiceCalls {
  /** Asks `server` (port 69 where none is given) for a file; answers a transfer, to be read block by block. `block` 0: the longest that fits. */
  tftp_get(server: Endpoint, name: string, block = 0): number {
    const octets = this.pass(name);
    if (!this.exports.tftp_get || octets < 0) return octets;
    return this.endpoint(CONTROL.remote, server) || this.exports.tftp_get(octets, block);
  }
  /** Offers `server` a file of `size` octets; answers a transfer, to be written block by block. */
  tftp_put(server: Endpoint, name: string, size: number, block = 0): number {
    const octets = this.pass(name);
    if (!this.exports.tftp_put || octets < 0) return octets;
    return this.endpoint(CONTROL.remote, server) || this.exports.tftp_put(octets, block, size);
  }
  /** Takes requests of clients on port 69, or no more. */
  tftp_serve(on = true): number {
    return this.exports.tftp_serve?.(on ? 1 : 0) ?? Err.NOT_SUPPORTED;
  }
  /** The next client that waits to be allowed or refused, or an error: WOULD_BLOCK. */
  tftp_asked(): TftpRequest | number {
    const transfer = this.exports.tftp_asked?.() ?? Err.NOT_SUPPORTED;
    if (transfer < 0) return transfer;
    const at = this.word(CONTROL.exchange);
    const [direction, size, octets] = [0, 4, 8].map((offset) => this.view.getUint32(at + offset, true)) as [number, number, number];
    const name = new TextDecoder().decode(this.octets.slice(at + 12, at + 12 + octets));
    return { transfer, writes: direction === 2, size: size === UNKNOWN ? null : size, name };
  }
  /** Lets a client have its way; `size`: octets of the file it wants. */
  tftp_allow(transfer: number, size = 0): number {
    return this.exports.tftp_allow?.(transfer, size) ?? Err.NOT_SUPPORTED;
  }
  /** The next block of a file, as a copy, which acknowledges it; or an error: WOULD_BLOCK, END after the last. */
  tftp_read(transfer: number): Uint8Array | number {
    const octets = this.exports.tftp_read?.(transfer) ?? Err.NOT_SUPPORTED;
    if (octets < 0) return octets;
    const span = this.word(CONTROL.span);
    const block = this.octets.slice(span, span + octets);
    this.exports.tftp_read_done?.(transfer);
    return block;
  }
  /** Octets that the next block takes; 0: the last one is on its way. */
  tftp_space(transfer: number): number {
    return this.exports.tftp_space?.(transfer) ?? Err.NOT_SUPPORTED;
  }
  /** Sends as much of `octets` from `from` on as a block takes; answers how many, 0 while the last block is on its way, or an error. A block that is not full ends the file. */
  tftp_write(transfer: number, octets: Uint8Array, from = 0): number {
    const space = this.tftp_space(transfer);
    if (space <= 0) return space;
    const block = octets.subarray(from, from + space);
    this.octets.set(block, this.word(CONTROL.span));
    return this.exports.tftp_write?.(transfer, block.length) || block.length;
  }
  /** State, or the error, and what is known. */
  tftp_status(transfer: number): TftpStatus {
    const state = this.exports.tftp_status?.(transfer) ?? Err.NOT_SUPPORTED;
    const at = this.word(CONTROL.exchange);
    const [code, blockSize, size] = [0, 4, 8].map((offset) => this.view.getUint32(at + offset, true)) as [number, number, number];
    return { state, code, blockSize, size: size === UNKNOWN ? null : size };
  }
  /** Refuses a client, gives up, or lets go of what has ended. */
  tftp_drop(transfer: number, code = 0): number {
    return this.exports.tftp_drop?.(transfer, code) ?? Err.NOT_SUPPORTED;
  }
}
