import { Prng } from "../../../bindings/node/prng.js";
import { Err, Event, Kind, Option } from "../../../bindings/node/constants.js";
import { Recorder } from "./recorder.js";

/** What a session has seen, and the two stacks that were recorded. */
export interface Session {
  stacks: [Recorder, Recorder];
  /** Frames that the link lost. */
  lost: number;
  /** Octets that each side of the TCP connection received, and whether they were those that the other sent. */
  received: { octets: number; equal: boolean }[];
  /** Echo replies and UDP datagrams that came back. */
  replies: number;
  datagrams: number;
  /** Why the connections to a closed port and to an absent host ended. */
  failures: number[];
}

const ADDRESSES = [
  [10, 0, 0, 1],
  [10, 0, 0, 2],
];
const ABSENT = [10, 0, 0, 77];
const TCP_PORT = 7;
const UDP_PORT = 9;
const CLOSED_PORT = 81;
/** Octets that each side sends over TCP. */
const TEXT = 300_000;
const LOSS = 0.03;
/** Pings, and datagrams as many; one of each after so many steps. */
const PROBES = 40;
const STEPS_BETWEEN = 60;
/** The millisecond count wraps a second later. */
const START_MS = 0xffffffff - 1000;
const ROUNDS = 100_000;

/** Two stacks in virtual time on a link that loses and reorders: ARP, ping, UDP, TCP both ways with half closes, refusals and timeouts. */
export async function runSession(wasm: Uint8Array): Promise<Session> {
  const settings = { msl: 300, userTimeout: 20_000, synTimeout: 10_000, keepIdle: 500, keepInterval: 300 };
  const capacities = { classes: [{ sockets: 6, receive: 16_384, send: 16_384 }] };
  const options = (end: 0 | 1) => ({
    wasm,
    seed: (end ? "5a" : "c3").repeat(31).concat("01"),
    ms: START_MS,
    devices: [{ kind: "ethernet" as const, rxSlots: 64, txSlots: 32 }],
    interfaces: [{ mac: `02:00:00:00:00:0${end + 1}`, addresses: [`10.0.0.${end + 1}/24`] }],
    capacities,
    settings,
  });
  const stacks: [Recorder, Recorder] = [await Recorder.start(options(0)), await Recorder.start(options(1))];
  const session: Session = { stacks, lost: 0, received: [], replies: 0, datagrams: 0, failures: [] };
  const link = new Link(stacks, session);
  const [client, server] = [new Client(stacks[0], session), new Server(stacks[1], session)];
  for (let round = 0; !link.idle || !client.done; round++) {
    if (round === ROUNDS) throw new Error(`the session has not ended after ${ROUNDS} rounds, ${link.time / 1000} ms`);
    link.turn([client, server]);
  }
  return session;
}

/** One side: what it does when a socket has something to say. */
interface Application {
  serve(handle: number, events: number): void;
  /** Called before each poll. */
  turn(): void;
}

interface Flying {
  due: number;
  to: 0 | 1;
  octets: Uint8Array;
}

/** The link between the two, and their clock in microseconds. */
class Link {
  time = START_MS * 1000;
  idle = false;
  readonly #stacks: [Recorder, Recorder];
  readonly #session: Session;
  readonly #random = new Prng(20);
  #flying: Flying[] = [];

  constructor(stacks: [Recorder, Recorder], session: Session) {
    this.#stacks = stacks;
    this.#session = session;
  }

  /** Delivers what is due, runs both sides, and moves the clock to what comes next. */
  turn(applications: [Application, Application]): void {
    const due = this.#flying.filter((frame) => frame.due <= this.time).sort((a, b) => a.due - b.due);
    this.#flying = this.#flying.filter((frame) => frame.due > this.time);
    for (const { to, octets } of due) this.#stacks[to].frame(octets);
    const waits = ([0, 1] as const).map((end) => this.#run(end, applications[end]));
    const next = Math.min(...waits.map((wait) => this.time + wait * 1000), ...this.#flying.map((frame) => frame.due));
    this.idle = waits.every((wait) => wait === 2 ** 30) && this.#flying.length === 0;
    if (!this.idle) this.time = Math.max(this.time + 7, next);
  }

  /** Polls one side and serves its sockets until it has nothing to do; answers as `poll`. */
  #run(end: 0 | 1, application: Application): number {
    const stack = this.#stacks[end];
    for (;;) {
      application.turn();
      const wait = stack.poll(this.time);
      const sent = stack.take();
      for (const octets of sent) this.#send(end, octets);
      let served = 0;
      for (let handle = stack.call("ready_next", 0); handle; handle = stack.call("ready_next", 0)) {
        application.serve(handle, stack.core.events);
        served++;
      }
      if (wait && !sent.length && !served) return wait;
    }
  }

  #send(from: 0 | 1, octets: Uint8Array): void {
    const delay = 500 + this.#random.below(2_000);
    if (this.#random.chance(LOSS)) this.#session.lost++;
    else this.#flying.push({ due: this.time + delay, to: from ? 0 : 1, octets });
  }
}

/** One side of the TCP connection: sends its text, half closes, reads to the end, lets go. */
class Stream {
  closed = false;
  readonly #stack: Recorder;
  readonly #handle: number;
  readonly #text: Buffer;
  readonly #expected: Buffer;
  readonly #arrived: Buffer[] = [];
  #sent = 0;
  #finished = false;

  constructor(stack: Recorder, handle: number, side: 0 | 1) {
    this.#stack = stack;
    this.#handle = handle;
    this.#text = noise(TEXT, side);
    this.#expected = noise(TEXT, 1 - side);
  }

  /** Answers what arrived once everything was received and sent; null before. */
  serve(): { octets: number; equal: boolean } | null {
    const end = this.#read();
    this.#write();
    if (end === 0 || (end === Err.END && !this.#finished)) return null;
    this.closed = true;
    this.#stack.call("tcp_close", this.#handle, 0);
    const octets = Buffer.concat(this.#arrived);
    return { octets: octets.length, equal: end === Err.END && octets.equals(this.#expected) };
  }

  #read(): number {
    for (;;) {
      const ready = this.#stack.call("tcp_receive_ready", this.#handle);
      if (ready <= 0) return ready;
      this.#arrived.push(this.#stack.read(ready));
      this.#stack.call("tcp_receive_release", this.#handle, ready);
    }
  }
  #write(): void {
    while (this.#sent < TEXT) {
      const space = this.#stack.call("tcp_send_space", this.#handle);
      if (space <= 0) return;
      const octets = Math.min(space, TEXT - this.#sent);
      this.#stack.write(this.#text.subarray(this.#sent, this.#sent + octets));
      this.#sent += octets;
      this.#stack.call("tcp_send_commit", this.#handle, octets, this.#sent === TEXT ? 1 : 0);
    }
    if (!this.#finished) this.#stack.call("tcp_close", this.#handle, 1);
    this.#finished = true;
  }
}

/** Pings, sends datagrams, and opens three connections: one that works, one to a closed port, one to an absent host. */
class Client implements Application {
  readonly #stack: Recorder;
  readonly #session: Session;
  readonly #ping: number;
  readonly #udp: number;
  readonly #stream: Stream;
  readonly #connection: number;
  readonly #doomed: Set<number>;
  #probes = 0;

  constructor(stack: Recorder, session: Session) {
    this.#stack = stack;
    this.#session = session;
    this.#ping = stack.call("ping_open", 0);
    stack.endpoint("local", [], 0);
    this.#udp = stack.call("udp_bind", 0);
    this.#connection = this.#connect(ADDRESSES[1] as number[], TCP_PORT);
    this.#stream = new Stream(stack, this.#connection, 0);
    this.#doomed = new Set([this.#connect(ADDRESSES[1] as number[], CLOSED_PORT), this.#connect(ABSENT, TCP_PORT)]);
  }

  get done(): boolean {
    return this.#stream.closed && this.#doomed.size === 0 && this.#probes === PROBES;
  }
  turn(): void {
    if (this.#probes === PROBES || this.#stack.steps.length < this.#probes * STEPS_BETWEEN) return;
    this.#probes++;
    this.#send(this.#ping, this.#probes, 100 + this.#probes);
    this.#send(this.#udp, UDP_PORT, this.#probes * 30);
  }
  serve(handle: number, events: number): void {
    if (handle === this.#ping) this.#session.replies += this.#datagrams(handle);
    else if (handle === this.#udp) this.#session.datagrams += this.#datagrams(handle);
    else if (this.#doomed.has(handle)) this.#bury(handle, events);
    else if (!this.#stream.closed) this.#served(this.#stream.serve());
  }

  #served(result: { octets: number; equal: boolean } | null): void {
    if (result) this.#session.received.push(result);
  }
  #connect(address: number[], port: number): number {
    this.#stack.endpoint("remote", address, port);
    this.#stack.endpoint("local", [], 0);
    const handle = this.#stack.call("tcp_connect", 0, 0);
    this.#stack.call("socket_set", handle, Option.KEEPALIVE, 1);
    return handle;
  }
  #bury(handle: number, events: number): void {
    if (!(events & Event.CLOSED)) return;
    this.#session.failures.push(this.#stack.call("tcp_receive_ready", handle));
    this.#stack.call("tcp_close", handle, 0);
    this.#doomed.delete(handle);
  }
  #send(handle: number, port: number, octets: number): void {
    this.#stack.endpoint("remote", ADDRESSES[1] as number[], port);
    if (this.#stack.call("udp_send_space", handle) < octets) return;
    this.#stack.write(noise(octets, port));
    this.#stack.call("udp_send_commit", handle, octets);
  }
  #datagrams(handle: number): number {
    for (let count = 0; ; count++) {
      if (this.#stack.call("udp_receive_ready", handle) < 0) return count;
      this.#stack.call("udp_receive_release", handle);
    }
  }
}

/** Accepts one connection after another and echoes datagrams. */
class Server implements Application {
  readonly #stack: Recorder;
  readonly #session: Session;
  readonly #udp: number;
  readonly #streams = new Map<number, Stream>();

  constructor(stack: Recorder, session: Session) {
    this.#stack = stack;
    this.#session = session;
    stack.endpoint("local", ADDRESSES[1] as number[], TCP_PORT);
    stack.call("tcp_listen", 0, 4, 0);
    stack.endpoint("local", [], UDP_PORT);
    this.#udp = stack.call("udp_bind", 0);
  }

  turn(): void {}
  serve(handle: number): void {
    if (handle === this.#udp) return this.#echo();
    if (handle >>> 28 !== Kind.LISTENER) return this.#stream(handle);
    for (let accepted = this.#stack.call("tcp_accept", handle); accepted > 0; accepted = this.#stack.call("tcp_accept", handle)) {
      this.#streams.set(accepted, new Stream(this.#stack, accepted, 1));
      this.#stream(accepted);
    }
  }

  #stream(handle: number): void {
    const result = this.#streams.get(handle)?.serve();
    if (!result) return;
    this.#session.received.push(result);
    this.#streams.delete(handle);
  }
  #echo(): void {
    for (;;) {
      const octets = this.#stack.call("udp_receive_ready", this.#udp);
      if (octets < 0) return;
      const datagram = this.#stack.read(octets);
      this.#stack.call("udp_receive_release", this.#udp);
      if (this.#stack.call("udp_send_space", this.#udp) < octets) continue;
      this.#stack.write(datagram);
      this.#stack.call("udp_send_commit", this.#udp, octets);
    }
  }
}

function noise(octets: number, stream: number): Buffer {
  const random = new Prng(2, stream);
  return Buffer.from(Uint32Array.from({ length: Math.ceil(octets / 4) }, () => random.u32()).buffer, 0, octets);
}
