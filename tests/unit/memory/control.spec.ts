import { AddressState, Endpoint, Family, INTERFACE_OCTETS } from "../../../assembly/memory/control";
import { root } from "../../../assembly/memory/root";

const AT: usize = memory.data(24, 4);

describe("memory/control", () => {
  it("reaches devices, interfaces, addresses and buffer classes where docs/abi.md says", () => {
    const control = changetype<usize>(root);
    expect<usize>(changetype<usize>(root.device(1)) - control).toBe(576 + 48);
    expect<usize>(changetype<usize>(root.interface(2)) - control).toBe(768 + 2 * 64);
    expect<usize>(changetype<usize>(root.interface(0).address(3)) - control).toBe(768 + 24 + 3 * 8);
    expect<usize>(root.interface(0).mac - control).toBe(776);
    expect<usize>(changetype<usize>(root.bufferClass(3)) - control).toBe(144 + 36);
    expect<usize>(changetype<usize>(root.local) - control).toBe(96);
    expect<usize>(changetype<usize>(root.remote) - control).toBe(120);
    expect<usize>(INTERFACE_OCTETS).toBe(64);
  });
  it("keeps addresses of endpoints in network byte order and clears the rest", () => {
    memory.fill(AT, 0xee, 24);
    const endpoint = changetype<Endpoint>(AT);
    endpoint.set(0x0a000002, 8080, 3);
    expect<u8>(load<u8>(AT, 4)).toBe(10);
    expect<u8>(load<u8>(AT, 7)).toBe(2);
    expect<u32>(endpoint.a1 | endpoint.a2 | endpoint.a3).toBe(0);
    expect<u32>(endpoint.ip).toBe(0x0a000002);
    expect<u32>(endpoint.port).toBe(8080);
    expect<u32>(endpoint.family).toBe(Family.IPV4);
    expect<u32>(endpoint.interface).toBe(3);
  });
  it("holds 64 mailbox words and stays within them", () => {
    root.setMail(0, 11);
    root.setMail(63, 22);
    root.setMail(64, 33);
    expect<u32>(root.mail(0)).toBe(33);
    expect<u32>(root.mail(63)).toBe(22);
    expect<u32>(load<u32>(changetype<usize>(root), 320 + 63 * 4)).toBe(22);
  });
  it("has states of an address that tell a valid one", () => {
    root.interface(0).address(0).state = <u8>AddressState.VALID;
    expect<u8>(load<u8>(changetype<usize>(root), 768 + 24 + 5)).toBe(2);
    root.interface(0).address(0).state = <u8>AddressState.NONE;
  });
});
