import { Counter } from "../../../assembly/memory/counters";
import { root } from "../../../assembly/memory/root";
import { Reserve } from "../../../assembly/link/device";
import { fit, identify, send } from "../../../assembly/internet/pieces";
import { hex, load16, put, putIp, store16, sumOf } from "../octets";
import { addDevice, addInterface, begin, blank, counted, rawIp, taken, tx } from "../world";
import { DeviceKind } from "../../../assembly/memory/control";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;
const IP: usize = memory.data(4096, 8);
const SEEN: usize = memory.data(65536, 8);

/** A datagram of `length` octets behind a header of 20 lies at IP. */
function datagram(length: u32): void {
  putIp(IP, 253, US, PEER, length);
  for (let i: u32 = 0; i < length; i++) store<u8>(IP + 20 + i, <u8>(i * 3));
}
/** A raw IP device with so many slots, MTU 576. */
function device(slots: u32): void {
  blank();
  addDevice(DeviceKind.RAW_IP, slots);
  addInterface(US, 24).mtu = 576;
  begin();
}

describe("internet/pieces", () => {
  test("each piece is as long as fits, has its offset, and a right header", () => {
    device(16);
    datagram(1200);
    expect<bool>(fit(root.interface(0), IP, Reserve.DATA)).toBe(true);
    expect<u32>(send(root.interface(0), 0, IP, 0, Reserve.DATA)).toBe(1200);
    for (let i: u32 = 0; i < 3; i++) {
      const at = tx(0);
      const octets: u32 = i < 2 ? 552 : 96;
      expect<u32>(taken).toBe(20 + octets);
      expect<u32>(load16(at + 2)).toBe(20 + octets);
      expect<u32>(load16(at + 6)).toBe((i < 2 ? 0x2000 : 0) + i * 69);
      expect<u32>(sumOf(at, 20, 0)).toBe(0xffff);
      expect<i32>(memory.compare(at + 20, IP + 20 + i * 552, octets)).toBe(0);
    }
    expect<usize>(tx(0)).toBe(0);
    expect<u32>(counted(Counter.IP_FRAGMENTS_OUT)).toBe(3);
    expect<u32>(counted(Counter.IP_OUT)).toBe(1);
  });
  test("where slots run out it says how far it came, and goes on from there", () => {
    device(2);
    datagram(1200);
    expect<bool>(fit(root.interface(0), IP, Reserve.ARP)).toBe(false);
    expect<u32>(send(root.interface(0), 0, IP, 0, Reserve.ARP)).toBe(1104);
    tx(0);
    tx(0);
    expect<u32>(send(root.interface(0), 0, IP, 1104, Reserve.ARP)).toBe(1200);
    expect<u32>(load16(tx(0) + 6)).toBe(138);
  });
  test("A138: an option without the copied flag is in the first piece only", () => {
    device(16);
    datagram(1200);
    memory.copy(IP + 32, IP + 20, 1200);
    put(IP + 20, "07 03 04 82 04 aa bb 44 04 05 00 00");
    store<u8>(IP, 0x48);
    store16(IP + 2, 1232);
    send(root.interface(0), 0, IP, 0, Reserve.DATA);
    expect<string>(hex(tx(0) + 20, 12)).toBe("07 03 04 82 04 aa bb 44 04 05 00 00");
    const second = tx(0);
    expect<u32>(load<u8>(second)).toBe(0x46);
    expect<string>(hex(second + 20, 4)).toBe("82 04 aa bb");
  });
  test("A135: 65,536 identifications in a row are all different, and not in the same order for another host", () => {
    rawIp(US, 24);
    memory.fill(SEEN, 0, 65536);
    let same = 0;
    for (let i = 0; i < 65536; i++) {
      const ident = identify(US, PEER, 17);
      expect<bool>(ident < 65536 && !load<u8>(SEEN + ident)).toBe(true, "twice");
      store<u8>(SEEN + ident, 1);
    }
    for (let i = 0; i < 1000; i++) if (((identify(US, PEER, 17) + 1) & 0xffff) == identify(US, PEER, 17)) same++;
    expect<bool>(same < 10).toBe(true);
  });
});
