// Echo requests for applications inside the module: ping, and the way to a host (traceroute) by requests with growing TTL.
import { Family } from "./memory/control";
import { Err, Option } from "./memory/errors";
import { root } from "./memory/root";
import { set } from "./transport/tcp/settings";
import * as udp from "./transport/udp/calls";

/** A ping socket on any of our addresses, of an application's number from 1 on. Negative: an error of ping_open. */
export function open(owner: u32): i32 {
  root.local.set(0, 0, 0);
  root.local.family = <u16>Family.ANY;
  return udp.bind(owner, true);
}
/** Asks `host` with `octets` zeros; `ttl` says how far. Answers 0, or an error of udp_send_commit; WOULD_BLOCK: no room now. */
export function ask(socket: i32, host: u32, sequence: u32, ttl: u32, octets: u32): i32 {
  const wrong = set(socket, Option.TTL, ttl);
  if (wrong) return wrong;
  const space = udp.sendSpace(socket);
  if (space <= 0) return space ? space : Err.WOULD_BLOCK;
  if (octets > <u32>space) return Err.TOO_LONG;
  memory.fill(root.span, 0, octets);
  root.remote.set(host, sequence, 0);
  const sent = udp.sendCommit(socket, octets);
  return min(sent, 0);
}
/** What came last, by `hear`. */
export enum Heard {
  /** The host itself: `from`. */
  REPLY = 0,
  /** ICMP type * 256 + code of `what` says why not: 0x0b00 a router on the way, 0x0301 no such host. */
  ERROR = 1,
}
/** Takes the next answer: Heard, or WOULD_BLOCK. `from`, `sequence` and `what` tell of it until the next call of the stack. */
export function hear(socket: i32): i32 {
  const octets = udp.receiveReady(socket);
  if (octets >= 0) {
    udp.receiveRelease(socket);
    return Heard.REPLY;
  }
  return octets == Err.WOULD_BLOCK || octets == Err.BAD_HANDLE ? octets : Heard.ERROR;
}
/** Who answered with `heard`; 0: this stack. */
export function from(heard: Heard): u32 {
  return heard == Heard.REPLY ? root.remote.ip : root.local.ip;
}
/** Sequence number of the request that was answered. */
export function sequence(): u32 {
  return root.remote.port;
}
/** ICMP type * 256 + code of an error; 0: this stack's own. */
export function what(): u32 {
  return root.local.port;
}
