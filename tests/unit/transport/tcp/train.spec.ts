import { Offload } from "../../../../assembly/memory/control";
import { Counter } from "../../../../assembly/memory/counters";
import { root, state } from "../../../../assembly/memory/root";
import { deviceOf } from "../../../../assembly/link/interfaces";
import { Seq } from "../../../../assembly/transport/tcp/seq";
import { mark, Owes, Tcb, Timer } from "../../../../assembly/transport/tcp/tcb";
import * as timers from "../../../../assembly/transport/tcp/timers";
import * as train from "../../../../assembly/transport/tcp/train";
import { counted, ms, poll } from "../../world";
import { ACK, CWR, ECE, established, establishedWithSack, IRS, ISS, PSH, seenCtl, sendsText, silent, tcb, write } from "./peer";

const MSS: u32 = 1000;
const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;
const ALL: u32 = 1 << 20;

/** A connection that has `octets` to send, of which the first segment has left. */
function begun(octets: u32): Tcb {
  established(65535);
  const it = tcb();
  it.congestion.cwnd = MSS;
  write(octets);
  return it;
}
/** The slot of the frame that left last. */
function slot(): usize {
  const device = root.device(0);
  return device.txRing + ((device.txWritten - 1) & (device.txSlots - 1)) * device.slotOctets;
}
function isPossible(it: Tcb): bool {
  return train.isPossible(it, slot(), Seq.of(UNA));
}

describe("transport/tcp/train", () => {
  test("full segments follow, all but the last, which carries PSH", () => {
    const it = begun(4 * MSS);
    expect<bool>(isPossible(it)).toBe(true);
    const out = counted(Counter.TCP_OUT);
    expect<u32>(train.follow(it, slot(), ALL, 7, ms)).toBe(2);
    expect<u32>(counted(Counter.TCP_OUT) - out).toBe(2);
    for (let i: u32 = 0; i < 3; i++) {
      sendsText(ACK, UNA + i * MSS, NXT, MSS);
      expect<u32>(seenCtl() & PSH).toBe(0);
    }
    silent();
    expect<u32>(it.snd.nxt.u32).toBe(UNA + 3 * MSS);
    expect<u32>(it.snd.cursor.u32).toBe(UNA + 3 * MSS);
    it.congestion.cwnd = 10 * MSS;
    mark(it);
    poll();
    sendsText(ACK, UNA + 3 * MSS, NXT, MSS);
    expect<u32>(seenCtl() & PSH).toBe(PSH);
  });
  test("not more than are asked for, than the windows leave, than slots are free, nor across what was given with PUSH", () => {
    const it = begun(9 * MSS);
    expect<u32>(train.follow(it, slot(), ALL, 2, ms)).toBe(2);
    expect<u32>(train.follow(it, slot(), 2 * MSS - 1, 7, ms)).toBe(1);
    expect<u32>(train.follow(it, slot(), MSS - 1, 7, ms)).toBe(0);
    it.snd.push = it.snd.cursor.plus(MSS + 1);
    expect<u32>(train.follow(it, slot(), ALL, 7, ms)).toBe(1);
    it.snd.push = it.snd.end;
    const device = root.device(0);
    const taken = device.txTaken;
    device.txTaken = device.txWritten - (device.txSlots - 3); // two of these are for replies
    expect<u32>(train.follow(it, slot(), ALL, 7, ms)).toBe(1);
    device.txTaken = taken;
    for (let i: u32 = 0; i < 6; i++) sendsText(ACK, UNA + i * MSS, NXT, MSS);
    silent();
  });
  test("each has its record, and they stop where records do", () => {
    establishedWithSack(65535);
    const it = tcb();
    it.board.capacity = 4;
    it.congestion.cwnd = MSS;
    write(9 * MSS);
    expect<u32>(train.follow(it, slot(), ALL, 7, ms)).toBe(3);
    expect<u32>(it.board.count).toBe(4);
    expect<u32>(it.board.pipe).toBe(4 * MSS);
    expect<u32>(it.board.at(it.board.first + 3).end.u32).toBe(UNA + 4 * MSS);
  });
  test("a held connection lets none follow", () => {
    const it = begun(9 * MSS);
    timers.set(it, Timer.PACE, ms, 5);
    expect<u32>(train.follow(it, slot(), ALL, 7, ms)).toBe(0);
  });
  test("only behind what was new and full", () => {
    const it = begun(4 * MSS);
    expect<bool>(train.isPossible(it, slot(), Seq.of(UNA + 1))).toBe(false);
    it.snd.mss = MSS - 1;
    expect<bool>(isPossible(it)).toBe(false);
    it.snd.mss = MSS;
    it.snd.cursor = Seq.of(UNA);
    expect<bool>(isPossible(it)).toBe(false);
  });
  test("not behind one that says something for itself alone: PSH, CWR; an echo of congestion is for all", () => {
    const it = begun(4 * MSS);
    const control = slot() + 24 + 20 + 13;
    store<u8>(control, <u8>(ACK | PSH));
    expect<bool>(isPossible(it)).toBe(false);
    store<u8>(control, <u8>(ACK | CWR));
    expect<bool>(isPossible(it)).toBe(false);
    store<u8>(control, <u8>(ACK | ECE));
    expect<bool>(isPossible(it)).toBe(true);
  });
  test("not while something else is owed, a longer segment is to be tried, routers may cut, the filter looks, or the NIC fills in checksums", () => {
    const it = begun(4 * MSS);
    it.owes |= Owes.PROBE;
    expect<bool>(isPossible(it)).toBe(false);
    it.owes = 0;
    it.mayTry = 1;
    expect<bool>(isPossible(it)).toBe(false);
    it.mayTry = 0;
    it.fragmentable = 1;
    expect<bool>(isPossible(it)).toBe(false);
    it.fragmentable = 0;
    state.guard = 1;
    expect<bool>(isPossible(it)).toBe(false);
    state.guard = 0;
    deviceOf(it.path.via).offload = <u16>Offload.CHECKSUM;
    expect<bool>(isPossible(it)).toBe(false);
    deviceOf(it.path.via).offload = 0;
    it.path.via.vlan = 7;
    expect<bool>(isPossible(it)).toBe(false);
    it.path.via.vlan = 0;
    expect<bool>(isPossible(it)).toBe(true);
  });
});
