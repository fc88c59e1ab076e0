// read RFC 9110 §9.3 and RFC 9112 §3 first
// Pages for a part where application/http is too large: one request of a connection, GET or HEAD, and nothing of it is kept but a hash of
// its target. An answer is written from its beginning each time there is room: what has left is passed over, what has no room comes later.
// Looks at all connections of class 0 in each poll: for few. differs: RFC 9112 §3.2, a request without Host is answered, too.
import { Err } from "../memory/errors";
import { PoolIndex } from "../memory/pool";
import { root, state } from "../memory/root";
import { after, before, Instant, NEVER, until } from "../memory/time";
import * as ready from "../transport/ready";
import * as calls from "../transport/tcp/calls";
import { Tcb } from "../transport/tcp/tcb";
import { Socket } from "../tcp";
import * as flash from "./flash";
import { FlashWhat, FlashWord } from "./flash";

/** Milliseconds a client may take for its request, and for each piece of the answer. */
const PATIENCE: u32 = 15000;
/** `HTTP/1.1` in memory. */
const VERSION: u64 = 0x312e312f50545448;
/** FNV-1a. */
const HASH: u32 = 0x811c9dc5;
const HASH_PRIME: u32 = 0x01000193;
const GET: u32 = 0x96e6be77;
const HEAD: u32 = 0x305a7fc3;

/** What comes next, octet by octet: at first the method, then the target, all up to the blank line. */
const TARGET: u8 = 1;
const REST: u8 = 2;
/** The request is whole; then: the head of its answer is written, up to where it goes on. */
const ASKED: u8 = 3;
const BODY: u8 = 4;

/** What is known of a connection: its application record. */
@unmanaged
class Exchange {
  /** When the client has taken too long. */
  due: Instant;
  /** 0 while the method comes, to BODY. */
  stage: u8;
  /** How much of the blank line was seen. */
  blank: u8;
  /** 1: HEAD, the body is not sent; 2: a method that is refused. */
  method: u8;
  /** 1: `value` is set. */
  isKept: u8;
  /** Hash of the method, then of the target. */
  hash: u32;
  /** Octets of the answer: written in this pass, and before in all. */
  at: u32;
  sent: u32;
  /** Free octets at the socket's output, and those of them that are written. */
  room: u32;
  filled: u32;
  value: u32;
}

/** A connection whose request is to be answered, as its application sees it. Good for the length of one `serve`. */
@unmanaged
@final
export class Page {
  private get tcb(): Tcb {
    return changetype<Tcb>(this);
  }
  private get stream(): Socket {
    return changetype<Socket>(this);
  }
  private get it(): Exchange {
    return changetype<Exchange>(this.tcb.record);
  }
  /** Whether the request is for this target, what follows a question mark left out. */
  is(target: string): bool {
    let hash = HASH;
    for (let i = 0; i < target.length; i++) hash = step(hash, target.charCodeAt(i));
    return this.it.hash == hash;
  }
  /** The first value that was given here since the request came: what an answer says must not change while it leaves. */
  keep(value: u32): u32 {
    const it = this.it;
    if (!it.isKept) it.value = value;
    it.isKept = 1;
    return it.value;
  }
  /** Begins an answer of a status and a media type. */
  begin(status: u32, type: string): void {
    const it = this.it;
    it.stage = ASKED;
    it.at = 0;
    it.filled = 0;
    it.room = this.stream.writable;
    for (let i = 0; i < 8; i++) this.put(<u32>(VERSION >> (i << 3)) & 255);
    this.put(32);
    this.decimal(status);
    this.text(" \r\nConnection: close\r\nContent-Type: ");
    this.text(type);
    this.text("\r\n\r\n");
    it.stage = BODY;
  }
  /** Characters of a text, below U+0800, as UTF-8. */
  text(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 127) this.put(192 | (code >> 6));
      this.put(code > 127 ? 128 | (code & 63) : code);
    }
  }
  /** A number, in decimal. */
  decimal(value: u32): void {
    let unit: u32 = 1;
    while (value / unit > 9) unit *= 10;
    for (; unit; unit /= 10) this.put(48 + ((value / unit) % 10));
  }
  /** A number of hundredths, with its sign. */
  hundredths(value: i32): void {
    if (value < 0) this.put(45);
    const least = abs(value);
    this.decimal(least / 100);
    this.put(46);
    this.put(48 + ((least / 10) % 10));
    this.put(48 + (least % 10));
  }
  /** The whole answer is what the host keeps in a store; 404 when it has none of this number. */
  flash(store: u32, type: string): void {
    const it = this.it;
    const asker = this.tcb.handle;
    const done = flash.answer(asker);
    if (!it.isKept) {
      if (done == Err.WOULD_BLOCK) {
        flash.ask(asker, FlashWhat.SIZE, store, 0, 0, 0);
        return;
      }
      if (done < 0) return this.refuse(404);
      this.keep(done);
    } else if (done > 0) {
      it.filled = min<u32>(done, root.mail(FlashWord.OCTETS));
      it.sent += it.filled;
      this.leave();
    } else if (done != Err.WOULD_BLOCK) return close(this.tcb, true);
    this.begin(200, type);
    this.leave();
    if (it.sent < it.at) return;
    const offset = it.sent - it.at;
    if (it.method || offset == it.value) return close(this.tcb, false);
    const octets = min(it.room, it.value - offset);
    if (octets) flash.ask(asker, FlashWhat.READ, store, offset, octets, this.stream.output);
  }
  /** The whole answer is a status. */
  refuse(status: u32): void {
    this.begin(status, "text/plain");
    this.end();
  }
  /** The answer is written up to its end; whether all of it has left for the client. */
  end(): bool {
    this.leave();
    const isDone = this.it.sent == this.it.at;
    if (isDone) close(this.tcb, false);
    return isDone;
  }

  private put(code: u32): void {
    const it = this.it;
    if ((it.method && it.stage == BODY) || it.at++ != it.sent) return;
    if (it.filled == it.room) {
      this.leave();
      if (!it.room) return;
    }
    store<u8>(this.stream.output + it.filled++, code);
    it.sent++;
  }
  /** What is written may leave. */
  private leave(): void {
    const it = this.it;
    if (it.filled) {
      this.stream.send(it.filled);
      it.due = after(state.now, PATIENCE);
    }
    it.filled = 0;
    it.room = this.stream.writable;
  }
}

/** The next connection of an owner, behind the one given or the first of all, that is to be answered or whose answer goes on; null: no more. All must be looked at in each poll. */
export function next(owner: u32, before_: Page | null): Page | null {
  if (before_) return from(owner, changetype<Tcb>(before_).index + 1);
  while (ready.next(owner)) continue;
  return from(owner, 0);
}
/** Milliseconds until a client has taken too long. */
export function within(owner: u32): u32 {
  let least: u32 = NEVER;
  const pool = root.pool(PoolIndex.TCP0);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const tcb = changetype<Tcb>(pool.at(i));
    if (isOf(owner, tcb)) least = min(least, until(changetype<Exchange>(tcb.record).due, state.now));
  }
  return least;
}

function from(owner: u32, place: u32): Page | null {
  const pool = root.pool(PoolIndex.TCP0);
  for (let i = place; i < pool.mark; i++) {
    const tcb = changetype<Tcb>(pool.at(i));
    if (isOf(owner, tcb) && isAsked(tcb)) return changetype<Page>(tcb);
  }
  return null;
}
function isOf(owner: u32, tcb: Tcb): bool {
  return tcb.taken && tcb.held && tcb.owner == owner;
}
/** Reads the request; whether it is whole, and there is room for something of its answer. */
function isAsked(tcb: Tcb): bool {
  const it = changetype<Exchange>(tcb.record);
  const socket = changetype<Socket>(tcb);
  if (!it.hash) {
    it.hash = HASH;
    it.due = after(state.now, PATIENCE);
  }
  for (let octets = socket.readable; octets && it.stage < ASKED; octets = socket.readable) {
    let taken: u32 = 0;
    while (taken < octets && it.stage < ASKED) read(it, load<u8>(socket.input + taken++));
    socket.release(taken);
  }
  const isWhole = it.stage >= ASKED;
  if (socket.isGone || !before(state.now, it.due)) close(tcb, true);
  else if (!isWhole && socket.isFinished) close(tcb, false);
  else if (isWhole && socket.writable) {
    if (it.method < 2) return true;
    changetype<Page>(tcb).refuse(405);
  }
  return false;
}
/** One octet of the request: method, target, and all up to the blank line. */
function read(it: Exchange, code: u32): void {
  it.blank = code == (it.blank & 1 ? 10 : 13) ? it.blank + 1 : code == 13 ? 1 : 0;
  if (it.blank == 4) it.stage = it.stage == REST ? ASKED : it.stage;
  if (it.stage >= REST) return;
  const isTarget = it.stage == TARGET;
  if (code != 32 && !(isTarget && code == 63)) it.hash = step(it.hash, code);
  else {
    it.stage++;
    if (isTarget) return;
    it.method = it.hash == GET ? 0 : it.hash == HEAD ? 1 : 2;
    it.hash = HASH;
  }
}
function step(hash: u32, code: u32): u32 {
  return (hash ^ code) * HASH_PRIME;
}
function close(tcb: Tcb, isLost: bool): void {
  flash.forget(tcb.handle);
  if (isLost) calls.abort(tcb.handle);
  else calls.drop(tcb);
}
