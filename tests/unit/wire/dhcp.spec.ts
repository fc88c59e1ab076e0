import { DhcpMessage, DhcpOp, DhcpOption, DhcpOptions, DhcpType, write32, write8, writeOctets } from "../../../assembly/wire/dhcp";
import { hex, put } from "../octets";

const AT: usize = memory.data(600, 8);
const OPTIONS: usize = memory.data(272, 8);

/** A message with these options; answers its octets. */
function message(options: string): u32 {
  memory.fill(AT, 0, 600);
  put(AT, "02 01 06 00 12 34 56 78");
  put(AT + 236, "63 82 53 63");
  return 240 + put(AT + 240, options);
}

describe("wire/dhcp", () => {
  test("A303: fields lie where RFC 2131 has them: sname 64 octets at 44, file 128 at 108", () => {
    message("ff");
    put(AT + 8, "00 05 80 00 0a 00 00 01 0a 00 00 02 0a 00 00 03 0a 00 00 04 02 00 00 00 00 01");
    put(AT + 44, "61 62 63 00");
    put(AT + 108, "62 6f 6f 74 00");
    const it = DhcpMessage.at(AT);
    expect<u32>(it.op).toBe(2);
    expect<u32>(it.xid).toBe(0x12345678);
    expect<u32>(it.secs).toBe(5);
    expect<u32>(it.flags).toBe(0x8000);
    expect<u32>(it.ciaddr).toBe(0x0a000001);
    expect<u32>(it.yiaddr).toBe(0x0a000002);
    expect<u32>(it.giaddr).toBe(0x0a000004);
    expect<string>(hex(it.chaddr, 6)).toBe("02 00 00 00 00 01");
    expect<string>(hex(it.sname, 4)).toBe("61 62 63 00");
    expect<string>(hex(it.file, 5)).toBe("62 6f 6f 74 00");
  });
  test("DHCP-08: what has no room for the fixed part, the cookie, or six octets of Ethernet does not fit", () => {
    message("ff");
    expect<bool>(DhcpMessage.at(AT).fits(240)).toBe(true);
    expect<bool>(DhcpMessage.at(AT).fits(239)).toBe(false);
    for (let i: usize = 1; i < 3; i++) {
      message("ff");
      store<u8>(AT + i, 7);
      expect<bool>(DhcpMessage.at(AT).fits(300)).toBe(false);
    }
    message("ff");
    store<u8>(AT + 239, 0);
    expect<bool>(DhcpMessage.at(AT).fits(300)).toBe(false);
  });
  test("A337: a message begins with its type, ends with END and has 300 octets at least", () => {
    memory.fill(AT, 0xee, 600);
    const it = DhcpMessage.at(AT);
    let next = it.begin(DhcpOp.REQUEST, DhcpType.DISCOVER);
    next = write8(next, 12, 7);
    next = write32(next, DhcpOption.SERVER, 0x0a000001);
    next = write32(next, DhcpOption.ROUTER, 0);
    put(OPTIONS, "61 62");
    next = writeOctets(next, DhcpOption.HOST_NAME, OPTIONS, 2);
    next = writeOctets(next, DhcpOption.HOST_NAME, OPTIONS, 0);
    expect<u32>(it.end(next)).toBe(300);
    expect<string>(hex(AT, 8)).toBe("01 01 06 00 00 00 00 00");
    expect<string>(hex(AT + 236, 22)).toBe("63 82 53 63 35 01 01 0c 01 07 36 04 0a 00 00 01 0c 02 61 62 ff 00");
    expect<u32>(load<u8>(AT + 299)).toBe(0);
    expect<u32>(load<u8>(AT + 300)).toBe(0xee);
    expect<u32>(it.end(AT + 310)).toBe(311);
  });
  test("2131-5: options are found by their length, several of one code are one value, and overload is followed once", () => {
    const it = DhcpOptions.at(OPTIONS);
    expect<bool>(it.open(AT, message("00 00 03 02 0a 00 35 01 05 03 02 00 01 ff 03 01 09"))).toBe(true);
    expect<u32>(it.number(DhcpOption.ROUTER)).toBe(0x0a000001);
    expect<u32>(it.type).toBe(5);
    expect<u32>(it.number(DhcpOption.SERVER)).toBe(0);
    const length = message("34 01 03 35 01 02 ff");
    put(AT + 108, "34 01 00 03 02 0a 01 ff");
    put(AT + 44, "00 03 02 02 03");
    expect<bool>(it.open(AT, length)).toBe(true);
    expect<u32>(it.number(DhcpOption.ROUTER)).toBe(0x0a010203);
    expect<bool>(it.open(AT, message("35 01 02"))).toBe(true, "no END");
    expect<bool>(it.open(AT, message("35 01 02 0c 00 ff"))).toBe(true, "an empty option");
  });
  test("DHCP-01: an option beyond the end makes the message none, at every length", () => {
    const it = DhcpOptions.at(OPTIONS);
    const length = message("35 01 02 0c 04 61 62 63 64 ff");
    for (let cut: u32 = 240; cut <= length; cut++)
      expect<bool>(it.open(AT, cut)).toBe(cut != 241 && cut != 242 && (cut < 244 || cut > 248), cut.toString());
    put(AT + 240, "34 01 01 ff");
    put(AT + 108 + 126, "0c 01");
    memory.fill(AT + 108, 0, 126);
    expect<bool>(it.open(AT, length)).toBe(false, "in file");
  });
  test("a value longer than 256 octets is cut there", () => {
    const it = DhcpOptions.at(OPTIONS);
    memory.fill(AT, 0, 600);
    message("ff");
    put(AT + 240, "2b c8");
    put(AT + 442, "2b 64");
    expect<bool>(it.open(AT, 240 + 202 + 102)).toBe(true);
    expect<i32>(it.gather(43)).toBe(256);
  });
});
