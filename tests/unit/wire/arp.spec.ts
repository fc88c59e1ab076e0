import { ARP_PACKET, ArpOperation, ArpPacket } from "../../../assembly/wire/arp";
import { hex, put } from "../octets";

const AT: usize = memory.data(64, 4);
const REQUEST: string = "00 01 08 00 06 04 00 01 02 aa bb cc dd ee c0 00 02 02 00 00 00 00 00 00 c0 00 02 01";

describe("wire/arp", () => {
  test("reads a request octet by octet (RFC 826)", () => {
    expect<u32>(put(AT, REQUEST)).toBe(ARP_PACKET);
    const arp = ArpPacket.at(AT);
    expect<bool>(arp.isIpv4OverEthernet).toBe(true);
    expect<u32>(arp.operation).toBe(ArpOperation.REQUEST);
    expect<string>(hex(arp.senderMac, 6)).toBe("02 aa bb cc dd ee");
    expect<u32>(arp.senderIp).toBe(0xc0000202);
    expect<string>(hex(arp.targetMac, 6)).toBe("00 00 00 00 00 00");
    expect<u32>(arp.targetIp).toBe(0xc0000201);
  });
  test("826-2: each of the fixed fields must be that of IPv4 over Ethernet", () => {
    for (let i: usize = 0; i < 6; i++) {
      put(AT, REQUEST);
      store<u8>(AT + i, load<u8>(AT + i) ^ 0x10);
      expect<bool>(ArpPacket.at(AT).isIpv4OverEthernet).toBe(false);
    }
  });
  test("writes a reply", () => {
    memory.fill(AT, 0xee, 32);
    const arp = ArpPacket.at(AT);
    arp.setFixedFields();
    arp.operation = ArpOperation.REPLY;
    put(arp.senderMac, "02 00 00 00 00 01");
    arp.senderIp = 0xc0000201;
    put(arp.targetMac, "02 aa bb cc dd ee");
    arp.targetIp = 0xc0000202;
    expect<string>(hex(AT, 29)).toBe("00 01 08 00 06 04 00 02 02 00 00 00 00 01 c0 00 02 01 02 aa bb cc dd ee c0 00 02 02 ee");
  });
});
