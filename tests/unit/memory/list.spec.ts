import { Link } from "../../../assembly/memory/list";

const LINKS: usize = memory.data(64, 8);

function link(i: u32): Link {
  return Link.at(LINKS + i * 8);
}
/** The list's entries as decimal digits, first to last. Link 0 is the head. */
function order(): u32 {
  let digits: u32 = 0;
  for (let at = link(0).next; at != link(0).address; at = Link.at(at).next) digits = digits * 10 + (at - <u32>LINKS) / 8;
  return digits;
}
function backwards(): u32 {
  let digits: u32 = 0;
  for (let at = link(0).previous; at != link(0).address; at = Link.at(at).previous) digits = digits * 10 + (at - <u32>LINKS) / 8;
  return digits;
}
function three(): void {
  memory.fill(LINKS, 0, 64);
  link(0).clear();
  link(0).push(link(1));
  link(0).push(link(2));
  link(0).push(link(3));
}

describe("memory/list", () => {
  it("is empty once cleared", () => {
    memory.fill(LINKS, 0, 64);
    link(0).clear();
    expect<bool>(link(0).isEmpty).toBe(true);
    expect<bool>(link(1).linked).toBe(false);
  });
  it("pushes at the tail", () => {
    three();
    expect<u32>(order()).toBe(123);
    expect<u32>(backwards()).toBe(321);
    expect<bool>(link(2).linked).toBe(true);
    expect<bool>(link(0).isEmpty).toBe(false);
  });
  it("unlinks the first, the middle and the last", () => {
    three();
    link(2).unlink();
    expect<u32>(order()).toBe(13);
    link(1).unlink();
    expect<u32>(backwards()).toBe(3);
    link(3).unlink();
    expect<bool>(link(0).isEmpty).toBe(true);
    expect<bool>(link(3).linked).toBe(false);
  });
  it("does nothing when an entry is unlinked twice", () => {
    three();
    link(2).unlink();
    link(2).unlink();
    expect<u32>(order()).toBe(13);
    expect<u32>(backwards()).toBe(31);
  });
  it("moves an entry to the tail by unlink and push", () => {
    three();
    link(1).unlink();
    link(0).push(link(1));
    expect<u32>(order()).toBe(231);
  });
});
