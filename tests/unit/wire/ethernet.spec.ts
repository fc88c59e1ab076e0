import {
  ETHERNET_HEADER,
  ETHERNET_MINIMUM,
  EthernetHeader,
  EtherType,
  isBroadcastMac,
  isGroupMac,
  isZeroMac,
} from "../../../assembly/wire/ethernet";
import { hex, put } from "../octets";

const AT: usize = memory.data(64, 4);

describe("wire/ethernet", () => {
  test("reads destination, source, type and payload of a header", () => {
    put(AT, "02 00 00 00 00 01 02 aa bb cc dd ee 08 06 00 01");
    const header = EthernetHeader.at(AT);
    expect<usize>(header.destination - AT).toBe(0);
    expect<usize>(header.source - AT).toBe(6);
    expect<u32>(header.type).toBe(EtherType.ARP);
    expect<u8>(load<u8>(header.payload, 1)).toBe(1);
  });
  test("writes the type in network byte order and nothing else", () => {
    memory.fill(AT, 0xee, 16);
    EthernetHeader.at(AT).type = EtherType.IPV4;
    expect<string>(hex(AT + 11, 4)).toBe("ee 08 00 ee");
  });
  test("a header has 14 octets, a frame without check sequence 60 at least (IEEE 802.3: 64 with its 4)", () => {
    expect<u32>(ETHERNET_HEADER).toBe(6 + 6 + 2);
    expect<u32>(ETHERNET_MINIMUM).toBe(64 - 4);
  });
  test("a group address has the lowest bit of its first octet set", () => {
    put(AT, "01 00 5e 00 00 01");
    expect<bool>(isGroupMac(AT)).toBe(true);
    put(AT, "ff ff ff ff ff ff");
    expect<bool>(isGroupMac(AT)).toBe(true);
    put(AT, "02 01 01 01 01 01");
    expect<bool>(isGroupMac(AT)).toBe(false);
    put(AT, "fe ff ff ff ff ff");
    expect<bool>(isGroupMac(AT)).toBe(false);
  });
  test("broadcast is all ones in every octet, zero is zero in every octet", () => {
    put(AT, "ff ff ff ff ff ff");
    expect<bool>(isBroadcastMac(AT)).toBe(true);
    put(AT, "ff ff ff ff ff fe");
    expect<bool>(isBroadcastMac(AT)).toBe(false);
    put(AT, "7f ff ff ff ff ff");
    expect<bool>(isBroadcastMac(AT)).toBe(false);
    put(AT, "00 00 00 00 00 00");
    expect<bool>(isZeroMac(AT)).toBe(true);
    put(AT, "00 00 00 00 00 01");
    expect<bool>(isZeroMac(AT)).toBe(false);
    put(AT, "80 00 00 00 00 00");
    expect<bool>(isZeroMac(AT)).toBe(false);
  });
});
