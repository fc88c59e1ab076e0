// Octets by hand: tests write what is on the wire as hexadecimal text and sum it octet by octet, unlike the stack.

function digit(c: i32): i32 {
  if (c >= 48 && c <= 57) return c - 48;
  return c >= 97 && c <= 102 ? c - 87 : -1;
}
/** Writes the octets of a text such as "45 00" at `at`; answers how many. Everything but 0-9 and a-f is passed over. */
export function put(at: usize, text: string): u32 {
  let count: u32 = 0;
  let high = -1;
  for (let i = 0; i < text.length; i++) {
    const value = digit(text.charCodeAt(i));
    if (value < 0) continue;
    if (high < 0) high = value;
    else {
      store<u8>(at + count++, <u8>((high << 4) | value));
      high = -1;
    }
  }
  return count;
}
/** `length` octets at `at` as text. */
export function hex(at: usize, length: u32): string {
  let text = "";
  for (let i: u32 = 0; i < length; i++) {
    const value = load<u8>(at + i);
    if (i) text += " ";
    text += "0123456789abcdef".charAt(value >> 4) + "0123456789abcdef".charAt(value & 15);
  }
  return text;
}
/** The 16-bit one's complement sum of RFC 1071, octet by octet; `start` is a sum of earlier parts of even length. */
export function sumOf(at: usize, length: u32, start: u32): u32 {
  let total = start;
  for (let i: u32 = 0; i < length; i++) {
    total += i & 1 ? <u32>load<u8>(at + i) : (<u32>load<u8>(at + i)) << 8;
    total = (total & 0xffff) + (total >> 16);
  }
  return total;
}
/** Sum of a pseudo header. */
export function pseudoSum(source: u32, destination: u32, protocol: u32, length: u32): u32 {
  let total = (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff) + protocol + length;
  total = (total & 0xffff) + (total >> 16);
  return (total & 0xffff) + (total >> 16);
}
export function store16(at: usize, value: u32): void {
  store<u8>(at, <u8>(value >> 8));
  store<u8>(at, <u8>value, 1);
}
export function store32(at: usize, value: u32): void {
  store16(at, value >> 16);
  store16(at + 2, value & 0xffff);
}
export function load16(at: usize): u32 {
  return ((<u32>load<u8>(at)) << 8) | <u32>load<u8>(at, 1);
}
export function load32(at: usize): u32 {
  return (load16(at) << 16) | load16(at + 2);
}
/** An IPv4 header without options in front of `length` octets of payload. */
export function putIp(at: usize, protocol: u32, source: u32, destination: u32, length: u32): void {
  putIpWith(at, 0, protocol, source, destination, length);
}
/** The same with this TOS octet. */
export function putIpWith(at: usize, tos: u32, protocol: u32, source: u32, destination: u32, length: u32): void {
  store16(at, 0x4500 | tos);
  store16(at + 2, 20 + length);
  store32(at + 4, 0);
  store16(at + 8, 0x4000 | protocol);
  store16(at + 10, 0);
  store32(at + 12, source);
  store32(at + 16, destination);
  store16(at + 10, ~sumOf(at, 20, 0) & 0xffff);
}
