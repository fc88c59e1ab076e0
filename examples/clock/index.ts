// Shows the time. The host writes the address of an SNTP server into mailbox word 0 and finds the time of day (UTC) as text in words 8 to
// 13, `2026-11-28T16:00:00.000Z`, a new one each second; word 1 is 0 while that holds, or why there is none.
//   sudo ringwire run clock --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24 --mail 0=10.9.0.1 --show-text 8
import { MAILBOX_AT } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import { NEVER } from "../../assembly/memory/time";
import * as print from "../../assembly/application/print";
import * as sntp from "../../assembly/application/sntp";
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";

export { ARENA_START, control } from "../../assembly/init";

/** Mailbox words; the last is our own: the server that was asked. */
const SERVER: u32 = 0;
const STATUS: u32 = 1;
const TEXT: u32 = 8;
const ASKED: u32 = 2;
/** Seconds from question to question. */
const PACE: u32 = 64;

function serve(): void {
  const server = root.mail(SERVER);
  if (server != root.mail(ASKED)) {
    root.setMail(ASKED, server);
    root.setMail(STATUS, sntp.start(server, 0, PACE));
  }
  sntp.serve();
  if (sntp.time() != Err.BAD_STATE) root.setMail(STATUS, sntp.time());
  const now = sntp.unix();
  if (now) print.timestamp(changetype<usize>(root) + MAILBOX_AT + TEXT * 4, now - (now % 1000));
}
/** Milliseconds to the next second. */
function second(): u32 {
  const now = sntp.unix();
  return now ? <u32>(1000 - (now % 1000)) : NEVER;
}

export function init(ms: i32, us: i32): i32 {
  root.setMail(ASKED, 0);
  return init_.init(ms, us);
}
export function receive(ms: i32, us: i32): i32 {
  const frames = stack.receive(ms, us);
  if (frames >= 0) serve();
  return frames;
}
export function transmit(): i32 {
  const wait = stack.transmit();
  return wait > 0 ? min(wait, <i32>min(sntp.within(), second())) : wait;
}
export function poll(ms: i32, us: i32): i32 {
  const frames = receive(ms, us);
  return frames < 0 ? frames : transmit();
}
