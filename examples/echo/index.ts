// A TCP echo server: port 7.
//   sudo ringwire run echo --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";
import * as tcp from "../../assembly/tcp";
import { Socket } from "../../assembly/tcp";

export { ARENA_START, control } from "../../assembly/init";

/** This application's number among owners. */
const ECHO: u32 = 1;

/** Everything readable goes back, as far as there is room; the next room wakes us again. */
function echo(socket: Socket): void {
  while (true) {
    const octets = min(socket.readable, socket.writable);
    if (!octets) break;
    memory.copy(socket.output, socket.input, octets);
    socket.release(octets);
    socket.send(octets);
  }
  if (socket.isFinished || socket.isGone) socket.close();
}

export function init(ms: i32, us: i32): i32 {
  const wrong = init_.init(ms, us);
  return wrong ? wrong : min(tcp.listen(7, ECHO), 0);
}
export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  if (frames >= 0) for (let socket = tcp.ready(ECHO); socket; socket = tcp.ready(ECHO)) echo(socket);
  return frames;
}
export function transmit(): i32 {
  return stack.transmit();
}
export function poll(ms: i32, us: i32): i32 {
  const frames = receive(ms, us);
  return frames < 0 ? frames : transmit();
}
