import { state } from "../../../../assembly/memory/root";
import { Seq } from "../../../../assembly/transport/tcp/seq";
import { Mark, Scoreboard, SCOREBOARD_OCTETS, Sent, SENT_OCTETS } from "../../../../assembly/transport/tcp/sent";
import { blank } from "../../world";

const AT: usize = memory.data(256, 8);
const RECORDS: usize = memory.data(256, 8);

function board(): Scoreboard {
  return changetype<Scoreboard>(AT);
}
/** Eight records fit; indices begin where they will wrap. */
function empty(): void {
  blank();
  memory.fill(AT, 0, SCOREBOARD_OCTETS);
  board().base = <u32>RECORDS;
  board().capacity = 8;
  board().first = 0xfffffffe;
  board().next = 0xfffffffe;
  board().clear();
}
/** Segments of 100 octets from `start` on. */
function sentFrom(start: u32, count: u32): void {
  empty();
  for (let i: u32 = 0; i < count; i++) board().add(Seq.of(start + i * 100), Seq.of(start + i * 100 + 100), 0);
}
/** The `i`-th record. */
function nth(i: u32): Sent {
  return board().at(board().first + i);
}
/** What the sums must be, counted anew. */
function agrees(): void {
  let pipe: u32 = 0;
  let sacked: u32 = 0;
  let sackedOctets: u32 = 0;
  let lost: u32 = 0;
  for (let i: u32 = 0; i < board().count; i++) {
    const it = nth(i);
    if (it.has(Mark.SACKED)) {
      sacked++;
      sackedOctets += it.octets;
    } else if (it.has(Mark.LOST)) lost++;
    else pipe += it.octets;
    if (i) expect<u32>(it.start.u32).toBe(nth(i - 1).end.u32);
  }
  expect<u32>(board().pipe).toBe(pipe, "pipe");
  expect<u32>(board().sacked).toBe(sacked, "sacked");
  expect<u32>(board().sackedOctets).toBe(sackedOctets, "octets SACKed");
  expect<u32>(board().lost).toBe(lost, "lost");
}

describe("transport/tcp/sent", () => {
  test("a record is 16 octets, and what is in the network is their sum (RFC 6675 3)", () => {
    sentFrom(1000, 5);
    expect<u32>(SENT_OCTETS).toBe(16);
    expect<u32>(board().count).toBe(5);
    expect<u32>(board().pipe).toBe(500);
    expect<u32>(board().end(Seq.of(7)).u32).toBe(1500);
    agrees();
    sentFrom(1000, 8);
    expect<bool>(board().isFull).toBe(true);
    empty();
    expect<u32>(board().end(Seq.of(7)).u32).toBe(7);
  });
  test("what is SACKed, or lost, is not in the network; what is sent again is", () => {
    sentFrom(0xffffff00, 5);
    board().deliver(nth(3));
    agrees();
    board().lose(board().first + 1);
    board().lose(board().first + 3);
    board().lose(board().first + 1);
    agrees();
    expect<u32>(board().pipe).toBe(300);
    expect<u32>(board().lost).toBe(1);
    expect<u32>(board().firstLost.start.u32).toBe(0xffffff00 + 100);
    state.micro = 77;
    board().sendAgain(board().firstLost);
    expect<u32>(nth(1).stamp).toBe(77);
    expect<bool>(nth(1).has(Mark.AGAIN)).toBe(true);
    expect<u32>(board().pipe).toBe(400);
    agrees();
  });
  test("octets that arrive are counted once each, lost before or not", () => {
    sentFrom(1000, 4);
    board().lose(board().first);
    board().deliver(nth(0));
    board().deliver(nth(0));
    board().deliver(nth(2));
    expect<u32>(board().delivered).toBe(200);
    agrees();
    board().drop();
    board().drop();
    expect<u32>(board().delivered).toBe(300);
    expect<u32>(board().count).toBe(2);
    agrees();
  });
  test("a record acknowledged in part is trimmed, SACKed, lost or neither", () => {
    for (let how = 0; how < 3; how++) {
      sentFrom(1000, 3);
      if (how == 1) board().deliver(nth(0));
      if (how == 2) board().lose(board().first);
      board().trim(Seq.of(1030));
      expect<u32>(nth(0).start.u32).toBe(1030);
      expect<u32>(nth(0).octets).toBe(70);
      expect<u32>(board().delivered).toBe(how == 1 ? 100 : 30);
      agrees();
    }
  });
  test("one record becomes two with the same marks, over the wrap of the ring; not when it is full, nor at an end", () => {
    sentFrom(0xffffff9c, 5);
    board().lose(board().first);
    board().deliver(nth(1));
    expect<bool>(board().split(board().first, Seq.of(0xffffffa0))).toBe(true);
    expect<bool>(nth(0).has(Mark.LOST) && nth(1).has(Mark.LOST)).toBe(true);
    agrees();
    expect<bool>(board().split(board().first + 2, Seq.of(50))).toBe(true);
    expect<bool>(nth(2).has(Mark.SACKED) && nth(3).has(Mark.SACKED)).toBe(true);
    expect<u32>(nth(3).start.u32).toBe(50);
    agrees();
    expect<bool>(board().split(board().first + 4, Seq.of(100))).toBe(false);
    expect<bool>(board().split(board().first + 4, Seq.of(200))).toBe(false);
    expect<bool>(board().split(board().first + 4, Seq.of(150))).toBe(true);
    expect<bool>(board().isFull).toBe(true);
    expect<bool>(board().split(board().first + 7, Seq.of(350))).toBe(false);
    agrees();
  });
  test("a position is found in its record, over the wrap of the sequence space", () => {
    sentFrom(0xffffff9c, 6);
    expect<u32>(board().find(Seq.of(0xffffff9c)) - board().first).toBe(0);
    expect<u32>(board().find(Seq.of(0xffffffff)) - board().first).toBe(0);
    expect<u32>(board().find(Seq.of(0)) - board().first).toBe(1);
    expect<u32>(board().find(Seq.of(499)) - board().first).toBe(5);
    expect<u32>(board().find(Seq.of(500))).toBe(board().next);
  });
  test("RFC 2018 8: all is lost but what was SACKED, and that too when the peer reneges; and is found again", () => {
    sentFrom(1000, 5);
    board().deliver(nth(1));
    board().deliver(nth(3));
    board().loseAll(false);
    expect<u32>(board().lost).toBe(3);
    expect<u32>(board().pipe).toBe(0);
    agrees();
    board().findAll();
    expect<u32>(board().pipe).toBe(300);
    agrees();
    board().loseAll(true);
    expect<u32>(board().lost).toBe(5);
    expect<u32>(board().sacked).toBe(0);
    agrees();
    expect<u32>(board().firstLost.start.u32).toBe(1000);
  });
  test("the last that is missing is what a tail loss probe repeats", () => {
    sentFrom(1000, 4);
    board().deliver(nth(3));
    board().deliver(nth(2));
    expect<u32>(board().lastMissing - board().first).toBe(1);
    board().deliver(nth(1));
    board().deliver(nth(0));
    expect<u32>(board().lastMissing).toBe(board().first);
  });
});
