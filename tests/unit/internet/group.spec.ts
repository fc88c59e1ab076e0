import { PoolIndex } from "../../../assembly/memory/pool";
import { ALL_SYSTEMS, enter, groupOn, leave, lists, Member, memberOf, putGroupMac, Source, wants } from "../../../assembly/internet/group";
import { hex } from "../octets";
import * as link from "./link";

const AT: usize = memory.data(8, 8);
const GROUP: u32 = 0xef010203;
const SOURCE: u32 = 0x0a000001;

/** A membership of a record that stands for a socket, on interface 1. */
function join(socket: Member): Member {
  const member = changetype<Member>(enter(PoolIndex.MEMBER, GROUP, socket.address + 1));
  member.socket = socket.address;
  return member;
}

describe("internet/group: who listens to what", () => {
  test("1112-1: a group's MAC address holds the low 23 bits of its address", () => {
    putGroupMac(AT, 0xe0000001);
    expect<string>(hex(AT, 6)).toBe("01 00 5e 00 00 01");
    putGroupMac(AT, 0xefffffff);
    expect<string>(hex(AT, 6)).toBe("01 00 5e 7f ff ff");
    putGroupMac(AT, 0xe0810203);
    expect<string>(hex(AT, 6)).toBe("01 00 5e 01 02 03");
  });
  test("each interface has the group of all hosts from the start; others come and go", () => {
    link.start();
    expect<bool>(groupOn(link.it(), ALL_SYSTEMS) != null).toBe(true);
    expect<bool>(groupOn(link.it(), GROUP) == null).toBe(true);
    const group = changetype<Member>(enter(PoolIndex.GROUP, GROUP, <u32>changetype<usize>(link.it())));
    expect<bool>(groupOn(link.it(), GROUP) != null).toBe(true);
    expect<bool>(groupOn(link.it(), GROUP + 1) == null).toBe(true);
    leave(PoolIndex.GROUP, group);
    expect<bool>(groupOn(link.it(), GROUP) == null).toBe(true);
  });
  test("a filter includes or excludes the sources in its list; without membership only the group of all hosts is wanted", () => {
    link.start();
    const socket = changetype<Member>(enter(PoolIndex.MEMBER, 1, 1));
    expect<bool>(wants(socket, 1, GROUP, SOURCE)).toBe(false);
    expect<bool>(wants(socket, 1, ALL_SYSTEMS, SOURCE)).toBe(true);
    const member = join(socket);
    expect<bool>(memberOf(socket, 1, GROUP) == member).toBe(true);
    expect<bool>(memberOf(socket, 2, GROUP) == null).toBe(true);
    expect<bool>(wants(socket, 1, GROUP, SOURCE)).toBe(false);
    member.isExclude = 1;
    expect<bool>(wants(socket, 1, GROUP, SOURCE)).toBe(true);
    const source = changetype<Source>(enter(PoolIndex.SOURCE, 0, 0));
    source.next = 0;
    source.ip = bswap<u32>(SOURCE);
    member.sources = source.address;
    expect<bool>(lists(member, bswap<u32>(SOURCE))).toBe(true);
    expect<bool>(lists(member, bswap<u32>(SOURCE + 1))).toBe(false);
    expect<bool>(wants(socket, 1, GROUP, SOURCE)).toBe(false);
    expect<bool>(wants(socket, 1, GROUP, SOURCE + 1)).toBe(true);
    member.isExclude = 0;
    expect<bool>(wants(socket, 1, GROUP, SOURCE)).toBe(true);
    expect<bool>(wants(socket, 1, GROUP, SOURCE + 1)).toBe(false);
  });
});
