/** A place in a doubly linked list; the list's head is one too. An unlinked one has next 0. Octets: next 4, previous 4. */
@unmanaged
@final
export class Link {
  next: u32;
  previous: u32;

  static at(address: usize): Link {
    return changetype<Link>(address);
  }
  get address(): u32 {
    return <u32>changetype<usize>(this);
  }
  get linked(): bool {
    return this.next != 0;
  }
  get isEmpty(): bool {
    return this.next == this.address;
  }
  /** Makes this an empty list's head. */
  clear(): void {
    this.next = this.address;
    this.previous = this.address;
  }
  /** Puts `entry` at the tail of the list whose head this is. */
  push(entry: Link): void {
    entry.next = this.address;
    entry.previous = this.previous;
    Link.at(this.previous).next = entry.address;
    this.previous = entry.address;
  }
  /** Takes this out of its list; nothing when in none. */
  unlink(): void {
    if (!this.next) return;
    Link.at(this.previous).next = this.next;
    Link.at(this.next).previous = this.previous;
    this.next = 0;
    this.previous = 0;
  }
}
