// biome-ignore-all format: one line a state
// What the boards run, linked with the stack into one module: TCP and UDP echo on port 7, TCP that is read and thrown away on port 9,
// and on port 80 a page with a number that the board leaves in the mailbox (word 0) and two counters.
import * as text from "../../assembly/application/text";
import * as init_ from "../../assembly/init";
import { Counter } from "../../assembly/memory/counters";
import { root } from "../../assembly/memory/root";
import * as stack from "../../assembly/stack";
import * as tcp from "../../assembly/tcp";
import { Socket } from "../../assembly/tcp";
import * as udp from "../../assembly/udp";

export { control } from "../../assembly/abi";

/** The applications' numbers among owners. */
const ECHO: u32 = 1; // what is thrown away, too: its port says so
const DATAGRAMS: u32 = 2;
const PAGE: u32 = 3;
const SINK_PORT: u32 = 9;
const HEAD: string = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nRingwire on a board\nsensor: ";
const IN: string = "\nframes in: ";
const OUT: string = "\nframes out: ";
const TAIL: string = "\n";
const PARTS: u32 = 7;

/** How far one exchange has come: in the blank line that ends the request, then in the parts of the answer. */
@unmanaged class Exchange { blank: u32; part: u32; written: u32; }

export function init(ms: i32, us: i32): i32 {
  const wrong = init_.init(ms, us);
  if (wrong) return wrong;
  const listens = min(min(tcp.listen(7, ECHO), tcp.listen(80, PAGE)), min(tcp.listen(SINK_PORT, ECHO), 0));
  return listens || udp.open(7, DATAGRAMS, 0) ? listens : -1;
}
/** Everything readable goes back, as far as there is room; the next room wakes us again. */
function echo(socket: Socket): void {
  if (socket.port == SINK_PORT) while (socket.readable) socket.release(socket.readable);
  for (let octets = min(socket.readable, socket.writable); octets; octets = min(socket.readable, socket.writable)) {
    memory.copy(socket.output, socket.input, octets);
    socket.release(octets);
    socket.send(octets);
  }
  if (socket.isFinished || socket.isGone) socket.close();
}
/** Each datagram goes back to its sender; one for which there is no room is lost. */
function reply(socket: udp.Datagrams): void {
  for (let octets = socket.next; octets >= 0; octets = socket.next) {
    const from = socket.from, port = socket.fromPort, via = socket.via, input = socket.input;
    if (socket.space >= octets) {
      memory.copy(socket.output, input, octets);
      socket.send(octets, from, port, via);
    }
    socket.release();
  }
}
/** Reads the request until its blank line. */
function isRead(socket: Socket, it: Exchange): bool {
  for (let octets = socket.readable; octets && it.blank < 4; octets = socket.readable) {
    for (let i: u32 = 0; i < octets && it.blank < 4; i++) it.blank = load<u8>(socket.input + i) == (it.blank & 1 ? 10 : 13) ? it.blank + 1 : 0;
    socket.release(octets);
  }
  return it.blank == 4;
}
/** One part of the answer; false when it does not fit yet. */
function isWritten(socket: Socket, it: Exchange): bool {
  if (it.part == 1) return text.decimal(socket, root.mail(0));
  if (it.part == 3) return text.decimal(socket, load<u32>(root.counter(Counter.FRAMES_IN)));
  if (it.part == 5) return text.decimal(socket, load<u32>(root.counter(Counter.FRAMES_OUT)));
  const part = it.part == 0 ? HEAD : it.part == 2 ? IN : it.part == 4 ? OUT : TAIL;
  it.written = text.write(socket, part, it.written);
  return it.written == <u32>part.length;
}
function isAnswered(socket: Socket, it: Exchange): bool {
  for (; it.part < PARTS; it.part++, it.written = 0) if (!isWritten(socket, it)) return false;
  return true;
}
function page(socket: Socket): void {
  const it = socket.record<Exchange>();
  if (socket.isGone || (isRead(socket, it) ? isAnswered(socket, it) : socket.isFinished)) socket.close();
}
export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  for (let socket = tcp.ready(ECHO); socket; socket = tcp.ready(ECHO)) echo(socket);
  for (let socket = udp.ready(DATAGRAMS); socket; socket = udp.ready(DATAGRAMS)) reply(socket);
  for (let socket = tcp.ready(PAGE); socket; socket = tcp.ready(PAGE)) page(socket);
  return frames;
}
export function transmit(): i32 { return stack.transmit(); }
export function poll(ms: i32, us: i32): i32 { const frames = receive(ms, us); return frames < 0 ? frames : transmit(); }
