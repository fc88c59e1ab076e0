import { Counter } from "../../../../assembly/memory/counters";
import { root } from "../../../../assembly/memory/root";
import { State } from "../../../../assembly/transport/tcp/state";
import { isOld, offsetFor } from "../../../../assembly/transport/tcp/timestamps";
import { load32 } from "../../octets";
import { addDevice, addInterface, beginAt, blank, counted, ignore, wait } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  FIN,
  IRS,
  is,
  ISS,
  peer,
  peerOptions,
  peerText,
  read,
  REMOTE,
  RST,
  seen,
  sends,
  SERVER,
  silent,
  SYN,
} from "./peer";

const LOCAL: u32 = 0xc0000201;
const PORTS: u32 = (4000 << 16) | 80;
const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;
const DAY: u32 = 86400000;

function start(seed: u64): void {
  blank();
  root.seed0 = seed;
  addDevice(2, 4);
  addInterface(LOCAL, 24);
  beginAt(1000, 0);
}
/** The peer's next segment has TSval `value`, below 256, and TSecr 0. */
function stamps(value: u32): void {
  const digits = "0123456789abcdef";
  peerOptions("01 01 08 0a 00 00 00 " + digits.charAt(value >> 4) + digits.charAt(value & 15) + " 00 00 00 00");
}
/** ESTABLISHED with timestamps; TS.Recent is 100. */
function open(): void {
  clientAt(ISS);
  connect(REMOTE, SERVER);
  sends(SYN, ISS, 0);
  stamps(100);
  peer(SYN | ACK, IRS, UNA);
  sends(ACK, UNA, NXT);
  is(State.ESTABLISHED);
}
/** A segment of 10 octets with TSval `value`; what its ACK says: the ACK field and TSecr. */
function arrives(value: u32, seq: u32, ack: u32, echo: u32): void {
  stamps(value);
  peerText(ACK, seq, UNA, 10);
  sends(ACK, UNA, ack);
  expect<u32>(load32(seen + 28)).toBe(echo, "TSecr");
}

describe("transport/tcp/timestamps", () => {
  test("RFC 7323 5.3 R1: older is what lies up to half the space behind", () => {
    expect<bool>(isOld(99, 100, 0, 0)).toBe(true);
    expect<bool>(isOld(100, 100, 0, 0)).toBe(false);
    expect<bool>(isOld(101, 100, 0, 0)).toBe(false);
    expect<bool>(isOld(0xffffffff, 0, 0, 0)).toBe(true);
    expect<bool>(isOld(0, 0xffffffff, 0, 0)).toBe(false);
    expect<bool>(isOld(100 + 0x7fffffff, 100, 0, 0)).toBe(false);
    expect<bool>(isOld(100 + 0x80000001, 100, 0, 0)).toBe(true);
  });
  test("RFC 7323 5.5: TS.Recent is believed for 24 days, also when the clock wraps meanwhile", () => {
    expect<bool>(isOld(99, 100, 0, 24 * DAY - 1)).toBe(true);
    expect<bool>(isOld(99, 100, 0, 24 * DAY)).toBe(false);
    expect<bool>(isOld(99, 100, 0xffffff00, 24 * DAY - 257)).toBe(true);
    expect<bool>(isOld(99, 100, 0xffffff00, 24 * DAY - 256)).toBe(false);
  });
  test("RFC7323-5: the offset is one of each connection and of the secret, and not the clock of the ISN", () => {
    start(1);
    const first = offsetFor(LOCAL, REMOTE, PORTS);
    expect<u32>(offsetFor(LOCAL, REMOTE, PORTS)).toBe(first);
    expect<u32>(offsetFor(LOCAL + 1, REMOTE, PORTS)).not.toBe(first);
    expect<u32>(offsetFor(LOCAL, REMOTE + 1, PORTS)).not.toBe(first);
    expect<u32>(offsetFor(LOCAL, REMOTE, PORTS + 1)).not.toBe(first);
    beginAt(99000, 0);
    expect<u32>(offsetFor(LOCAL, REMOTE, PORTS)).toBe(first);
    start(2);
    expect<u32>(offsetFor(LOCAL, REMOTE, PORTS)).not.toBe(first);
  });
  test("RFC 7323 4.3, case A: with packets in sequence each ACK echoes the stamp of the segment it answers", () => {
    open();
    arrives(101, NXT, NXT + 10, 101);
    arrives(102, NXT + 10, NXT + 20, 102);
    arrives(103, NXT + 20, NXT + 30, 103);
  });
  test("RFC 7323 4.3, case B: across a hole the stamp before it is echoed, then that of the segment that fills it", () => {
    open();
    arrives(101, NXT, NXT + 10, 101);
    arrives(103, NXT + 20, NXT + 10, 101);
    arrives(102, NXT + 10, NXT + 30, 102);
    arrives(105, NXT + 40, NXT + 30, 102);
    arrives(104, NXT + 30, NXT + 50, 104);
  });
  test("RFC7323-4: what is older is acknowledged, counted and not taken", () => {
    open();
    arrives(110, NXT, NXT + 10, 110);
    expect<u32>(read(100)).toBe(10);
    arrives(109, NXT + 10, NXT + 10, 110);
    expect<u32>(counted(Counter.TCP_PAWS)).toBe(1);
    expect<u32>(read(100)).toBe(0);
    arrives(110, NXT + 10, NXT + 20, 110);
    expect<u32>(read(100)).toBe(10);
  });
  test("RFC7323-4: a RST is not subject to it", () => {
    open();
    arrives(110, NXT, NXT + 10, 110);
    stamps(5);
    peer(RST, NXT + 10, 0);
    is(State.CLOSED);
  });
  test("RFC7323-2: a segment without stamps is dropped in silence and counted", () => {
    open();
    peerText(ACK, NXT, UNA, 10);
    silent();
    peer(FIN | ACK, NXT, UNA);
    silent();
    expect<u32>(counted(Counter.TCP_NO_TIMESTAMP)).toBe(2);
    is(State.ESTABLISHED);
    stamps(101);
    peer(FIN | ACK, NXT, UNA);
    ignore(0);
    is(State.CLOSE_WAIT);
  });
  test("RFC7323-4: after 24 days of silence any stamp is taken", () => {
    open();
    arrives(110, NXT, NXT + 10, 110);
    wait(12 * DAY);
    stamps(109);
    peerText(ACK, NXT + 10, UNA, 10);
    sends(ACK, UNA, NXT + 10);
    wait(13 * DAY);
    arrives(5, NXT + 10, NXT + 20, 5);
  });
});
