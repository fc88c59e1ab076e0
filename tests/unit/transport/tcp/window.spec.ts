import { Seq } from "../../../../assembly/transport/tcp/seq";
import { Tcb, TCB_OCTETS } from "../../../../assembly/transport/tcp/tcb";
import { isWorthTelling, offer, offerInSyn, shiftFor } from "../../../../assembly/transport/tcp/window";

const AT: usize = memory.data(1024, 8);

function it(): Tcb {
  return changetype<Tcb>(AT);
}
/** A connection whose stream begins at `seq`: nothing received yet, the edge `edge` octets further. */
function start(seq: u32, limit: u32, mss: u32, shift: u32, edge: u32): void {
  memory.fill(AT, 0, 1024);
  const rcv = it().rcv;
  rcv.nxt = Seq.of(seq);
  rcv.read = Seq.of(seq);
  rcv.edge = Seq.of(seq + edge);
  rcv.limit = limit;
  rcv.mss = mss;
  rcv.shift = shift;
}
/** `octets` arrive in order. */
function receive(octets: u32): void {
  it().rcv.nxt = it().rcv.nxt.plus(octets);
}
function read(octets: u32): void {
  it().rcv.read = it().rcv.read.plus(octets);
}
/** The window field beside an acknowledgement of everything. */
function field(): u32 {
  return offer(it(), it().rcv.nxt);
}
function edge(): u32 {
  return it().rcv.edge.u32;
}

describe("transport/tcp/window: scaling", () => {
  test("the shift makes the limit fit sixteen bits, 14 at most (RFC 7323 2.3)", () => {
    expect<u32>(shiftFor(0)).toBe(0);
    expect<u32>(shiftFor(65535)).toBe(0);
    expect<u32>(shiftFor(65536)).toBe(1);
    expect<u32>(shiftFor(131071)).toBe(1);
    expect<u32>(shiftFor(131072)).toBe(2);
    expect<u32>(shiftFor(262144)).toBe(3);
    expect<u32>(shiftFor(1 << 20)).toBe(5);
    expect<u32>(shiftFor((1 << 30) - 1)).toBe(14);
  });
  test("a SYN's window is never scaled (A002)", () => {
    expect<u32>(offerInSyn(0)).toBe(0);
    expect<u32>(offerInSyn(16384)).toBe(16384);
    expect<u32>(offerInSyn(1 << 20)).toBe(65535);
  });
});

describe("transport/tcp/window: what is offered", () => {
  test("all the free room of an empty ring", () => {
    start(1000, 8000, 1000, 0, 8000);
    expect<u32>(field()).toBe(8000);
    receive(3000);
    expect<u32>(field()).toBe(5000);
    expect<u32>(edge()).toBe(9000);
  });
  test("reading moves the edge by as much as was read", () => {
    start(1000, 8000, 1000, 0, 8000);
    receive(3000);
    read(2000);
    expect<u32>(field()).toBe(7000);
    expect<u32>(edge()).toBe(11000);
  });
  test("MUST-39: the edge moves by a full segment or half the ring, whichever is less; not by less", () => {
    start(1000, 8000, 1000, 0, 8000);
    receive(8000);
    expect<u32>(field()).toBe(0);
    read(999);
    expect<u32>(field()).toBe(0);
    read(1);
    expect<u32>(field()).toBe(1000);
    start(1000, 800, 1000, 0, 800);
    receive(800);
    read(399);
    expect<u32>(field()).toBe(0);
    read(1);
    expect<u32>(field()).toBe(400);
  });
  test("an acknowledgement of only a part leaves the edge where it is", () => {
    start(1000, 8000, 1000, 0, 8000);
    receive(3000);
    expect<u32>(offer(it(), Seq.of(2000))).toBe(7000);
    expect<u32>(edge()).toBe(9000);
  });
  test("without scaling the field is 65,535 at most, and the edge stays where the peer was told", () => {
    start(1000, 200000, 1000, 0, 65535);
    expect<u32>(field()).toBe(65535);
    expect<u32>(edge()).toBe(1000 + 65535);
    receive(5000);
    expect<u32>(field()).toBe(65535);
    expect<u32>(edge()).toBe(6000 + 65535);
  });
  test("a ring without room offers none", () => {
    start(1000, 0, 1000, 0, 0);
    expect<u32>(field()).toBe(0);
    expect<u32>(edge()).toBe(1000);
  });
  test("works around the wrap at 2^32", () => {
    start(0xfffff000, 8192, 1000, 0, 8192);
    expect<u32>(field()).toBe(8192);
    receive(8000);
    read(8000);
    expect<u32>(field()).toBe(8192);
    expect<u32>(edge()).toBe(0xfffff000 + 8000 + 8192);
  });
});

describe("transport/tcp/window: scaled rounding", () => {
  test("the field is rounded up, so that the edge never moves left (A080, RFC 7323 2.4)", () => {
    // Shift 3: units of 8. Of 262,144 octets seven are kept in reserve for rounding: the edge stands at 1000 + 262,137.
    start(1000, 262144, 1460, 3, 65535);
    expect<u32>(field()).toBe(32768);
    // 32,768 * 8 = 262,144: all of the ring, not more.
    expect<u32>(edge()).toBe(1000 + 262144);
    receive(1);
    // 262,143 to go, rounded up: 32,768 * 8 = 262,144 would lie one beyond the ring; so one less.
    expect<u32>(field()).toBe(32767);
  });
  test("A080: what was told once stays acceptable; on the wire the edge is never a whole unit left of it, and never beyond the ring", () => {
    expect<string>(history(262144, 3)).toBe("left 0, taken back 0, beyond 0");
  });
  test("SHLD-14: without scaling the edge never moves left at all", () => {
    expect<string>(history(50000, 0)).toBe("left 0, taken back 0, beyond 0");
  });
});

/** 20,000 random arrivals and reads: how often the edge on the wire was left of what was told (by a unit or more), the edge we keep was, and the edge on the wire was beyond the ring. */
function history(limit: u32, shift: u32): string {
  start(0xfffe0000, limit, 1460, shift, min<u32>(limit, 65535));
  let told: u32 = edge();
  let left = 0;
  let takenBack = 0;
  let beyond = 0;
  let random: u32 = 12345;
  for (let i = 0; i < 20000; i++) {
    random = random * 1103515245 + 12345;
    const free = edge() - it().rcv.nxt.u32;
    if (random >> 31) receive(min((random >> 8) % 3000, free));
    else read(min((random >> 8) % 3000, it().rcv.nxt.u32 - it().rcv.read.u32));
    const on = it().rcv.nxt.u32 + (field() << shift);
    if (<i32>(told - on) >= 1 << shift) left++;
    if (<i32>(told - edge()) > 0) takenBack++;
    if (<i32>(on - it().rcv.read.u32 - limit) > 0) beyond++;
    if (<i32>(on - told) > 0) told = on;
  }
  return "left " + left.toString() + ", taken back " + takenBack.toString() + ", beyond " + beyond.toString();
}

describe("transport/tcp/window: what is worth telling", () => {
  test("a window that was closed and has a step of room again", () => {
    start(1000, 8000, 1000, 0, 8000);
    receive(8000);
    read(999);
    expect<bool>(isWorthTelling(it())).toBe(false);
    read(1);
    expect<bool>(isWorthTelling(it())).toBe(true);
  });
  test("while the window is open: two full segments or a quarter of the ring, whichever is more", () => {
    start(1000, 8000, 1000, 0, 8000);
    receive(4000);
    read(1999);
    expect<bool>(isWorthTelling(it())).toBe(false);
    read(1);
    expect<bool>(isWorthTelling(it())).toBe(true);
    start(1000, 40000, 1000, 0, 40000);
    receive(20000);
    read(9999);
    expect<bool>(isWorthTelling(it())).toBe(false);
    read(1);
    expect<bool>(isWorthTelling(it())).toBe(true);
  });
  test("nothing when nothing was read", () => {
    start(1000, 8000, 1000, 0, 8000);
    receive(8000);
    expect<bool>(isWorthTelling(it())).toBe(false);
    expect<u32>(TCB_OCTETS).toBeLessThan(1024);
  });
});
