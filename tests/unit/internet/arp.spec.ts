import { Counter } from "../../../assembly/memory/counters";
import { deadlines } from "./deadlines";
import * as arp from "../../../assembly/internet/arp";
import { NeighbourState } from "../../../assembly/internet/neighbour";
import { hex } from "../octets";
import { counted, ignore, ms, pass, poll, run, unsent, wait } from "../world";
import { answers, answersAs, isKnown, isUsable, known, mac, resolve, silent, start, want, weAsk, wePoll } from "./link";

describe("internet/arp: asking", () => {
  test("an unknown neighbour is asked for by broadcast, at once and once", () => {
    start();
    expect<bool>(want(2) != null).toBe(true);
    weAsk(2);
    want(2);
    want(2);
    silent();
    expect<bool>(isUsable(2)).toBe(false);
    expect<u32>(counted(Counter.ARP_REQUESTS_OUT)).toBe(1);
  });
  test("the answer makes it usable", () => {
    start();
    want(2);
    weAsk(2);
    answers(2);
    expect<bool>(isUsable(2)).toBe(true);
    silent();
  });
  test("1122-2.3.2.1b: requests to one neighbour are a second apart, three in all, then it has failed", () => {
    start();
    want(2);
    weAsk(2);
    pass(999);
    silent();
    pass(1);
    weAsk(2);
    pass(999);
    silent();
    pass(1);
    weAsk(2);
    expect<u32>(counted(Counter.ARP_FAILED)).toBe(0);
    pass(1000);
    silent();
    expect<u32>(counted(Counter.ARP_FAILED)).toBe(1);
  });
  test("poll says when the next request is due", () => {
    start();
    want(2);
    expect<i32>(poll()).toBe(1000);
    expect<i32>(pass(400)).toBe(600);
  });
  test("a neighbour that failed and that nobody needs is forgotten", () => {
    start();
    want(2);
    run(3000);
    poll();
    expect<bool>(isKnown(2)).toBe(false);
  });
  test("one that failed is asked for again when it is wanted, a second after the last request", () => {
    start();
    const neighbour = want(2);
    if (neighbour) arp.pin(neighbour);
    pass(1000);
    pass(1000);
    pass(1000);
    ignore(0);
    const failed = known(2);
    expect<u32>(failed ? failed.state : 99).toBe(NeighbourState.FAILED);
    want(2);
    weAsk(2);
  });
  test("1122-2.3.2.1b: whoever wants an absent host all the time asks once a second at most", () => {
    start();
    let tooSoon: u32 = 0;
    let requests: u32 = 0;
    let last: u32 = 0;
    for (let i = 0; i < 1000; i++) {
      if (i & 1) want(2);
      else pass(20);
      for (; unsent(0); requests++) {
        ignore(0);
        if (requests && ms - last < 1000) tooSoon++;
        last = ms;
      }
    }
    expect<u32>(tooSoon).toBe(0);
    // Ten seconds: ten or eleven.
    expect<u32>(requests).toBeGreaterThan(9);
    expect<u32>(requests).toBeLessThan(12);
  });
});

describe("internet/arp: ageing", () => {
  test("1122-2.3.2.1a: an entry holds for 60 s without news and not a millisecond longer (A246)", () => {
    start();
    resolve(2);
    wait(59999);
    expect<bool>(isUsable(2)).toBe(true);
    wait(1);
    expect<bool>(isUsable(2)).toBe(false);
  });
  test("an unused entry is asked for no more, and is gone after 60 s", () => {
    start();
    resolve(2);
    run(59999);
    silent();
    expect<bool>(isKnown(2)).toBe(true);
    pass(1);
    silent();
    expect<bool>(isKnown(2)).toBe(false);
  });
  test("an entry in use is refreshed by unicast when three quarters of its time are over", () => {
    start();
    resolve(2);
    run(44999);
    want(2);
    silent();
    run(1);
    wePoll(2);
    expect<bool>(isUsable(2)).toBe(true);
    answers(2);
    wait(59999);
    expect<bool>(isUsable(2)).toBe(true);
  });
  test("using an old entry refreshes it at once", () => {
    start();
    resolve(2);
    run(50000);
    silent();
    want(2);
    poll();
    wePoll(2);
  });
  test("an unanswered refresh is repeated each second while the entry holds", () => {
    start();
    resolve(2);
    run(50000);
    want(2);
    poll();
    wePoll(2);
    pass(999);
    silent();
    pass(1);
    wePoll(2);
    run(8999);
    expect<u32>(unsent(0)).toBe(8);
    expect<bool>(isUsable(2)).toBe(true);
  });
  test("a pinned entry in use is refreshed again and again", () => {
    start();
    arp.pin(resolve(2));
    for (let i = 0; i < 5; i++) {
      run(40000);
      want(2);
      silent();
      run(5000);
      wePoll(2);
      answers(2);
    }
    expect<bool>(isUsable(2)).toBe(true);
  });
  test("a pinned entry that is not used asks nobody", () => {
    start();
    arp.pin(resolve(2));
    run(200000);
    silent();
    expect<bool>(isKnown(2)).toBe(true);
  });
  test("a pinned entry that nobody confirms stays, but is not used", () => {
    start();
    arp.pin(resolve(2));
    run(70000);
    expect<bool>(isKnown(2)).toBe(true);
    expect<bool>(isUsable(2)).toBe(false);
    ignore(0);
    want(2);
    weAsk(2);
  });
  test("what other protocols hear of a neighbour confirms it", () => {
    start();
    const neighbour = resolve(2);
    wait(40000);
    arp.heard(neighbour, ms);
    wait(59999);
    expect<bool>(isUsable(2)).toBe(true);
    wait(1);
    arp.heard(neighbour, ms);
    expect<bool>(isUsable(2)).toBe(false);
  });
  test("1122-3.3.1.4: a doubted neighbour is asked by unicast, at most once a second", () => {
    start();
    const neighbour = resolve(2);
    wait(500);
    arp.doubt(neighbour, ms);
    run(499);
    silent();
    run(1);
    wePoll(2);
    arp.doubt(neighbour, ms);
    run(999);
    silent();
    answers(2);
    run(30000);
    silent();
  });
  test("1122-3.3.1.4: a doubted neighbour that does not answer three times is believed no more, and everybody is asked", () => {
    start();
    const neighbour = resolve(2);
    arp.pin(neighbour);
    wait(1000);
    arp.doubt(neighbour, ms);
    poll();
    for (let i = 0; i < 3; i++) {
      wePoll(2);
      expect<bool>(isUsable(2)).toBe(true);
      run(1000);
    }
    expect<bool>(isUsable(2)).toBe(false);
    weAsk(2);
    answersAs(2, 9);
    expect<string>(hex(neighbour.mac, 6)).toBe(mac(9));
    expect<bool>(isUsable(2)).toBe(true);
  });
  test("what is heard within a second of a doubt may be older than the doubt; later it ends the doubt", () => {
    start();
    const neighbour = resolve(2);
    wait(1000);
    arp.doubt(neighbour, ms);
    arp.heard(neighbour, ms);
    poll();
    wePoll(2);
    arp.heard(neighbour, ms);
    run(1000);
    wePoll(2);
    arp.heard(neighbour, ms);
    run(30000);
    silent();
    expect<bool>(isUsable(2)).toBe(true);
  });
  test("a neighbour that failed, that a connection keeps and nobody waits for, is asked when somebody sends", () => {
    start();
    const neighbour = resolve(2);
    arp.pin(neighbour);
    wait(1000);
    arp.doubt(neighbour, ms);
    run(20000);
    ignore(0);
    run(100000);
    silent();
    want(2);
    weAsk(2);
  });
  test("deadlines follow the entry: nothing stays armed when it is gone", () => {
    start();
    resolve(2);
    expect<u32>(deadlines()).toBe(1);
    run(60001);
    expect<u32>(deadlines()).toBe(0);
  });
});
