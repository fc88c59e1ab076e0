// read RFC 8985 §5 and RFC 6675 §3 first
// What was sent and is not yet acknowledged: a record for each segment, in the order of their sequence numbers, each
// beginning where the one before ends, in a ring of fixed size. The oldest begins at SND.UNA.
import { state } from "../../memory/root";
import { Seq } from "./seq";

/** What is known of a segment. */
export enum Mark {
  /** The peer has it. */
  SACKED = 1,
  /** It is taken for lost, and was not sent again since. */
  LOST = 2,
  /** It was sent more than once. */
  AGAIN = 4,
}

/** A segment that was sent. 16 octets. */
@unmanaged
@final
export class Sent {
  start: Seq;
  end: Seq;
  /** When it last left, microseconds. */
  stamp: u32;
  marks: u32;

  get octets(): u32 {
    return this.end.since(this.start);
  }
  has(marks: u32): bool {
    return (this.marks & marks) != 0;
  }
}
/** Octets of a record. */
export const SENT_OCTETS: u32 = offsetof<Sent>();

/** The records of a connection. Indices count on and on; the cell is the index & mask. */
@unmanaged
@final
export class Scoreboard {
  base: u32;
  /** Records that fit; 0: none are kept. */
  capacity: u32;
  first: u32;
  next: u32;
  /** Octets in the network: sent, not acknowledged, neither SACKed nor taken for lost. RFC 6675 §3. */
  pipe: u32;
  /** Records with each mark. */
  sacked: u32;
  lost: u32;
  /** No record before this one is lost. */
  lostFrom: u32;
  /** Octets that the peer is known to have got, counted once each. RFC 9937 §6. */
  delivered: u32;
  /** Of these, octets of segments sent only once, before the last timeout; since the last acknowledgement. RFC 5682. */
  originals: u32;
  /** Octets SACKed and not yet acknowledged. */
  sackedOctets: u32;

  at(i: u32): Sent {
    return changetype<Sent>(<usize>(this.base + (i & (this.capacity - 1)) * SENT_OCTETS));
  }
  get count(): u32 {
    return this.next - this.first;
  }
  get isFull(): bool {
    return this.count == this.capacity;
  }
  /** Forgets all records, and with them what was SACKed. */
  clear(): void {
    this.first = this.next;
    this.lostFrom = this.next;
    this.pipe = 0;
    this.sacked = 0;
    this.sackedOctets = 0;
    this.lost = 0;
  }
  /** A segment leaves at the end of what was sent. There must be room. */
  add(start: Seq, end: Seq, marks: u32): void {
    const it = this.at(this.next++);
    it.start = start;
    it.end = end;
    it.stamp = state.micro;
    it.marks = marks;
    this.pipe += it.octets;
  }
  /** A segment leaves once more. */
  sendAgain(it: Sent): void {
    if (it.has(Mark.LOST)) {
      this.lost--;
      this.pipe += it.octets;
    }
    it.marks = (it.marks & ~Mark.LOST) | Mark.AGAIN;
    it.stamp = state.micro;
  }
  /** The peer has it. */
  deliver(it: Sent): void {
    if (it.has(Mark.SACKED)) return;
    if (it.has(Mark.LOST)) this.lost--;
    else this.pipe -= it.octets;
    it.marks = (it.marks & ~Mark.LOST) | Mark.SACKED;
    this.sacked++;
    this.sackedOctets += it.octets;
    this.delivered += it.octets;
  }
  /** It is taken for lost. */
  lose(i: u32): void {
    const it = this.at(i);
    if (it.has(Mark.SACKED | Mark.LOST)) return;
    it.marks |= Mark.LOST;
    this.pipe -= it.octets;
    this.lost++;
    if (<i32>(i - this.lostFrom) < 0) this.lostFrom = i;
  }
  /** The first record that is lost. There must be one. */
  get firstLost(): Sent {
    while (!this.at(this.lostFrom).has(Mark.LOST)) this.lostFrom++;
    return this.at(this.lostFrom);
  }
  /** All that the peer is not known to have is taken for lost. With `isReneged` also what it had SACKed. RFC 2018 §8. */
  loseAll(isReneged: bool): void {
    for (let i = this.first; i != this.next; i++) {
      const it = this.at(i);
      if (isReneged && it.has(Mark.SACKED)) {
        it.marks &= ~Mark.SACKED;
        this.sacked--;
        this.sackedOctets -= it.octets;
        this.pipe += it.octets;
      }
      this.lose(i);
    }
    this.lostFrom = this.first;
  }
  /** What was taken for lost was not. */
  findAll(): void {
    for (let i = this.lostFrom; this.lost; i++) {
      const it = this.at(i);
      if (!it.has(Mark.LOST)) continue;
      it.marks &= ~Mark.LOST;
      this.lost--;
      this.pipe += it.octets;
    }
    this.lostFrom = this.next;
  }
  /** Takes out the oldest record, which the peer has in full. */
  drop(): void {
    const it = this.at(this.first++);
    const octets = it.octets;
    if (it.has(Mark.SACKED)) {
      this.sacked--;
      this.sackedOctets -= octets;
    } else {
      if (it.has(Mark.LOST)) this.lost--;
      else this.pipe -= octets;
      this.delivered += octets;
    }
    if (<i32>(this.lostFrom - this.first) < 0) this.lostFrom = this.first;
  }
  /** Cuts what lies before `una` off the oldest record. */
  trim(una: Seq): void {
    const it = this.at(this.first);
    const octets = una.since(it.start);
    if (it.has(Mark.SACKED)) this.sackedOctets -= octets;
    else this.delivered += octets;
    if (!it.has(Mark.SACKED | Mark.LOST)) this.pipe -= octets;
    it.start = una;
  }
  /** Index of the record in which `seq` lies; `next` when it lies behind them all. It must not lie before them. */
  find(seq: Seq): u32 {
    let low = this.first;
    let high = this.next;
    while (low != high) {
      const middle = low + ((high - low) >> 1);
      if (this.at(middle).end <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
  /** Makes two of one record. False: there is no room, or nothing to cut. */
  split(i: u32, at: Seq): bool {
    if (this.isFull || at <= this.at(i).start || at >= this.at(i).end) return false;
    for (let k = this.next++; k != i; k--) memory.copy(changetype<usize>(this.at(k)), changetype<usize>(this.at(k - 1)), SENT_OCTETS);
    this.at(i).end = at;
    const it = this.at(i + 1);
    it.start = at;
    if (it.has(Mark.SACKED)) this.sacked++;
    else if (it.has(Mark.LOST)) this.lost++;
    return true;
  }
  /** The last record that the peer is not known to have, else the first. There must be one. */
  get lastMissing(): u32 {
    let i = this.next - 1;
    while (i != this.first && this.at(i).has(Mark.SACKED)) i--;
    return i;
  }
  /** Where the records end: from there on nothing that was sent is remembered. */
  end(una: Seq): Seq {
    return this.count ? this.at(this.next - 1).end : una;
  }
}
/** Octets of the records' own record. */
export const SCOREBOARD_OCTETS: usize = offsetof<Scoreboard>();
