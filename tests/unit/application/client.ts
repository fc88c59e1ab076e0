// A client of the HTTP server for unit tests: one connection over a raw IP device.
import * as http from "../../../assembly/application/http";
import { placed, Request } from "../../../assembly/application/request";
import { ACK, IRS, ISS, peer, peerText, serverAt, SYN } from "../transport/tcp/peer";
import { load16 } from "../octets";
import { ignore, poll, tx } from "../world";

let sent: u32 = 0;
let taken: u32 = 0;

/** A server that has begun with a new connection: its request. */
export function connected(): Request {
  serverAt(ISS);
  expect<i32>(http.listen(80, 0)).toBe(0);
  peer(SYN, IRS, 0);
  ignore(0);
  peer(ACK, IRS + 1, ISS + 1);
  http.serve();
  sent = 0;
  taken = 0;
  return placed(0);
}
/** The client sends a text. The peer's octets are overwritten where they lie. */
export function says(text: string): void {
  const it = placed(0);
  peerText(ACK, IRS + 1 + sent, ISS + 1 + taken, text.length);
  const rcv = it.tcb.rcv;
  for (let i: u32 = 0; i < <u32>text.length; i++) store<u8>(rcv.ring + ((IRS + 1 + sent + i) & rcv.mask), <u8>text.charCodeAt(i));
  sent += text.length;
  http.serve();
}
/** Text of all segments that leave now; the client takes them. */
export function hears(): string {
  let text = "";
  poll();
  for (let ip = tx(0); ip; ip = tx(0)) {
    text += String.UTF8.decodeUnsafe(ip + 40, load16(ip + 2) - 40);
  }
  taken += text.length;
  peer(ACK, IRS + 1 + sent, ISS + 1 + taken);
  return text;
}
