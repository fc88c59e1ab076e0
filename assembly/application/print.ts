// Writing ASCII into memory: each function writes at `at` and answers where the next octet goes.

/** A text of the source. Its constant takes two octets a character of static data: keep them short. */
export function ascii(at: usize, text: string): usize {
  const length = <u32>text.length;
  for (let i: u32 = 0; i < length; i++) store<u8>(at + i, load<u16>(changetype<usize>(text) + (i << 1)));
  return at + length;
}
/** One character. */
export function char(at: usize, code: u32): usize {
  store<u8>(at, code);
  return at + 1;
}
/** A number in decimal with at least `width` digits, 0 to 10. */
export function decimal(at: usize, value: u64, width: u32): usize {
  let digits: u32 = 1;
  for (let rest = value / 10; rest; rest /= 10) digits++;
  digits = max(digits, width);
  let rest = value;
  for (let i = digits; i; i--) {
    store<u8>(at + i - 1, 48 + (rest % 10));
    rest /= 10;
  }
  return at + digits;
}
/** An IPv4 address, host order, with dots. */
export function dotted(at: usize, ip: u32): usize {
  let to = at;
  for (let shift: i32 = 24; shift >= 0; shift -= 8) {
    to = decimal(to, (ip >> shift) & 255, 0);
    if (shift) to = char(to, 46);
  }
  return to;
}
/** A time as RFC 3339 has it, in UTC, with milliseconds: 2026-11-28T16:00:00.000Z. `unix`: milliseconds since 1970. */
export function timestamp(at: usize, unix: u64): usize {
  const seconds = <u32>((unix / 1000) % 86400);
  // Days are counted from the first of March of the year 0 of a 400-year cycle, so that leap days come last.
  const day = <u32>(unix / 86400000) + 719468;
  const cycle = day / 146097;
  const rest = day % 146097;
  const year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
  const dayOfYear = rest - (365 * year + year / 4 - year / 100);
  const march = (5 * dayOfYear + 2) / 153;
  const month = march < 10 ? march + 3 : march - 9;
  let to = decimal(at, cycle * 400 + year + (month <= 2 ? 1 : 0), 4);
  to = decimal(char(to, 45), month, 2);
  to = decimal(char(to, 45), dayOfYear - (153 * march + 2) / 5 + 1, 2);
  to = decimal(char(to, 84), seconds / 3600, 2);
  to = decimal(char(to, 58), (seconds / 60) % 60, 2);
  to = decimal(char(to, 58), seconds % 60, 2);
  to = decimal(char(to, 46), <u32>(unix % 1000), 3);
  return char(to, 90);
}
