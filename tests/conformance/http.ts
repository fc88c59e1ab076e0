// An HTTP server on one stack, its clients on another, and a wire between them, in virtual time. The application is the test's.
import assert from "node:assert/strict";
import { type Core, type CoreOptions, Err, type HttpRequest, instantiate, Option } from "../../bindings/node/core.js";

const LATENCY = 1;
/** What an application answers: status, body, fields; a body of null has no length and comes in these parts. */
export interface Answer {
  status?: number;
  fields?: Record<string, string>;
  body?: Uint8Array | string;
  parts?: (Uint8Array | string)[];
  /** Whether the request's body is read before the answer. Default true. */
  reads?: boolean;
}
/** A request with its body. */
export interface Asked extends HttpRequest {
  body: string;
}
type Application = (asked: Asked) => Answer | "never";

const latin1 = (octets: Uint8Array) => Buffer.from(octets).toString("latin1");
const octets = (what: Uint8Array | string) => (typeof what === "string" ? Uint8Array.from(Buffer.from(what, "latin1")) : what);

interface Work {
  asked: Asked;
  answer?: Answer | "never";
  /** What is to be written, and how much of it was. */
  rest?: Uint8Array[];
  isLong?: boolean;
}

/** How server and clients are set up. */
export interface WorldOptions {
  capacities?: CoreOptions["capacities"];
  settings?: CoreOptions["settings"];
  application?: Application;
  wasm?: URL;
}

export class World {
  ms = 0;
  /** Every request that the application was told. */
  readonly asked: Asked[] = [];
  #work: Work[] = [];
  /** Whether the application does anything. */
  works = true;
  /** Whether the application is the test's, not one inside the module. */
  hosted = true;

  private constructor(
    readonly server: Core,
    readonly client: Core,
    readonly application: Application,
  ) {}

  static async make(options: WorldOptions = {}): Promise<World> {
    const one = (last: number, more: Partial<CoreOptions>) =>
      instantiate({
        seed: Uint8Array.from({ length: 32 }, (_, i) => i * last),
        devices: [{ kind: "ethernet" }],
        interfaces: [{ mac: `02:00:00:00:00:0${last}`, addresses: [`10.0.0.${last}/24`] }],
        ...more,
      });
    const { capacities = {}, settings = {}, application = () => ({ body: "hello" }), wasm } = options;
    const server = await one(1, { capacities, settings: { msl: 500, ...settings }, ...(wasm ? { wasm } : {}) });
    const client = await one(2, { capacities: { classes: [{ sockets: 64, receive: 65_536, send: 65_536 }] } });
    const world = new World(server, client, application);
    world.hosted = !wasm;
    if (!wasm) assert.equal(server.http_serve(80), 0);
    return world;
  }

  /** Lets time pass; frames take a millisecond. */
  advance(ms: number): void {
    const { server, client } = this;
    for (const end = this.ms + ms; this.ms < end; ) {
      server.receive(this.ms);
      if (this.works && this.hosted) this.#serve();
      const wait = Math.min(server.poll(this.ms), client.poll(this.ms));
      const moved = client.transfer(server) + server.transfer(client);
      this.ms += moved ? LATENCY : Math.max(LATENCY, Math.min(wait, end - this.ms));
    }
  }
  /** A connection. */
  connect(port = 80): Client {
    const client = new Client(this, this.client.tcp_connect({ address: "10.0.0.1", port }));
    this.advance(20);
    return client;
  }
  /** What the server says to these octets on a connection of its own, until it closes or is silent for half a second; `C` at the end: it has closed. */
  talk(text: string | Uint8Array): string {
    const client = this.connect();
    client.send(text);
    this.advance(500);
    const said = client.read() + (client.isClosed ? "C" : "");
    client.close();
    return said;
  }
  /** The positive control. */
  isAlive(): void {
    assert.match(this.talk("GET /alive HTTP/1.1\r\nHost: a\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n[\s\S]*helloC?$/);
  }
  /** TCP sockets of the server that are in use. */
  get used(): number {
    return this.server.pools().TCP0.used;
  }

  #serve(): void {
    for (let asked = this.server.http_asked(); typeof asked === "object" || this.#goOn(); asked = this.server.http_asked()) {
      if (typeof asked === "object") this.#work.push({ asked: { ...asked, body: "" } });
      else assert.equal(asked, Err.WOULD_BLOCK);
    }
  }
  /** Goes on with all; whether an exchange has ended, so that the next request may be there. */
  #goOn(): boolean {
    const left = this.#work.filter((work) => !this.#isDone(work));
    const ended = left.length < this.#work.length;
    this.#work = left;
    return ended;
  }
  #isDone(work: Work): boolean {
    if (!work.rest && !this.#isBegun(work)) return work.answer === "never";
    if (!work.rest) return true;
    const { request } = work.asked;
    for (let part = work.rest[0]; part; part = work.rest[0]) {
      const written = this.server.http_write(request, part);
      if (written <= 0) return written < 0;
      if (written < part.length) work.rest[0] = part.subarray(written);
      else work.rest.shift();
    }
    return !work.isLong || this.server.http_end(request) !== Err.WOULD_BLOCK;
  }
  /** Reads the body and begins the answer; false: not yet, or (without `rest`) over. */
  #isBegun(work: Work): boolean {
    const { asked } = work;
    if (!work.answer) {
      const early = asked.octets === 0 ? null : this.application(asked);
      if (!early || early === "never" || early.reads !== false) {
        let part = this.server.http_read(asked.request);
        for (; part instanceof Uint8Array; part = this.server.http_read(asked.request)) asked.body += latin1(part);
        if (part === Err.WOULD_BLOCK) return false;
        if (part !== Err.END) return true;
      }
      this.asked.push(asked);
      work.answer = this.application(asked);
    }
    if (work.answer === "never") return false;
    const { status = 200, fields = {}, body = "", parts } = work.answer;
    const whole = octets(body);
    const part = this.server.http_answer(asked.request, status, fields, parts ? null : whole.length);
    if (part === Err.WOULD_BLOCK) return false;
    if (typeof part === "number") return true;
    work.isLong = part.octets === null;
    const pieces = parts?.map(octets) ?? [whole.slice(part.first, part.first + (part.octets ?? 0))];
    work.rest = part.octets === 0 ? [] : pieces.filter(({ length }) => length);
    return true;
  }
}

/** A client's connection. */
export class Client {
  #unsent: Uint8Array[] = [];
  #end: number | undefined;
  constructor(
    readonly world: World,
    readonly handle: number,
  ) {
    assert.ok(handle > 0, `${handle}`);
    world.client.socket_set(handle, Option.NODELAY, 1);
  }
  /** Queues octets; they leave as time passes. */
  send(what: string | Uint8Array): void {
    this.#unsent.push(octets(what));
    this.push();
  }
  push(): void {
    for (let part = this.#unsent[0]; part; part = this.#unsent[0]) {
      const written = this.world.client.tcp_write(this.handle, part);
      if (written <= 0) return;
      if (written < part.length) this.#unsent[0] = part.subarray(written);
      else this.#unsent.shift();
    }
  }
  /** All that has come since. */
  read(): string {
    let text = "";
    for (let part = this.world.client.tcp_read(this.handle); part; part = this.world.client.tcp_read(this.handle)) {
      if (!(part instanceof Uint8Array)) {
        this.#end = part as number;
        break;
      }
      text += latin1(part);
    }
    return text;
  }
  /** Whether the server has closed its half, or reset. */
  get isClosed(): boolean {
    this.read();
    return this.#end !== undefined;
  }
  /** Err.END after a FIN, Err.RESET after a reset. */
  get end(): number | undefined {
    return this.#end;
  }
  halfClose(): void {
    this.world.client.tcp_close(this.handle, true);
  }
  close(): void {
    this.world.client.tcp_abort(this.handle);
    this.world.advance(5);
  }
}
