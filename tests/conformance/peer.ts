// A scripted TCP peer. Sequence numbers are relative: ours to our ISS, the stack's to its ISS; a SYN is 0, text begins at 1.
import assert from "node:assert/strict";
import { Err, type Status } from "../../bindings/node/core.js";
import { errorName } from "../../bindings/node/error.js";
import { icmp, ipv4, mss, type ParsedOptions, type ParsedTcp, sack, sackPermitted, scale, tcp, timestamps } from "./frames.js";
import { type Listens, PEER, STACK, Wire, type WireOptions } from "./wire.js";

/** How a peer behaves in the handshake. */
export interface PeerOptions extends WireOptions {
  address?: string;
  /** Our port, default 5000, and the stack's, default 80. */
  port?: number;
  stackPort?: number;
  iss?: number;
  /** Our MSS option, default 1460; 0: none. */
  mss?: number;
  /** Our window scale; default: none. */
  shift?: number;
  /** Whether we permit SACK. */
  sack?: boolean;
  /** Milliseconds until we answer the SYN of a client, default 0. */
  rtt?: number;
  /** Window field of what we send, default 65535. */
  win?: number;
  /** Our TSval at time 0, from where it follows the clock; default: no timestamps. */
  tsVal?: number;
}

/** A segment to send; what is missing follows from what went before. */
export interface Sends {
  ctl?: string;
  seq?: number;
  ack?: number;
  win?: number;
  /** Octets of the stream from `seq` on, or these octets. */
  data?: number | Uint8Array;
  options?: number[];
  /** TSval instead of the clock's; null: no timestamps. */
  stamp?: number | null;
  /** TOS octet of the IP header. */
  tos?: number;
  urgent?: number;
}

/** A segment that the stack sent. */
export interface Segment {
  ctl: string;
  seq: number;
  ack: number;
  /** Window field, and the octets it means. */
  win: number;
  window: number;
  data: Uint8Array;
  options: ParsedOptions;
  /** SACK blocks, relative. */
  sack: [number, number][];
  ms: number;
  ttl: number;
  tos: number;
  dontFragment: boolean;
}

/** What a segment must be; what is missing may be anything. */
export interface Expected {
  ctl?: string;
  seq?: number;
  ack?: number;
  win?: number;
  window?: number;
  /** Octets of text. */
  data?: number;
  sack?: [number, number][];
}

/** The octet of the stream at a position; position 0 is the first. */
function octet(position: number): number {
  return (position * 7 + (position >> 8) * 13 + (position >> 16)) & 255;
}
/** Octets of the stream from a position on. */
export function stream(position: number, length: number): Uint8Array {
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = octet(position + i);
  return octets;
}

export class Peer implements Listens {
  /** The stack's socket. */
  handle = 0;
  listener = 0;
  /** What we send next, and what we acknowledge: both relative. */
  nxt = 0;
  seen = 0;
  win: number;
  /** The stack's initial sequence number, once seen. */
  irs: number | null = null;
  readonly iss: number;
  readonly address: string;
  readonly port: number;
  stackPort: number;
  /** The furthest right edge that the stack has offered. */
  edge = 0;
  readonly queue: Segment[] = [];
  #stackShift = 0;
  /** The last TSval of the stack. */
  #echo = 0;
  #written = 0;
  #read = 0;

  constructor(
    readonly wire: Wire,
    readonly options: PeerOptions = {},
  ) {
    this.address = options.address ?? PEER.address;
    this.port = options.port ?? 5000;
    this.stackPort = options.stackPort ?? 80;
    this.iss = options.iss ?? 0x20000;
    this.win = options.win ?? 65535;
    wire.peers.push(this);
  }

  /** A peer that has connected to port 80 of a new stack; the application has accepted. */
  static async server(options: PeerOptions = {}): Promise<Peer> {
    const peer = new Peer(await Wire.make(options), options);
    peer.listen();
    peer.handshake();
    return peer;
  }
  /** A peer to which a new stack has connected. */
  static async client(options: PeerOptions = {}): Promise<Peer> {
    const peer = new Peer(await Wire.make(options), options);
    peer.connect();
    peer.expectSegment({ ctl: "SYN", seq: 0 });
    if (options.rtt) peer.advance(options.rtt);
    peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
    peer.expectSegment({ ctl: "ACK", seq: 1, ack: 1 });
    return peer;
  }

  // ---- The application ----

  get core() {
    return this.wire.core;
  }
  /** The status record of the stack's socket. */
  get status(): Status {
    const status = this.core.status(this.handle);
    assert.ok(status, "the handle is stale");
    return status;
  }
  get state(): string {
    return this.status.state;
  }
  listen(backlog = 16): void {
    this.listener = this.core.tcp_listen({ port: this.stackPort }, 0, backlog);
    assert.ok(this.listener > 0, `listen: ${this.listener}`);
  }
  /** The stack connects to us, from a port it chooses unless one is given. */
  connect(port = 0): void {
    this.handle = this.core.tcp_connect({ address: this.address, port: this.port }, { address: STACK.address, port });
    assert.ok(this.handle > 0, `connect: ${this.handle}`);
    this.stackPort = this.status.local.port;
    this.wire.run();
  }
  /** The three steps of RFC 9293 figure 6, and accept. */
  handshake(last: Sends = {}): Segment {
    this.syn();
    const answer = this.expectSegment({ ctl: "SYN,ACK", seq: 0, ack: 1 });
    this.send(last);
    this.accept();
    return answer;
  }
  accept(): void {
    this.handle = this.core.tcp_accept(this.listener);
    assert.ok(this.handle > 0, `accept: ${this.handle}`);
  }
  /** The application writes the next octets of its stream; answers how many fitted, or the name of the error. */
  write(octets: number): number | string {
    const room = Math.max(this.core.status(this.handle)?.writable ?? 0, 1);
    const result = this.core.tcp_write(this.handle, stream(this.#written, Math.min(octets, room)));
    if (result < 0) return errorName(result);
    this.#written += result;
    this.wire.run();
    return result;
  }
  /** The application reads up to `most` octets, which must be those of our stream; answers how many, or the name of the error. */
  read(most = Number.POSITIVE_INFINITY): number | string {
    let count = 0;
    while (count < most) {
      const octets = this.core.tcp_read(this.handle, Math.min(most - count, 0x7fffffff));
      if (typeof octets === "number" && count === 0) return errorName(octets as Err);
      if (octets === null || typeof octets === "number") break;
      assert.deepEqual(octets, stream(this.#read, octets.length), `octets from ${this.#read} on`);
      this.#read += octets.length;
      count += octets.length;
    }
    this.wire.run();
    return count;
  }
  /** The application half closes, or lets go. */
  close(how: "half" | "whole" = "half"): void {
    assert.equal(this.core.tcp_close(this.handle, how === "half"), 0);
    this.wire.run();
  }
  abort(): void {
    assert.equal(this.core.tcp_abort(this.handle), 0);
    this.wire.run();
  }
  counter(name: Parameters<Wire["core"]["counter"]>[0]): number {
    return this.core.counter(name);
  }

  // ---- The wire ----

  get synOptions(): number[] {
    const { mss: size = 1460, shift, sack: permits } = this.options;
    return [...(size ? mss(size) : []), ...(shift === undefined ? [] : scale(shift)), ...(permits ? sackPermitted : [])];
  }
  syn(more: Sends = {}): void {
    this.send({ ctl: "SYN", seq: 0, options: this.synOptions, ...more });
    this.nxt = 1;
  }
  /** Sends one segment and lets the stack answer. */
  send(given: Sends = {}): void {
    this.put(given);
    this.wire.run();
  }
  /** Sends several segments that the stack finds in one poll. */
  batch(all: Sends[]): void {
    for (const given of all) this.put(given);
    this.wire.run();
  }
  /** Puts a segment on the wire; the stack is not polled. */
  put(given: Sends): void {
    this.wire.put(this.packet(given));
    if (given.seq === undefined) this.nxt += this.#length(given);
  }
  /** A segment as an IP packet. */
  packet(given: Sends): Uint8Array {
    return ipv4({ source: this.address, destination: STACK.address, protocol: 6, tos: given.tos ?? 0 }, this.segment(given));
  }
  /** A segment alone. */
  segment(given: Sends): Uint8Array {
    const { ctl = "ACK", seq = this.nxt, ack = this.seen, win = this.win, data = 0, urgent = 0 } = given;
    const first = ctl.includes("SYN") ? seq : seq - 1;
    return tcp(this.address, STACK.address, {
      sourcePort: this.port,
      destinationPort: this.stackPort,
      seq: (this.iss + seq) >>> 0,
      ack: ctl.includes("ACK") ? ((this.irs ?? 0) + ack) >>> 0 : 0,
      ctl,
      window: win,
      urgent,
      options: [...this.#stamp(given), ...(given.options ?? [])],
      data: typeof data === "number" ? stream(first, data) : data,
    });
  }
  #stamp({ stamp, ctl = "ACK" }: Sends): number[] {
    const { tsVal } = this.options;
    if (tsVal === undefined || stamp === null) return [];
    return timestamps((stamp ?? tsVal + this.wire.ms) >>> 0, ctl.includes("ACK") ? this.#echo : 0);
  }
  #length({ ctl = "", data = 0 }: Sends): number {
    return (typeof data === "number" ? data : data.length) + (ctl.includes("SYN") ? 1 : 0) + (ctl.includes("FIN") ? 1 : 0);
  }
  advance(ms: number): void {
    this.wire.advance(ms);
  }

  /** The next segment of the stack, which must be this one. */
  expectSegment(want: Expected = {}): Segment {
    const got = this.queue.shift();
    assert.ok(got, `expected ${JSON.stringify(want)}, the stack is silent`);
    const { ctl, data, ...fields } = want;
    const text = describe(got);
    if (ctl !== undefined) assert.equal(ctl.includes("PSH") ? got.ctl : got.ctl.replace("PSH,", ""), ctl, text);
    if (data !== undefined) assert.equal(got.data.length, data, `octets of text of ${text}`);
    for (const [name, value] of Object.entries(fields)) assert.deepEqual(got[name as keyof Segment], value, `${name} of ${text}`);
    return got;
  }
  /** The stack has said nothing more. */
  expectSilence(): void {
    assert.deepEqual(this.queue.map(describe), [], "the stack is silent");
  }
  /** All that the stack has said and nobody has looked at. */
  take(): Segment[] {
    return this.queue.splice(0);
  }

  arrives(raw: ParsedTcp, ms: number): boolean {
    if (raw.destination !== this.address || raw.destinationPort !== this.port || raw.sourcePort !== this.stackPort) return false;
    const isSyn = raw.ctl.includes("SYN");
    if (isSyn && this.irs === null) this.irs = raw.seq;
    const segment = this.#relative(raw, ms, isSyn);
    if (isSyn) this.#stackShift = this.options.shift === undefined ? 0 : (segment.options.shift ?? 0);
    this.#echo = raw.options.timestamps?.[0] ?? this.#echo;
    if (!raw.ctl.includes("RST")) this.#follow(segment);
    this.queue.push(segment);
    return true;
  }
  #relative(raw: ParsedTcp, ms: number, isSyn: boolean): Segment {
    const { ctl, window, data, options, ttl, tos, dontFragment } = raw;
    const sack = (options.sack ?? []).map(([left, right]) => [(left - this.iss) | 0, (right - this.iss) | 0] as [number, number]);
    const seq = (raw.seq - (this.irs ?? 0)) | 0;
    const ack = ctl.includes("ACK") ? (raw.ack - this.iss) | 0 : 0;
    return {
      ctl,
      seq,
      ack,
      win: window,
      window: isSyn ? window : window << this.#stackShift,
      data,
      options,
      sack,
      ms,
      ttl,
      tos,
      dontFragment,
    };
  }
  /** What holds for every segment: the text is the application's, the right edge never moves left (SHLD-14) but for the rounding of a scaled window (RFC 7323 §2.4). */
  #follow({ ctl, seq, ack, window, data }: Segment): void {
    if (data.length) assert.deepEqual(data, stream(seq - 1, data.length), `text at ${seq}`);
    const length = data.length + (ctl.includes("SYN") ? 1 : 0) + (ctl.includes("FIN") ? 1 : 0);
    if (seq <= this.seen) this.seen = Math.max(this.seen, seq + length);
    if (!ctl.includes("ACK")) return;
    const rounding = (1 << this.#stackShift) - 1;
    assert.ok(ack + window >= this.edge - rounding, `the right edge moves left: from ${this.edge} to ${ack + window}`);
    this.edge = Math.max(this.edge, ack + window);
  }
}

function describe({ ctl, seq, ack, win, data, ms }: Segment): string {
  return `<SEQ=${seq}><ACK=${ack}><CTL=${ctl}> window ${win}, ${data.length} octets, at ${ms} ms`;
}

/** A SACK option that tells of octets of the stack's stream, by relative sequence numbers. */
export function blocks(peer: Peer, ...edges: number[]): number[] {
  return sack(...edges.map((edge) => ((peer.irs ?? 0) + edge) >>> 0));
}
/** What an ICMP error quotes of the stack's segment at `seq`. */
export function quote(peer: Peer, seq: number): Uint8Array {
  const head = Uint8Array.of(peer.stackPort >> 8, peer.stackPort & 255, peer.port >> 8, peer.port & 255, 0, 0, 0, 0);
  new DataView(head.buffer).setUint32(4, ((peer.irs ?? 0) + seq) >>> 0);
  return ipv4({ source: STACK.address, destination: peer.address, protocol: 6 }, head);
}
/** A router says of the segment at `seq` that the path takes no packets longer than `mtu`. */
export function tells(peer: Peer, mtu: number, seq: number): void {
  peer.wire.inject(1, icmp(3, 4, quote(peer, seq), mtu));
}
