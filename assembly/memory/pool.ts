/** What every pooled record begins with. 16 octets. */
@unmanaged
export class Timed {
  /** Next in the pool's queue of free records; while taken, next in a hash chain. */
  link: u32;
  /** Place in the heap of deadlines + 1; 0: in none. */
  heapPlace: u32;
  /** Kind. */
  kind: u8;
  taken: u8;
  /** Raised each time the record is given back. */
  generation: u16;
  /** Place in its pool. */
  index: u32;

  get address(): u32 {
    return <u32>changetype<usize>(this);
  }
}
export const TIMED_OCTETS: usize = 16;

/** What a record is; also the first field of a handle. */
export enum Kind {
  NONE = 0,
  TCP = 1,
  LISTENER = 2,
  UDP = 3,
  HALF_OPEN = 4,
  TIME_WAIT = 5,
  NEIGHBOUR = 6,
  ROUTE = 7,
  HOLD = 8,
  GROUP = 9,
  MEMBER = 10,
  SOURCE = 11,
  FRAGMENTS = 12,
  FLOW = 13,
  MAPPING = 14,
}

/** Fewest free records before one is used again while others were never used. Keeps stale handles stale without walking over all memory. */
const REUSE_DEPTH: u32 = 8;

/** Records of one size, never moved. Taken first-in first-out, so that a stale handle stays an error for long. 36 octets. */
@unmanaged
@final
export class Pool {
  base: u32;
  /** Octets of one record. */
  stride: u32;
  capacity: u32;
  /** Records that were ever used; those beyond were never touched. */
  mark: u32;
  /** Free records below the mark, a queue. */
  head: u32;
  tail: u32;
  free: u32;
  kind: u32;
  /** Index of the first record; the four pools of TCP sockets count on from each other. */
  first: u32;

  get used(): u32 {
    return this.mark - this.free;
  }
  /** The record at place `place`, counted from 0 in this pool. */
  at(place: u32): usize {
    return this.base + place * this.stride;
  }
  /** A zeroed record, or 0 when all are taken. */
  take(): usize {
    let address: usize;
    if (this.free > REUSE_DEPTH || (this.free && this.mark == this.capacity)) {
      address = this.head;
      const record = changetype<Timed>(address);
      this.head = record.link;
      this.free--;
      record.link = 0;
      record.heapPlace = 0;
      memory.fill(address + TIMED_OCTETS, 0, <usize>this.stride - TIMED_OCTETS);
    } else {
      if (this.mark == this.capacity) return 0;
      address = this.at(this.mark);
      memory.fill(address, 0, this.stride);
      changetype<Timed>(address).index = this.first + this.mark++;
    }
    changetype<Timed>(address).kind = <u8>this.kind;
    changetype<Timed>(address).taken = 1;
    return address;
  }
  /** Gives a record back. The caller has taken it out of every list, chain and heap. */
  give(address: usize): void {
    const record = changetype<Timed>(address);
    record.taken = 0;
    record.generation++;
    record.link = 0;
    if (this.free) changetype<Timed>(this.tail).link = record.address;
    else this.head = record.address;
    this.tail = record.address;
    this.free++;
  }
}
export const POOL_OCTETS: usize = 36;
if (offsetof<Pool>() != POOL_OCTETS) ERROR("layout of Pool changed");
if (offsetof<Timed>() != TIMED_OCTETS) ERROR("layout of Timed changed");

/** Places in the pool table. */
export enum PoolIndex {
  TCP0 = 0,
  TCP1 = 1,
  TCP2 = 2,
  TCP3 = 3,
  LISTENER = 4,
  HALF_OPEN = 5,
  TIME_WAIT = 6,
  UDP = 7,
  NEIGHBOUR = 8,
  ROUTE = 9,
  HOLD = 10,
  GROUP = 11,
  MEMBER = 12,
  SOURCE = 13,
  FRAGMENTS = 14,
  FLOW = 15,
  MAPPING = 16,
  COUNT = 17,
}
