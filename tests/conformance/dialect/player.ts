// Plays a scenario against a device: frames in, calls, time, and what must come out. Sequence numbers are relative, a SYN is 0.
import assert from "node:assert/strict";
import { icmp, ipv4, mss, type ParsedTcp, sack, sackPermitted, scale, tcp, timestamps } from "../frames.js";
import { stream } from "../peer.js";
import { type Answer, Departure, type Device } from "./device.js";
import { checkText, compare, damage, type Got, lengthOf, said } from "./match.js";
import type { Scenario, Step } from "./parse.js";
import { value, type Written, written } from "./segment.js";

const ISS = 0x20000;
const RING_PATIENCE = 600;
const FILL_ROUNDS = 400;

/** The other end of a device's connection. */
export class Player {
  readonly queue: Got[] = [];
  readonly #device: Device;
  readonly #scenario: Scenario;
  readonly #address: string;
  readonly #port: number;
  #devicePort: number;
  /** Next of ours, what we acknowledged, next of the device's, the right edge it offered. */
  #nxt = 0;
  #una = 0;
  #seen = 0;
  #edge = 0;
  #irs: number | null = null;
  #win = 65535;
  #shift = 0;
  #ownShift: number | null = null;
  #clock: number | null = null;
  #began = 0;
  #tsval = 0;
  /** The device's timestamp when a step said `mark`. */
  #marked = 0;
  #written = 0;
  #read = 0;
  /** When the last step, or the segment it waited for, happened. */
  #mark = 0;

  constructor(device: Device, scenario: Scenario, address: string, port: number) {
    this.#device = device;
    this.#scenario = scenario;
    this.#address = address;
    this.#port = port;
    this.#devicePort = device.port;
  }

  /** Plays to the end; throws a Departure at the line that the device does not follow. */
  async play(): Promise<void> {
    this.#began = this.#device.now();
    this.#mark = this.#began;
    for (const step of this.#scenario.steps) await this.#step(step);
  }
  /** True when the segment belongs to this connection. */
  arrives(raw: ParsedTcp, ms: number): boolean {
    if (raw.destination !== this.#address || raw.destinationPort !== this.#port) return false;
    const isSyn = raw.ctl.includes("SYN");
    if (isSyn && this.#irs !== raw.seq) {
      this.#irs = raw.seq;
      this.#devicePort = raw.sourcePort;
      this.#seen = 0;
      this.#edge = 0;
    }
    if (raw.sourcePort !== this.#devicePort) return false;
    if (isSyn) this.#shift = this.#ownShift === null ? 0 : (raw.options.shift ?? 0);
    this.#follow(this.#relative(raw, ms, isSyn));
    return true;
  }
  #relative(raw: ParsedTcp, ms: number, isSyn: boolean): Got {
    const blocks = (raw.options.sack ?? []).map(([left, right]) => [(left - ISS) | 0, (right - ISS) | 0] as [number, number]);
    const seq = (raw.seq - (this.#irs ?? 0)) | 0;
    const ack = raw.ctl.includes("ACK") ? (raw.ack - ISS) | 0 : 0;
    return { raw, seq, ack, window: isSyn ? raw.window : raw.window << this.#shift, sack: blocks, ms };
  }
  #follow(got: Got): void {
    this.queue.push(got);
    const { ctl, data, options } = got.raw;
    if (options.timestamps) this.#tsval = options.timestamps[0];
    if (ctl.includes("RST")) return;
    if (got.seq <= this.#seen) this.#seen = Math.max(this.#seen, got.seq + lengthOf(ctl, data.length));
    if (ctl.includes("ACK")) this.#edge = Math.max(this.#edge, got.ack + got.window);
  }

  // ---- Steps ----

  async #step(step: Step): Promise<void> {
    try {
      await this.#run(step);
    } catch (error) {
      if (error instanceof Departure) throw error;
      throw new Departure(step, (error as Error).message);
    }
  }
  async #run(step: Step): Promise<void> {
    const { verb, words } = step;
    const [first = ""] = words;
    switch (verb) {
      case "in":
        return this.#in(written(words));
      case "out":
        return this.#out(written(words));
      case "text":
        return this.#text(first, words.slice(1));
      case "silence":
        await this.#pass(Math.max(Number(first || 0), this.#device.quiet));
        assert.ok(!this.queue.length, `not silence but ${this.queue.map(said).join(" and ")}`);
        return;
      case "advance":
        return this.#pass(Number(first));
      case "mark":
        this.#marked = this.#tsval;
        return;
      case "skip":
        await this.#pass(this.#device.quiet);
        this.queue.splice(0);
        return;
      case "fill":
        return this.#fill(Number(first || 1000));
      case "acks":
        return this.#acks(first, Number(words[2]));
      case "icmp":
        return this.#icmp(words);
      case "server":
      case "client":
        return this.#handshake(verb, words);
      default:
        return this.#call(step);
    }
  }
  async #pass(ms: number): Promise<void> {
    await this.#device.until(() => false, ms);
    this.#mark = this.#device.now();
  }
  /** The three steps of RFC 9293 figure 6, from either side; the words are options of our SYN. */
  async #handshake(role: "server" | "client", words: string[]): Promise<void> {
    const options = words.includes("mss") ? words : ["mss", "1460", ...words];
    if (role === "client") {
      await this.#device.call("connect", [this.#address, String(this.#port)]);
      await this.#out(written(["SYN", "seq", "0"]));
      this.#in(written(["SYN,ACK", "seq", "0", ...options]));
      return this.#out(written(["ACK", "seq", "1", "ack", "1"]));
    }
    await this.#device.call("listen", []);
    this.#in(written(["SYN", "seq", "0", ...options]));
    await this.#out(written(["SYN,ACK", "seq", "0", "ack", "1"]));
    const win = words.indexOf("win");
    this.#in(written(win < 0 ? ["ACK"] : ["ACK", "win", words[win + 1] ?? ""]));
    await this.#must("accept", []);
  }

  // ---- Frames to the device ----

  get #names() {
    return {
      nxt: this.#nxt,
      una: this.#una,
      seen: this.#seen,
      edge: this.#edge,
      tsval: this.#tsval,
      marked: this.#marked,
      clock: this.#clockNow(),
      half: 2 ** 31,
    };
  }
  #clockNow(): number {
    return (this.#clock ?? 0) + Math.floor(this.#device.now() - this.#began);
  }
  #value(text: string): number {
    return value(text, this.#names);
  }
  #in(segment: Written): void {
    const packet = this.#packet(segment);
    this.#mark = this.#device.now();
    this.#device.put(packet);
  }
  #packet(segment: Written): Uint8Array {
    const { ctl, numbers } = segment;
    const number = (field: string, missing: number) => (numbers[field] === undefined ? missing : this.#value(numbers[field]));
    const isSyn = ctl.includes("SYN");
    const seq = number("seq", this.#nxt);
    const octets = number("data", 0);
    const ack = number("ack", this.#seen);
    this.#win = number("win", this.#win);
    const text = stream(isSyn ? seq : seq - 1, octets).map((octet) => (segment.other ? octet ^ 255 : octet));
    const bytes = tcp(this.#address, this.#device.address, {
      sourcePort: this.#port,
      destinationPort: this.#devicePort,
      seq: (ISS + seq) >>> 0,
      ack: ctl.includes("ACK") ? ((this.#irs ?? 0) + ack) >>> 0 : number("ack", 0),
      ctl,
      window: this.#win,
      urgent: number("urg", 0),
      options: this.#options(segment, isSyn),
      data: text,
    });
    damage(bytes, segment.bad);
    if (ctl.includes("ACK") && ack <= this.#seen) this.#una = Math.max(this.#una, ack);
    const isNext = numbers.seq === undefined || (isSyn && this.#nxt === 0);
    if (segment.isNew) this.#nxt = seq + lengthOf(ctl, octets);
    else if (isNext && !segment.bad && !ctl.includes("RST")) this.#nxt = Math.max(this.#nxt, seq + lengthOf(ctl, octets));
    return ipv4({ source: this.#address, destination: this.#device.address, protocol: 6, tos: number("tos", 0) }, bytes);
  }
  #options(segment: Written, isSyn: boolean): number[] {
    const { numbers, ts, without } = segment;
    const options: number[] = [];
    if (numbers.mss !== undefined) options.push(...mss(Number(numbers.mss)));
    if (segment.sackok) options.push(...sackPermitted);
    if (isSyn && ts) this.#clock = Number(ts[0]);
    if (ts) options.push(...timestamps(this.#value(ts[0]) >>> 0, this.#value(ts[1]) >>> 0));
    else if (this.#clock !== null && !without.includes("ts") && !segment.ctl.includes("RST"))
      options.push(...timestamps(this.#clockNow() >>> 0, this.#tsval));
    if (numbers.scale !== undefined) options.push(...scale(Number(numbers.scale)));
    if (isSyn) this.#ownShift = numbers.scale === undefined ? null : Number(numbers.scale);
    if (segment.sack.length) options.push(...sack(...segment.sack.flat().map((edge) => ((this.#irs ?? 0) + this.#value(edge)) >>> 0)));
    return [...options, ...Buffer.from(segment.raw, "hex")];
  }
  /** An ICMP error that quotes a segment of the device: `TYPE CODE quote SEQ mtu N`. */
  #icmp([type = "", code = "", ...words]: string[]): void {
    const named = (name: string, missing: string) => this.#value(words[words.indexOf(name) + 1 || words.length] ?? missing);
    const head = new Uint8Array(8);
    const view = new DataView(head.buffer);
    view.setUint16(0, this.#devicePort);
    view.setUint16(2, this.#port);
    view.setUint32(4, ((this.#irs ?? 0) + named("quote", "seen")) >>> 0);
    const quoted = ipv4({ source: this.#device.address, destination: this.#address, protocol: 6 }, head);
    const message = icmp(Number(type), Number(code), quoted, named("mtu", "0"));
    this.#mark = this.#device.now();
    this.#device.put(ipv4({ source: this.#address, destination: this.#device.address, protocol: 1 }, message));
  }
  /** Acknowledges what lies between `A:B`, so many octets with each ACK. */
  #acks(words: string, step: number): void {
    const [from = 0, to = 0] = words.split(":").map((edge) => this.#value(edge));
    for (let at = from; at < to; at += step) this.#in(written(["ACK", "ack", String(Math.min(to, at + step))]));
  }
  /** Sends text until the device offers no more window. */
  async #fill(octets: number): Promise<void> {
    for (let round = 0; this.#edge > this.#nxt; round++) {
      if (round > FILL_ROUNDS) throw new Error("its window does not fill");
      this.queue.splice(0);
      const before = this.#nxt;
      this.#in(written(["ACK", "data", String(Math.min(octets, this.#edge - this.#nxt))]));
      await this.#device.until(() => this.queue.some(({ ack }) => ack > before), RING_PATIENCE);
      if (this.queue.every(({ ack }) => ack <= before)) throw new Error("text inside its window is not acknowledged");
    }
    this.queue.splice(0);
    this.#mark = this.#device.now();
  }

  // ---- Frames of the device ----

  async #next(within: number): Promise<Got> {
    await this.#device.until(() => this.queue.length > 0, within);
    const got = this.queue.shift();
    assert.ok(got, "silence");
    return got;
  }
  async #out(want: Written): Promise<void> {
    const { grace, kind } = this.#device;
    const [least, most] = want.after ?? [0, 0];
    const slack = kind === "linux" ? grace + most / 10 : 0;
    const got = await this.#next(most + slack + (kind === "linux" ? grace : 0));
    const late = got.ms - this.#mark;
    compare(want, got, (text) => this.#value(text));
    assert.ok(late <= most + slack, `${said(got)}, but ${Math.round(late)} ms later`);
    assert.ok(!least || late >= least - slack, `${said(got)}, but after ${Math.round(late)} ms already`);
    this.#mark = Math.max(this.#mark, got.ms);
  }
  /** Segments that together carry the text `A:B`, each at most as long as `segment N` says. */
  async #text(words: string, more: string[]): Promise<void> {
    const [from, to] = words.split(":").map((edge) => this.#value(edge));
    const most = more[0] === "segment" ? Number(more[1]) : 65535;
    let at = from ?? 0;
    while (at < (to ?? 0)) {
      const got = await this.#next(this.#device.grace);
      const { length } = got.raw.data;
      const isNext = got.seq === at && length > 0 && length <= most && at + length <= (to ?? 0);
      assert.ok(isNext, `${said(got)} where text from ${at} on is due`);
      checkText(got);
      at += got.raw.data.length;
      this.#mark = Math.max(this.#mark, got.ms);
    }
  }

  // ---- Calls ----

  async #call({ verb, words }: Step): Promise<void> {
    const [first = "", second = ""] = words;
    if (verb === "counter") return this.#counter(first, Number(second));
    if (verb === "connect") return this.#must(verb, [this.#address, String(this.#port), ...words]);
    if (verb === "send") return this.#send(Number(first), words[2] ?? first);
    if (verb === "recv") return this.#receive(first);
    if (verb === "state") return this.#wait(verb, [first], first);
    await this.#must(verb, words);
  }
  #counter(name: string, want: number): void {
    const rose = this.#device.counter(name);
    assert.ok(rose === null || rose === want, `${name} rose by ${rose}; what rose: ${this.#device.rises()}`);
  }
  async #must(verb: string, words: string[]): Promise<void> {
    const want = words.includes("=") ? (words.at(-1) ?? "") : "0";
    await this.#wait(verb, words.includes("=") ? words.slice(0, words.indexOf("=")) : words, want);
    this.#mark = this.#device.now();
  }
  /** Makes a call until it answers what it must; a kernel may need a moment. */
  async #wait(verb: string, words: string[], want: string): Promise<void> {
    const end = this.#device.now() + 2 * this.#device.grace;
    for (;;) {
      const answer = await this.#device.call(verb, words);
      if (String(answer) === want) return;
      if (this.#device.now() >= end) throw new Error(`the call answers ${answer}`);
      await this.#device.until(() => false, 2);
    }
  }
  async #send(octets: number, want: string): Promise<void> {
    this.#mark = this.#device.now();
    const answer = await this.#device.call("send", [], stream(this.#written, octets));
    assert.equal(String(answer), want, `the call answers ${answer}`);
    if (typeof answer === "number") this.#written += answer;
  }
  /** Reads exactly so many octets, which must be those of our stream; or the end or an error by name; `NOTHING` while there is none. */
  async #receive(want: string): Promise<void> {
    const octets = Number(want);
    const end = this.#device.now() + 2 * this.#device.grace;
    let count = 0;
    for (;;) {
      const answer: Answer = await this.#device.call("recv", Number.isNaN(octets) ? ["1"] : [String(octets - count)]);
      if (answer instanceof Uint8Array) {
        if (Buffer.compare(answer, stream(this.#read, answer.length)))
          throw new Error(`other octets than were sent, from ${this.#read} on`);
        this.#read += answer.length;
        count += answer.length;
      }
      if (answer === want || count === octets) break;
      const isWaiting = answer === "NOTHING" || (answer instanceof Uint8Array && count < octets);
      if (!isWaiting || this.#device.now() >= end) {
        throw new Error(`reading answers ${answer instanceof Uint8Array ? `${answer.length} octets` : answer} after ${count} octets`);
      }
      await this.#device.until(() => false, 2);
    }
    this.#mark = this.#device.now();
  }
}
