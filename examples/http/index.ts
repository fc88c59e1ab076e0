// biome-ignore-all format: one line a state
// An HTTP status page inside the module: port 80, any GET. Build: npm run build; any host of the stack runs it as it is.
import { Counter } from "../../assembly/memory/counters";
import { root } from "../../assembly/memory/root";
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";
import * as tcp from "../../assembly/tcp";
import { Socket } from "../../assembly/tcp";
import * as text from "../../assembly/application/text";

export * from "../../assembly/abi";

const HTTP: u32 = 1;
const HEAD: string = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nRingwire, inside the module\nframes in:  ";
const MIDDLE: string = "\nframes out: ";
const TAIL: string = "\n";

/** How far one exchange has come: in the blank line that ends the request, then in the parts of the answer. */
@unmanaged class Exchange { blank: u32; part: u32; written: u32; }

export function init(ms: i32, us: i32): i32 {
  const wrong = init_.init(ms, us);
  return wrong ? wrong : min(tcp.listen(80, HTTP), 0);
}
/** Reads the request until its blank line. */
function isRead(socket: Socket, it: Exchange): bool {
  for (let octets = socket.readable; octets && it.blank < 4; octets = socket.readable) {
    for (let i: u32 = 0; i < octets && it.blank < 4; i++) it.blank = load<u8>(socket.input + i) == (it.blank & 1 ? 10 : 13) ? it.blank + 1 : 0;
    socket.release(octets);
  }
  return it.blank == 4;
}
function isWritten(socket: Socket, it: Exchange, part: string): bool {
  it.written = text.write(socket, part, it.written);
  return it.written == <u32>part.length;
}
/** Writes parts until one does not fit; true when all are written. */
function isAnswered(socket: Socket, it: Exchange): bool {
  for (; it.part < 5; it.part++, it.written = 0) {
    if (it.part == 1 || it.part == 3) {
      if (!text.decimal(socket, load<u32>(root.counter(it.part == 1 ? Counter.FRAMES_IN : Counter.FRAMES_OUT)))) return false;
    } else if (!isWritten(socket, it, it.part == 0 ? HEAD : it.part == 2 ? MIDDLE : TAIL)) return false;
  }
  return true;
}
export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  for (let socket = tcp.ready(HTTP); socket; socket = tcp.ready(HTTP)) {
    const it = socket.record<Exchange>();
    if (socket.isGone || (isRead(socket, it) ? isAnswered(socket, it) : socket.isFinished)) socket.close();
  }
  return frames;
}
export function transmit(): i32 { return stack.transmit(); }
export function poll(ms: i32, us: i32): i32 { const frames = receive(ms, us); return frames < 0 ? frames : transmit(); }
