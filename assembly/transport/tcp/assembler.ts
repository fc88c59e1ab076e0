import { TCP_RANGES } from "../../memory/config";
import { Seq } from "./seq";

/** Ranges of octets that arrived ahead of RCV.NXT, the newest first: so SACK wants them told. RFC 2018 §4. */
@unmanaged
@final
export class Assembler {
  count: u32;

  private cell(i: u32): usize {
    return changetype<usize>(this) + 4 + i * 8;
  }
  left(i: u32): Seq {
    return Seq.of(load<u32>(this.cell(i)));
  }
  right(i: u32): Seq {
    return Seq.of(load<u32>(this.cell(i), 4));
  }
  private put(i: u32, left: Seq, right: Seq): void {
    store<u32>(this.cell(i), left.u32);
    store<u32>(this.cell(i), right.u32, 4);
  }
  private remove(i: u32): void {
    this.count--;
    memory.copy(this.cell(i), this.cell(i + 1), (this.count - i) * 8);
  }

  /** Adds a range and joins it with those it touches. False: no place for one more; nothing has changed. */
  add(from: Seq, to: Seq): bool {
    let left = from;
    let right = to;
    if (this.count == <u32>TCP_RANGES && !this.touches(from, to)) return false;
    for (let i: u32 = 0; i < this.count; ) {
      if (this.left(i) > right || this.right(i) < left) {
        i++;
        continue;
      }
      if (this.left(i) < left) left = this.left(i);
      if (this.right(i) > right) right = this.right(i);
      this.remove(i);
    }
    memory.copy(this.cell(1), this.cell(0), this.count * 8);
    this.count++;
    this.put(0, left, right);
    return true;
  }
  private touches(from: Seq, to: Seq): bool {
    for (let i: u32 = 0; i < this.count; i++) if (this.left(i) <= to && this.right(i) >= from) return true;
    return false;
  }
  /** Where the octets from `nxt` end: takes out what has become contiguous. */
  advance(nxt: Seq): Seq {
    let reached = nxt;
    for (let i: u32 = 0; i < this.count; ) {
      if (this.left(i) > reached) {
        i++;
        continue;
      }
      if (this.right(i) > reached) reached = this.right(i);
      this.remove(i);
      i = 0;
    }
    return reached;
  }
  /** Forgets what lies beyond `end`: nothing follows a FIN. */
  truncate(end: Seq): void {
    for (let i: u32 = 0; i < this.count; ) {
      if (this.left(i) >= end) {
        this.remove(i);
        continue;
      }
      if (this.right(i) > end) this.put(i, this.left(i), end);
      i++;
    }
  }
}
export const ASSEMBLER_OCTETS: usize = 4 + <usize>TCP_RANGES * 8;
