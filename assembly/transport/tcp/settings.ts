// Options of sockets, and the status of connections and listeners.
import { CUBIC, FRAGMENTATION, IGMP, RAW, TRANSPARENT } from "../../memory/config";
import { Err, Offer, OFFERS, Option } from "../../memory/errors";
import { Kind } from "../../memory/pool";
import { root, state } from "../../memory/root";
import { NEVER } from "../../memory/time";
import { clearStatus, Status, Waits } from "../status";
import { kindOf, recordOf, Socket, Tuple } from "../socket";
import { connectionOf } from "./calls";
import * as congestion from "./congestion";
import { Listener } from "./listening";
import * as pace from "./pace";
import * as recovery from "./recovery";
import * as rtt from "./rtt";
import { isSynchronized, State } from "./state";
import { Tcb, Timer } from "./tcb";
import * as timers from "./timers";

/** Largest value of each option, from NODELAY on; what may be 0 is what is switched. */
function limitOf(option: i32): u32 {
  switch (option) {
    case Option.NODELAY:
    case Option.BROADCAST:
    case Option.REPORTS:
    case Option.MULTICAST_LOOP:
    case Option.REUSE:
    case Option.ERRORS:
    case Option.DONT_FRAGMENT:
    case Option.HEADER:
      return 1;
    case Option.KEEPALIVE:
      return 2;
    case Option.CONGESTION:
      return CUBIC;
    case Option.KEEP_COUNT:
    case Option.TTL:
    case Option.MULTICAST_TTL:
    case Option.TOS:
      return 255;
    case Option.OFFER:
      return OFFERS;
    default:
      return NEVER;
  }
}
/** The socket of a handle, null when stale or of a kind without options. */
function socketOf(handle: i32): Socket | null {
  const kind = kindOf(handle);
  if (kind == Kind.TCP) return connectionOf(handle);
  if (kind != Kind.UDP && kind != Kind.LISTENER) return null;
  return changetype<Socket | null>(recordOf(handle, kind));
}
/** TCP has all options to REPORTS but BROADCAST; UDP has TTL, TOS, BROADCAST, DONT_FRAGMENT and those from MULTICAST_TTL on, a raw socket HEADER, too. */
function hasOption(socket: Socket, option: i32): bool {
  if (socket.kind == <u8>Kind.UDP) {
    if (FRAGMENTATION && option == Option.DONT_FRAGMENT) return true;
    if (RAW && socket.raw && option == Option.HEADER) return true;
    return (option >= Option.TTL && option <= Option.BROADCAST) || isUdpOnly(option);
  }
  return option >= Option.NODELAY && option <= Option.REPORTS && option != Option.BROADCAST;
}

function isUdpOnly(option: i32): bool {
  return IGMP && option >= Option.MULTICAST_TTL && option <= Option.ERRORS;
}
/** Where an option has its place: those of UDP alone in places that TCP alone needs, from KEEP_IDLE on. */
function placeOf(option: i32): i32 {
  return isUdpOnly(option) ? option - Option.MULTICAST_TTL + Option.KEEP_IDLE : option;
}

/** Sets an option of a socket; connections inherit those of their listener. Errors: BAD_HANDLE, BAD_ARGUMENT. */
export function set(handle: i32, option: i32, value: u32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  if (TRANSPARENT && (option == Option.DECIDE || option == Option.ANY_PORT)) return setSpecial(socket, option, value);
  if (!hasOption(socket, option) || value > limitOf(option)) return Err.BAD_ARGUMENT;
  const mayBeZero = limitOf(option) <= 2 || option == Option.TOS || option == Option.OFFER;
  if (!value && !mayBeZero) return Err.BAD_ARGUMENT;
  socket.setOption(placeOf(option), option == Option.TOS ? value & 0xfc : value);
  if (socket.kind == <u8>Kind.TCP) takeEffect(changetype<Tcb>(socket), option);
  return 0;
}
/** DECIDE of a listener and ANY_PORT of a UDP socket. */
function isSpecial(socket: Socket, option: i32): bool {
  return option == (socket.kind == <u8>Kind.UDP ? Option.ANY_PORT : Option.DECIDE) && socket.kind != <u8>Kind.TCP;
}
function setSpecial(socket: Socket, option: i32, value: u32): i32 {
  if (!isSpecial(socket, option) || value > 1) return Err.BAD_ARGUMENT;
  if (socket.kind == <u8>Kind.UDP) {
    const other = state.catcher && state.catcher != socket.address;
    if (value && (!socket.only || !root.interface(socket.only - 1).flags || socket.isPing || socket.raw)) return Err.BAD_ARGUMENT;
    if (other) return value ? Err.IN_USE : 0;
    state.catcher = value ? socket.address : 0;
  }
  socket.special = <u8>value;
  return 0;
}
/** What was set counts from now on, also for what runs already. */
function takeEffect(tcb: Tcb, option: i32): void {
  if (!tcb.attached) return;
  const isKeep = option >= Option.KEEPALIVE && option <= Option.KEEP_COUNT;
  if (isKeep && isSynchronized(tcb.state)) timers.want(tcb, Timer.KEEP);
  if (option != Option.USER_TIMEOUT) return;
  if (!isSynchronized(tcb.state)) tcb.synTimeout = tcb.userTimeout;
  if (timers.isArmed(tcb, Timer.USER)) timers.want(tcb, Timer.USER);
}
/** The value of an option. Errors: BAD_HANDLE, BAD_ARGUMENT. */
export function get(handle: i32, option: i32): i32 {
  const socket = socketOf(handle);
  if (!socket) return Err.BAD_HANDLE;
  if (TRANSPARENT && isSpecial(socket, option)) return socket.special;
  return hasOption(socket, option) ? <i32>socket.option(placeOf(option)) : Err.BAD_ARGUMENT;
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
  const next = isSynchronized(tcb.state) ? snd.nxt : snd.iss.plus(1);
  it.unsent = snd.end > next ? snd.end.since(next) : 0;
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
  tellRecovery(it, tcb);
}
function tellRecovery(it: Status, tcb: Tcb): void {
  const board = tcb.board;
  it.phase = tcb.congestion.phase;
  it.pipe = recovery.hasRecords(tcb) ? board.pipe : congestion.flight(tcb);
  it.sacked = board.sackedOctets;
  it.lost = board.lost;
  it.minRtt = tcb.rack.minRtt;
  it.backoff = tcb.rtt.backoff;
  it.timeouts = tcb.timeouts;
  it.undone = tcb.undone;
  it.agreed =
    (tcb.scaled ? Offer.SCALE : 0) | (tcb.sack ? Offer.SACK : 0) | (tcb.stamped ? Offer.TIMESTAMPS : 0) | (tcb.ecn ? Offer.ECN : 0);
  it.sndShift = tcb.snd.shift;
  it.rcvShift = tcb.rcv.shift;
  it.urgent = tcb.urgent;
  it.receivedTos = tcb.receivedTos;
  it.mssMax = tcb.mssMax;
  it.ackWithin = timers.isArmed(tcb, Timer.ACK) ? timers.remaining(tcb, Timer.ACK, state.now) : NEVER;
  it.timerWithin = timers.within(tcb, state.now);
}
/** Why nothing more leaves now. */
function waitsFor(tcb: Tcb): Waits {
  const snd = tcb.snd;
  if (!tcb.attached) return Waits.NOTHING;
  if (snd.cursor >= tcb.last) return snd.una < snd.nxt ? Waits.ACKNOWLEDGEMENT : Waits.NOTHING;
  const neighbour = tcb.path.to;
  if (tcb.owed.linked && neighbour && !neighbour.waiters.isEmpty) return Waits.NEIGHBOUR;
  if (snd.una.plus(snd.wnd) <= snd.cursor) return Waits.PEER_WINDOW;
  if (pace.isHeld(tcb)) return Waits.PACING;
  if (!recovery.allowance(tcb)) return Waits.CONGESTION_WINDOW;
  return tcb.owed.linked ? Waits.TX_SLOT : Waits.ACKNOWLEDGEMENT;
}
