// Fields in network byte order, read and written in host order.

export function get16<T>(view: T, at: usize): u32 {
  return bswap<u16>(load<u16>(changetype<usize>(view) + at));
}
export function put16<T>(view: T, at: usize, value: u32): void {
  store<u16>(changetype<usize>(view) + at, bswap<u16>(<u16>value));
}
export function get32<T>(view: T, at: usize): u32 {
  return bswap<u32>(load<u32>(changetype<usize>(view) + at));
}
export function put32<T>(view: T, at: usize, value: u32): void {
  store<u32>(changetype<usize>(view) + at, bswap<u32>(value));
}
export function get8<T>(view: T, at: usize): u32 {
  return load<u8>(changetype<usize>(view) + at);
}
export function put8<T>(view: T, at: usize, value: u32): void {
  store<u8>(changetype<usize>(view) + at, <u8>value);
}
/** Whether two MAC addresses are the same. */
export function sameMac(a: usize, b: usize): bool {
  return load<u32>(a) == load<u32>(b) && load<u16>(a, 4) == load<u16>(b, 4);
}
export function copyMac(to: usize, from: usize): void {
  store<u32>(to, load<u32>(from));
  store<u16>(to, load<u16>(from, 4), 4);
}
