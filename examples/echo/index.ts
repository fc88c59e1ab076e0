// A TCP echo server inside the module: port 7. Build: npm run build; any host of the stack runs it as it is.
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";
import * as tcp from "../../assembly/tcp";
import { Socket } from "../../assembly/tcp";

export * from "../../assembly/abi";

/** This application's number among owners. */
const ECHO: u32 = 1;

export function init(ms: i32, us: i32): i32 {
  const wrong = init_.init(ms, us);
  return wrong ? wrong : min(tcp.listen(7, ECHO), 0);
}

/** Everything readable goes back, as far as there is room; the next room wakes us again. */
function serve(socket: Socket): void {
  while (true) {
    const octets = min(socket.readable, socket.writable);
    if (!octets) break;
    memory.copy(socket.output, socket.input, octets);
    socket.release(octets);
    socket.send(octets);
  }
  if (socket.isFinished || socket.isGone) socket.close();
}

export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  for (let socket = tcp.ready(ECHO); socket; socket = tcp.ready(ECHO)) serve(socket);
  return frames;
}
export function transmit(): i32 {
  return stack.transmit();
}
export function poll(ms: i32, us: i32): i32 {
  const frames = receive(ms, us);
  return frames < 0 ? frames : transmit();
}
