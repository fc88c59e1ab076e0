import { Counter } from "../../../../assembly/memory/counters";
import * as pmtu from "../../../../assembly/transport/tcp/pmtu";
import { Timer } from "../../../../assembly/transport/tcp/tcb";
import * as timers from "../../../../assembly/transport/tcp/timers";
import { counted, ignore, ms, pass, run, wait } from "../../world";
import {
  ACK,
  clientAt,
  connect,
  IRS,
  ISS,
  peer,
  peerOptions,
  REMOTE,
  seen,
  sends,
  sendsText,
  SERVER,
  silent,
  SYN,
  tcb,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** ESTABLISHED with MSS 1460. `sack`: what is sent is remembered. */
function open(sack: bool): void {
  clientAt(ISS);
  connect(REMOTE, SERVER);
  sends(SYN, ISS, 0);
  peerOptions(sack ? "02 04 05 b4 01 01 04 02" : "02 04 05 b4");
  peer(SYN | ACK, IRS, UNA);
  sends(ACK, UNA, NXT);
  expect<u32>(tcb().mssMax).toBe(1460);
}
/** DF of the segment seen last. */
function dontFragment(): bool {
  return (load<u8>(seen - 20, 6) & 0x40) != 0;
}

describe("transport/tcp/pmtu: what routers say (RFC 1191)", () => {
  test("1191-1: segments become as short as told, 552 at least and without DF below; never longer", () => {
    for (let i = 0; i < 2; i++) {
      open(i == 1);
      write(1460);
      ignore(0);
      pmtu.isTold(tcb(), 1000, ms);
      expect<u32>(tcb().snd.mss).toBe(960);
      pass(0);
      sendsText(ACK, UNA, NXT, 960);
      expect<bool>(dontFragment()).toBe(true);
      pmtu.isTold(tcb(), 1400, ms);
      expect<u32>(tcb().snd.mss).toBe(960);
      pmtu.isTold(tcb(), 100, ms);
      expect<u32>(tcb().snd.mss).toBe(512);
      ignore(0);
      run(400);
      sendsText(ACK, UNA, NXT, 512);
      expect<bool>(dontFragment()).toBe(false);
    }
  });
  test("1191-2: a longer segment is tried ten minutes after the last word, not before", () => {
    open(true);
    write(1460);
    ignore(0);
    pmtu.isTold(tcb(), 1000, ms);
    pass(0);
    ignore(0);
    peer(ACK, NXT, UNA + 1460);
    pass(599999);
    write(1920);
    sendsText(ACK, UNA + 1460, NXT, 960);
    sendsText(ACK, UNA + 2420, NXT, 960);
    peer(ACK, NXT, UNA + 3380);
    pass(1);
    write(2420);
    sendsText(ACK, UNA + 3380, NXT, 1460);
    sendsText(ACK, UNA + 4840, NXT, 960);
    silent();
    expect<u32>(tcb().snd.mss).toBe(960);
    peer(ACK, NXT, UNA + 5800);
    expect<u32>(tcb().snd.mss).toBe(1460);
  });
});

describe("transport/tcp/pmtu: what routers do not say (RFC 4821)", () => {
  test("4821-1: timeouts in a row that no answer breaks make segments of 1024, then of 552", () => {
    for (let i = 0; i < 2; i++) {
      open(i == 1);
      write(1460);
      ignore(0);
      run(60000);
      expect<u32>(counted(Counter.TCP_BLACK_HOLES)).toBeGreaterThan(0);
      expect<u32>(tcb().snd.mss).toBeLessThan(985);
      ignore(0);
      run(120000);
      expect<u32>(counted(Counter.TCP_BLACK_HOLES)).toBe(2);
      expect<u32>(tcb().snd.mss).toBe(512);
    }
  });
  test("4821-1: a short segment that vanishes says nothing about the path", () => {
    open(true);
    write(500);
    ignore(0);
    run(100000);
    expect<u32>(counted(Counter.TCP_BLACK_HOLES)).toBe(0);
    expect<u32>(tcb().snd.mss).toBe(1460);
  });
  test("4821-1: a long segment that is tried and lost is sent again in pieces, and the next try comes ten minutes later", () => {
    open(true);
    write(1460);
    ignore(0);
    pmtu.isTold(tcb(), 1000, ms);
    pass(0);
    ignore(0);
    peer(ACK, NXT, UNA + 1460);
    wait(600000);
    write(1460);
    sendsText(ACK, UNA + 1460, NXT, 1460);
    ignore(0);
    expect<u32>(tcb().isTrying).toBe(1);
    for (let i = 0; i < 10 && tcb().isTrying; i++) {
      ignore(0);
      pass(tcb().rtt.rto);
    }
    expect<u32>(tcb().isTrying).toBe(0);
    expect<u32>(tcb().snd.mss).toBe(960);
    sendsText(ACK, UNA + 1460, NXT, 960);
    silent();
    expect<bool>(timers.isArmed(tcb(), Timer.RAISE)).toBe(true);
    expect<u32>(timers.remaining(tcb(), Timer.RAISE, ms)).toBeGreaterThan(590000);
  });
  test("a try that a router answers leaves again in pieces; the next goes as far as it says, and no further", () => {
    open(true);
    write(1460);
    ignore(0);
    pmtu.isTold(tcb(), 1000, ms);
    pass(0);
    ignore(0);
    peer(ACK, NXT, UNA + 1460);
    wait(600000);
    write(1460);
    ignore(0);
    pmtu.isTold(tcb(), 1300, ms);
    expect<u32>(tcb().isTrying).toBe(0);
    expect<u32>(tcb().mssMax).toBe(1460);
    expect<u32>(tcb().snd.mss).toBe(960);
    pass(0);
    sendsText(ACK, UNA + 1460, NXT, 960);
    ignore(0);
    write(1260);
    sendsText(ACK, UNA + 2920, NXT, 1260);
    peer(ACK, NXT, UNA + 4180);
    expect<u32>(tcb().snd.mss).toBe(1260);
    expect<bool>(timers.isArmed(tcb(), Timer.RAISE)).toBe(true);
  });
  test("nothing longer is tried while too little text waits for it", () => {
    open(true);
    pmtu.isTold(tcb(), 1000, ms);
    pmtu.raise(tcb());
    write(1000);
    sendsText(ACK, UNA, NXT, 960);
    ignore(0);
    expect<u32>(tcb().mayTry).toBe(1);
  });
});
