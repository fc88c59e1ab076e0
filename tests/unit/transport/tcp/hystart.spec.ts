import * as hystart from "../../../../assembly/transport/tcp/hystart";
import { Seq } from "../../../../assembly/transport/tcp/seq";
import { Tcb } from "../../../../assembly/transport/tcp/tcb";
import { blank } from "../../world";

const AT: usize = memory.data(1024, 8);
const MSS: u32 = 1000;

function it(): Tcb {
  return changetype<Tcb>(AT);
}
function cwnd(): u32 {
  return it().congestion.cwnd;
}
/** Slow start with ten segments in flight. */
function start(): void {
  blank();
  memory.fill(AT, 0, 1024);
  it().snd.mss = MSS;
  it().snd.nxt = Seq.of(10 * MSS);
  it().congestion.cwnd = 10 * MSS;
  it().congestion.ssthresh = 1 << 30;
  hystart.start(it());
}
/** A round trip: all that is in flight is acknowledged, a segment at a time, each after `took` microseconds; as much leaves as cwnd allows. */
function round(took: u32): void {
  const segments = it().snd.nxt.since(it().snd.una) / MSS;
  for (let i: u32 = 0; i < segments; i++) {
    it().snd.una = it().snd.una.plus(MSS);
    hystart.grow(it(), MSS, took);
    it().snd.nxt = it().snd.una.plus((cwnd() / MSS) * MSS);
  }
}

describe("transport/tcp/hystart (RFC 9406)", () => {
  test("while the round trip stays, the window doubles each round", () => {
    start();
    round(50000);
    expect<u32>(cwnd()).toBe(20 * MSS);
    round(50000);
    round(53000);
    expect<u32>(cwnd()).toBe(80 * MSS);
    expect<u32>(it().congestion.cautious).toBe(0);
  });
  test("RFC 9406 4.2: eight measurements in a round and an eighth more, 4 ms at least, begin conservative slow start", () => {
    start();
    round(50000);
    // 50 / 8 = 6.25 ms
    round(56249);
    expect<u32>(it().congestion.cautious).toBe(0);
    start();
    round(50000);
    round(56250);
    expect<u32>(it().congestion.cautious).toBeGreaterThan(0);
    start();
    round(8000);
    round(11999);
    expect<u32>(it().congestion.cautious).toBe(0);
    start();
    round(8000);
    round(12000);
    expect<u32>(it().congestion.cautious).toBeGreaterThan(0);
  });
  test("RFC 9406 4.2: nor more than 16 ms", () => {
    start();
    round(300000);
    round(316000);
    expect<u32>(it().congestion.cautious).toBeGreaterThan(0);
  });
  test("RFC 9406 4.2: it grows by a quarter then, and after five rounds slow start is over", () => {
    start();
    round(50000);
    round(80000);
    const at = cwnd();
    round(80000);
    expect<u32>(cwnd()).toBeGreaterThan(at + at / 5);
    expect<u32>(cwnd()).toBeLessThan(at + at / 2);
    for (let i = 0; i < 5 && it().congestion.ssthresh == 1 << 30; i++) round(80000);
    expect<u32>(it().congestion.ssthresh).toBeLessThan(1 << 30);
    expect<u32>(it().congestion.ssthresh).toBeLessThan(cwnd() + 1);
  });
  test("RFC 9406 4.2: a round trip that becomes short again says that it was no queue", () => {
    start();
    round(50000);
    round(80000);
    expect<u32>(it().congestion.cautious).toBeGreaterThan(0);
    round(50000);
    expect<u32>(it().congestion.cautious).toBe(0);
  });
  test("RFC 9406 4.3: one acknowledgement counts for eight segments at most, and without a measurement it is none", () => {
    start();
    it().snd.una = Seq.of(10 * MSS);
    hystart.grow(it(), 10 * MSS, 0);
    expect<u32>(cwnd()).toBe(18 * MSS);
    expect<u32>(it().congestion.samples).toBe(0);
  });
});
