// A page that shows a sensor, which the host writes into mailbox word 0 in hundredths of a degree: port 80. Word 1 counts requests.
// /about is what the host keeps in its flash as store 1, if it does.
//   sudo ringwire run sensor --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24 --mail 0=2150 --flash 1=README.md
//   curl http://10.9.0.2/
import { root } from "../../assembly/memory/root";
import * as page from "../../assembly/application/page";
import { Page } from "../../assembly/application/page";
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";
import * as tcp from "../../assembly/tcp";

export { ARENA_START, control } from "../../assembly/init";

/** This application's number among owners. */
const WEB: u32 = 1;
/** Mailbox words: from the host, and for it. */
const TEMPERATURE: u32 = 0;
const REQUESTS: u32 = 1;
const ABOUT: u32 = 1;

function sensor(it: Page): void {
  it.begin(200, "text/html");
  it.text("<!doctype html><meta charset=utf-8><title>Sensor</title><h1>");
  it.hundredths(it.keep(root.mail(TEMPERATURE)));
  it.text(" °C</h1>\n");
  if (it.end()) root.setMail(REQUESTS, root.mail(REQUESTS) + 1);
}
function answer(it: Page): void {
  if (it.is("/")) sensor(it);
  else if (it.is("/about")) it.flash(ABOUT, "text/plain");
  else it.refuse(404);
}

export function init(ms: i32, us: i32): i32 {
  const wrong = init_.init(ms, us);
  return wrong ? wrong : min(tcp.listen(80, WEB), 0);
}
export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  if (frames >= 0) for (let it = page.next(WEB, null); it; it = page.next(WEB, it)) answer(it);
  return frames;
}
export function transmit(): i32 {
  const wait = stack.transmit();
  return wait > 0 ? min(wait, <i32>page.within(WEB)) : wait;
}
export function poll(ms: i32, us: i32): i32 {
  const frames = receive(ms, us);
  return frames < 0 ? frames : transmit();
}
