// biome-ignore-all format: one line for what is short
// A note of up to 252 octets that HTTP reads (GET) and writes (PUT), kept in the mailbox: word 0 its length, then its octets.
import { MAILBOX_AT } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import * as http from "../../assembly/application/http";
import * as print from "../../assembly/application/print";
import { HttpMethod, Request } from "../../assembly/application/request";
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";

export * from "../../assembly/abi";

const MOST: u32 = 252;
const ALLOW: string = "Allow: GET, HEAD, PUT\r\n";

export function init(ms: i32, us: i32): i32 {
  const wrong = init_.init(ms, us);
  return wrong ? wrong : http.listen(80, 0);
}
function note(): usize { return changetype<usize>(root) + MAILBOX_AT + 4; }
/** Answers without a body. */
function say(it: Request, status: u32, fields: string): void {
  http.answer(it, status, root.exchange, <u32>(print.ascii(root.exchange, fields) - root.exchange), 0);
  http.end(it);
}
/** Takes what has come of a new note, which counts when it is whole. */
function put(it: Request): void {
  let octets = http.readable(it);
  for (; octets > 0 && it.written + octets <= MOST; octets = http.readable(it)) {
    memory.copy(note() + it.written, it.stream.input, octets);
    it.written += octets;
    http.release(it, octets);
  }
  if (octets == Err.END) root.setMail(0, it.written);
  if (octets > 0 || octets == Err.END) say(it, octets > 0 ? 413 : 204, "");
}
/** Answers with the note, as far as there is room; `first` tells where it goes on. */
function get(it: Request): void {
  if (!it.part++) http.answer(it, 200, 0, 0, root.mail(0));
  if (!it.owed) http.end(it);
  for (let room = http.writable(it); room > 0; room = http.writable(it)) {
    memory.copy(it.stream.output, note() + <usize>it.first, room);
    it.first += room;
    http.write(it, room);
  }
}
export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  if (frames >= 0) http.serve();
  for (let it = http.ready(); it; it = http.ready()) {
    if (it.method <= HttpMethod.HEAD) get(it);
    else if (it.method == HttpMethod.PUT) put(it);
    else say(it, 405, ALLOW);
  }
  return frames;
}
export function transmit(): i32 { const wait = stack.transmit(); return wait > 0 ? min(wait, <i32>http.within()) : wait; }
export function poll(ms: i32, us: i32): i32 { const frames = receive(ms, us); return frames < 0 ? frames : transmit(); }
