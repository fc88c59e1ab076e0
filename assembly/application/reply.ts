// read RFC 9112 §6, §7.1 and RFC 9110 §14, §15 first
// How an answer is framed. Its head and its chunks wait in the request's buffer, a body of known length goes to the send ring directly.
import { root } from "../memory/root";
import * as print from "./print";
import { HttpMethod, Request } from "./request";
import { say, UNKNOWN, Word } from "./words";

/** Octets of an answer's head besides the application's fields, at most; and of a chunk's frame. */
export const FRAME_OCTETS: u32 = 192;
const CHUNK_FRAME: u32 = 8;
const CHUNK_SIZE: u32 = 6;
const CRLF: u32 = 0x0a0d;
/** `HTTP/1.1` in memory. */
const VERSION: u64 = 0x312e312f50545448;

/** Whether the application's fields are lines, each whole. */
export function areLines(at: usize, octets: u32): bool {
  return !octets || load<u16>(at + octets - 2) == CRLF;
}
/** Sends what waits; false: the client must take some first. */
export function flush(it: Request): bool {
  const socket = it.stream;
  while (it.out != it.outEnd) {
    const octets = min(socket.writable, it.outEnd - it.out);
    if (!octets) return false;
    memory.copy(socket.output, it.out, octets);
    socket.send(octets);
    it.out += octets;
  }
  return true;
}
function stage(it: Request, at: usize, end: usize): void {
  it.out = <u32>at;
  it.outEnd = <u32>end;
}
/** Two characters, the second in the high octet. */
function pair(at: usize, both: u32): usize {
  store<u16>(at, both);
  return at + 2;
}
function line(at: usize): usize {
  return pair(at, CRLF);
}
function status(at: usize, code: u32): usize {
  store<u64>(at, VERSION);
  return print.char(print.decimal(print.char(at + 8, 32), code, 0), 32);
}
/** The name of a field and what stands before its value. */
function field(at: usize, name: Word): usize {
  return pair(say(at, name, true), 0x203a);
}

/** 100 Continue, behind the head, which may still be wanted. RFC 9110 §15.2.1. */
export function goOn(it: Request): void {
  const at = it.buffer + root.extra.requestOctets;
  if (it.end == root.extra.requestOctets) stage(it, at, line(line(status(at, 100))));
}
/** Writes the head of an answer, and how much of the body follows. */
export function compose(it: Request, code: u32, fields: usize, octets: u32, length: u64): void {
  let is = code;
  it.owed = length;
  const isRange = code == 200 && it.method == HttpMethod.GET && it.hasRange == 1 && length != UNKNOWN;
  if (isRange) is = cut(it, length);
  else it.first = 0;
  let at = status(it.buffer, is);
  if (is == 200) at = pair(at, 0x4b4f);
  at = line(at);
  memory.copy(at, fields, octets);
  at += octets;
  if (isRange) {
    at = print.char(say(field(at, Word.CONTENT_RANGE), Word.BYTES, false), 32);
    if (it.owed) at = print.decimal(print.char(print.decimal(at, it.first, 0), 45), it.first + it.owed - 1, 0);
    else at = print.char(at, 42);
    at = line(print.decimal(print.char(at, 47), length, 0));
  }
  at = line(frame(it, at, is));
  if (it.method == HttpMethod.HEAD) it.owed = 0;
  stage(it, it.buffer, at);
}
/** Fields that say where the body and the connection end. RFC 9110 §8.6: none for 204; RFC 9112 §6.1. */
function frame(it: Request, at: usize, code: u32): usize {
  let to = at;
  if (code == 204 || code == 304) it.owed = 0;
  else if (it.owed != UNKNOWN) to = line(print.decimal(field(to, Word.CONTENT_LENGTH), it.owed, 0));
  else if (it.isOld) it.closes = 1;
  else {
    it.sendsChunks = 1;
    to = line(say(field(to, Word.TRANSFER_ENCODING), Word.CHUNKED, false));
  }
  if (it.closes || it.isOld) to = line(say(field(to, Word.CONNECTION), it.closes ? Word.CLOSE : Word.KEEP_ALIVE, false));
  return to;
}
/** Which octets of `length` the range means: 206, or 416 when none. RFC 9110 §14.1.2. */
function cut(it: Request, length: u64): u32 {
  if (it.first == UNKNOWN) {
    it.first = length - min(it.last, length);
    it.last = UNKNOWN;
  }
  it.owed = 0;
  if (it.first >= length) return 416;
  it.owed = min(it.last, length - 1) - it.first + 1;
  return 206;
}

/** Octets of the body that can be written now, at `span`. */
export function space(it: Request): u32 {
  if (!flush(it)) return 0;
  if (it.sendsChunks) {
    root.span = <u32>it.buffer + CHUNK_SIZE;
    return min(root.extra.requestOctets, 0xffff) - CHUNK_FRAME;
  }
  const octets = it.stream.writable;
  return <u32>min<u64>(octets, it.owed);
}
/** The first `octets` there are the next of the body. A chunk's size has four digits, so that its place is known before. */
export function write(it: Request, octets: u32): void {
  if (!octets) return;
  if (!it.sendsChunks) {
    it.stream.send(octets);
    if (it.owed != UNKNOWN) it.owed -= octets;
    return;
  }
  const at = it.buffer;
  for (let i: u32 = 0; i < 4; i++) {
    const digit = (octets >> (12 - 4 * i)) & 15;
    store<u8>(at + i, digit + (digit < 10 ? 48 : 87));
  }
  line(at + 4);
  stage(it, at, line(at + CHUNK_SIZE + octets));
}
/** Nothing more follows. False: what waits must leave first. */
export function last(it: Request): bool {
  if (!flush(it)) return false;
  it.owed = 0;
  if (it.sendsChunks) stage(it, it.buffer, line(line(print.char(it.buffer, 48))));
  return true;
}
