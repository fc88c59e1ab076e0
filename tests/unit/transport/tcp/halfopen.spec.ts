import { Offer } from "../../../../assembly/memory/errors";
import { Kind } from "../../../../assembly/memory/pool";
import { HalfOpen, HALF_OPEN_OCTETS, takeSyn, writeSynAck } from "../../../../assembly/transport/tcp/halfopen";
import { Listener } from "../../../../assembly/transport/tcp/listening";
import { recordOf } from "../../../../assembly/transport/socket";
import { segment } from "../../../../assembly/transport/tcp/segment";
import { Seq } from "../../../../assembly/transport/tcp/seq";
import { hex, load16, load32 } from "../../octets";
import { ACK, CWR, ECE, ISS, listen, LOCAL, REMOTE, serverAt, SYN } from "./peer";

const AT: usize = memory.data(256, 8);
const OUT: usize = memory.data(128, 8);

function it(): HalfOpen {
  return changetype<HalfOpen>(AT);
}
/** A SYN with all options lies before a listener that offers this. */
function taken(offer: u32, ctl: u32): void {
  serverAt(ISS);
  const listener = changetype<Listener>(recordOf(listen(4), Kind.LISTENER));
  listener.offer = offer;
  const seg = segment();
  seg.local = LOCAL;
  seg.remote = REMOTE;
  seg.ports = (80 << 16) | 4000;
  seg.seq = Seq.of(300);
  seg.ctl = ctl;
  seg.mss = 1000;
  seg.shift = 3;
  seg.sackPermitted = 1;
  seg.stamped = 1;
  seg.tsVal = 77;
  memory.fill(AT, 0, HALF_OPEN_OCTETS);
  takeSyn(it(), listener, seg, 5000);
}

describe("transport/tcp/halfopen", () => {
  test("takes of a SYN what the listener offers", () => {
    taken(Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS, SYN);
    expect<u32>(it().irs.u32).toBe(300);
    expect<u32>(it().mss).toBe(1000);
    expect<i32>(it().shift).toBe(3);
    expect<u32>(it().sack).toBe(1);
    expect<u32>(it().stamped).toBe(1);
    expect<u32>(it().tsRecent).toBe(77);
    expect<u32>(it().tsRecentAt).toBe(5000);
    expect<u32>(it().ecn).toBe(0);
    taken(0, SYN);
    expect<i32>(it().shift).toBe(-1);
    expect<u32>(it().sack).toBe(0);
    expect<u32>(it().stamped).toBe(0);
  });
  test("RFC 3168 6.1.1: a SYN that asks for ECN gets it whatever is offered", () => {
    taken(0, SYN | ECE | CWR);
    expect<u32>(it().ecn).toBe(1);
  });
  test("its SYN-ACK: ports turned round, ISS, IRS + 1, the options that were agreed on, an unscaled window", () => {
    taken(Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS, SYN | ECE | CWR);
    it().iss = Seq.of(100);
    expect<u32>(writeSynAck(OUT, it(), 1460, 0x01020304)).toBe(44);
    expect<u32>(load16(OUT)).toBe(80);
    expect<u32>(load16(OUT + 2)).toBe(4000);
    expect<u32>(load32(OUT + 4)).toBe(100);
    expect<u32>(load32(OUT + 8)).toBe(301);
    expect<u32>(load16(OUT + 12) & 0xff).toBe(SYN | ACK | ECE);
    expect<u32>(load16(OUT + 14)).toBe(16384);
    expect<string>(hex(OUT + 20, 24)).toBe("02 04 05 b4 01 03 03 00 01 01 04 02 01 01 08 0a 01 02 03 04 00 00 00 4d");
    taken(0, SYN);
    expect<u32>(writeSynAck(OUT, it(), 536, 0)).toBe(24);
    expect<string>(hex(OUT + 20, 4)).toBe("02 04 02 18");
  });
  test("the shift of our windows counts only where the peer scales too", () => {
    taken(Offer.SCALE, SYN);
    expect<u32>(it().ourShift).toBe(0);
    expect<u32>(it().window).toBe(16384);
    expect<u32>(it().receiveLimit).toBe(16384);
  });
});
