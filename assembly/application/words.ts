// The words of HTTP that the stack understands or says, and characters as RFC 9110 §5.6.2 sorts them.

import { HttpMethod } from "./request";

/** Place of each word in the list; the methods come first. */
export enum Word {
  GET = HttpMethod.GET,
  HEAD = HttpMethod.HEAD,
  POST = HttpMethod.POST,
  PUT = HttpMethod.PUT,
  DELETE = HttpMethod.DELETE,
  OPTIONS = HttpMethod.OPTIONS,
  HOST = 6,
  CONTENT_LENGTH = 7,
  TRANSFER_ENCODING = 8,
  CONNECTION = 9,
  EXPECT = 10,
  RANGE = 11,
  IF_RANGE = 12,
  CLOSE = 13,
  KEEP_ALIVE = 14,
  CHUNKED = 15,
  CONTINUE = 16,
  CONTENT_RANGE = 17,
  BYTES = 18,
  COUNT = 19,
}
/** The words, each with a blank behind it: octets, since a string would take twice as many. */
// biome-ignore format: a word a line
const WORDS: usize = memory.data<u8>([
  71, 69, 84, 32, // GET
  72, 69, 65, 68, 32, // HEAD
  80, 79, 83, 84, 32, // POST
  80, 85, 84, 32, // PUT
  68, 69, 76, 69, 84, 69, 32, // DELETE
  79, 80, 84, 73, 79, 78, 83, 32, // OPTIONS
  104, 111, 115, 116, 32, // host
  99, 111, 110, 116, 101, 110, 116, 45, 108, 101, 110, 103, 116, 104, 32, // content-length
  116, 114, 97, 110, 115, 102, 101, 114, 45, 101, 110, 99, 111, 100, 105, 110, 103, 32, // transfer-encoding
  99, 111, 110, 110, 101, 99, 116, 105, 111, 110, 32, // connection
  101, 120, 112, 101, 99, 116, 32, // expect
  114, 97, 110, 103, 101, 32, // range
  105, 102, 45, 114, 97, 110, 103, 101, 32, // if-range
  99, 108, 111, 115, 101, 32, // close
  107, 101, 101, 112, 45, 97, 108, 105, 118, 101, 32, // keep-alive
  99, 104, 117, 110, 107, 101, 100, 32, // chunked
  49, 48, 48, 45, 99, 111, 110, 116, 105, 110, 117, 101, 32, // 100-continue
  99, 111, 110, 116, 101, 110, 116, 45, 114, 97, 110, 103, 101, 32, // content-range
  98, 121, 116, 101, 115, 32, // bytes
]);
const BLANK: u32 = 32;
/** What is no number. */
export const UNKNOWN: u64 = 0xffff_ffff_ffff_ffff;

/** Which word a text is, letter by letter; COUNT: none. With `folds` capitals are as good as the small letters of the list. */
export function wordIn(at: usize, end: usize, folds: bool): Word {
  let word = WORDS;
  for (let place = Word.GET; place < Word.COUNT; place++) {
    let from = at;
    while (from < end && (folds ? lower(load<u8>(from)) : load<u8>(from)) == load<u8>(word)) {
      from++;
      word++;
    }
    if (from == end && load<u8>(word) == BLANK) return place;
    while (load<u8>(word) != BLANK) word++;
    word++;
  }
  return Word.COUNT;
}
/** Writes a word, as a field's name with capitals if so wanted; answers where the next octet goes. */
export function say(at: usize, which: Word, isName: bool): usize {
  let word = WORDS;
  for (let left = <u32>which; left; word++) if (load<u8>(word) == BLANK) left--;
  let to = at;
  for (let capital = isName; load<u8>(word) != BLANK; to++) {
    const c: u32 = load<u8>(word++);
    store<u8>(to, capital ? c - 32 : c);
    capital = isName && c == 45;
  }
  return to;
}
/** A small letter for a capital one. */
export function lower(c: u32): u32 {
  return c - 65 < 26 ? c + 32 : c;
}
/** Whether a text is a token, with characters of a host's address beside it if so wanted: `: [ ]`. Empty: false. */
export function isToken(at: usize, end: usize, isHost: bool): bool {
  for (let from = at; from < end; from++) {
    const c: u32 = load<u8>(from);
    if (isHost && (c == 58 || c == 91 || c == 93)) continue;
    // ! # $ % & ' * + - . 0-9, then A-Z ^ _ ` a-z | ~
    const known: u64 = c < 64 ? 0x03ff_6cfa_0000_0000 : 0x57ff_ffff_c7ff_fffe;
    if (c > 127 || !((known >> (c & 63)) & 1)) return false;
  }
  return at < end;
}
/** Where a character stands first, or `end`. */
export function find(at: usize, end: usize, c: u32): usize {
  let from = at;
  while (from < end && load<u8>(from) != c) from++;
  return from;
}
/** A number of up to `most` digits and nothing else, decimal or (base 16) hexadecimal; UNKNOWN when it is none. */
export function number(at: usize, end: usize, base: u32, most: usize): u64 {
  if (end - at - 1 >= most) return UNKNOWN;
  let value: u64 = 0;
  for (let from = at; from < end; from++) {
    const c: u32 = load<u8>(from);
    const digit = c - 48 < 10 ? c - 48 : lower(c) - 97 < 6 ? lower(c) - 87 : 16;
    if (digit >= base) return UNKNOWN;
    value = value * base + digit;
  }
  return value;
}
