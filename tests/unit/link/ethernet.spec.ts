import { Counter } from "../../../assembly/memory/counters";
import { root } from "../../../assembly/memory/root";
import { claim, Reserve, SLOT_HEADER } from "../../../assembly/link/device";
import * as link from "../../../assembly/link/ethernet";
import { EtherType } from "../../../assembly/wire/ethernet";
import { packet } from "../../../assembly/link/packet";
import { hex, put } from "../octets";
import { counted, ethernet, ignore, taken, tx } from "../world";

const FRAME: usize = memory.data(256, 8);
const MAC: usize = memory.data(8, 4);

/** Examines a header; answers the type, 0 when the frame was dropped. */
function examine(text: string, length: u32): u32 {
  put(FRAME, text);
  const here = packet();
  here.in = <u32>changetype<usize>(root.interface(0));
  here.frame = <u32>FRAME;
  here.frameLength = length;
  return link.input(here);
}

describe("link/ethernet", () => {
  test("takes frames for our address, for groups and for everybody", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(examine("02 00 00 00 00 01 02 aa bb cc dd ee 08 00", 60)).toBe(0x0800);
    expect<u32>(packet().linkGroup).toBe(0);
    expect<u32>(packet().ip - packet().frame).toBe(14);
    expect<u32>(packet().ipLength).toBe(46);
    expect<u32>(examine("ff ff ff ff ff ff 02 aa bb cc dd ee 08 06", 60)).toBe(0x0806);
    expect<u32>(packet().linkGroup).toBe(1);
    expect<u32>(examine("01 00 5e 00 00 01 02 aa bb cc dd ee 08 00", 60)).toBe(0x0800);
    expect<u32>(packet().linkGroup).toBe(1);
  });
  test("frames for other hosts are dropped and counted", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(examine("02 00 00 00 00 02 02 aa bb cc dd ee 08 00", 60)).toBe(0);
    expect<u32>(counted(Counter.LINK_NOT_OURS)).toBe(1);
  });
  test("a group, or our own address, is no source", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(examine("02 00 00 00 00 01 ff ff ff ff ff ff 08 00", 60)).toBe(0);
    expect<u32>(examine("02 00 00 00 00 01 03 aa bb cc dd ee 08 00", 60)).toBe(0);
    expect<u32>(examine("ff ff ff ff ff ff 02 00 00 00 00 01 08 06", 60)).toBe(0);
    expect<u32>(counted(Counter.LINK_BAD_SOURCE)).toBe(3);
  });
  test("fewer octets than a header are too short", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(examine("02 00 00 00 00 01 02 aa bb cc dd ee 08 00", 13)).toBe(0);
    expect<u32>(counted(Counter.LINK_SHORT)).toBe(1);
    expect<u32>(examine("02 00 00 00 00 01 02 aa bb cc dd ee 08 00", 14)).toBe(0x0800);
    expect<u32>(packet().ipLength).toBe(0);
  });
  test("a tag stands before the type; its low twelve bits are the VLAN", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(examine("02 00 00 00 00 01 02 aa bb cc dd ee 81 00 ef fe 08 00", 60)).toBe(0x0800);
    expect<u32>(packet().ip - packet().frame).toBe(18);
    expect<u32>(packet().ipLength).toBe(42);
    expect<u32>(link.vlanOf(packet().frame, 60)).toBe(0xffe);
    expect<u32>(link.vlanOf(packet().frame, 17)).toBe(0);
  });
  test("1122-2.3.3a: 802.3 lengths, IPv6 and tags in tags are not taken for IPv4", () => {
    ethernet(0xc0000201, 24);
    expect<u32>(examine("02 00 00 00 00 01 02 aa bb cc dd ee 00 2e aa aa 03 00 00 00 08 00", 60)).toBe(0);
    expect<u32>(examine("02 00 00 00 00 01 02 aa bb cc dd ee 86 dd", 60)).toBe(0);
    expect<u32>(examine("02 00 00 00 00 01 02 aa bb cc dd ee 81 00 00 01 81 00 00 01 08 00", 60)).toBe(0);
    expect<u32>(counted(Counter.LINK_UNKNOWN_TYPE)).toBe(3);
  });
  test("writes the header and fills a short frame with zeros up to 60 octets", () => {
    ethernet(0xc0000201, 24);
    ignore(0);
    const slot = claim(root.device(0), Reserve.ARP);
    memory.fill(slot, 0xee, 200);
    put(MAC, "02 aa bb cc dd ee");
    put(slot + SLOT_HEADER + 14, "01 02");
    link.output(root.interface(0), slot, MAC, EtherType.IPV4, 2);
    const frame = tx(0);
    expect<u32>(taken).toBe(60);
    expect<string>(hex(frame, 18)).toBe("02 aa bb cc dd ee 02 00 00 00 00 01 08 00 01 02 00 00");
    expect<string>(hex(frame + 58, 3)).toBe("00 00 ee");
  });
  test("a longer frame keeps its length", () => {
    ethernet(0xc0000201, 24);
    ignore(0);
    put(MAC, "02 aa bb cc dd ee");
    link.output(root.interface(0), claim(root.device(0), Reserve.ARP), MAC, EtherType.ARP, 47);
    expect<usize>(tx(0)).not.toBe(0);
    expect<u32>(taken).toBe(61);
  });
});
