import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { type Core, type CoreOptions, Err, Event, Option, PoolIndex, RingwireError, State, instantiate } from "../../bindings/node/core.js";

const SEED = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 255);

function options(last: number, more: Partial<CoreOptions> = {}): CoreOptions {
  return {
    seed: SEED,
    devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 64 }],
    interfaces: [{ device: 0, mac: `02:00:00:00:00:0${last}`, addresses: [`10.0.0.${last}/24`] }],
    ...more,
  };
}

/** Two stacks on a wire that loses nothing, and their time. */
class Pair {
  ms = 0;
  constructor(
    readonly a: Core,
    readonly b: Core,
  ) {}
  static async make(more: Partial<CoreOptions> = {}): Promise<Pair> {
    return new Pair(await instantiate(options(1, more)), await instantiate(options(2, more)));
  }
  /** Polls both until `done`, letting time pass when nothing is due; at most `limit` milliseconds. */
  until(done: () => boolean, limit = 60_000): void {
    const end = this.ms + limit;
    while (!done()) {
      const wait = Math.min(this.a.poll(this.ms), this.b.poll(this.ms));
      const moved = this.a.transfer(this.b) + this.b.transfer(this.a);
      if (!moved) this.ms += Math.max(wait, 1);
      assert.ok(this.ms < end, `not within ${limit} ms of virtual time`);
    }
  }
  /** Polls both until `next` answers something good; answers that. */
  first<T>(next: () => T, isGood: (answer: T) => boolean): T {
    let answer = next();
    this.until(() => {
      if (!isGood(answer)) answer = next();
      return isGood(answer);
    });
    return answer;
  }
  /** Polls both until `read` answers octets; answers them as text. */
  text(read: () => Uint8Array | number | null): string {
    return Buffer.from(this.first(read, (answer) => answer instanceof Uint8Array) as Uint8Array).toString();
  }
  /** A connection from a to port 80 of b: its handles. */
  connect(): { client: number; server: number; listener: number } {
    const listener = this.b.tcp_listen({ port: 80 });
    assert.ok(listener > 0);
    const client = this.a.tcp_connect({ address: "10.0.0.2", port: 80 });
    assert.ok(client > 0);
    const server = this.first(
      () => this.b.tcp_accept(listener),
      (handle) => handle > 0,
    );
    this.until(() => this.a.tcp_status(client) === State.ESTABLISHED);
    return { client, server, listener };
  }
}

function rejects(given: CoreOptions, code: string, message: RegExp): Promise<void> {
  return assert.rejects(instantiate(given), (error) => {
    assert.ok(error instanceof RingwireError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

describe("instantiate", () => {
  test("answers a core whose arena holds state and rings", async () => {
    const core = await instantiate(options(1));
    assert.ok(core.memoryUsed > 0);
    assert.equal(core.arena.start, 4096);
    assert.ok(core.arena.end - core.arena.start >= core.memoryUsed);
    assert.ok(core.arena.end <= core.memory.buffer.byteLength);
    assert.equal(core.devices.length, 1);
    assert.equal(core.device(0).rxSlots, 64);
    assert.deepEqual(core.sockets(), []);
    assert.throws(() => core.device(1), /device 1: there are 1/);
  });
  test("takes a given module, as octets or as a path", async () => {
    const url = new URL("../../../ringwire.wasm", import.meta.url);
    for (const wasm of [readFileSync(url), url, url.pathname]) assert.ok((await instantiate(options(1, { wasm }))).memoryUsed > 0);
    await rejects(options(1, { wasm: "/nowhere.wasm" }), "BAD_ARGUMENT", /wasm: cannot read \/nowhere\.wasm: ENOENT/);
    await rejects(options(1, { wasm: new Uint8Array(8) }), "BAD_ARGUMENT", /is not a Ringwire module/);
  });
  test("a seed is required, of 32 octets that are not all equal", async () => {
    await rejects({ ...options(1), seed: undefined as never }, "BAD_SEED", /seed: missing/);
    await rejects(options(1, { seed: new Uint8Array(31) }), "BAD_SEED", /expected 32 octets/);
    await rejects(options(1, { seed: "zz".repeat(32) }), "BAD_SEED", /64 hexadecimal digits/);
    await rejects(options(1, { seed: new Uint8Array(32) }), "BAD_SEED", /all octets are equal/);
    assert.ok(await instantiate(options(1, { seed: "0123456789abcdef".repeat(4) })));
  });
  test("devices, interfaces, addresses, capacities and settings that are wrong are refused with what was expected", async () => {
    const on = (given: object) => options(1, { interfaces: [{ ...options(1).interfaces[0], ...given }] });
    await rejects(options(1, { devices: [] }), "BAD_COUNT", /devices: expected a list of 1 to 4/);
    await rejects(options(1, { devices: [{ kind: "token ring" as never }] }), "BAD_DEVICE", /expected "ethernet", "ip" or "loopback"/);
    await rejects(options(1, { devices: [{ kind: "ethernet", rxSlots: 3 }] }), "BAD_DEVICE", /rxSlots: 3 is not a power of two/);
    await rejects(options(1, { devices: [{ kind: "ethernet", slotOctets: 100 }] }), "BAD_DEVICE", /device 0, slotOctets/);
    await rejects(on({ device: 1 }), "BAD_INTERFACE", /device: 1 is out of range/);
    await rejects(on({ mac: "02:00:00:00:00" }), "BAD_INTERFACE", /is not a MAC address/);
    await rejects(on({ mac: "01:00:00:00:00:01" }), "BAD_INTERFACE", /group address/);
    await rejects(on({ addresses: ["10.0.0.256/24"] }), "BAD_ADDRESS", /"10\.0\.0\.256\/24" is not an address with a prefix/);
    await rejects(on({ addresses: ["10.0.0.1"] }), "BAD_ADDRESS", /expected A\.B\.C\.D\/LEN/);
    await rejects(on({ gateway: "10.0.0" }), "BAD_ADDRESS", /gateway: "10\.0\.0" is not an IPv4 address/);
    await rejects(on({ mtu: 67 }), "BAD_INTERFACE", /mtu: 67 is out of range/);
    await rejects(options(1, { capacities: { listener: 1 } as never }), "BAD_ARGUMENT", /unknown option "listener"/);
    await rejects(options(1, { capacities: { listeners: -1 } }), "BAD_CAPACITY", /capacities\.listeners: -1 is out of range/);
    await rejects(options(1, { capacities: { udpReceive: 3 } }), "BAD_CAPACITY", /udpReceive/);
    await rejects(options(1, { settings: { delayedAck: 500 } }), "BAD_SETTING", /delayedAck/);
  });
  test("an arena that is too small says how much is needed, and so much suffices", async () => {
    const used = (await instantiate(options(1))).memoryUsed;
    await rejects(
      options(1, { arena: { end: 8192 } }),
      "NO_MEMORY",
      new RegExp(`arena too small: ${used} octets are needed, 4096 are given`),
    );
    await rejects(options(1, { memoryLimit: 65536 }), "NO_MEMORY", /the limit is 65536/);
    const pages = Math.ceil((used + 4096) / 65536);
    assert.equal((await instantiate(options(1, { memoryLimit: pages * 65536 }))).memoryUsed, used);
  });
  test("capacities that no memory can hold are refused, however the sum would wrap", async () => {
    for (const ring of [
      { sockets: 3, receive: 2 ** 30 - 1, send: 2 ** 30 - 1 },
      { sockets: 20_000, receive: 2 ** 20, send: 2 ** 20 },
      { sockets: 40_000, receive: 65_536, send: 65_536 },
      { sockets: 131_071, receive: 65_536, send: 65_536 },
      { sockets: 100_000, receive: 1e9, send: 1e9 },
    ]) {
      const capacities = { classes: [ring] };
      await rejects(options(1, { capacities }), "NO_MEMORY", /memory: more than 4 GB are needed, the limit is \d+$/);
      await rejects(
        options(1, { capacities, arena: { end: 65_536 } }),
        "NO_MEMORY",
        /arena too small: more than 4 GB are needed, 61440 are/,
      );
    }
  });
  test("10,000 sockets with 64 KB rings need no resident memory until they are used", async () => {
    const before = process.memoryUsage.rss();
    const classes = [{ sockets: 10_000, receive: 65536, send: 65536 }];
    const core = await instantiate(options(1, { capacities: { classes } }));
    assert.ok(core.memory.buffer.byteLength > 10_000 * 131072);
    const grown = process.memoryUsage.rss() - before;
    assert.ok(grown < 64 * 2 ** 20, `${grown} octets`);
  });
});

describe("frames", () => {
  test("input copies a frame and is false while the ring is full; a poll makes room", async () => {
    const core = await instantiate(options(1));
    const frame = new Uint8Array(60);
    for (let i = 0; i < 64; i++) assert.equal(core.input(frame), true);
    assert.equal(core.input(frame), false);
    core.poll(1);
    assert.equal(core.input(frame), true);
    assert.equal(core.counter("FRAMES_IN"), 64);
  });
  test("output and drain take frames out: first the announcement of the address", async () => {
    const [a, b] = [await instantiate(options(1)), await instantiate(options(1))];
    a.poll(0);
    b.poll(0);
    const copies = a.output();
    const seen: Uint8Array[] = [];
    assert.equal(
      b.drain((frame) => seen.push(frame.slice())),
      copies.length,
    );
    assert.deepEqual(seen, copies);
    const [announcement] = copies as [Uint8Array];
    assert.equal(announcement.length, 60);
    assert.equal(new DataView(announcement.buffer).getUint16(12), 0x0806);
    assert.deepEqual(a.output(), []);
  });
  test("a frame longer than a slot is dropped and counted", async () => {
    const core = await instantiate(options(1));
    assert.equal(core.input(new Uint8Array(9000)), true);
    core.poll(1);
    assert.equal(core.counter("LINK_LONG"), 1);
  });
  test("transfer moves bursts across the ends of both rings", async () => {
    const pair = await Pair.make();
    const { client, server } = pair.connect();
    const sent = new Uint8Array(400_000).map((_, i) => (i * 7) ^ (i >>> 8));
    assert.deepEqual(exchange(pair, client, server, sent), Buffer.from(sent));
    assert.ok(pair.a.counter("FRAMES_OUT") >= 274);
  });
  test("a device without carrier is seen by the stack", async () => {
    const pair = await Pair.make();
    pair.b.device(0).link = false;
    pair.a.poll(0);
    pair.a.transfer(pair.b);
    pair.b.poll(0);
    assert.equal(pair.b.device(0).link, false);
    assert.ok(pair.b.counter("LINK_DOWN") >= 1);
  });
});

describe("socket calls", () => {
  test("a TCP connection opens, carries octets both ways and closes", async () => {
    const pair = await Pair.make();
    const { client, server } = pair.connect();
    assert.deepEqual(pair.a.status(client)?.remote, { address: "10.0.0.2", port: 80, interface: -1 });
    assert.equal(pair.a.tcp_write(client, Buffer.from("ping")), 4);
    assert.equal(
      pair.text(() => pair.b.tcp_read(server)),
      "ping",
    );
    assert.equal(pair.b.tcp_write(server, Buffer.from("pong")), 4);
    pair.b.tcp_close(server, true);
    assert.equal(
      pair.text(() => pair.a.tcp_read(client)),
      "pong",
    );
    pair.until(() => pair.a.tcp_read(client) === Err.END);
    pair.a.tcp_close(client);
    pair.b.tcp_close(server);
    assert.equal(pair.a.tcp_send_space(client), Err.BAD_HANDLE);
    pair.until(() => pair.a.pools().TCP0.used === 0 && pair.b.pools().TCP0.used === 0);
  });
  test("readiness: connected, acceptable, readable, finished, each once", async () => {
    const pair = await Pair.make();
    const listener = pair.b.tcp_listen({ port: 80 });
    const client = pair.a.tcp_connect({ address: "10.0.0.2", port: 80 });
    pair.until(() => pair.a.ready_next() === client);
    assert.ok(pair.a.events & Event.CONNECTED);
    assert.equal(pair.a.ready_next(), 0);
    pair.until(() => pair.b.ready_next() === listener);
    assert.ok(pair.b.events & Event.ACCEPTABLE);
    const server = pair.b.tcp_accept(listener);
    assert.ok(server > 0);
    assert.equal(pair.b.remote.address, "10.0.0.1");
    assert.equal(pair.b.tcp_accept(listener), Err.WOULD_BLOCK);
    pair.a.tcp_write(client, Buffer.from("x"));
    pair.until(() => pair.b.ready_next() === server);
    assert.ok(pair.b.events & Event.READABLE);
    pair.a.tcp_close(client, true);
    pair.until(() => pair.b.ready_next() === server);
    assert.ok(pair.b.events & Event.FINISHED);
  });
  test("a reset is told with its name", async () => {
    const pair = await Pair.make();
    const { client, server } = pair.connect();
    pair.a.tcp_abort(client);
    pair.until(() => pair.b.tcp_receive_ready(server) === Err.RESET);
    assert.equal(pair.b.status(server)?.error, "RESET");
    const refused = pair.a.tcp_connect({ address: "10.0.0.2", port: 81 });
    pair.until(() => pair.a.status(refused)?.error === "REFUSED");
  });
  test("UDP and ping carry datagrams", async () => {
    const pair = await Pair.make();
    const server = pair.b.udp_bind({ port: 53 });
    const client = pair.a.udp_bind();
    assert.ok(pair.a.local.port > 0);
    assert.equal(pair.a.udp_write(client, Buffer.from("query"), { address: "10.0.0.2", port: 53 }), 5);
    assert.equal(
      pair.text(() => pair.b.udp_read(server)),
      "query",
    );
    assert.equal(pair.b.remote.address, "10.0.0.1");
    const ping = pair.a.ping_open();
    pair.a.udp_write(ping, Buffer.from("echo me"), { address: "10.0.0.2", port: 9 });
    assert.equal(
      pair.text(() => pair.a.udp_read(ping)),
      "echo me",
    );
    assert.equal(pair.a.remote.port, 9);
  });
  test("mistakes answer their error", async () => {
    const { a } = await Pair.make();
    assert.equal(a.tcp_listen({ port: 0 }), Err.BAD_ARGUMENT);
    assert.equal(a.tcp_listen({ port: 70000 }), Err.BAD_ARGUMENT);
    assert.equal(a.tcp_listen({ address: "10.0.0.9", port: 80 }), Err.BAD_ADDRESS);
    assert.equal(a.tcp_listen({ address: "10.0.0", port: 80 }), Err.BAD_ADDRESS);
    assert.ok(a.tcp_listen({ port: 80 }) > 0);
    assert.equal(a.tcp_listen({ port: 80 }), Err.IN_USE);
    assert.equal(a.tcp_connect({ address: "192.0.2.1", port: 80 }), Err.NO_ROUTE);
    assert.equal(a.tcp_connect({ address: "10.0.0.255", port: 80 }), Err.BAD_ADDRESS);
    for (const nothing of [undefined, null, 80]) {
      assert.equal(a.tcp_connect(nothing as never), Err.BAD_ARGUMENT);
      assert.equal(a.tcp_listen(nothing as never), Err.BAD_ARGUMENT);
    }
    assert.equal(a.socket_set(12345, Option.NODELAY, 1), Err.BAD_HANDLE);
  });
  test("routes are added, used and removed", async () => {
    const { a } = await Pair.make();
    const network = { address: "192.0.2.0" };
    assert.equal(a.route_add(network, 24, { address: "10.0.0.2" }), 0);
    assert.ok(a.tcp_connect({ address: "192.0.2.1", port: 80 }) > 0);
    assert.equal(a.route_remove(network, 24), 0);
    assert.equal(a.tcp_connect({ address: "192.0.2.1", port: 80 }), Err.NO_ROUTE);
    assert.equal(a.route_remove(network, 24), Err.BAD_ARGUMENT);
    assert.equal(a.route_add(network, 33), Err.BAD_ARGUMENT);
  });
  test("sockets, pools and counters show what there is", async () => {
    const pair = await Pair.make();
    const { client, listener } = pair.connect();
    const [seen] = pair.a.sockets();
    assert.equal(seen?.handle, client);
    assert.equal(seen?.protocol, "tcp");
    assert.equal(seen?.state, "ESTABLISHED");
    assert.equal(pair.a.socket_at(PoolIndex.TCP0, 0), client);
    const listening = pair.b.sockets().find(({ protocol }) => protocol === "listener");
    assert.equal(listening?.handle, listener);
    assert.equal(listening?.local.port, 80);
    assert.equal(pair.b.pools().LISTENER.used, 1);
    const counters = pair.b.counters();
    assert.equal(counters.TCP_PASSIVE_OPENS, 1);
    assert.ok(!("COUNT" in counters));
  });
  test("the mailbox is shared", async () => {
    const { a } = await Pair.make();
    a.setMail(63, 0xdeadbeef);
    assert.equal(a.mail(63), 0xdeadbeef);
    assert.throws(() => a.mail(64), /out of range/);
  });
  test("the same inputs give the same state hash, others another", async () => {
    const run = async (text: string) => {
      const pair = await Pair.make();
      const { client, server } = pair.connect();
      exchange(pair, client, server, Buffer.from(text));
      return [pair.a.stateHash(), pair.b.stateHash()];
    };
    const first = await run("one thing");
    assert.deepEqual(await run("one thing"), first);
    assert.notDeepEqual(await run("another thing"), first);
  });
});

/** Sends all octets from a to b; answers what came. */
function exchange(pair: Pair, client: number, server: number, octets: Uint8Array): Buffer {
  const received: Uint8Array[] = [];
  let sent = 0;
  let got = 0;
  pair.until(() => {
    sent += pair.a.tcp_write(client, octets, sent);
    for (let read = pair.b.tcp_read(server); read instanceof Uint8Array; read = pair.b.tcp_read(server)) {
      received.push(read);
      got += read.length;
    }
    return got >= octets.length;
  });
  return Buffer.concat(received);
}
