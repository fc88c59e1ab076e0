// The other end of a TCP connection, scripted: what it sends and what it sees, so that tests read like the figures of
// RFC 9293. The stack's clock is set so that its initial sequence number is the one a test asks for.
import { DeviceKind, Family } from "../../../../assembly/memory/control";
import { root } from "../../../../assembly/memory/root";
import * as calls from "../../../../assembly/transport/tcp/calls";
import * as isn from "../../../../assembly/transport/tcp/isn";
import { State } from "../../../../assembly/transport/tcp/state";
import { find, Tcb } from "../../../../assembly/transport/tcp/tcb";
import { Kind } from "../../../../assembly/memory/pool";
import { load16, load32, pseudoSum, putIpWith, store16, store32, sumOf } from "../../octets";
import * as world from "../../world";

export const LOCAL: u32 = 0xc0000201; // 192.0.2.1
export const REMOTE: u32 = 0xc0000202; // 192.0.2.2
/** The port that listens, and the one that connects. */
export const SERVER: u32 = 80;
export const CLIENT: u32 = 4000;
/** Initial sequence numbers of the figures. */
export const ISS: u32 = 100;
export const IRS: u32 = 300;
export const FIN: u32 = 1;
export const SYN: u32 = 2;
export const RST: u32 = 4;
export const PSH: u32 = 8;
export const ACK: u32 = 16;
export const URG: u32 = 32;
export const ECE: u32 = 64;
export const CWR: u32 = 128;
/** What of a read or a status says "nothing yet". */
export const NONE: u32 = 0xffffffff;

let ourPort: u32 = 0;
let theirPort: u32 = 0;
let handle: i32 = 0;
let window: u32 = 65535;
let urgent: u32 = 0;
let tos: u32 = 0;
let options: string = "";
/** The TCP header of the segment that was seen last. */
export let seen: usize = 0;
let seenLength: u32 = 0;

/** A stack with one address, whose next connection begins at `iss`. `receive` and `send`: octets of the rings. */
export function stackAt(iss: u32, receive: u32, send: u32): void {
  world.blank();
  root.udpSockets = 1;
  if (receive + send > 65536) root.class0Sockets = 2;
  root.class0Receive = receive;
  root.class0Send = send;
  world.addDevice(DeviceKind.RAW_IP, 64);
  world.addInterface(LOCAL, 24);
  window = 65535;
  urgent = 0;
  options = "";
  world.beginAt(0, 0);
  handle = 0;
  rebegin(iss);
}
/** Begins again with the control block as it is, at the time when the ISN is `iss`. */
export function rebegin(iss: u32): void {
  world.beginAt(0, 0);
  const clock = iss - isn.choose(LOCAL, REMOTE, (ourPort << 16) | theirPort).u32;
  world.beginAt(clock / 250, (clock % 250) << 2);
}
/** A client with 16 KiB of ring each way, whose ISS is `iss`. */
export function clientAt(iss: u32): void {
  ourPort = CLIENT;
  theirPort = SERVER;
  stackAt(iss, 16384, 16384);
}
/** A server likewise. */
export function serverAt(iss: u32): void {
  ourPort = SERVER;
  theirPort = CLIENT;
  stackAt(iss, 16384, 16384);
}
/** Active OPEN to a port of the peer, and a poll. */
export function connect(remote: u32, port: u32): i32 {
  root.local.set(LOCAL, CLIENT, 0);
  root.remote.set(remote, port, 0);
  handle = calls.connect(0, 0);
  world.poll();
  return handle;
}
/** Passive OPEN on the server's port. */
export function listen(backlog: i32): i32 {
  root.local.set(0, SERVER, 0);
  root.local.family = <u16>Family.ANY;
  handle = calls.listen(0, backlog, 0);
  return handle;
}
/** Accepts; the connection is the one that the calls below speak of. */
export function accept(listener: i32): i32 {
  handle = calls.accept(listener);
  return handle;
}
export function handleNow(): i32 {
  return handle;
}
export function tcb(): Tcb {
  return changetype<Tcb>(calls.connectionOf(handle));
}

/** The window field of the peer's segments from now on. */
export function peerWindow(octets: u32): void {
  window = octets;
}
/** Options of the peer's next segment, as octets: a multiple of four. */
export function peerOptions(octets: string): void {
  options = octets;
}
/** The urgent pointer of the peer's next segment. */
export function peerUrgent(offset: u32): void {
  urgent = offset;
}
/** The TOS octet of the peer's next segment. */
export function peerTos(octet: u32): void {
  tos = octet;
}
/** The peer's port (and who it is) changes: another connection. */
export function peerPort(port: u32): void {
  theirPort = port;
}
/** What octet stands at a position of either stream. */
export function octetAt(seq: u32): u8 {
  return <u8>(seq ^ (seq >> 8));
}
/** A segment of the peer lies in the receive ring; the stack has not been polled. */
export function posts(ctl: u32, seq: u32, ack: u32, length: u32): void {
  const ip = world.rx(0);
  const at = ip + 20;
  const header: u32 = 20 + putOptions(at + 20);
  options = "";
  store16(at, theirPort);
  store16(at + 2, ourPort);
  store32(at + 4, seq);
  store32(at + 8, ack);
  store16(at + 12, (header << 10) | ctl);
  store16(at + 14, window);
  store16(at + 16, 0);
  store16(at + 18, urgent);
  const first = seq + (ctl & SYN ? 1 : 0);
  for (let i: u32 = 0; i < length; i++) store<u8>(at + header + i, octetAt(first + i));
  const total = header + length;
  store16(at + 16, ~sumOf(at, total, pseudoSum(REMOTE, LOCAL, 6, total)) & 0xffff);
  putIpWith(ip, tos, 6, REMOTE, LOCAL, total);
  tos = 0;
  urgent = 0;
  world.give(0, 20 + total);
}
function putOptions(at: usize): u32 {
  let count: u32 = 0;
  for (let i = 0; i + 1 < options.length; i += 3) store<u8>(at + count++, <u8>parseInt(options.substring(i, i + 2), 16));
  return count;
}
/** A segment without text arrives. */
export function peer(ctl: u32, seq: u32, ack: u32): void {
  posts(ctl, seq, ack, 0);
  world.poll();
}
/** A segment with `length` octets of text arrives. */
export function peerText(ctl: u32, seq: u32, ack: u32, length: u32): void {
  posts(ctl, seq, ack, length);
  world.poll();
}

function shown(ctl: u32, seq: u32, ack: u32, length: u32): string {
  let text = "";
  if (ctl & SYN) text += "SYN ";
  if (ctl & FIN) text += "FIN ";
  if (ctl & RST) text += "RST ";
  if (ctl & ACK) text += "ACK ";
  if (ctl & URG) text += "URG ";
  text += "seq=" + seq.toString() + " ack=" + ack.toString();
  return length ? text + " text=" + length.toString() : text;
}
/** The next segment on the wire, examined octet by octet. */
function next(): string {
  const ip = world.tx(0);
  if (!ip) return "nothing";
  const total = load16(ip + 2);
  if (total != world.taken) return "IP total length is not the frame's";
  if (sumOf(ip, 20, 0) != 0xffff) return "IP checksum is wrong";
  if (load32(ip + 12) != LOCAL || load32(ip + 16) != REMOTE) return "addresses are wrong";
  const at = ip + 20;
  const length = total - 20;
  if (sumOf(at, length, pseudoSum(LOCAL, REMOTE, 6, length)) != 0xffff) return "TCP checksum is wrong";
  if (load16(at) != ourPort || load16(at + 2) != theirPort) return "ports are wrong";
  const header = (load16(at + 12) >> 12) << 2;
  const ctl = load16(at + 12) & 0x3f;
  seen = at;
  seenLength = length - header;
  const first = load32(at + 4);
  for (let i: u32 = 0; i < seenLength; i++)
    if (load<u8>(at + header + i) != octetAt(first + i)) return "text is wrong at " + (first + i).toString();
  return shown(ctl & ~PSH, first, load32(at + 8), seenLength);
}
/** What was compared last: kept, so that a failure can show it. */
let got: string = "";
let wanted: string = "";
function compare(text: string): void {
  wanted = text;
  got = next();
  expect<string>(got).toBe(wanted);
}
/** The stack has sent exactly this next; PSH is not compared. */
export function sends(ctl: u32, seq: u32, ack: u32): void {
  compare(shown(ctl, seq, ack, 0));
}
/** Likewise, with `length` octets of text, each the one that belongs there. */
export function sendsText(ctl: u32, seq: u32, ack: u32, length: u32): void {
  compare(shown(ctl, seq, ack, length));
}
/** The stack has sent nothing (more). */
export function silent(): void {
  compare("nothing");
}
/** Window field, control bits and options of the segment seen last. */
export function seenWindow(): u32 {
  return load16(seen + 14);
}
export function seenCtl(): u32 {
  return load16(seen + 12) & 0x3f;
}
/** ECE and CWR, and the TOS octet, of the segment seen last. */
export function seenEcn(): u32 {
  return load16(seen + 12) & 0xc0;
}
export function seenTos(): u32 {
  return load16(seen - 20) & 0xff;
}
export function seenOptions(): u32 {
  return ((load16(seen + 12) >> 12) << 2) - 20;
}

/** What the tables say of the connection between these ends. */
export function stateNow(): State {
  const record = find(LOCAL, REMOTE, (ourPort << 16) | theirPort);
  if (!record) return find(0, 0, ourPort << 16) ? State.LISTEN : State.CLOSED;
  switch (record.kind) {
    case <u8>Kind.TCP:
      return changetype<Tcb>(record).state;
    case <u8>Kind.HALF_OPEN:
      return State.SYN_RECEIVED;
    default:
      return State.TIME_WAIT;
  }
}
export function is(state: State): void {
  expect<u32>(stateNow()).toBe(state, "state");
}

/** The application writes the next `octets` of the stream and polls. */
export function write(octets: u32): void {
  queue(octets);
  world.poll();
}
/** The application writes, the stack is not polled. */
export function queue(octets: u32): void {
  let left = octets;
  while (left) {
    const room = min(<u32>max(calls.sendSpace(handle), 0), left);
    expect<bool>(room > 0).toBe(true, "room in the send ring");
    const from = tcb().snd.end.u32;
    for (let i: u32 = 0; i < room; i++) store<u8>(root.span + i, octetAt(from + i));
    calls.sendCommit(handle, room, 1);
    left -= room;
  }
}
/** Reads what is there: octets whose value is right, or NONE if one is wrong. */
export function read(most: u32): u32 {
  let count: u32 = 0;
  while (count < most) {
    const piece = min(<u32>max(calls.receiveReady(handle), 0), most - count);
    if (!piece) break;
    const from = tcb().rcv.read.u32;
    for (let i: u32 = 0; i < piece; i++) if (load<u8>(root.span + i) != octetAt(from + i)) return NONE;
    calls.receiveRelease(handle, piece);
    count += piece;
  }
  return count;
}
/** CLOSE: the application sends no more. */
export function shutdown(): void {
  calls.close(handle, 1);
  world.poll();
}

/** A number as four octets of an option. */
export function octetsOf(n: u32): string {
  const digits = "0123456789abcdef";
  let text = "";
  for (let shift = 28; shift >= 0; shift -= 4) {
    text += digits.charAt((n >> shift) & 15);
    if (!(shift & 7) && shift) text += " ";
  }
  return text;
}
/** The peer acknowledges `ack` and, with one SACK block, the positions from `left` to `right`. */
export function peerSacks(ack: u32, left: u32, right: u32): void {
  options = "01 01 05 0a " + octetsOf(left) + " " + octetsOf(right);
  peer(ACK, IRS + 1, ack);
}
/** The same with two blocks, that which tells of octets that came twice first. */
export function peerSacksTwo(ack: u32, left: u32, right: u32, nextLeft: u32, nextRight: u32): void {
  options = "01 01 05 12 " + octetsOf(left) + " " + octetsOf(right) + " " + octetsOf(nextLeft) + " " + octetsOf(nextRight);
  peer(ACK, IRS + 1, ack);
}

/** MSS 1000, and no scaling: what most tests let the peer's SYN say. */
export const MSS_1000: string = "02 04 03 e8";
/** ESTABLISHED, opened by us: both ISS as in the figures, MSS 1000 and `octets` of window. */
export function established(octets: u32): void {
  clientAt(ISS);
  establish(octets);
}
/** The same with rings of `receive` and `send` octets. */
export function establishedWith(receive: u32, send: u32, octets: u32): void {
  ourPort = CLIENT;
  theirPort = SERVER;
  stackAt(ISS, receive, send);
  establish(octets);
}
/** ESTABLISHED with a window of 1,000 octets; what was sent is forgotten. */
export function windowOf1000(): void {
  establishedWith(1000, 16384, 65535);
}
/** The same on a stack that is there already. */
export function establish(octets: u32): void {
  connect(REMOTE, SERVER);
  world.ignore(0);
  window = octets;
  options = MSS_1000;
  peer(SYN | ACK, IRS, ISS + 1);
  sends(ACK, ISS + 1, IRS + 1);
  is(State.ESTABLISHED);
}
/** The same with a peer that permits SACK, so that what is sent is remembered. */
export function establishedWithSack(octets: u32): void {
  clientAt(ISS);
  connect(REMOTE, SERVER);
  world.ignore(0);
  window = octets;
  options = MSS_1000 + " 01 01 04 02";
  peer(SYN | ACK, IRS, ISS + 1);
  sends(ACK, ISS + 1, IRS + 1);
  is(State.ESTABLISHED);
}
/** ESTABLISHED, opened by us, with SND.NXT `seq` and RCV.NXT `ack`. */
export function establishedAt(seq: u32, ack: u32): void {
  clientAt(seq - 1);
  connect(REMOTE, SERVER);
  sends(SYN, seq - 1, 0);
  options = MSS_1000;
  peer(SYN | ACK, ack - 1, seq);
  sends(ACK, seq, ack);
  is(State.ESTABLISHED);
}
/** ESTABLISHED, opened by the peer and accepted. */
export function accepted(octets: u32): void {
  serverAt(ISS);
  const listener = listen(4);
  window = octets;
  options = MSS_1000;
  peer(SYN, IRS, 0);
  sends(SYN | ACK, ISS, IRS + 1);
  peer(ACK, IRS + 1, ISS + 1);
  silent();
  accept(listener);
  is(State.ESTABLISHED);
}
