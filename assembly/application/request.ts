// read RFC 9112 §2 first
// A client's connection with the request at hand: its record, and the reader of lines that every part of a message passes.
import { count, Counter } from "../memory/counters";
import { root, state } from "../memory/root";
import { before, Instant } from "../memory/time";
import { Tcb } from "../transport/tcp/tcb";
import * as calls from "../transport/tcp/calls";
import { Socket } from "../tcp";

/** Methods that the application is asked to answer. RFC 9110 §9.3. */
export enum HttpMethod {
  GET = 0,
  HEAD = 1,
  POST = 2,
  PUT = 3,
  DELETE = 4,
  OPTIONS = 5,
}
/** How far a request is. */
export enum RequestState {
  FREE = 0,
  /** Its head comes in. */
  HEAD = 1,
  /** Its head is whole, and the application has not been told. */
  ASKED = 2,
  /** The application is to answer. */
  OPEN = 3,
  /** The answer goes out. */
  ANSWER = 4,
  /** The last answer has left: what comes is thrown away until the client closes. */
  LAST = 5,
}
/** What the next line is. */
export enum Line {
  REQUEST = 0,
  FIELD = 1,
  CHUNK = 2,
  CHUNK_END = 3,
  TRAILER = 4,
}
/** Octets of a line of the body: of a chunk's size with its extensions, or of a trailer field. */
export const LINE_OCTETS: u32 = 256;
/** Octets the record has, behind it the head or what is about to be sent, and a line of the body. */
const RECORD_OCTETS: u32 = 128;

@unmanaged
@final
export class Request {
  state: RequestState;
  generation: u32;
  socket: u32;
  /** When the client has taken too long, and where the connection stood when that was last decided. */
  due: Instant;
  mark: u32;
  method: HttpMethod;
  line: Line;
  /** Line by line: where the next one begins in the buffer, and where what has come of it ends. */
  from: u32;
  end: u32;
  /** Octets of the target, and with the fields that follow it, each `name:value` and LF. */
  target: u32;
  head: u32;
  /** What of the buffer is to be sent, addresses. */
  out: u32;
  outEnd: u32;
  /** 1: the last octet was CR. */
  cr: u8;
  /** 1: nothing of the request has come yet. */
  isIdle: u8;
  /** 1: HTTP/1.0. */
  isOld: u8;
  /** 1: the connection ends with this answer. */
  closes: u8;
  /** 1: close, 2: keep-alive. */
  says: u8;
  hasHost: u8;
  hasLength: u8;
  /** 1: chunks of the body, or its trailer, are to come. */
  isChunked: u8;
  /** 1: the client waits for 100 Continue. */
  expects: u8;
  /** 1: the range counts; more: it does not. */
  hasRange: u8;
  /** 1: the application waits for the client. */
  waits: u8;
  /** 1: something happened that the application has not been told. */
  news: u8;
  /** 1: the answer is sent in chunks. */
  sendsChunks: u8;
  /** Lines before the request, then fields of the trailer. */
  lines: u8;
  /** 1: the target named the host. */
  isAbsolute: u8;
  reserved: u8;
  /** Octets of the body, or of the chunk, that the application has not read. */
  left: u64;
  /** Octets of the answer that it has not written; UNKNOWN: until it ends it. */
  owed: u64;
  /** First and last octet wanted; first UNKNOWN: as many at the end. */
  first: u64;
  last: u64;
  /** For the application: 0 when a request begins. */
  part: u32;
  written: u32;

  get tcb(): Tcb {
    return changetype<Tcb>(<usize>this.socket);
  }
  get stream(): Socket {
    return changetype<Socket>(<usize>this.socket);
  }
  get buffer(): usize {
    return changetype<usize>(this) + RECORD_OCTETS;
  }
  /** The number by which the host names it: place + 1, and how often the place was used. */
  get handle(): i32 {
    return <i32>(((this.generation & 0x7fff) << 16) | ((<u32>changetype<usize>(this) - state.requests) / placeOctets() + 1));
  }
}
if (offsetof<Request>() > RECORD_OCTETS) ERROR("layout of Request changed");

/** Octets of a place of the table. */
export function placeOctets(): u32 {
  return (RECORD_OCTETS + root.extra.requestOctets + LINE_OCTETS + 7) & ~7;
}
/** The request in a place, 0 to the capacity. */
export function placed(i: u32): Request {
  return changetype<Request>(<usize>(state.requests + i * placeOctets()));
}
/** The request of a handle that the application knows, null when it is over. */
export function named(handle: i32): Request | null {
  const place = <u32>(handle & 0xffff) - 1;
  if (place >= root.extra.requests) return null;
  const it = placed(place);
  return (it.state == RequestState.OPEN || it.state == RequestState.ANSWER) && it.handle == handle ? it : null;
}
/** The place of a connection. A new one takes a free place, or that of a client whose request is the longest overdue; null: all are at work. */
export function take(socket: Socket): Request | null {
  let oldest: Request | null = null;
  for (let i: u32 = 0; i < root.extra.requests; i++) {
    const it = placed(i);
    if (it.socket == <u32>changetype<usize>(socket)) return it;
    if (it.state == RequestState.FREE) {
      if (!oldest || oldest.state != RequestState.FREE) oldest = it;
    } else if (it.state == RequestState.HEAD && (!oldest || (oldest.state == RequestState.HEAD && before(it.due, oldest.due)))) oldest = it;
  }
  if (!oldest || oldest.state == RequestState.HEAD) count(Counter.HTTP_FULL);
  if (oldest) {
    leave(oldest);
    oldest.socket = <u32>changetype<usize>(socket);
  }
  return oldest;
}
/** Lets a connection go, at once: what the client has not taken is lost. */
export function leave(it: Request): void {
  if (it.socket) calls.abort(it.tcb.handle);
  it.socket = 0;
  it.state = RequestState.FREE;
}
/** Begins with the next request of a connection. */
export function begin(it: Request): void {
  const at = changetype<usize>(it) + offsetof<Request>("method");
  memory.fill(at, 0, changetype<usize>(it) + offsetof<Request>() - at);
  it.generation++;
  it.isIdle = 1;
  it.state = RequestState.HEAD;
}

/** Reads up to the end of a line. 1: it is whole, in the buffer from `from` to `end`; 0: not yet; else the status that refuses it. No CR or LF but at its end, no other control character: RFC 9112 §2.2. */
export function readLine(it: Request): u32 {
  const socket = it.stream;
  const limit = root.extra.requestOctets + (it.line > Line.FIELD ? LINE_OCTETS : -1);
  while (true) {
    const octets = socket.readable;
    if (!octets) return 0;
    const input = socket.input;
    for (let i: u32 = 0; i < octets; i++) {
      const c = load<u8>(input + i);
      if (it.cr) {
        if (c != 10) return 400;
        it.cr = 0;
        socket.release(i + 1);
        return 1;
      }
      if (c == 13) it.cr = 1;
      else if ((c < 32 && c != 9) || c == 127) return 400;
      else if (it.end >= limit) return tooLong(it);
      else store<u8>(it.buffer + it.end++, c);
    }
    socket.release(octets);
  }
}
/** A method longer than any is 501, a target 414, a field 431. RFC 9112 §3, RFC 6585 §5. */
function tooLong(it: Request): u32 {
  if (it.line != Line.REQUEST) return 431;
  for (let i: u32 = 0; i < 8; i++) if (load<u8>(it.buffer + i) == 32) return 414;
  return 501;
}
