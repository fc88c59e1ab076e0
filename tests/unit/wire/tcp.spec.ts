import { sum } from "../../../assembly/memory/checksum";
import { Ctl, TCP_HEADER, TCP_OPTIONS_MAX, TcpHeader } from "../../../assembly/wire/tcp";
import { hex, put } from "../octets";

const AT: usize = memory.data(64, 4);

describe("wire/tcp", () => {
  test("reads a header octet by octet (RFC 9293 section 3.1)", () => {
    put(AT, "0f a0 00 50 00 00 00 64 ff ff ff fe 60 12 ff ff ab cd 00 07 02 04 05 b4");
    const header = TcpHeader.at(AT);
    expect<u32>(header.sourcePort).toBe(4000);
    expect<u32>(header.destinationPort).toBe(80);
    expect<u32>(header.seq).toBe(100);
    expect<u32>(header.ack).toBe(0xfffffffe);
    expect<u32>(header.headerLength).toBe(24);
    expect<u32>(header.control).toBe(Ctl.SYN | Ctl.ACK);
    expect<u32>(header.urgent).toBe(7);
    expect<usize>(header.options - AT).toBe(TCP_HEADER);
  });
  test("MUST-1: the window is unsigned", () => {
    put(AT, "0f a0 00 50 00 00 00 64 00 00 00 00 50 10 ff ff 00 00 00 00");
    expect<u32>(TcpHeader.at(AT).window).toBe(65535);
  });
  test("reserved bits beside the data offset do not disturb it", () => {
    put(AT, "0f a0 00 50 00 00 00 64 00 00 00 00 5f 10 00 01 00 00 00 00");
    expect<u32>(TcpHeader.at(AT).headerLength).toBe(20);
    put(AT, "0f a0 00 50 00 00 00 64 00 00 00 00 f0 10 00 01 00 00 00 00");
    expect<u32>(TcpHeader.at(AT).headerLength).toBe(TCP_HEADER + TCP_OPTIONS_MAX);
  });
  test("writes a header", () => {
    memory.fill(AT, 0xee, 24);
    const header = TcpHeader.at(AT);
    header.sourcePort = 80;
    header.destinationPort = 4000;
    header.seq = 0x01020304;
    header.ack = 0xa0b0c0d0;
    header.headerLength = 32;
    header.control = Ctl.FIN | Ctl.PSH | Ctl.ACK;
    header.window = 0x1234;
    header.checksum = 0x0201;
    header.urgent = 0xfffe;
    expect<string>(hex(AT, 21)).toBe("00 50 0f a0 01 02 03 04 a0 b0 c0 d0 80 19 12 34 01 02 ff fe ee");
  });
  test("a checksum is the same around a text whose sum is known", () => {
    put(AT, "0f a0 00 50 00 00 00 64 00 00 00 00 50 10 ff ff 00 00 00 00 01 02 03 04 05 06 07");
    const header = TcpHeader.at(AT);
    header.seal(0x0a000001, 0x0a000002, 27);
    const whole = hex(AT + 16, 2);
    header.checksum = 0;
    header.sealAround(sum(AT + 20, 7, 0), 0x0a000001, 0x0a000002, 20, 27);
    expect<string>(hex(AT + 16, 2)).toBe(whole);
  });
  test("the control bits stand as in the figure of RFC 9293 section 3.1: CWR ECE URG ACK PSH RST SYN FIN", () => {
    expect<u32>((Ctl.CWR << 8) | Ctl.ECE).toBe(0x8040);
    expect<u32>((Ctl.URG << 8) | Ctl.ACK).toBe(0x2010);
    expect<u32>((Ctl.PSH << 8) | Ctl.RST).toBe(0x0804);
    expect<u32>((Ctl.SYN << 8) | Ctl.FIN).toBe(0x0201);
  });
});
