import { Counter } from "../../../../assembly/memory/counters";
import * as sack from "../../../../assembly/transport/tcp/sack";
import { segment } from "../../../../assembly/transport/tcp/segment";
import { Mark } from "../../../../assembly/transport/tcp/sent";
import { counted, ignore } from "../../world";
import { ACK, establishedWithSack, IRS, ISS, peer, peerSacks, peerSacksTwo, tcb, write } from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

let shown: string = "";

/** Ten segments of 1000 octets in flight, and six more octets of text than fit. */
function tenInFlight(): void {
  establishedWithSack(65535);
  write(10000);
  ignore(0);
  expect<u32>(tcb().board.count).toBe(10);
}
/** The marks of the records, a letter each: S SACKed, L lost, A sent again, - none; `/` before a record that does not hold 1000 octets. */
function marks(): string {
  const board = tcb().board;
  let text = "";
  for (let i = board.first; i != board.next; i++) {
    const it = board.at(i);
    if (it.octets != 1000) text += "/";
    if (it.has(Mark.SACKED)) text += "S";
    else if (it.has(Mark.LOST)) text += "L";
    else text += it.has(Mark.AGAIN) ? "A" : "-";
  }
  return text;
}

describe("transport/tcp/sack", () => {
  test("RFC 2018 5: a block marks the segments it covers, the ACK field takes them out", () => {
    tenInFlight();
    peerSacks(UNA, UNA + 2000, UNA + 4000);
    expect<string>(marks()).toBe("--SS------");
    peer(ACK, NXT, UNA + 1000);
    expect<string>(marks()).toBe("-SS------");
    peerSacks(UNA + 1000, UNA + 2000, UNA + 5000);
    expect<u32>(tcb().board.sacked).toBe(3);
    peer(ACK, NXT, UNA + 5000);
    expect<string>(marks()).toBe("-----");
    expect<u32>(tcb().board.sacked).toBe(0);
    expect<u32>(tcb().board.pipe).toBe(5000);
  });
  test("TCP-09: a segment of which a block tells only a part counts as missing: no peer cuts what is sent into crumbs", () => {
    tenInFlight();
    peerSacks(UNA, UNA + 2500, UNA + 3200);
    expect<u32>(tcb().board.sacked).toBe(0);
    peerSacks(UNA, UNA + 2500, UNA + 4000);
    shown = marks();
    expect<string>(shown).toBe("---S------");
    expect<u32>(tcb().board.count).toBe(10);
    peerSacks(UNA, UNA + 2000, UNA + 4000);
    expect<u32>(tcb().board.sackedOctets).toBe(2000);
  });
  test("TCP-07: blocks turned round, of nothing, before SND.UNA or beyond SND.NXT mark nothing", () => {
    tenInFlight();
    peerSacks(UNA, UNA + 4000, UNA + 2000);
    peerSacks(UNA, UNA + 2000, UNA + 2000);
    peerSacks(UNA, UNA - 2000, UNA - 1000);
    peerSacks(UNA, UNA + 2000, UNA + 10001);
    peerSacks(UNA, UNA + 20000, UNA + 30000);
    expect<string>(marks()).toBe("----------");
    peerSacks(UNA, UNA - 500, UNA + 1000);
    expect<u32>(tcb().board.sacked).toBe(1);
  });
  test("RFC 2883 4: the first block tells of octets that came twice when it lies before the ACK field or within the second block", () => {
    tenInFlight();
    peer(ACK, NXT, UNA + 3000);
    peerSacks(UNA + 3000, UNA + 1000, UNA + 2000);
    expect<u32>(counted(Counter.TCP_DSACK_IN)).toBe(1);
    peerSacksTwo(UNA + 3000, UNA + 5000, UNA + 6000, UNA + 5000, UNA + 7000);
    expect<u32>(counted(Counter.TCP_DSACK_IN)).toBe(2);
    peerSacksTwo(UNA + 3000, UNA + 8000, UNA + 9000, UNA + 5000, UNA + 7000);
    expect<u32>(counted(Counter.TCP_DSACK_IN)).toBe(2);
    expect<u32>(tcb().board.sacked).toBe(3);
  });
  test("RFC 2883 4: of octets before anything that was ever sent nothing can have come twice", () => {
    tenInFlight();
    peerSacks(UNA, UNA - 70000, UNA - 69000);
    expect<u32>(counted(Counter.TCP_DSACK_IN)).toBe(0);
    segment().sackBlocks = 0;
    expect<bool>(sack.isDuplicate(tcb(), segment())).toBe(false);
  });
});
