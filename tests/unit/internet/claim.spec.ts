import { AddressState, DeviceKind } from "../../../assembly/memory/control";
import { Counter } from "../../../assembly/memory/counters";
import { root, state } from "../../../assembly/memory/root";
import { NEVER } from "../../../assembly/memory/time";
import * as claim from "../../../assembly/internet/claim";
import { addDevice, addInterface, begin, blank, counted, ms } from "../world";

/** 192.0.2.1/24, valid, and 192.0.2.9/24 in place 1, with nothing said of it yet. */
function start(probing: u32): void {
  blank();
  root.extra.probing = probing;
  addDevice(DeviceKind.ETHERNET, 8);
  addInterface(0xc0000201, 24);
  begin();
  const other = root.interface(0).address(1);
  other.ip = bswap<u32>(0xc0000209);
  other.prefix = 24;
  other.state = <u8>AddressState.TENTATIVE;
}
function stateOf(place: u32): u32 {
  return root.interface(0).address(place).state;
}
/** Runs the steps that are due up to `end`; answers when the last one was. */
function runTo(end: u32): u32 {
  let last: u32 = 0;
  for (let now = ms; now <= end; now++) {
    if (claim.within(now)) continue;
    claim.expire(now);
    last = now;
  }
  return last;
}

describe("internet/claim", () => {
  test("nothing to say, nothing armed", () => {
    start(0);
    expect<u32>(claim.within(ms)).toBe(NEVER);
    claim.expire(ms + 100000);
    expect<u32>(stateOf(1)).toBe(AddressState.TENTATIVE);
  });
  test("5227-1: three steps owe a probe, the fourth makes the address ours, the fifth says so again", () => {
    start(0);
    const generation = root.interface(0).generation;
    claim.probe(root.interface(0), 1, ms);
    expect<bool>(claim.within(ms) <= 1000).toBe(true);
    runTo(ms + 1000);
    expect<u32>(state.probeDue).toBe(2);
    expect<u32>(stateOf(1)).toBe(AddressState.TENTATIVE);
    state.probeDue = 0;
    runTo(ms + 7000);
    expect<u32>(stateOf(1)).toBe(AddressState.VALID);
    expect<u32>(state.announceDue).toBe(2);
    expect<u32>(root.interface(0).generation).toBe(generation + 1);
    runTo(ms + 20000);
    expect<u32>(claim.within(ms + 20000)).toBe(NEVER);
    expect<u32>(root.interface(0).address(1).step).toBe(0);
  });
  test("what is forgotten is not said", () => {
    start(0);
    claim.probe(root.interface(0), 1, ms);
    runTo(ms + 1000);
    claim.forget(root.interface(0), 1);
    expect<u32>(state.probeDue | state.announceDue).toBe(0);
    runTo(ms + 20000);
    expect<u32>(stateOf(1)).toBe(AddressState.TENTATIVE);
  });
  test("5227-4: the first conflict is answered, the second within ten seconds is the end", () => {
    start(1);
    const it = root.interface(0);
    claim.conflict(it, it.address(0), ms);
    expect<u32>(state.announceDue & 1).toBe(1);
    claim.conflict(it, it.address(0), ms + 10000);
    expect<u32>(stateOf(0)).toBe(AddressState.VALID);
    expect<u32>(it.address(0).conflicts).toBe(2);
    claim.conflict(it, it.address(0), ms + 19999);
    expect<u32>(stateOf(0)).toBe(AddressState.CONFLICT);
    expect<u32>(state.announceDue).toBe(0);
    expect<u32>(state.sweep).toBe(1);
    expect<u32>(counted(Counter.ARP_LOST)).toBe(1);
  });
  test("a conflict under probe ends it, whatever the setting", () => {
    start(0);
    const it = root.interface(0);
    claim.probe(it, 1, ms);
    claim.conflict(it, it.address(1), ms);
    expect<u32>(stateOf(1)).toBe(AddressState.CONFLICT);
    expect<u32>(state.sweep).toBe(0, "nobody can have used it");
  });
  test("a change raises the generations of interface and paths", () => {
    start(0);
    const paths = state.pathGeneration;
    const generation = root.interface(0).generation;
    claim.changed(root.interface(0));
    expect<u32>(state.pathGeneration).toBe(paths + 1);
    expect<u32>(root.interface(0).generation).toBe(generation + 1);
    claim.lost();
    expect<u32>(state.sweep).toBe(1);
  });
  test("a link that is up: valid addresses are said, with probing they are probed, fresh ones are not", () => {
    start(0);
    claim.linkIsUp(root.interface(0), false, ms);
    expect<u32>(state.announceDue).toBe(1);
    expect<u32>(claim.within(ms)).toBe(NEVER, "the tentative one is the host's");
    start(1);
    claim.linkIsUp(root.interface(0), true, ms);
    expect<u32>(root.interface(0).address(0).step).toBe(5);
    expect<u32>(root.interface(0).address(1).step).toBe(1);
    claim.linkIsUp(root.interface(0), false, ms);
    expect<u32>(root.interface(0).address(0).step).toBe(1);
    expect<u32>(stateOf(0)).toBe(AddressState.VALID);
  });
});
