import { Offload } from "../../../../assembly/memory/control";
import { deviceOf } from "../../../../assembly/link/interfaces";
import { Tcb } from "../../../../assembly/transport/tcp/tcb";
import * as together from "../../../../assembly/transport/tcp/together";
import { established, tcb } from "./peer";

const MSS: u32 = 1000;

/** A connection on a device with these offloads, and `octets` of text to send. */
function start(offload: u32, octets: u32): Tcb {
  established(65535);
  const it = tcb();
  it.snd.mss = MSS;
  deviceOf(it.path.via).offload = <u16>offload;
  it.snd.end = it.snd.cursor.plus(octets);
  return it;
}
function end(it: Tcb): void {
  deviceOf(it.path.via).offload = 0;
}

describe("transport/tcp/together", () => {
  test("new full segments leave together where the NIC cuts, and the checksum is left where it fills them in", () => {
    const both: u32 = Offload.CHECKSUM | Offload.SEGMENTATION;
    const it = start(both, 5 * MSS);
    expect<bool>(together.isLeft(it)).toBe(true);
    expect<bool>(together.isPossible(it, MSS)).toBe(true);
    expect<bool>(together.isPossible(it, MSS - 1)).toBe(false);
    deviceOf(it.path.via).offload = <u16>Offload.CHECKSUM;
    expect<bool>(together.isLeft(it)).toBe(true);
    expect<bool>(together.isPossible(it, MSS)).toBe(false);
    end(it);
    expect<bool>(together.isLeft(it)).toBe(false);
  });
  test("not what is sent again, nor with CWR, nor while a longer segment is on trial, nor the last one", () => {
    const it = start(Offload.CHECKSUM | Offload.SEGMENTATION, 5 * MSS);
    it.snd.nxt = it.snd.cursor.plus(MSS);
    expect<bool>(together.isPossible(it, MSS)).toBe(false);
    it.snd.nxt = it.snd.cursor;
    it.cwr = 1;
    expect<bool>(together.isPossible(it, MSS)).toBe(false);
    it.cwr = 0;
    it.isTrying = 1;
    expect<bool>(together.isPossible(it, MSS)).toBe(false);
    it.isTrying = 0;
    it.mayTry = 1;
    expect<bool>(together.isPossible(it, MSS)).toBe(false);
    it.mayTry = 0;
    it.snd.end = it.snd.cursor.plus(MSS);
    expect<bool>(together.isPossible(it, MSS)).toBe(false);
    end(it);
  });
  test("as many as windows, text, records, pacing and a datagram hold; one with the FIN goes by itself", () => {
    const it = start(Offload.CHECKSUM | Offload.SEGMENTATION, 200 * MSS);
    it.board.capacity = 0;
    expect<u32>(together.segments(it, 7 * MSS + 999)).toBe(7);
    expect<u32>(together.segments(it, 200 * MSS)).toBe((65535 - it.headers) / MSS);
    it.snd.end = it.snd.cursor.plus(3 * MSS);
    expect<u32>(together.segments(it, 200 * MSS)).toBe(3);
    it.closing = 1;
    expect<u32>(together.segments(it, 200 * MSS)).toBe(2);
    it.closing = 0;
    it.snd.end = it.snd.cursor.plus(200 * MSS);
    it.rtt.srtt = 50000;
    it.congestion.paceCredit = 5 * MSS;
    expect<u32>(together.segments(it, 200 * MSS)).toBe(5);
    it.congestion.paceCredit = -1;
    expect<u32>(together.segments(it, 200 * MSS)).toBe(1);
    end(it);
  });
});
