// read MQTT Version 3.1.1 (OASIS, October 2014) §3 first
// A client that publishes at QoS 0: one broker, a clean session, a ping to see that the broker is there, and a new connection when not, each
// after twice the time. No subscriptions, no will, no user name; what else the broker sends ends the connection.
import { Err } from "../memory/errors";
import { jitter } from "../memory/random";
import { state } from "../memory/root";
import { after, before, Instant, NEVER, until } from "../memory/time";
import * as calls from "../transport/tcp/calls";
import { ownerOf, recordOf, Service } from "../transport/service";
import { Tcb } from "../transport/tcp/tcb";
import * as tcp from "../tcp";
import { Socket } from "../tcp";

const PORT: u32 = 1883;
/** Milliseconds a broker may take to accept us, or to answer a ping; and those before the first new try, doubled up to 64 times. */
const PATIENCE: u32 = 10000;
const RETRY: u32 = 1000;
const RETRY_SHIFT_MAX: u32 = 6;
/** Octets of the longest client identifier that every broker takes. MQTT 3.1.1 §3.1.3.1. */
const ID_MAX: u32 = 23;
/** Octets of the longest packet that is sent: two of its length. */
const REST_MAX: u32 = 16383;

/** First octets of packets. MQTT 3.1.1 §2.2.1. */
const CONNECT: u32 = 0x10;
const PUBLISH: u32 = 0x30;
const RETAIN: u32 = 1;
const PINGREQ: u32 = 0xc0;
const DISCONNECT: u32 = 0xe0;
/** CONNACK and PINGRESP with their lengths, as they are read. */
const CONNACK: u32 = 0x0220;
const PINGRESP: u32 = 0x00d0;
/** `MQTT` in memory, the level of 3.1.1, and the flag of a clean session. */
const NAME: u32 = 0x5454514d;
const LEVEL: u32 = 4;
const CLEAN: u32 = 2;

/** How far a client is. */
export enum MqttState {
  OFF = 0,
  /** Until the next try. */
  WAITING = 1,
  /** CONNECT is on its way, CONNACK is awaited. */
  CONNECTING = 2,
  CONNECTED = 3,
}

@unmanaged
class Client {
  state: MqttState;
  socket: u32;
  broker: u32;
  port: u32;
  /** Half the keep alive, milliseconds: from ping to ping. */
  pace: u32;
  due: Instant;
  tries: u32;
  /** 1: a ping was not answered yet. */
  isAsked: u32;
  /** The packet that comes in, and how much of it is here. */
  got: u32;
  octets: u32;
  /** Why there is no connection. */
  error: i32;
  /** The client identifier. */
  idOctets: u32;
  id0: u64;
  id1: u64;
  id2: u64;

  get stream(): Socket {
    return changetype<Socket>(<usize>this.socket);
  }
  get id(): usize {
    return changetype<usize>(this) + offsetof<Client>("id0");
  }
}
function client(): Client {
  return recordOf<Client>(Service.MQTT);
}

/** Connects to a broker from the next poll on, and again whenever that is lost; `port` 0: 1883. The identifier is `octets` (1 to 23) at `id`; `keepAlive` in seconds, 2 to 65,535. Error: BAD_ARGUMENT. */
export function start(broker: u32, port: u32, id: usize, octets: u32, keepAlive: u32): i32 {
  if (octets - 1 >= ID_MAX || keepAlive - 2 > 65533 || port > 65535) return Err.BAD_ARGUMENT;
  stop();
  const it = client();
  it.broker = broker;
  it.port = port ? port : PORT;
  it.pace = keepAlive * 500;
  it.idOctets = octets;
  memory.copy(it.id, id, octets);
  it.tries = 0;
  it.error = Err.WOULD_BLOCK;
  it.state = MqttState.WAITING;
  it.due = state.now;
  return 0;
}
/** Says goodbye to the broker and connects no more. */
export function stop(): void {
  const it = client();
  if (it.state == MqttState.CONNECTED && changetype<Tcb>(<usize>it.socket).writable > 1) {
    octet(it, DISCONNECT);
    octet(it, 0);
  }
  if (it.socket) it.stream.close();
  it.socket = 0;
  it.state = MqttState.OFF;
}
/** MqttState; while there is no connection, why the last one ended: REFUSED by the broker or the peer, TIMED_OUT, RESET, NO_ROUTE, ... */
export function status(): i32 {
  const it = client();
  return it.state == MqttState.WAITING && it.error != Err.WOULD_BLOCK ? it.error : it.state;
}
/** Publishes `octets` at `message` under a topic, at QoS 0: sent once, and lost with the connection. Errors: BAD_STATE without a connection, WOULD_BLOCK while there is no room, TOO_LONG, BAD_ARGUMENT. */
export function publish(topic: usize, topicOctets: u32, message: usize, octets: u32, retain: bool): i32 {
  const it = client();
  if (it.state != MqttState.CONNECTED) return Err.BAD_STATE;
  if (!topicOctets) return Err.BAD_ARGUMENT;
  const rest: u32 = 2 + topicOctets + octets;
  const tcb = changetype<Tcb>(<usize>it.socket);
  if (topicOctets > REST_MAX || octets > REST_MAX || rest > REST_MAX || rest + 3 > tcb.snd.limit) return Err.TOO_LONG;
  if (rest + 3 > tcb.writable) return Err.WOULD_BLOCK;
  octet(it, PUBLISH | (retain ? RETAIN : 0));
  if (rest > 127) octet(it, (rest & 127) | 128);
  octet(it, rest > 127 ? rest >> 7 : rest);
  octet(it, topicOctets >> 8);
  octet(it, topicOctets);
  write(it, topic, topicOctets);
  write(it, message, octets);
  return 0;
}

/** Reads what the broker says, and does what is due. */
export function serve(): void {
  const it = client();
  while (tcp.ready(ownerOf(Service.MQTT))) continue;
  if (it.state == MqttState.OFF) return;
  if (it.state == MqttState.WAITING) {
    if (!before(state.now, it.due)) connect(it);
    return;
  }
  const socket = it.stream;
  while (it.socket && socket.readable) {
    const code: u32 = load<u8>(socket.input);
    socket.release(1);
    takes(it, code);
  }
  if (!it.socket) return;
  if (socket.isGone || socket.isFinished) {
    const error = changetype<Tcb>(<usize>it.socket).error;
    return lose(it, error ? error : Err.END);
  }
  if (before(state.now, it.due)) return;
  const isFull = changetype<Tcb>(<usize>it.socket).writable < 2;
  if (isFull || it.isAsked || it.state == MqttState.CONNECTING) return lose(it, Err.TIMED_OUT);
  octet(it, PINGREQ);
  octet(it, 0);
  it.isAsked = 1;
  it.due = after(state.now, PATIENCE);
}
/** Milliseconds until something is due. */
export function within(): u32 {
  const it = client();
  return it.state == MqttState.OFF ? NEVER : until(it.due, state.now);
}

/** The CONNECT packet follows the SYN as soon as it can. MQTT 3.1.1 §3.1. */
function connect(it: Client): void {
  const socket = tcp.connect(it.broker, it.port, ownerOf(Service.MQTT));
  if (!socket) return lose(it, Err.NO_ROUTE);
  it.socket = <u32>changetype<usize>(socket);
  if (changetype<Tcb>(<usize>it.socket).snd.limit < 14 + ID_MAX) return lose(it, Err.TOO_LONG);
  const seconds = it.pace / 500;
  octet(it, CONNECT);
  octet(it, 12 + it.idOctets);
  octet(it, 0);
  octet(it, 4);
  for (let i: u32 = 0; i < 4; i++) octet(it, NAME >> (i << 3));
  octet(it, LEVEL);
  octet(it, CLEAN);
  octet(it, seconds >> 8);
  octet(it, seconds);
  octet(it, 0);
  octet(it, it.idOctets);
  write(it, it.id, it.idOctets);
  it.state = MqttState.CONNECTING;
  it.octets = 0;
  it.got = 0;
  it.isAsked = 0;
  it.due = after(state.now, PATIENCE);
}
/** An octet from the broker: of CONNACK, which comes first and must say yes to a clean session, or of PINGRESP. */
function takes(it: Client, code: u32): void {
  it.got |= code << (it.octets++ << 3);
  if (it.octets < 2) return;
  if (it.state == MqttState.CONNECTING) {
    if ((it.got & 0xffff) != CONNACK) return lose(it, Err.BAD_ARGUMENT);
    if (it.octets < 4) return;
    if (it.got >> 16) return lose(it, Err.REFUSED);
    it.state = MqttState.CONNECTED;
    it.tries = 0;
  } else if (it.got != PINGRESP || !it.isAsked) return lose(it, Err.BAD_ARGUMENT);
  it.isAsked = 0;
  it.octets = 0;
  it.got = 0;
  it.due = after(state.now, it.pace);
}
/** Tries again, later. */
function lose(it: Client, error: i32): void {
  if (it.socket) calls.abort(changetype<Tcb>(<usize>it.socket).handle);
  it.socket = 0;
  it.error = error;
  it.state = MqttState.WAITING;
  const wait = RETRY << min(it.tries++, RETRY_SHIFT_MAX);
  it.due = after(state.now, wait + jitter(wait >> 2));
}
/** There is room: whoever writes a packet has seen to that. */
function octet(it: Client, code: u32): void {
  store<u8>(it.stream.output, code);
  it.stream.send(1);
}
function write(it: Client, from: usize, octets: u32): void {
  let done: u32 = 0;
  while (done < octets) {
    const room = min(it.stream.writable, octets - done);
    if (!room) break;
    memory.copy(it.stream.output, from + done, room);
    it.stream.send(room);
    done += room;
  }
}
