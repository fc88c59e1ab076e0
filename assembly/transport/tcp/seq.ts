/** A position in a space that wraps at 2^32. The reference itself is the number; it is never dereferenced. RFC 9293 §3.4. */
@unmanaged
@final
export class Seq {
  static of(n: u32): Seq {
    return changetype<Seq>(<usize>n);
  }
  get u32(): u32 {
    return <u32>changetype<usize>(this);
  }
  plus(octets: u32): Seq {
    return Seq.of(this.u32 + octets);
  }
  minus(octets: u32): Seq {
    return Seq.of(this.u32 - octets);
  }
  /** Octets from `from` to here; meaningful when this is not before it. */
  since(from: Seq): u32 {
    return this.u32 - from.u32;
  }
  @operator("<")
  static lt(a: Seq, b: Seq): bool {
    return <i32>(a.u32 - b.u32) < 0;
  }
  @operator("<=")
  static le(a: Seq, b: Seq): bool {
    return <i32>(a.u32 - b.u32) <= 0;
  }
  @operator(">")
  static gt(a: Seq, b: Seq): bool {
    return <i32>(a.u32 - b.u32) > 0;
  }
  @operator(">=")
  static ge(a: Seq, b: Seq): bool {
    return <i32>(a.u32 - b.u32) >= 0;
  }
}
/** The later of two positions. */
export function later(a: Seq, b: Seq): Seq {
  return a < b ? b : a;
}
/** The earlier of two positions. */
export function sooner(a: Seq, b: Seq): Seq {
  return a < b ? a : b;
}
