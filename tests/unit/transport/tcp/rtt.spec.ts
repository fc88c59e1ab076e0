import { root, state } from "../../../../assembly/memory/root";
import * as rtt from "../../../../assembly/transport/tcp/rtt";
import { Seq } from "../../../../assembly/transport/tcp/seq";
import { segment } from "../../../../assembly/transport/tcp/segment";
import { Rtt, Tcb } from "../../../../assembly/transport/tcp/tcb";
import { blank } from "../../world";

const AT: usize = memory.data(1024, 8);

function tcb(): Tcb {
  return changetype<Tcb>(AT);
}
function it(): Rtt {
  return tcb().rtt;
}
/** As a new connection has it; clock granularity 1 ms, smallest RTO as given. */
function start(minRto: u32): void {
  blank();
  memory.fill(AT, 0, 1024);
  root.clockGranularity = 1000;
  root.minRto = minRto;
  rtt.start(it());
}
/** An acknowledgement up to `ack`, without timestamps. */
function acknowledged(ack: u32): void {
  segment().ack = Seq.of(ack);
  segment().stamped = 0;
  rtt.acknowledge(tcb(), segment());
}
/** The same with TSecr `echo`, `ms` after the stamp it echoes. */
function echoed(ack: u32, echo: u32, ms: u32): void {
  tcb().hasStamps = 1;
  tcb().tsOffset = 0;
  state.now = echo + ms;
  segment().ack = Seq.of(ack);
  segment().stamped = 1;
  segment().tsEcr = echo;
  rtt.acknowledge(tcb(), segment());
}

describe("transport/tcp/rtt: RFC 6298 by hand", () => {
  test("RFC 6298 2.1: 1 second before anything was measured", () => {
    start(200);
    expect<u32>(it().rto).toBe(1000);
    expect<u32>(rtt.timeout(it())).toBe(1000);
  });
  test("RFC 6298 2.2: SRTT = R, RTTVAR = R/2, RTO = SRTT + 4 RTTVAR", () => {
    start(200);
    rtt.sample(it(), 100000);
    expect<u32>(it().srtt).toBe(100000);
    expect<u32>(it().rttvar).toBe(50000);
    // 100 + 4 * 50
    expect<u32>(it().rto).toBe(300);
  });
  test("RFC 6298 2.3: RTTVAR = 3/4 RTTVAR + 1/4 |SRTT - R|, then SRTT = 7/8 SRTT + 1/8 R", () => {
    start(200);
    rtt.sample(it(), 100000);
    rtt.sample(it(), 180000);
    // 0.75 * 50 + 0.25 * 80 = 57.5; 0.875 * 100 + 0.125 * 180 = 110
    expect<u32>(it().rttvar).toBe(57500);
    expect<u32>(it().srtt).toBe(110000);
    // 110 + 230
    expect<u32>(it().rto).toBe(340);
    rtt.sample(it(), 30000);
    // 0.75 * 57.5 + 0.25 * 80 = 63.125; 0.875 * 110 + 0.125 * 30 = 100
    expect<u32>(it().rttvar).toBe(63125);
    expect<u32>(it().srtt).toBe(100000);
    // 100 + 252.5, rounded up
    expect<u32>(it().rto).toBe(353);
  });
  test("RFC 6298 2.2: the margin is the clock's granularity at least", () => {
    start(1);
    root.clockGranularity = 10000;
    for (let i = 0; i < 100; i++) rtt.sample(it(), 50000);
    // After many equal samples RTTVAR is next to nothing: 50 + 10.
    expect<u32>(it().rto).toBe(60);
  });
  test("smallest RTO 200 ms (differs from RFC 6298 2.4)", () => {
    start(200);
    rtt.sample(it(), 1000);
    expect<u32>(it().rto).toBe(200);
    rtt.sample(it(), 0);
    expect<u32>(it().rto).toBe(200);
  });
  test("a sample of less than a microsecond is one, so that it is not taken for none", () => {
    start(200);
    rtt.sample(it(), 0);
    expect<u32>(it().srtt).toBe(1);
  });
  test("RFC 6298 2.5: largest RTO 120 s; a sample over half an hour is none", () => {
    start(200);
    rtt.sample(it(), 100000000);
    // 100 + 200 s
    expect<u32>(it().rto).toBe(120000);
    start(200);
    rtt.sample(it(), 1800000001);
    expect<u32>(it().srtt).toBe(0);
    expect<u32>(it().rto).toBe(1000);
  });
  test("RFC 6298 5.5: each backoff doubles, up to 120 s, without overflow", () => {
    start(200);
    it().backoff = 1;
    expect<u32>(rtt.timeout(it())).toBe(2000);
    it().backoff = 6;
    expect<u32>(rtt.timeout(it())).toBe(64000);
    it().backoff = 7;
    expect<u32>(rtt.timeout(it())).toBe(120000);
    it().backoff = 100;
    expect<u32>(rtt.timeout(it())).toBe(120000);
  });
  test("RFC 6298 5.7: 3 seconds after a lost SYN, unless something was measured", () => {
    start(200);
    rtt.synWasLost(it());
    expect<u32>(it().rto).toBe(3000);
    start(200);
    rtt.sample(it(), 100000);
    rtt.synWasLost(it());
    expect<u32>(it().rto).toBe(300);
  });
  test("one measurement at a time: from sending up to the acknowledgement of that segment", () => {
    start(200);
    state.micro = 5000;
    rtt.time(it(), Seq.of(200));
    state.micro = 6000;
    rtt.time(it(), Seq.of(300));
    state.micro = 25000;
    acknowledged(199);
    expect<u32>(it().srtt).toBe(0);
    state.micro = 45000;
    acknowledged(250);
    expect<u32>(it().srtt).toBe(40000);
    state.micro = 99000;
    acknowledged(300);
    expect<u32>(it().srtt).toBe(40000);
  });
  test("RFC 6298 3 (Karn), MUST-18: what was sent again is not measured", () => {
    start(200);
    state.micro = 5000;
    rtt.time(it(), Seq.of(200));
    rtt.forget(it());
    state.micro = 45000;
    acknowledged(200);
    expect<u32>(it().srtt).toBe(0);
  });
  test("the microsecond clock and positions may wrap between sending and acknowledgement", () => {
    start(200);
    state.micro = 0xffffff00;
    rtt.time(it(), Seq.of(0xfffffffe));
    state.micro = 0xffffff00 + 20000;
    acknowledged(3);
    expect<u32>(it().srtt).toBe(20000);
  });
  test("RFC 7323 4.1: what was sent again is measured by its timestamp, in whole milliseconds", () => {
    start(200);
    state.micro = 5000;
    rtt.time(it(), Seq.of(200));
    rtt.forget(it());
    echoed(200, 7000, 40);
    expect<u32>(it().srtt).toBe(40000);
    start(200);
    echoed(200, 0xfffffff0, 32);
    expect<u32>(it().srtt).toBe(32000);
  });
  test("RFC 7323 4.1: a measurement by the clock goes before one by the stamp; no stamp, no measurement", () => {
    start(200);
    state.micro = 5000;
    rtt.time(it(), Seq.of(200));
    state.micro = 35500;
    echoed(200, 7000, 31);
    expect<u32>(it().srtt).toBe(30500);
    start(200);
    tcb().hasStamps = 1;
    acknowledged(200);
    expect<u32>(it().srtt).toBe(0);
    echoed(200, 0, 31);
    expect<u32>(it().srtt).toBe(0);
  });
});
