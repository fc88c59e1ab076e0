import { DeviceKind } from "../../../assembly/memory/control";
import { Counter } from "../../../assembly/memory/counters";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root } from "../../../assembly/memory/root";
import * as arp from "../../../assembly/internet/arp";
import * as hold from "../../../assembly/internet/hold";
import { hex, putIp } from "../octets";
import { addDevice, addInterface, arrives, begin, blank, counted, ignore, ms, pass, poll, run, taken, tx, wait } from "../world";
import {
  answers,
  answersAs,
  asks,
  EVERYBODY,
  host,
  isKnown,
  isUsable,
  it,
  known,
  mac,
  next,
  packet,
  resolve,
  silent,
  start,
  US,
  want,
  weAnswer,
  weAsk,
  wePoll,
} from "./link";

const DATAGRAM: usize = memory.data(64, 4);

function datagram(mark: u8): usize {
  putIp(DATAGRAM, 17, US, host(2), 1);
  store<u8>(DATAGRAM, mark, 20);
  return DATAGRAM;
}

describe("internet/arp: news", () => {
  test("826-1: a request for our address is answered by unicast, and its sender is learnt", () => {
    start();
    asks(2, US);
    weAnswer(2);
    silent();
    expect<bool>(isUsable(2)).toBe(true);
    expect<u32>(counted(Counter.ARP_REPLIES_OUT)).toBe(1);
  });
  test("826-2, 826-3: a request for somebody else is not answered, and nobody is learnt", () => {
    start();
    asks(2, host(3));
    silent();
    expect<bool>(isKnown(2)).toBe(false);
    expect<u32>(counted(Counter.ARP_NOT_OURS)).toBe(1);
  });
  test("5227-1: a probe (sender 0.0.0.0) for our address is answered, but nothing is learnt from it", () => {
    start();
    arrives(0, EVERYBODY + " " + mac(2) + " 08 06 " + packet("01", mac(2), 0, "00 00 00 00 00 00", US));
    expect<string>(next(42)).toBe(mac(2) + " 02 00 00 00 00 01 08 06 " + packet("02", "02 00 00 00 00 01", US, mac(2), 0));
    expect<u32>(root.pool(PoolIndex.NEIGHBOUR).used).toBe(0);
  });
  test("an answer that nobody asked for makes no entry", () => {
    start();
    answers(2);
    expect<bool>(isKnown(2)).toBe(false);
  });
  test("A349: another host's claim to a known address is not believed: the one we know is asked, and keeps its entry if it answers", () => {
    start();
    const neighbour = resolve(2);
    wait(1000);
    answersAs(2, 9);
    poll();
    wePoll(2);
    expect<bool>(isUsable(2)).toBe(true);
    expect<string>(hex(neighbour.mac, 6)).toBe(mac(2));
    answers(2);
    wait(59999);
    expect<bool>(isUsable(2)).toBe(true);
  });
  test("A349: if the one we know is silent the entry ends within three seconds, however often the other claims it; then everybody is asked", () => {
    start();
    const neighbour = resolve(2);
    wait(1000);
    for (let i = 0; i < 30; i++) {
      answersAs(2, 9);
      expect<string>(hex(neighbour.mac, 6)).toBe(mac(2));
      run(100);
    }
    expect<bool>(isUsable(2)).toBe(false);
    for (let i = 0; i < 3; i++) wePoll(2);
    weAsk(2);
    answersAs(2, 9);
    const found = known(2);
    expect<string>(found ? hex(found.mac, 6) : "").toBe(mac(9));
  });
  test("826-2: a neighbour that did not answer is known again as soon as it says anything of itself, also to others", () => {
    start();
    arp.pin(want(2)!);
    run(4000);
    ignore(0);
    expect<bool>(isUsable(2)).toBe(false);
    asks(2, host(2));
    expect<bool>(isUsable(2)).toBe(true);
    silent();
  });
  test("826-2: wrong hardware, protocol, lengths and operations are malformed, and so is a short packet", () => {
    start();
    const good = packet("01", mac(2), host(2), "00 00 00 00 00 00", US);
    const head = EVERYBODY + " " + mac(2) + " 08 06 ";
    arrives(0, head + "00 06" + good.substring(5));
    arrives(0, head + good.substring(0, 6) + "86 dd" + good.substring(11));
    arrives(0, head + good.substring(0, 12) + "08" + good.substring(14));
    arrives(0, head + good.substring(0, 15) + "10" + good.substring(17));
    arrives(0, head + packet("03", mac(2), host(2), "00 00 00 00 00 00", US));
    arrives(0, head + packet("00", mac(2), host(2), "00 00 00 00 00 00", US));
    arrives(0, head + good.substring(0, 80));
    expect<u32>(counted(Counter.ARP_MALFORMED)).toBe(7);
    silent();
    arrives(0, head + good);
    weAnswer(2);
  });
  test("A349: group and zero MAC addresses, and addresses that are no host's, are bad senders", () => {
    start();
    const zero = "00 00 00 00 00 00";
    arrives(0, EVERYBODY + " " + mac(2) + " 08 06 " + packet("01", "ff ff ff ff ff ff", host(2), zero, US));
    arrives(0, EVERYBODY + " " + mac(2) + " 08 06 " + packet("01", zero, host(2), zero, US));
    arrives(0, EVERYBODY + " " + mac(2) + " 08 06 " + packet("01", mac(2), host(255), zero, US));
    arrives(0, EVERYBODY + " " + mac(2) + " 08 06 " + packet("01", mac(2), 0x7f000001, zero, US));
    expect<u32>(counted(Counter.ARP_BAD_SENDER)).toBe(4);
    silent();
  });
  test("a sender with our own address is a conflict and is not answered", () => {
    start();
    arrives(0, EVERYBODY + " " + mac(2) + " 08 06 " + packet("01", mac(2), US, "00 00 00 00 00 00", US));
    expect<u32>(counted(Counter.ARP_CONFLICT)).toBe(1);
    silent();
  });
  test("an announcement asks for our own address by broadcast, with us as sender", () => {
    start();
    expect<bool>(arp.announce(it(), it().address(0), false)).toBe(true);
    expect<string>(next(42)).toBe(EVERYBODY + " 02 00 00 00 00 01 08 06 " + packet("01", "02 00 00 00 00 01", US, "00 00 00 00 00 00", US));
  });
});

describe("internet/arp: a full table", () => {
  test("the longest unused entry that nobody needs gives way", () => {
    start();
    for (let n: u32 = 2; n <= 5; n++) resolve(n);
    wait(1000);
    want(2);
    want(6);
    weAsk(6);
    expect<bool>(isKnown(2)).toBe(true);
    expect<bool>(isKnown(3)).toBe(false);
    expect<u32>(counted(Counter.ARP_EVICTED)).toBe(1);
  });
  test("pinned entries do not give way: a new destination waits and is counted", () => {
    start();
    for (let n: u32 = 2; n <= 5; n++) arp.pin(resolve(n));
    wait(1000);
    expect<bool>(want(6) == null).toBe(true);
    expect<u32>(counted(Counter.ARP_FULL)).toBe(1);
    const neighbour = known(3);
    if (neighbour) arp.unpin(neighbour);
    expect<bool>(want(6) != null).toBe(true);
  });
  test("A231: a stranger's request takes no valid entry's place; it is answered all the same", () => {
    start();
    for (let n: u32 = 2; n <= 5; n++) resolve(n);
    wait(1000);
    asks(6, US);
    weAnswer(6);
    expect<bool>(isKnown(6)).toBe(false);
    for (let n: u32 = 2; n <= 5; n++) expect<bool>(isUsable(n)).toBe(true);
  });
  test("A011: those whom only their own requests made us know have a quarter of the table, and give way to each other", () => {
    blank();
    root.neighbours = 8;
    addDevice(DeviceKind.ETHERNET, 32);
    addInterface(US, 24);
    begin();
    for (let n: u32 = 2; n <= 4; n++) asks(n, US);
    expect<bool>(isKnown(2)).toBe(false);
    expect<bool>(isKnown(3)).toBe(true);
    expect<bool>(isKnown(4)).toBe(true);
    // One of them is wanted: a stranger no more.
    want(3);
    asks(5, US);
    expect<u32>(root.pool(PoolIndex.NEIGHBOUR).used).toBe(3);
    asks(6, US);
    expect<bool>(isKnown(3)).toBe(true);
    expect<bool>(isKnown(4)).toBe(false);
    expect<u32>(root.pool(PoolIndex.NEIGHBOUR).used).toBe(3);
  });
  test("A047: with more hosts than places, each is still asked once a second at most", () => {
    start();
    const last = new StaticArray<u32>(16);
    let tooSoon: u32 = 0;
    for (let i: u32 = 0; i < 1000; i++) {
      if (i & 1) want(2 + ((i >> 1) % 7));
      else pass(20);
      for (let at = tx(0); at; at = tx(0)) {
        const n = load<u8>(at + 41);
        if (last[n] && ms - last[n] < 1000) tooSoon++;
        last[n] = ms;
      }
    }
    expect<u32>(tooSoon).toBe(0);
  });
});

describe("internet/arp: packets that wait", () => {
  test("1122-2.3.2.2: one packet waits for each neighbour, the newest, and leaves with the answer", () => {
    start();
    want(2);
    weAsk(2);
    const neighbour = known(2);
    if (!neighbour) return expect<bool>(true).toBe(false);
    expect<bool>(hold.keep(neighbour, datagram(1), 21, 0)).toBe(true);
    expect<bool>(hold.keep(neighbour, datagram(2), 21, 0)).toBe(true);
    expect<u32>(counted(Counter.HOLD_REPLACED)).toBe(1);
    expect<u32>(root.pool(PoolIndex.HOLD).used).toBe(1);
    answers(2);
    const frame = tx(0);
    expect<string>(hex(frame, 14)).toBe(mac(2) + " 02 00 00 00 00 01 08 00");
    expect<u32>(load<u8>(frame + 14 + 20)).toBe(2);
    expect<u32>(taken).toBe(60);
    silent();
    expect<u32>(root.pool(PoolIndex.HOLD).used).toBe(0);
  });
  test("when all places to wait are taken the packet is dropped and counted; a place given back serves again", () => {
    blank();
    root.holds = 2;
    addDevice(DeviceKind.ETHERNET, 32);
    addInterface(US, 24);
    begin();
    for (let n: u32 = 2; n <= 4; n++) {
      const neighbour = want(n);
      if (!neighbour) return expect<bool>(true).toBe(false);
      expect<bool>(hold.keep(neighbour, datagram(1), 21, 77)).toBe(n < 4);
    }
    expect<u32>(root.pool(PoolIndex.HOLD).used).toBe(2);
    expect<u32>(counted(Counter.HOLD_FULL)).toBe(1);
    const first = known(2);
    const last = known(4);
    if (!first || !last) return expect<bool>(true).toBe(false);
    hold.drop(first);
    expect<bool>(hold.keep(last, datagram(1), 21, 77)).toBe(true);
  });
  test("a packet for a neighbour that does not answer is given up with it", () => {
    start();
    const neighbour = want(2);
    if (neighbour) hold.keep(neighbour, datagram(1), 21, 1);
    weAsk(2);
    pass(1000);
    pass(1000);
    ignore(0);
    pass(1000);
    expect<u32>(root.pool(PoolIndex.HOLD).used).toBe(0);
    expect<u32>(counted(Counter.UDP_UNREACHABLE)).toBe(1);
    silent();
  });
  test("a neighbour that failed is forgotten soon, also when a packet waited for it", () => {
    start();
    const neighbour = want(2);
    if (neighbour) hold.keep(neighbour, datagram(1), 21, 0);
    run(10000);
    expect<bool>(isKnown(2)).toBe(false);
  });
  test("a neighbour whose packet waits does not give way", () => {
    start();
    for (let n: u32 = 2; n <= 5; n++) {
      const neighbour = want(n);
      if (neighbour) hold.keep(neighbour, datagram(1), 21, 77);
    }
    wait(1000);
    expect<bool>(want(6) == null).toBe(true);
    expect<u32>(counted(Counter.ARP_EVICTED)).toBe(0);
  });
});
