// read RFC 5424 §6 and RFC 5426 first
// Messages for a log elsewhere, one datagram each. Nothing is kept and nothing sent again: that is how syslog over UDP is.
import { EXCHANGE_OCTETS } from "../memory/control";
import { Err } from "../memory/errors";
import { root } from "../memory/root";
import { Hop } from "../internet/route";
import * as route from "../internet/route";
import { ownerOf, recordOf, Service } from "../transport/service";
import * as udp from "../udp";
import { Datagrams } from "../udp";
import * as print from "./print";
import * as sntp from "./sntp";

const PORT: u32 = 514;
/** Longest APP-NAME. RFC 5424 §6.2.5. */
const NAME_MAX: u32 = 48;
/** Octets a header takes at most: priority and version 7, time 25, host 16, name 49, three times "- " 6. */
const HEADER_MAX: u32 = 103;
/** Facility 23 and severity 7. RFC 5424 §6.2.1. */
const PRIORITY_MAX: u32 = 191;

/** State of the sender. */
@unmanaged
class Sender {
  socket: u32;
  server: u32;
  nameLength: u32;
  // The way there, for the address that stands as the name of this host.
  interface: u32;
  nextHop: u32;
  source: u32;
  /** APP-NAME, NAME_MAX octets. */
  name: u8;

  get hop(): Hop {
    return changetype<Hop>(changetype<usize>(this) + offsetof<Sender>("interface"));
  }
  get nameAt(): usize {
    return changetype<usize>(this) + offsetof<Sender>("name");
  }
}
function sender(): Sender {
  return recordOf<Sender>(Service.SYSLOG);
}

/** Sends to a server from now on, port 0: 514; the first `octets` of the exchange, 1 to 48 visible ASCII characters, say who speaks. Errors: BAD_ARGUMENT, NO_SOCKET, those of udp_connect. */
export function start(server: u32, port: u32, octets: u32): i32 {
  const name = root.exchange;
  if (!octets || octets > NAME_MAX) return Err.BAD_ARGUMENT;
  for (let i: u32 = 0; i < octets; i++) if (<u32>load<u8>(name + i) - 33 > 93) return Err.BAD_ARGUMENT;
  stop();
  const socket = udp.open(0, ownerOf(Service.SYSLOG), 0);
  if (!socket) return Err.NO_SOCKET;
  const wrong = socket.connect(server, port ? port : PORT);
  if (wrong) {
    socket.close();
    return wrong;
  }
  const it = sender();
  it.socket = <u32>changetype<usize>(socket);
  it.server = server;
  it.nameLength = octets;
  memory.copy(it.nameAt, name, octets);
  return 0;
}
/** Sends no more. Answers 0. */
export function stop(): i32 {
  const it = sender();
  if (it.socket) changetype<Datagrams>(<usize>it.socket).close();
  it.socket = 0;
  return 0;
}

/** Sends the first `octets` of the exchange, UTF-8, as a message with this priority (facility * 8 + severity). Errors: BAD_STATE before start, BAD_ARGUMENT, TOO_LONG, WOULD_BLOCK while earlier ones have not left, NO_ROUTE. */
export function send(priority: u32, octets: u32): i32 {
  const it = sender();
  if (!it.socket) return Err.BAD_STATE;
  if (priority > PRIORITY_MAX) return Err.BAD_ARGUMENT;
  const socket = changetype<Datagrams>(<usize>it.socket);
  // What came back (port unreachable) tells nothing that could be mended here.
  while (socket.next != Err.WOULD_BLOCK) socket.release();
  const space = socket.space;
  if (!space) return Err.WOULD_BLOCK;
  const at = socket.output;
  if (octets > EXCHANGE_OCTETS || HEADER_MAX + octets > <u32>space) return Err.TOO_LONG;
  const to = header(it, at, priority);
  memory.copy(to, root.exchange, octets);
  return min(socket.send(<u32>(to - at) + octets, 0, 0, 0), 0);
}
/** `<PRI>1 TIMESTAMP HOSTNAME APP-NAME - - - `, "-" where the time is not known. RFC 5424 §6. */
function header(it: Sender, at: usize, priority: u32): usize {
  let to = print.decimal(print.char(at, 60), priority, 0);
  to = print.char(print.char(print.char(to, 62), 49), 32);
  const unix = sntp.unix();
  to = unix ? print.timestamp(to, unix) : print.char(to, 45);
  to = print.char(to, 32);
  to = route.find(it.hop, it.server, 0) ? print.dotted(to, it.source) : print.char(to, 45);
  to = print.char(to, 32);
  memory.copy(to, it.nameAt, it.nameLength);
  to += it.nameLength;
  for (let i = 0; i < 3; i++) to = print.char(print.char(to, 32), 45);
  return print.char(to, 32);
}
