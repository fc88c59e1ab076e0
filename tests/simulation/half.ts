// What an observer knows of one side of a connection: from the frames that stack has read and written, not from the stack.

/** The application at an end of a connection, as far as an observer wants to know. */
export interface Owner {
  /** Octets that it has written to the connection. */
  readonly written: number;
  /** It has let go. */
  readonly isDone: boolean;
}

/** Pieces of sequence space kept sorted; positions count from the side's ISN. */
export class Ranges {
  readonly list: number[] = [];

  clear(): void {
    this.list.length = 0;
  }
  /** Adds [from, to). */
  add(from: number, to: number): void {
    if (to <= from) return;
    const { list } = this;
    let i = 0;
    while (i < list.length && (list[i + 1] as number) < from) i += 2;
    let left = from;
    let right = to;
    let k = i;
    while (k < list.length && (list[k] as number) <= to) {
      left = Math.min(left, list[k] as number);
      right = Math.max(right, list[k + 1] as number);
      k += 2;
    }
    list.splice(i, k - i, left, right);
  }
  /** Forgets what lies before `position`. */
  drop(position: number): void {
    const { list } = this;
    while (list.length && (list[1] as number) <= position) list.splice(0, 2);
    if (list.length && (list[0] as number) < position) list[0] = position;
  }
  /** Octets of [from, to) that are in. */
  within(from: number, to: number): number {
    let sum = 0;
    for (let i = 0; i < this.list.length; i += 2) {
      sum += Math.max(0, Math.min(to, this.list[i + 1] as number) - Math.max(from, this.list[i] as number));
    }
    return sum;
  }
  /** Where the piece that holds `position` ends; `position` when none does. */
  endOf(position: number): number {
    for (let i = 0; i < this.list.length; i += 2) {
      if ((this.list[i] as number) <= position && (this.list[i + 1] as number) > position) return this.list[i + 1] as number;
    }
    return position;
  }
}

/** What was sent and not yet delivered, by the time it left last: a lower bound of what may be in the network. */
export class Flights {
  /** From, to and order, three numbers each, in the order of leaving. */
  readonly list: number[] = [];
  #order = 0;
  #delivered = 0;

  /** [from, to) leaves; what of it was on its way counts from now on. */
  leave(from: number, to: number): void {
    this.#cut(from, to, false);
    this.list.push(from, to, ++this.#order);
  }
  /** [from, to) has arrived. What left earlier may be taken for lost from now on. */
  arrive(from: number, to: number): void {
    this.#cut(from, to, true);
  }
  /** All may be taken for lost. */
  clear(): void {
    this.list.length = 0;
  }
  /** Octets that left after everything that has arrived. */
  get least(): number {
    let sum = 0;
    for (let i = this.list.length - 3; i >= 0 && (this.list[i + 2] as number) > this.#delivered; i -= 3) {
      sum += (this.list[i + 1] as number) - (this.list[i] as number);
    }
    return sum;
  }
  #cut(from: number, to: number, hasArrived: boolean): void {
    const { list } = this;
    let kept = 0;
    for (let i = 0; i < list.length; i += 3) {
      const [left, right, order] = [list[i] as number, list[i + 1] as number, list[i + 2] as number];
      const isTouched = left < to && right > from;
      if (isTouched && hasArrived) this.#delivered = Math.max(this.#delivered, order);
      if (isTouched && left >= from && right <= to) continue;
      list[kept++] = isTouched && left >= from ? to : left;
      list[kept++] = isTouched && left < from ? from : right;
      list[kept++] = order;
    }
    list.length = kept;
  }
}

/** One stack's side of a connection. Positions count from the ISNs: a SYN is 0, text begins at 1. */
export class Half {
  /** Our ISN; and the peer's, -1 while it is not known. */
  irs = -1;
  /** What the SYNs said. */
  ourMss = 0;
  peerMss = 0;
  ourShift = -1;
  peerShift = -1;
  hasOurSack = false;
  hasPeerSack = false;
  /** One past the highest position sent; where the FIN stands, -1: none sent. */
  sent = 0;
  fin = -1;
  /** Highest acknowledgement read in a segment that could not but be taken, and at all; and furthest right edge the peer has told. */
  una = 0;
  unaMost = 0;
  peerEdge = 0;
  /** The newest timestamp read; segments with older ones may be dropped. */
  stamp = 0;
  isStamped = false;
  /** The stack keeps records of what it has sent, where SACK is on. */
  mayRecord = false;
  /** Edges told lately, newest last: where an empty segment may stand. */
  readonly edges: number[] = [];
  /** What the peer has SACKed since the last timeout. */
  readonly sacked = new Ranges();
  readonly flights = new Flights();
  /** One past what had been sent when the timer ran out last: F-RTO may send two segments more. */
  sentAtTimeout = -1;
  /** What was read of the peer's stream; one past what was read without a hole; and one past all. */
  readonly got = new Ranges();
  reached = 0;
  gotMost = 0;
  peerFin = -1;
  /** Highest acknowledgement written, and furthest right edge offered. */
  acked = 0;
  edge = 0;
  /** In-order text up to here must be acknowledged by `ackDue`. */
  owed = 0;
  ackDue = Number.POSITIVE_INFINITY;
  /** When something was last written. */
  wroteAt = 0;
  /** Its first SYN had no ACK. */
  isActive = false;
  /** A RST was written or read: nothing more is known. */
  isOver = false;
  /** What the stack says of itself, read between its reading and its writing; `snapshot`: at which poll. */
  snapshot = -1;
  state = -1;
  cwnd = 0;
  mss = 0;
  timeouts = 0;
  window = -1;
  /** A recovery has begun: one segment may leave whatever cwnd is. */
  mayResend = false;
  /** Octets in the network as the stack counts them, and those that left since. */
  pipe = 0;
  /** An earlier SYN-ACK to the same SYN had another ISN: a cookie. */
  older: Half | null = null;
  /** Whose connection it is; null: nobody has opened or accepted it yet. */
  owner: Owner | null = null;
  /** Its SYN-ACK was a cookie: nothing is kept until it comes back. */
  isCookie = false;
  /** A late duplicate has brought the cookie once more, after the end. */
  isAgain = false;
  /** Right edge that its SYN-ACK offered. */
  firstEdge = 0;
  /** Connections of the stack that had ended badly when it last wrote. */
  endings = 0;
  /** A RST was read that stood at RCV.NXT. */
  isReset = false;
  /** Where text stood that had left when segments became shorter. */
  shrunkTo = 0;
  /** Seen once already. */
  hasWrapped = false;
  /** Longest RTO since all was acknowledged, milliseconds: a timer may run with it still. */
  rto = 0;

  constructor(
    readonly iss: number,
    readonly remote: number,
    readonly localPort: number,
    readonly remotePort: number,
    /** The stack at the other end; -1: none of ours. */
    readonly peer: number,
    /** Number of the stream that is sent, and of the one received. */
    readonly out: number,
    readonly inwards: number,
  ) {}

  /** Shift of the windows we read and of those we write. */
  get shiftIn(): number {
    return this.ourShift >= 0 && this.peerShift >= 0 ? this.peerShift : 0;
  }
  get shiftOut(): number {
    return this.ourShift >= 0 && this.peerShift >= 0 ? this.ourShift : 0;
  }
  get isSack(): boolean {
    return this.hasOurSack && this.hasPeerSack;
  }
  /** Whether a SYN of the peer with this sequence number may be a duplicate of it: it stands in the space that the peer has used, and no timestamp tells them apart. RFC 9293 §3.6.1, RFC 6191. */
  hasUsed(seq: number): boolean {
    const at = this.theirs(seq);
    return this.isClosed && !this.isStamped && at > 0 && at <= this.reached;
  }
  /** Nothing of it is left in the stack: ended by a RST, or both FINs are acknowledged. */
  get isGone(): boolean {
    return this.isOver || this.isReset || this.isClosed;
  }
  /** Both FINs are acknowledged. */
  get isClosed(): boolean {
    return this.fin >= 0 && this.unaMost > this.fin && this.peerFin >= 0 && this.acked > this.peerFin;
  }
  get hasRecords(): boolean {
    return this.mayRecord && this.isSack;
  }
  /** Takes what the peer's SYN says. */
  adopt(irs: number, syn: { mss: number; shift: number; isSackPermitted: boolean }): void {
    this.irs = irs;
    this.peerMss = syn.mss;
    this.peerShift = Math.min(syn.shift, 14);
    this.hasPeerSack = syn.isSackPermitted;
  }
  /** What a cookie that comes once more makes: the same connection, of which nothing but both SYNs has been seen. */
  again(): Half {
    const half = new Half(this.iss, this.remote, this.localPort, this.remotePort, this.peer, this.out, this.inwards);
    half.adopt(this.irs, { mss: this.peerMss, shift: this.peerShift, isSackPermitted: this.hasPeerSack });
    half.ourMss = this.ourMss;
    half.ourShift = this.ourShift;
    half.hasOurSack = this.hasOurSack;
    half.mayRecord = this.mayRecord;
    half.isCookie = true;
    half.isAgain = true;
    half.firstEdge = this.firstEdge;
    half.edge = this.firstEdge;
    half.reached = 1;
    half.acked = 1;
    half.sent = 1;
    return half;
  }
  /** Segments have become shorter: pieces of what was in flight lie across what was SACKed. */
  shorten(): void {
    this.shrunkTo = this.sent;
    this.forget();
  }
  /** All that is in flight may be sent again. */
  forget(): void {
    this.sacked.clear();
    this.flights.clear();
    this.sentAtTimeout = this.sent;
  }
  /** A position of ours; negative for what lies before the ISN. */
  ours(seq: number): number {
    return (seq - this.iss) | 0;
  }
  /** A position of the peer's. */
  theirs(seq: number): number {
    return (seq - this.irs) | 0;
  }
}
