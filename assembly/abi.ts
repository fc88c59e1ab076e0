// biome-ignore-all format: one line a call
// The calls of the host interface that do not drive the stack: every exported function, one line each; docs/abi.md says what
// they mean. An application's entry re-exports this file beside its own init, receive, transmit and poll.
import "./panic";
import { ARENA_START as START, GATEWAYS, PING, STATE_HASH } from "./memory/config";
import { Flag } from "./memory/control";
import { Err } from "./memory/errors";
import { Kind } from "./memory/pool";
import { root } from "./memory/root";
import * as init from "./init";
import * as routes from "./internet/route";
import { stateHash } from "./statehash";
import * as ready from "./transport/ready";
import { at, kindOf } from "./transport/socket";
import * as tcp from "./transport/tcp/calls";
import * as tcpSettings from "./transport/tcp/settings";
import * as udp from "./transport/udp/calls";

/** First address of the arena when the host names none. */
export const ARENA_START: i32 = START;

export function control(): i32 { return init.control(); }

/** Whether `init` has succeeded. */
function isReady(): bool { return (root.flags & Flag.READY) != 0; }
/** Why the host may open nothing for this owner; 0: it may. */
function refuses(owner: i32): i32 { return !isReady() ? Err.NOT_READY : <u32>owner < root.owners ? 0 : Err.BAD_ARGUMENT; }

export function ready_next(owner: i32): i32 {
  const wrong = refuses(owner);
  if (wrong) return wrong;
  const socket = ready.next(owner);
  return socket ? socket.handle : 0;
}
export function ready_rearm(handle: i32): i32 { return kindOf(handle) == Kind.UDP ? udp.rearm(handle) : tcp.rearm(handle); }

export function tcp_listen(bufferClass: i32, backlog: i32, owner: i32): i32 { const wrong = refuses(owner); return wrong ? wrong : tcp.listen(bufferClass, backlog, owner); }
export function tcp_accept(listener: i32): i32 { return tcp.accept(listener); }
export function tcp_connect(bufferClass: i32, owner: i32): i32 { const wrong = refuses(owner); return wrong ? wrong : tcp.connect(bufferClass, owner); }
export function tcp_send_space(handle: i32): i32 { return tcp.sendSpace(handle); }
export function tcp_send_commit(handle: i32, octets: i32, push: i32): i32 { return tcp.sendCommit(handle, octets, push); }
export function tcp_receive_ready(handle: i32): i32 { return tcp.receiveReady(handle); }
export function tcp_receive_release(handle: i32, octets: i32): i32 { return tcp.receiveRelease(handle, octets); }
export function tcp_close(handle: i32, how: i32): i32 { return tcp.close(handle, how); }
export function tcp_abort(handle: i32): i32 { return tcp.abort(handle); }
export function tcp_status(handle: i32): i32 { return tcpSettings.tellStatus(handle); }

export function udp_bind(owner: i32): i32 { const wrong = refuses(owner); return wrong ? wrong : udp.bind(owner, false); }
export function udp_connect(handle: i32): i32 { return udp.connect(handle); }
export function udp_send_space(handle: i32): i32 { return udp.sendSpace(handle); }
export function udp_send_commit(handle: i32, octets: i32): i32 { return udp.sendCommit(handle, octets); }
export function udp_receive_ready(handle: i32): i32 { return udp.receiveReady(handle); }
export function udp_receive_release(handle: i32): i32 { return udp.receiveRelease(handle); }
export function udp_close(handle: i32): i32 { return udp.close(handle); }
export function udp_status(handle: i32): i32 { return udp.tellStatus(handle); }
export function ping_open(owner: i32): i32 { const wrong = refuses(owner); return wrong ? wrong : PING ? udp.bind(owner, true) : Err.NOT_SUPPORTED; }

export function socket_set(handle: i32, option: i32, value: i32): i32 { return tcpSettings.set(handle, option, value); }
export function socket_get(handle: i32, option: i32): i32 { return tcpSettings.get(handle, option); }
export function socket_at(pool: i32, place: i32): i32 { return isReady() ? at(pool, place) : Err.NOT_READY; }

export function route_add(prefix: i32): i32 { return isReady() ? routes.add(root.remote.ip, prefix, root.local.ip, root.remote.interface, GATEWAYS ? root.remote.port : 0) : Err.NOT_READY; }
export function route_remove(prefix: i32): i32 { return isReady() ? routes.remove(root.remote.ip, prefix, root.remote.interface, GATEWAYS ? root.remote.port : 0) : Err.NOT_READY; }

export function state_hash(): i32 { return STATE_HASH ? <i32>stateHash() : Err.NOT_SUPPORTED; }
