// read RFC 5905 §14 (client mode) and RFC 4330 §5 first
// What time it is, from one server: asked at once, then every `interval`; a server that is silent or refuses is asked less and less.
import { get32, get8, put32, put8 } from "../memory/bytes";
import { Err } from "../memory/errors";
import { jitter, secret } from "../memory/random";
import { root, state } from "../memory/root";
import { after, before, clock, Instant, NEVER, until } from "../memory/time";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as udp from "../udp";
import { Datagrams } from "../udp";

const PORT: u32 = 123;
/** Octets of a message without extensions. */
const MESSAGE: u32 = 48;
/** Version 4, mode 3: client. */
const REQUEST: u32 = 0x23;
const SERVER: u32 = 4;
const ALARM: u32 = 3;
/** Milliseconds between tries, and the longest after several; and the least interval, in seconds. RFC 4330 §10. */
const RETRY: u32 = 15000;
const RETRY_SHIFT_MAX: u32 = 6;
const INTERVAL_MIN: u32 = 15;
/** Kiss codes after which a server is not asked again: DENY and RSTR. RFC 5905 §7.4. */
const DENY: u32 = 0x44454e59;
const RSTR: u32 = 0x52535452;
/** Seconds from 1900 to 1970. */
const UNIX: u64 = 2208988800;
/** A time whose first bit is clear lies after 2036. RFC 4330 §3. */
const ERA: u64 = 1 << 32;

/** State of the client. */
@unmanaged
class Client {
  socket: u32;
  server: u32;
  port: u32;
  /** Milliseconds from answer to next question; 0: one answer is enough. */
  interval: u32;
  /** When the next question is due, and the last was asked. */
  due: Instant;
  asked: Instant;
  /** Questions without a good answer. */
  tries: u32;
  /** What an answer must repeat; 0: none is awaited. Nobody can guess it, and it tells no time. */
  cookie0: u32;
  cookie1: u32;
  error: i32;
  /** 1: `offset` is known. */
  isKnown: u32;
  stratum: u32;
  /** Milliseconds by which `offset` may be wrong. */
  uncertainty: u32;
  /** Unix time minus the stack's, milliseconds. */
  offset: u64;
}
function client(): Client {
  return recordOf<Client>(Service.SNTP);
}
function socketOf(it: Client): Datagrams {
  return changetype<Datagrams>(<usize>it.socket);
}

/** Asks the server for the time from the next poll on, every `seconds` (at least 15; 0: until one good answer). `port` 0: 123. Errors: BAD_ARGUMENT, NO_SOCKET, those of udp_connect. */
export function start(server: u32, port: u32, seconds: u32): i32 {
  if (seconds > NEVER / 1000) return Err.BAD_ARGUMENT;
  stop();
  const socket = udp.open(0, ownerOf(Service.SNTP), 0);
  if (!socket) return Err.NO_SOCKET;
  const wrong = socket.connect(server, port ? port : PORT);
  if (wrong) {
    socket.close();
    return wrong;
  }
  const it = client();
  it.socket = <u32>changetype<usize>(socket);
  it.interval = seconds ? max(seconds, INTERVAL_MIN) * 1000 : 0;
  it.due = state.now;
  it.tries = 0;
  it.error = Err.WOULD_BLOCK;
  it.cookie0 = 0;
  return 0;
}
/** Asks no more; what is known stays known. Answers 0. */
export function stop(): i32 {
  const it = client();
  if (it.socket) socketOf(it).close();
  it.socket = 0;
  return 0;
}

/** Leaves the time in the exchange: u64 milliseconds since 1970, u32 milliseconds it may be wrong by, u32 stratum. Errors: WOULD_BLOCK before the first answer, TIMED_OUT while the server is silent, REFUSED when it sent a kiss of death. */
export function time(): i32 {
  const it = client();
  if (!it.isKnown) return it.error ? it.error : Err.BAD_STATE;
  store<u64>(root.exchange, unix());
  store<u32>(root.exchange, it.uncertainty, 8);
  store<u32>(root.exchange, it.stratum, 12);
  return 0;
}
/** Milliseconds since 1970, 0 while not known. */
export function unix(): u64 {
  const it = client();
  return it.isKnown ? clock() + it.offset : 0;
}

/** Reads answers, and asks when it is time to. */
export function serve(): void {
  const it = client();
  udp.forget(ownerOf(Service.SNTP));
  if (!it.socket) return;
  const socket = socketOf(it);
  for (let octets = socket.next; octets != Err.WOULD_BLOCK; octets = socket.next) {
    if (octets < 0) continue;
    if (<u32>octets >= MESSAGE && it.cookie0) answered(it, socket.input);
    socket.release();
    if (!it.socket) return;
  }
  if (!before(state.now, it.due)) ask(it, socket);
}
/** Milliseconds until a question is due. */
export function within(): u32 {
  const it = client();
  return it.socket ? until(it.due, state.now) : NEVER;
}

function ask(it: Client, socket: Datagrams): void {
  if (it.tries && !it.isKnown) it.error = Err.TIMED_OUT;
  const wait = RETRY << min(it.tries++, RETRY_SHIFT_MAX);
  it.due = after(state.now, wait + jitter(wait >> 2));
  if (socket.space < <i32>MESSAGE) return;
  const at = socket.output;
  memory.fill(at, 0, MESSAGE);
  put8(at, 0, REQUEST);
  it.cookie0 = secret() | 1;
  it.cookie1 = secret();
  put32(at, 40, it.cookie0);
  put32(at, 44, it.cookie1);
  it.asked = state.now;
  socket.send(MESSAGE, 0, 0, 0);
}

/** An answer counts once, and only when it repeats the question. RFC 4330 §5. */
function answered(it: Client, at: usize): void {
  const first = get8(at, 0);
  if ((first & 7) != SERVER || get32(at, 24) != it.cookie0 || get32(at, 28) != it.cookie1) return;
  const stratum = get8(at, 1);
  if (!stratum) return kissed(it, get32(at, 12));
  if (first >> 6 == ALARM || stratum > 15 || !get32(at, 40)) return;
  it.cookie0 = 0;
  it.tries = 0;
  const trip = state.now - it.asked;
  const seconds = get32(at, 40);
  const sent = (<u64>seconds + (seconds >> 31 ? 0 : ERA) - UNIX) * 1000 + ((<u64>get32(at, 44) * 1000) >> 32);
  it.offset = sent + (trip >> 1) - clock();
  it.stratum = stratum;
  // Half the way there and back, half the server's own way to its source, and its dispersion: 16.16 seconds.
  it.uncertainty = (trip >> 1) + 1 + <u32>((<u64>get32(at, 4) * 500 + <u64>get32(at, 8) * 1000) >> 16);
  it.isKnown = 1;
  if (!it.interval) stop();
  it.due = after(state.now, it.interval + jitter(it.interval >> 4));
}
/** A kiss of death: it does not want us, or not so often. RFC 5905 §7.4. */
function kissed(it: Client, code: u32): void {
  it.cookie0 = 0;
  if (code != DENY && code != RSTR) return;
  it.error = Err.REFUSED;
  stop();
}
