// read RFC 1350 and RFC 2347-2349 first
// TFTP, both ends. A block is read where it lies in the socket's ring, and written where it is kept until it is acknowledged.
import { get16, put16 } from "../memory/bytes";
import { Err } from "../memory/errors";
import { root, state } from "../memory/root";
import { after, before, NEVER, until } from "../memory/time";
import { BLKSIZE, endOf, OCTET, operation, Options, TFTP_BLOCK, TFTP_HEADER, TftpError, TftpOp, TIMEOUT, TSIZE, word } from "../wire/tftp";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as udp from "../udp";
import { Datagrams } from "../udp";
import * as print from "./print";
import { named, PACKET_MAX, placed, take, Transfer, TransferState } from "./transfer";

const PORT: u32 = 69;
/** Least and most octets of a block: RFC 2348 has 8, a datagram at an MTU of 1,500 the rest. */
const BLOCK_MIN: u32 = 8;
const BLOCK_MAX: u32 = PACKET_MAX - TFTP_HEADER;
/** Milliseconds before the first repetition; each next one waits twice as long. */
const PATIENCE: u32 = 1000;
const TRIES: u8 = 5;
/** Octets of the longest name: with the mode and three options it fits a block of 512. */
const NAME_MAX: u32 = 400;
const UNKNOWN: u32 = 0xffffffff;

/** The server's socket, 0 while it does not serve; and the list of options in hand. */
@unmanaged
class Server {
  socket: u32;
  reserved: u32;
  at: u32;
  end: u32;
  name: u64;
  value: u32;

  get options(): Options {
    return changetype<Options>(changetype<usize>(this) + offsetof<Server>("at"));
  }
}
function server(): Server {
  return recordOf<Server>(Service.TFTP);
}
function optionsIn(at: usize, end: usize): Options {
  const it = server().options;
  it.at = <u32>at;
  it.end = <u32>end;
  return it;
}
function blockMax(): u32 {
  return min(BLOCK_MAX, root.udpOctets - TFTP_HEADER);
}

// ---- What the host calls ----

/** Asks for a file (`isSender` false) or offers one of `size` octets; its name is the first `octets` of the exchange. `port` 0: 69. Answers a transfer. Errors: BAD_ARGUMENT, NO_ROOM, NO_SOCKET, those of udp_send_commit. */
export function request(to: u32, port: u32, octets: u32, blockSize: u32, size: u32, isSender: bool): i32 {
  const name = root.exchange;
  if (!octets || octets > NAME_MAX || endOf(name, name + octets)) return Err.BAD_ARGUMENT;
  if (blockSize && (blockSize < BLOCK_MIN || blockSize > blockMax())) return Err.BAD_ARGUMENT;
  const it = take();
  if (!it) return Err.NO_ROOM;
  const socket = udp.open(0, ownerOf(Service.TFTP), 0);
  if (!socket) return Err.NO_SOCKET;
  socket.hearErrors();
  it.socket = <u32>changetype<usize>(socket);
  it.isSender = isSender ? 1 : 0;
  it.peer = to;
  it.blockSize = blockSize ? blockSize : blockMax();
  it.size = UNKNOWN;
  it.patience = PATIENCE;
  put16(it.packet, 0, isSender ? TftpOp.WRITE : TftpOp.READ);
  memory.copy(it.packet + 2, name, octets);
  let end = print.char(it.packet + 2 + octets, 0);
  store<u64>(end, OCTET);
  end = addOption(addOption(end + 6, BLKSIZE, 8, it.blockSize), TSIZE, 6, isSender ? size : 0);
  it.state = TransferState.REQUESTED;
  it.port = port ? port : PORT;
  const wrong = sendPacket(it, <u32>(end - it.packet));
  // The answer comes from another port, which is the transfer's from then on; a repeated request goes to this one.
  it.requestPort = <u16>it.port;
  it.port = 0;
  if (wrong < 0) release(it);
  return wrong < 0 ? wrong : it.handle;
}
function addOption(at: usize, name: u64, length: usize, value: u32): usize {
  store<u64>(at, name);
  return print.char(print.decimal(at + length, value, 0), 0);
}

/** The next client that asked and waits for an answer: a transfer. Leaves in the exchange u32 1: it wants a file, 2: it brings one, u32 octets of the file (0xffffffff: not said), u32 octets of the name, and the name; in `remote` who it is. Error: WOULD_BLOCK. */
export function asked(): i32 {
  for (let i: u32 = 0; i < root.extra.transfers; i++) {
    const it = placed(i);
    if (it.state != TransferState.ASKED) continue;
    const name = it.packet + 2;
    const length = <u32>(endOf(name, name + PACKET_MAX) - name);
    store<u32>(root.exchange, it.isSender ? 1 : 2);
    store<u32>(root.exchange, it.size, 4);
    store<u32>(root.exchange, length, 8);
    memory.copy(root.exchange + 12, name, length);
    root.remote.set(it.peer, it.port, 0);
    return it.handle;
  }
  return Err.WOULD_BLOCK;
}
/** Lets a client have its way; `size` is that of the file it wants. Errors: BAD_HANDLE, BAD_STATE. */
export function allow(handle: i32, size: u32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  if (it.state != TransferState.ASKED) return Err.BAD_STATE;
  it.state = TransferState.OPEN;
  if (it.hasOptions) return agree(it, size);
  if (!it.isSender) acknowledge(it);
  return 0;
}
/** Refuses a client, or gives up: the peer gets an error packet with this code, and the handle is stale. After the end it only lets go. Error: BAD_HANDLE. */
export function drop(handle: i32, code: u32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  if (it.port && it.state < TransferState.DONE) sendError(it.datagrams, it.peer, it.port, code);
  release(it);
  return 0;
}
/** TransferState of a transfer, or why it failed: TIMED_OUT, REFUSED (u32 code of the peer's error packet in the exchange), UNREACHABLE, BAD_ARGUMENT for a packet against the rules. In the exchange behind it u32 octets of a block and u32 octets of the file. */
export function status(handle: i32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  store<u32>(root.exchange, it.code);
  store<u32>(root.exchange, it.blockSize, 4);
  store<u32>(root.exchange, it.size, 8);
  return it.error ? it.error : it.state;
}
/** Octets of the next block of a file that we get, at `span`; WOULD_BLOCK: not here yet. END after the last, or why it failed. */
export function read(handle: i32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  if (it.isSender) return Err.BAD_STATE;
  if (it.state == TransferState.BLOCK) {
    const octets = it.datagrams.next;
    root.span += TFTP_HEADER;
    return octets - TFTP_HEADER;
  }
  return it.error ? it.error : it.isLast ? Err.END : Err.WOULD_BLOCK;
}
/** That block was read and is acknowledged. Errors: BAD_HANDLE, BAD_STATE. */
export function readDone(handle: i32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  if (it.state != TransferState.BLOCK) return Err.BAD_STATE;
  const octets = <u32>it.datagrams.next - TFTP_HEADER;
  it.datagrams.release();
  it.block++;
  it.isLast = octets < it.blockSize ? 1 : 0;
  it.state = it.isLast ? TransferState.DONE : TransferState.OPEN;
  acknowledge(it);
  return 0;
}
/** Octets that the next block takes, at `span`; 0: the last one is not acknowledged yet. Errors: BAD_HANDLE, BAD_STATE, why it failed. */
export function space(handle: i32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  if (!it.isSender || it.isLast) return Err.BAD_STATE;
  if (it.error) return it.error;
  if (it.state != TransferState.OPEN) return 0;
  root.span = <u32>it.packet + TFTP_HEADER;
  return it.blockSize;
}
/** The first `octets` of the span are the next block; fewer than a block end the file. Errors: BAD_HANDLE, BAD_STATE, BAD_ARGUMENT. */
export function write(handle: i32, octets: u32): i32 {
  const it = named(handle);
  if (!it) return Err.BAD_HANDLE;
  if (!it.isSender || it.state != TransferState.OPEN || it.isLast) return Err.BAD_STATE;
  if (octets > it.blockSize) return Err.BAD_ARGUMENT;
  it.block++;
  it.isLast = octets < it.blockSize ? 1 : 0;
  it.state = TransferState.SENT;
  put16(it.packet, 0, TftpOp.DATA);
  put16(it.packet, 2, it.block);
  sendPacket(it, TFTP_HEADER + octets);
  return 0;
}
/** Serves on port 69, or stops. Clients come by `asked`. Errors: NO_SOCKET. */
export function serving(isOn: bool): i32 {
  const it = server();
  if (it.socket) changetype<Datagrams>(<usize>it.socket).close();
  it.socket = 0;
  if (!isOn) return 0;
  const socket = udp.open(PORT, ownerOf(Service.TFTPD), 0);
  if (!socket) return Err.NO_SOCKET;
  it.socket = <u32>changetype<usize>(socket);
  return 0;
}

// ---- What is sent ----

/** Sends the first `length` octets of the packet, and again until an answer comes. Negative: it cannot be sent. */
function sendPacket(it: Transfer, length: u32): i32 {
  it.length = length;
  it.tries = 0;
  it.due = after(state.now, it.patience);
  return again(it);
}
function again(it: Transfer): i32 {
  const socket = it.datagrams;
  if (socket.space < <i32>it.length) return 0;
  memory.copy(socket.output, it.packet, it.length);
  return socket.send(it.length, it.peer, it.port ? it.port : it.requestPort, 0);
}
/** Acknowledges the last block. Repeated only when that block comes again, so that no two packets ever answer one. */
function acknowledge(it: Transfer): void {
  put16(it.packet, 0, TftpOp.ACK);
  put16(it.packet, 2, it.block);
  sendPacket(it, TFTP_HEADER);
}
/** Tells a client which of its options hold; it answers with ACK 0, or with block 1. RFC 2347. */
function agree(it: Transfer, size: u32): i32 {
  put16(it.packet, 0, TftpOp.OACK);
  let end = it.packet + 2;
  if (it.hasOptions & 1) end = addOption(end, BLKSIZE, 8, it.blockSize);
  if (it.hasOptions & 2) end = addOption(end, TIMEOUT, 8, it.patience / 1000);
  if (it.hasOptions & 4) end = addOption(end, TSIZE, 6, it.isSender ? size : it.size);
  if (it.isSender) it.state = TransferState.SENT;
  sendPacket(it, <u32>(end - it.packet));
  return 0;
}
function sendError(socket: Datagrams, to: u32, port: u32, code: u32): void {
  if (socket.space < 5) return;
  const at = socket.output;
  put16(at, 0, TftpOp.ERROR);
  put16(at, 2, code);
  store<u8>(at, 0, 4);
  socket.send(5, to, port, 0);
}
function release(it: Transfer): void {
  it.datagrams.close();
  it.state = TransferState.FREE;
}
function fail(it: Transfer, error: Err): void {
  it.error = error;
  it.state = TransferState.FAILED;
}
/** The peer broke the rules: it is told, and that is the end. */
function offend(it: Transfer, code: u32): void {
  sendError(it.datagrams, it.peer, it.port, code);
  fail(it, Err.BAD_ARGUMENT);
}

// ---- What arrives ----

/** Reads what has come and repeats what got no answer. */
export function serve(): void {
  udp.forget(ownerOf(Service.TFTP));
  udp.forget(ownerOf(Service.TFTPD));
  for (let i: u32 = 0; i < root.extra.transfers; i++) if (placed(i).state != TransferState.FREE) serveTransfer(placed(i));
  const socket = changetype<Datagrams>(<usize>server().socket);
  if (!server().socket) return;
  for (let octets = socket.next; octets != Err.WOULD_BLOCK; octets = socket.next) {
    if (octets >= 0) clientAsks(socket, root.span, octets, socket.from, socket.fromPort);
    socket.release();
  }
}
/** Milliseconds until something must be repeated. */
export function within(): u32 {
  let least: u32 = NEVER;
  for (let i: u32 = 0; i < root.extra.transfers; i++) if (isWaiting(placed(i))) least = min(least, until(placed(i).due, state.now));
  return least;
}
/** Whether an answer is awaited; a receiver that is done waits a while for repetitions of the last block. */
function isWaiting(it: Transfer): bool {
  return it.state == TransferState.REQUESTED || it.state == TransferState.SENT || (it.state == TransferState.OPEN && !it.isSender);
}
/** What follows a block waits in the socket until it was read. */
function holdsBlock(it: Transfer): bool {
  return it.state == TransferState.BLOCK;
}
function serveTransfer(it: Transfer): void {
  const socket = it.datagrams;
  while (!holdsBlock(it)) {
    const octets = socket.next;
    if (octets == Err.WOULD_BLOCK) break;
    if (octets >= 0) arrives(it, root.span, octets, socket.from, socket.fromPort);
    else if (it.state < TransferState.DONE) fail(it, octets);
    if (!holdsBlock(it)) socket.release();
  }
  if (!isWaiting(it) || before(state.now, it.due)) return;
  if (it.tries == TRIES) return fail(it, Err.TIMED_OUT);
  it.due = after(state.now, it.patience << ++it.tries);
  again(it);
}

/** A packet for a transfer. One from another port of the peer is told so and changes nothing. RFC 1350 §4. */
function arrives(it: Transfer, at: usize, octets: u32, from: u32, port: u32): void {
  if (from != it.peer || octets < TFTP_HEADER) return;
  const what = operation(at);
  if (it.port && port != it.port) {
    // An error is never answered by one: two transfers would do so to each other for ever.
    if (what != TftpOp.ERROR) sendError(it.datagrams, from, port, TftpError.UNKNOWN_ID);
    return;
  }
  if (it.state == TransferState.REQUESTED && !isAnswer(it, at, what)) return;
  if (it.state >= TransferState.FAILED) return;
  it.port = port;
  switch (what) {
    case TftpOp.DATA:
      return dataArrives(it, get16(at, 2), octets - TFTP_HEADER);
    case TftpOp.ACK:
      return acknowledged(it, get16(at, 2));
    case TftpOp.OACK:
      return optionsArrive(it, at + 2, at + octets);
    case TftpOp.ERROR:
      if (it.state >= TransferState.DONE) return;
      it.code = get16(at, 2);
      return fail(it, Err.REFUSED);
    default:
      if (it.state < TransferState.DONE) offend(it, TftpError.ILLEGAL);
  }
}
/** Whether a packet can be the first answer to our request. */
function isAnswer(it: Transfer, at: usize, what: u32): bool {
  if (what == TftpOp.OACK || what == TftpOp.ERROR) return true;
  return it.isSender ? what == TftpOp.ACK && !get16(at, 2) : what == TftpOp.DATA && get16(at, 2) == 1;
}
function dataArrives(it: Transfer, block: u32, length: u32): void {
  if (it.isSender) return;
  // Whoever knows no options sends blocks of 512.
  if (it.state == TransferState.REQUESTED) it.blockSize = TFTP_BLOCK;
  if (it.state != TransferState.DONE && block == ((it.block + 1) & 0xffff)) {
    if (length > it.blockSize) return offend(it, TftpError.ILLEGAL);
    it.state = TransferState.BLOCK;
  } else if (block == (it.block & 0xffff)) again(it);
}
/** Only the acknowledgement of what was sent last counts, once: repeated ones would double everything. RFC 1123 §4.2.3.1. */
function acknowledged(it: Transfer, block: u32): void {
  if (!it.isSender) return;
  if (it.state == TransferState.REQUESTED) it.blockSize = TFTP_BLOCK;
  else if (it.state != TransferState.SENT || block != (it.block & 0xffff)) return;
  it.state = it.isLast ? TransferState.DONE : TransferState.OPEN;
}
/** The server tells which options it takes. RFC 2347, RFC 2348. */
function optionsArrive(it: Transfer, at: usize, end: usize): void {
  if (it.state != TransferState.REQUESTED) return;
  const asked = it.blockSize;
  it.blockSize = TFTP_BLOCK;
  let isTold = false;
  const options = optionsIn(at, end);
  while (options.next()) {
    if (options.name == BLKSIZE) {
      it.blockSize = options.value;
      isTold = true;
    } else if (options.name == TSIZE && !it.isSender) it.size = options.value;
  }
  if (it.blockSize < BLOCK_MIN || it.blockSize > (isTold ? asked : TFTP_BLOCK)) return offend(it, TftpError.OPTIONS);
  it.state = TransferState.OPEN;
  if (!it.isSender) acknowledge(it);
}

/** A client asks for a file or brings one. What is malformed gets an error; with all transfers taken, silence: it asks again. */
function clientAsks(listening: Datagrams, at: usize, octets: u32, from: u32, port: u32): void {
  if (octets < TFTP_HEADER) return;
  const end = at + octets;
  const what = operation(at);
  const name = endOf(at + 2, end);
  const mode = name ? endOf(name + 1, end) : 0;
  if (what != TftpOp.READ && what != TftpOp.WRITE) return;
  if (!mode || name == at + 2 || name - at - 2 > NAME_MAX || word(name + 1, mode) != OCTET)
    return sendError(listening, from, port, TftpError.ILLEGAL);
  for (let i: u32 = 0; i < root.extra.transfers; i++) {
    const other = placed(i);
    if (other.state != TransferState.FREE && other.isServer && other.peer == from && other.port == port) return;
  }
  const it = take();
  const socket = it ? udp.open(0, ownerOf(Service.TFTPD), 0) : null;
  if (!it || !socket) return;
  it.socket = <u32>changetype<usize>(socket);
  it.isSender = what == TftpOp.READ ? 1 : 0;
  it.isServer = 1;
  it.peer = from;
  it.port = port;
  it.size = UNKNOWN;
  it.patience = PATIENCE;
  it.blockSize = TFTP_BLOCK;
  memory.copy(it.packet, at, name + 1 - at);
  readOptions(it, mode + 1, end);
  it.state = TransferState.ASKED;
}
/** Takes what a client proposes as far as it makes sense; what does not is left out of the answer. RFC 2347. */
function readOptions(it: Transfer, at: usize, end: usize): void {
  const options = optionsIn(at, end);
  while (options.next()) {
    const value = options.value;
    if (options.name == BLKSIZE && value >= BLOCK_MIN && value <= 65464) {
      it.blockSize = min(value, blockMax());
      it.hasOptions |= 1;
    } else if (options.name == TIMEOUT && value - 1 < 255) {
      it.patience = value * 1000;
      it.hasOptions |= 2;
    } else if (options.name == TSIZE && (it.isSender || value != UNKNOWN)) {
      if (!it.isSender) it.size = value;
      it.hasOptions |= 4;
    }
  }
}
