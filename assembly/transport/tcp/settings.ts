// Options and status of connections and listeners.
import { Err, Option } from "../../memory/errors";
import { Kind } from "../../memory/pool";
import { state } from "../../memory/root";
import { clearStatus, Status, Waits } from "../status";
import { kindOf, recordOf, Socket, SocketOption, Tuple } from "../socket";
import { connectionOf, listenerOf } from "./calls";
import * as congestion from "./congestion";
import * as life from "./life";
import { Listener } from "./listening";
import * as rtt from "./rtt";
import { isSynchronized, State } from "./state";
import { Tcb } from "./tcb";

/** Whether a value may be given to an option. */
function isInRange(option: i32, value: i32): bool {
  switch (option) {
    case Option.NODELAY:
    case Option.KEEPALIVE:
      return value == 0 || value == 1;
    case Option.KEEP_IDLE:
    case Option.KEEP_INTERVAL:
    case Option.USER_TIMEOUT:
      return value >= 1 && value < 1 << 30;
    case Option.KEEP_COUNT:
    case Option.TTL:
      return value >= 1 && value <= 255;
    case Option.TOS:
      return value >= 0 && value <= 255;
    default:
      return false;
  }
}
function flip(socket: Socket, bit: u32, on: i32): void {
  socket.options = on ? socket.options | bit : socket.options & ~bit;
}

/** Sets an option of a connection or a listener. Errors: BAD_HANDLE, BAD_ARGUMENT. */
export function set(handle: i32, option: i32, value: i32): i32 {
  const listener = listenerOf(handle);
  const tcb = connectionOf(handle);
  if (!listener && !tcb) return Err.BAD_HANDLE;
  if (!isInRange(option, value)) return Err.BAD_ARGUMENT;
  if (listener) setCommon(listener, option, value);
  if (listener) setListener(listener, option, value);
  if (tcb) setCommon(tcb, option, value);
  if (tcb) setConnection(tcb, option, value);
  return 0;
}
function setCommon(socket: Socket, option: i32, value: i32): void {
  switch (option) {
    case Option.NODELAY:
      return flip(socket, SocketOption.NODELAY, value);
    case Option.KEEPALIVE:
      return flip(socket, SocketOption.KEEPALIVE, value);
    case Option.TTL:
      socket.ttl = <u8>value;
      return;
    case Option.TOS:
      socket.tos = <u8>(value & 0xfc);
      return;
    default:
      return;
  }
}
function setListener(listener: Listener, option: i32, value: i32): void {
  switch (option) {
    case Option.USER_TIMEOUT:
      listener.userTimeout = value;
      return;
    case Option.KEEP_IDLE:
      listener.keepIdle = value;
      return;
    case Option.KEEP_INTERVAL:
      listener.keepInterval = value;
      return;
    case Option.KEEP_COUNT:
      listener.keepCount = value;
      return;
    default:
      return;
  }
}
function setConnection(tcb: Tcb, option: i32, value: i32): void {
  switch (option) {
    case Option.USER_TIMEOUT:
      tcb.userTimeout = value;
      return;
    case Option.KEEP_IDLE:
      tcb.keepIdle = value;
      break;
    case Option.KEEP_INTERVAL:
      tcb.keepInterval = value;
      break;
    case Option.KEEP_COUNT:
      tcb.keepCount = value;
      break;
    case Option.KEEPALIVE:
      break;
    default:
      return;
  }
  if (tcb.attached && isSynchronized(tcb.state)) life.keepAlive(tcb, state.now);
}

/** The value of an option. Errors: BAD_HANDLE, BAD_ARGUMENT. */
export function get(handle: i32, option: i32): i32 {
  const listener = listenerOf(handle);
  const tcb = connectionOf(handle);
  const socket: Socket | null = listener ? listener : tcb;
  if (!socket) return Err.BAD_HANDLE;
  switch (option) {
    case Option.NODELAY:
      return socket.options & SocketOption.NODELAY ? 1 : 0;
    case Option.KEEPALIVE:
      return socket.options & SocketOption.KEEPALIVE ? 1 : 0;
    case Option.TTL:
      return socket.ttl;
    case Option.TOS:
      return socket.tos;
    case Option.USER_TIMEOUT:
      return listener ? listener.userTimeout : tcb ? tcb.userTimeout : 0;
    case Option.KEEP_IDLE:
      return listener ? listener.keepIdle : tcb ? tcb.keepIdle : 0;
    case Option.KEEP_INTERVAL:
      return listener ? listener.keepInterval : tcb ? tcb.keepInterval : 0;
    case Option.KEEP_COUNT:
      return listener ? listener.keepCount : tcb ? tcb.keepCount : 0;
    default:
      return Err.BAD_ARGUMENT;
  }
}

/** STATUS: fills the record and answers the state. Takes every kind of TCP record. Errors: BAD_HANDLE. */
export function tellStatus(handle: i32): i32 {
  const kind = kindOf(handle);
  const record = recordOf(handle, kind);
  if (!record) return Err.BAD_HANDLE;
  const it = clearStatus();
  const tuple = changetype<Tuple>(record);
  it.local.set(tuple.local, tuple.localPort, 0);
  it.remote.set(tuple.remote, tuple.remotePort, 0);
  it.handle = handle;
  switch (kind) {
    case Kind.TCP:
      tellConnection(it, changetype<Tcb>(record));
      break;
    case Kind.LISTENER:
      it.state = State.LISTEN;
      it.owner = changetype<Listener>(record).owner;
      it.backlog = changetype<Listener>(record).pending;
      break;
    case Kind.HALF_OPEN:
      it.state = State.SYN_RECEIVED;
      break;
    case Kind.TIME_WAIT:
      it.state = State.TIME_WAIT;
      break;
    default:
      return Err.BAD_HANDLE;
  }
  return it.state;
}
function tellConnection(it: Status, tcb: Tcb): void {
  const snd = tcb.snd;
  it.state = tcb.state;
  it.error = tcb.error;
  it.readable = tcb.readable;
  it.writable = snd.limit ? min(tcb.writable, snd.limit) : 0;
  it.unacknowledged = congestion.flight(tcb);
  it.unsent = snd.end > snd.nxt ? snd.end.since(snd.nxt) : 0;
  it.srtt = tcb.rtt.srtt;
  it.rttvar = tcb.rtt.rttvar;
  it.rto = rtt.timeout(tcb.rtt);
  it.cwnd = tcb.congestion.cwnd;
  it.ssthresh = tcb.congestion.ssthresh;
  it.sndWnd = snd.wnd;
  it.rcvWnd = tcb.window;
  it.mss = snd.mss;
  it.retransmissions = tcb.retransmissions;
  it.waits = waitsFor(tcb);
  it.softError = tcb.softError;
  it.owner = tcb.owner;
}
/** Why nothing more leaves now. */
function waitsFor(tcb: Tcb): Waits {
  const snd = tcb.snd;
  if (!tcb.attached) return Waits.NOTHING;
  if (snd.cursor >= tcb.last) return snd.una < snd.nxt ? Waits.ACKNOWLEDGEMENT : Waits.NOTHING;
  const neighbour = tcb.path.to;
  if (tcb.owed.linked && neighbour && !neighbour.waiters.isEmpty) return Waits.NEIGHBOUR;
  if (snd.una.plus(snd.wnd) <= snd.cursor) return Waits.PEER_WINDOW;
  if (snd.una.plus(congestion.allowed(tcb)) <= snd.cursor) return Waits.CONGESTION_WINDOW;
  return tcb.owed.linked ? Waits.TX_SLOT : Waits.ACKNOWLEDGEMENT;
}
