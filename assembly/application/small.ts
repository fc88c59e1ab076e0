// read RFC 862, 863, 864, 867 and 868 first
// Echo, discard, chargen, daytime and time, each switched on alone. Over UDP there is no chargen, and nothing answers a port below 1,024:
// two such services would talk to each other for ever, and none sends a stranger much more than it was sent.
import { put32 } from "../memory/bytes";
import { Err } from "../memory/errors";
import { Kind } from "../memory/pool";
import { root } from "../memory/root";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as calls from "../transport/tcp/calls";
import { Tcb } from "../transport/tcp/tcb";
import * as tcp from "../tcp";
import { Socket } from "../tcp";
import * as udp from "../udp";
import { Datagrams } from "../udp";
import * as print from "./print";
import * as sntp from "./sntp";

/** Bits of which services there are, in the order of their sockets. */
export enum SmallService {
  ECHO = 1,
  DISCARD = 2,
  DAYTIME = 4,
  CHARGEN = 8,
  TIME = 16,
}
const ALL: u32 = 31;
const COUNT: u32 = 5;
/** Seconds from 1900 to 1970. RFC 868. */
const SINCE_1900: u32 = 2208988800;
const PORT_MIN: u32 = 1024;
/** Octets of a line of chargen, and of those that can be printed. */
const LINE: u32 = 74;
const PRINTED: u32 = 95;
/** Octets of an answer to daytime. */
const TEXT_MAX: i32 = 32;

/** Listeners and UDP sockets, 0: none. */
@unmanaged
class Sockets {
  first: u32;
}
function at(i: u32): usize {
  return changetype<usize>(recordOf<Sockets>(Service.SMALL)) + (i << 3);
}
/** Ports 7, 9, 13, 19, 37, an octet each. */
function portOf(i: u32): u32 {
  return <u32>(0x25130d0907 >> <u64>(i << 3)) & 0xff;
}

/** Serves those whose bits are set, and no others. Errors: BAD_ARGUMENT, and those of tcp_listen and udp_bind: then there are none. */
export function serving(which: u32): i32 {
  let wrong: i32 = which > ALL ? Err.BAD_ARGUMENT : 0;
  for (let i: u32 = 0; i < COUNT; i++) {
    const sockets = at(i);
    calls.abort(load<i32>(sockets));
    const old = socketOf(i);
    if (old) old.close();
    store<u64>(sockets, 0);
    if (wrong || !((which >> i) & 1)) continue;
    const listener = tcp.listen(portOf(i), ownerOf(Service.SMALL));
    if (listener < 0) {
      wrong = listener;
      continue;
    }
    store<i32>(sockets, listener);
    if (1 << i == SmallService.CHARGEN) continue;
    const socket = udp.open(portOf(i), ownerOf(Service.SMALL), 0);
    if (!socket) wrong = Err.NO_SOCKET;
    store<u32>(sockets, <u32>changetype<usize>(socket), 4);
  }
  if (wrong && which) serving(0);
  return wrong;
}
function socketOf(i: u32): Datagrams | null {
  return changetype<Datagrams | null>(<usize>load<u32>(at(i), 4));
}

/** Answers what has come. */
export function serve(): void {
  while (true) {
    const it = tcp.ready(ownerOf(Service.SMALL));
    if (!it) break;
    if (changetype<Tcb>(it).kind == <u8>Kind.TCP) stream(it, changetype<Tcb>(it).localPort);
  }
  for (let i: u32 = 0; i < COUNT; i++) {
    const it = socketOf(i);
    if (it) datagrams(it, i);
  }
}
function stream(socket: Socket, port: u32): void {
  const isEcho = port == portOf(0);
  const isClock = port == portOf(2) || port == portOf(4);
  if (port == portOf(3)) generate(socket);
  else if (isClock) send(socket, root.exchange, clock(root.exchange, port == portOf(4)));
  while (isEcho) {
    const octets = send(socket, socket.input, socket.readable);
    if (!octets) break;
    socket.release(octets);
  }
  if (!isEcho) socket.release(changetype<Tcb>(socket).readable);
  if (isClock || socket.isFinished || socket.isGone) socket.close();
}
/** Writes what there is room for; answers how many octets. */
function send(socket: Socket, from: usize, octets: u32): u32 {
  let done: u32 = 0;
  while (done < octets) {
    const room = min(socket.writable, octets - done);
    if (!room) break;
    memory.copy(socket.output, from + done, room);
    socket.send(room);
    done += room;
  }
  return done;
}
/** Lines of 72 characters, each beginning one further, where the stream stands. RFC 864. */
function generate(socket: Socket): void {
  const snd = changetype<Tcb>(socket).snd;
  while (true) {
    const room = socket.writable;
    if (!room) break;
    const from = snd.end.since(snd.iss) - 1;
    for (let i: u32 = 0; i < room; i++) {
      const column = (from + i) % LINE;
      const c = column < LINE - 2 ? 32 + (((from + i) / LINE + column) % PRINTED) : column < LINE - 1 ? 13 : 10;
      store<u8>(socket.output + i, c);
    }
    socket.send(room);
  }
}
/** What time it is, as a number or as text; 0 octets while nobody knows. RFC 867, RFC 868. */
function clock(to: usize, isNumber: bool): u32 {
  const unix = sntp.unix();
  if (!unix) return 0;
  if (!isNumber) return <u32>(print.char(print.char(print.timestamp(to, unix), 13), 10) - to);
  put32(to, 0, <u32>(unix / 1000) + SINCE_1900);
  return 4;
}
function datagrams(socket: Datagrams, i: u32): void {
  while (true) {
    let octets = socket.next;
    if (octets == Err.WOULD_BLOCK) break;
    if (octets < 0) continue;
    const input = socket.input;
    const port = socket.fromPort;
    const room = socket.space;
    if (port >= PORT_MIN && 1 << i != SmallService.DISCARD && room >= max(octets, TEXT_MAX)) {
      if (i) octets = clock(socket.output, i == 4);
      else memory.copy(socket.output, input, octets);
      if (!i || octets) socket.send(octets, socket.from, port, 0);
    }
    socket.release();
  }
}
