// read RFC 9112 §3 to §7 and RFC 9110 §5, §14.2 first
// The head of a request, line by line, and the frame of its body. Nothing is guessed: what two readers could read in two ways is refused.
import { root } from "../memory/root";
import { Err } from "../memory/errors";
import { HttpMethod, Line, readLine, Request } from "./request";
import { find, isToken, lower, number, UNKNOWN, Word, wordIn } from "./words";

/** Empty lines before a request that are passed over. RFC 9112 §2.2. */
const EMPTY_MAX: u8 = 4;
/** Fields of a trailer. */
const TRAILER_MAX: u8 = 32;
/** Digits of a number, so that none overflows. */
const DIGITS: usize = 18;
const HEX_DIGITS: usize = 15;
/** `HTTP/` n `.` n in memory, and which of its octets count; and `http://`. */
const VERSION: u64 = 0x002e002f50545448;
const VERSION_MASK: u64 = 0x00ff00ffffffffff;
const SCHEME: u64 = 0x002f2f3a70747468;
const HOST_FIELD: usize = memory.data<u8>([104, 111, 115, 116, 58]);
/** Octets of the longest authority in a target: a name and a port. */
const HOST_MAX: u32 = 261;
const SCHEME_CASE: u64 = 0x0000000020202020;

/** Reads on. 1: the head is whole; 0: not yet; else the status that refuses it. */
export function read(it: Request): u32 {
  while (true) {
    const wrong = readLine(it);
    if (wrong != 1) return wrong;
    const at = it.buffer + it.from;
    const end = it.buffer + it.end;
    const is = it.line == Line.REQUEST ? requestLine(it, at, end) : field(it, at, end);
    if (is) return is;
  }
}

function requestLine(it: Request, at: usize, end: usize): u32 {
  if (at == end) return ++it.lines > EMPTY_MAX ? 400 : 0;
  const method = find(at, end, 32);
  const target = find(method + 1, end, 32);
  const version = load<u64>(target + 1);
  const major = ((version >> 40) & 0xff) - 48;
  const minor = (version >> 56) - 48;
  if (end - target != 9 || (version & VERSION_MASK) != VERSION || major > 9 || minor > 9 || !isToken(at, method, false)) return 400;
  if (major != 1) return 505;
  it.isOld = minor ? 0 : 1;
  it.method = <HttpMethod>(<u32>wordIn(at, method, false));
  if (it.method > HttpMethod.OPTIONS) return 501;
  it.line = Line.FIELD;
  it.lines = 0;
  return takeTarget(it, method + 1, target);
}
/** Origin form, `*` for OPTIONS, or absolute form, of which the path is kept. RFC 9112 §3.2. */
function takeTarget(it: Request, at: usize, end: usize): u32 {
  for (let from = at; from < end; from++) if (load<u8>(from) - 33 > 93 || load<u8>(from) == 35) return 400;
  let path = at;
  let host: u32 = 0;
  if (((load<u64>(at) | SCHEME_CASE) & 0x00ffffffffffffff) == SCHEME) {
    const slash = find(at + 7, end, 47);
    path = find(at + 7, slash, 63);
    host = <u32>(path - at - 7);
    if (host > HOST_MAX || !isToken(at + 7, path, true)) return 400;
    memory.copy(root.exchange, at + 7, host);
    if (path == end) store<u8>(--path, it.method == HttpMethod.OPTIONS ? 42 : 47);
    else if (path != slash) store<u8>(--path, 47);
  }
  const first = path < end ? load<u8>(path) : 0;
  if (first != 47 && (first != 42 || path + 1 != end || it.method != HttpMethod.OPTIONS)) return 400;
  it.target = <u32>(end - path);
  memory.copy(it.buffer, path, it.target);
  it.from = it.target;
  if (host) {
    // Whom the target names stands for whatever the field Host says. RFC 9112 §3.2.2.
    const to = it.buffer + it.from;
    memory.copy(to, HOST_FIELD, 5);
    memory.copy(to + 5, root.exchange, host);
    store<u8>(to + 5 + host, 10);
    it.from += host + 6;
    it.isAbsolute = 1;
  }
  it.end = it.from;
  return 0;
}

function field(it: Request, at: usize, end: usize): u32 {
  if (at == end) return isWhole(it);
  const colon = find(at, end, 58);
  // Neither a blank before the colon nor a line that goes on: RFC 9112 §5.1, §5.2.
  if (colon == end || !isToken(at, colon, false)) return 400;
  for (let from = at; from < colon; from++) store<u8>(from, lower(load<u8>(from)));
  const value = trimmed(colon + 1, end);
  let last = end;
  while (last > value && isBlank(load<u8>(last - 1))) last--;
  const name = wordIn(at, colon, false);
  const wrong = means(it, name, value, last);
  if (wrong) return wrong;
  if (name == Word.HOST && it.isAbsolute) {
    it.end = it.from;
    return 0;
  }
  memory.copy(colon + 1, value, last - value);
  const next = colon + 1 + last - value;
  store<u8>(next, 10);
  it.from = <u32>(next + 1 - it.buffer);
  it.end = it.from;
  return 0;
}
function isBlank(c: u32): bool {
  return c == 32 || c == 9;
}
/** Behind the blanks. */
function trimmed(at: usize, end: usize): usize {
  let from = at;
  while (from < end && isBlank(load<u8>(from))) from++;
  return from;
}
/** What a field says to us; 0, or the status that refuses it. */
function means(it: Request, name: Word, at: usize, end: usize): u32 {
  switch (name) {
    case Word.HOST:
      if (it.hasHost++ || (at < end && !isToken(at, end, true))) return 400;
      break;
    case Word.CONTENT_LENGTH:
      it.left = number(at, end, 10, DIGITS);
      if (it.hasLength++ || it.left == UNKNOWN) return 400;
      break;
    case Word.TRANSFER_ENCODING:
      if (it.isChunked++) return 400;
      if (wordIn(at, end, true) != Word.CHUNKED) return 501;
      break;
    case Word.CONNECTION:
      connection(it, at, end);
      break;
    case Word.EXPECT:
      if (wordIn(at, end, true) != Word.CONTINUE) return 417;
      it.expects = 1;
      break;
    case Word.RANGE:
      range(it, at, end);
      break;
    case Word.IF_RANGE:
      it.hasRange = 2; // no validator of ours: the whole is sent. RFC 9110 §13.1.5
      break;
    default:
      break;
  }
  return 0;
}
function connection(it: Request, at: usize, end: usize): void {
  for (let from = at; from < end; ) {
    const comma = find(from, end, 44);
    from = trimmed(from, comma);
    let last = from;
    while (last < comma && !isBlank(load<u8>(last))) last++;
    const word = wordIn(from, last, true);
    if (word == Word.CLOSE) it.says |= 1;
    if (word == Word.KEEP_ALIVE) it.says |= 2;
    from = comma + 1;
  }
}
/** One range of octets; several, another unit, or what is none has the whole sent. RFC 9110 §14.2. */
function range(it: Request, at: usize, end: usize): void {
  const equals = find(at, end, 61);
  const dash = find(equals, end, 45);
  it.hasRange++;
  it.first = number(equals + 1, dash, 10, DIGITS);
  it.last = number(dash + 1, end, 10, DIGITS);
  const isFrom = equals + 1 < dash;
  const isTo = dash + 1 < end;
  if (wordIn(at, equals, true) != Word.BYTES || dash == end || !(isFrom || isTo)) it.hasRange = 2;
  if ((isFrom && it.first == UNKNOWN) || (isTo && it.last == UNKNOWN) || (isFrom && it.last < it.first)) it.hasRange = 2;
}
/** The blank line has come: whether the message has one meaning. RFC 9112 §3.2, §6.1, §6.3, §9.3. */
function isWhole(it: Request): u32 {
  if (!it.isOld && !it.hasHost) return 400;
  if (it.isChunked && (it.hasLength || it.isOld)) return 400;
  if (it.isOld) it.expects = 0;
  it.closes = it.says & 1 || (it.isOld && !it.says) ? 1 : 0;
  it.line = Line.CHUNK;
  it.head = it.from;
  it.from = root.extra.requestOctets;
  it.end = it.from;
  return 1;
}

/** Octets of the body that can be read in one piece; 0: none yet; END: all was read; -400 and so on: the status that refuses what has come. */
export function body(it: Request): i32 {
  while (!it.left) {
    if (!it.isChunked) return Err.END;
    const is = readLine(it);
    if (is != 1) return -(<i32>is);
    const wrong = chunk(it, it.buffer + it.from, it.buffer + it.end);
    if (wrong) return wrong;
    it.end = it.from;
  }
  return <i32>min<u64>(it.stream.readable, it.left);
}
/** A line between the chunks. RFC 9112 §7.1. */
function chunk(it: Request, at: usize, end: usize): i32 {
  if (it.line == Line.CHUNK) {
    let last = at;
    while (last < end && !isBlank(load<u8>(last)) && load<u8>(last) != 59) last++;
    const extension = trimmed(last, end);
    it.left = number(at, last, 16, HEX_DIGITS);
    if (it.left == UNKNOWN || (last < end && (extension == end || load<u8>(extension) != 59))) {
      it.left = 0;
      return -400;
    }
    it.line = it.left ? Line.CHUNK_END : Line.TRAILER;
  } else if (it.line == Line.CHUNK_END) {
    if (at < end) return -400;
    it.line = Line.CHUNK;
  } else if (at == end) it.isChunked = 0;
  else {
    const colon = find(at, end, 58);
    if (colon == end || !isToken(at, colon, false)) return -400;
    if (++it.lines > TRAILER_MAX) return -431;
  }
  return 0;
}
