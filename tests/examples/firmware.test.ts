// Firmware in AssemblyScript: examples/sensor, mqtt, clock and boot, with the capacities that they are built with.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, FlashWord, MqttState } from "../../bindings/node/constants.js";
import { type FlashStore, keepFlash, octetStore } from "../../bindings/node/flash.js";
import { noise } from "../node/network.js";
import { crc32 } from "./image.js";
import { CLIENT, Pair } from "./pair.js";

const wasm = (name: string) => new URL(`../../../../build/examples/${name}.wasm`, import.meta.url);
const HOST = 0x0a000001;
const BAD_LINK = { loss: 0.05, reorder: 0.05, duplicate: 0.03, corrupt: 0.01, delay: 2 };
const answer = (status: number, type: string, body: string) =>
  `HTTP/1.1 ${status} \r\nConnection: close\r\nContent-Type: ${type}\r\n\r\n${body}`;
const page = (degrees: string) =>
  answer(200, "text/html", `<!doctype html><meta charset=utf-8><title>Sensor</title><h1>${degrees} °C</h1>\n`);
const request = (target: string, method = "GET") => Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: box\r\n\r\n`);
const signed = (pair: Pair, word: number) => pair.example.mail(word) | 0;

describe("examples/sensor", () => {
  test("the page shows the mailbox word, also below zero, and counts its requests", async () => {
    const pair = await Pair.built(wasm("sensor"));
    for (const [value, text] of [
      [2150, "21.50"],
      [-7, "-0.07"],
      [12_345, "123.45"],
    ] as const) {
      pair.example.setMail(0, value >>> 0);
      assert.equal(String(pair.exchange(pair.connect(80), request("/"))), page(text));
    }
    assert.equal(pair.example.mail(1), 3);
    assert.equal(String(pair.exchange(pair.connect(80), request("/", "HEAD"))), answer(200, "text/html", ""));
    assert.equal(String(pair.exchange(pair.connect(80), request("/else"))), answer(404, "text/plain", ""));
    assert.equal(String(pair.exchange(pair.connect(80), request("/", "PUT"))), answer(405, "text/plain", ""));
    pair.assertEmpty();
  });
  test("what the host keeps outside of memory comes whole over a bad link, to four clients at once; 404 when it keeps nothing", async () => {
    const pair = await Pair.built(wasm("sensor"), BAD_LINK);
    assert.equal(String(pair.exchange(pair.connect(80), request("/about"))), answer(404, "text/plain", ""));
    const kept = noise(20_000);
    keepFlash(pair.example, new Map([[1, octetStore(kept)]]));
    const handles = Array.from({ length: 4 }, () => pair.connect(80));
    for (const handle of handles) pair.write(handle, request("/about"));
    for (const handle of handles) {
      const head = answer(200, "text/plain", "");
      assert.ok(pair.exchange(handle, Buffer.alloc(0)).equals(Buffer.concat([Buffer.from(head), kept])));
    }
    assert.equal(pair.example.mail(FlashWord.ASKER), 0);
    pair.assertEmpty();
  });
  test("clients that say nothing are let go after 15 seconds, and who waited, by its own timer, is served", async () => {
    const pair = await Pair.built(wasm("sensor"));
    const silent = Array.from({ length: 4 }, () => pair.connect(80));
    pair.until(() => pair.example.pools().TCP0.used === 4);
    const from = pair.ms;
    assert.equal(String(pair.exchange(pair.connect(80), request("/"))), page("0.00"));
    assert.ok(pair.ms - from > 15_000 && pair.ms - from < 32_000, `${pair.ms - from} ms`);
    for (const handle of silent) pair.client.tcp_close(handle);
    pair.assertEmpty();
  });
});

const CONNECT = "\x10\x14\0\x04MQTT\x04\x02\0\x1e\0\x08ringwire";
const published = (value: string) => `0${String.fromCharCode(17 + value.length)}\0\x0fringwire/sensor${value}`;

/** The other end of MQTT, as far as the example speaks it: what it heard, octet by octet. */
class Broker {
  heard = Buffer.alloc(0);
  connections = 0;
  #handle = 0;
  #known = 0;
  readonly #listener: number;
  constructor(readonly pair: Pair) {
    this.#listener = pair.client.tcp_listen({ port: 1883 });
    assert.ok(this.#listener > 0);
  }
  /** Reads what has come, and takes a new connection. */
  look(): Buffer {
    const { client } = this.pair;
    const accepted = client.tcp_accept(this.#listener);
    if (accepted > 0) {
      this.#handle = accepted;
      this.connections++;
      this.heard = Buffer.alloc(0);
    }
    const read = this.#handle ? client.tcp_read(this.#handle) : null;
    if (read instanceof Uint8Array) this.heard = Buffer.concat([this.heard, read]);
    return this.heard;
  }
  /** Waits until it has heard so many octets; takes them. */
  takes(octets: number): string {
    this.pair.until(() => this.look().length >= octets);
    const text = this.heard.subarray(0, octets).toString("latin1");
    this.heard = this.heard.subarray(octets);
    return text;
  }
  /** The next connection, and what it begins with. */
  connects(): void {
    const known = this.#known;
    this.pair.until(() => this.look() && this.connections > known);
    this.#known = this.connections;
    assert.equal(this.takes(CONNECT.length), CONNECT);
  }
  published(value: string): void {
    const packet = published(value);
    assert.equal(this.takes(packet.length), packet);
  }
  says(...octets: number[]): void {
    this.pair.write(this.#handle, Uint8Array.from(octets));
  }
  reset(): void {
    this.pair.client.tcp_abort(this.#handle);
    this.#handle = 0;
  }
}

describe("examples/mqtt", () => {
  test("gets an address by DHCP, connects, publishes every 10 s, and pings in half of the keep alive", async () => {
    const pair = await Pair.built(wasm("mqtt"), {}, false);
    assert.ok(pair.client.dhcpd_start({ first: "10.0.0.100", last: "10.0.0.110", lease: 3600 }) > 0);
    const broker = new Broker(pair);
    pair.example.setMail(0, 2150);
    pair.until(() => pair.example.interfaces()[0]?.states[0] === "VALID");
    assert.deepEqual(pair.example.interfaces()[0]?.addresses, ["10.0.0.100/24"]);
    pair.example.setMail(1, HOST);
    broker.connects();
    assert.equal(signed(pair, 2), MqttState.CONNECTING);
    broker.says(0x20, 2, 0, 0);
    broker.published("2150");
    assert.equal(signed(pair, 2), MqttState.CONNECTED);
    const from = pair.ms;
    pair.example.setMail(0, 7);
    broker.published("7");
    assert.ok(pair.ms - from >= 9_900 && pair.ms - from <= 10_100, `${pair.ms - from} ms`);
    assert.equal(broker.takes(2), "\xc0\0");
    assert.ok(pair.ms - from <= 15_100);
    broker.says(0xd0, 0);
    broker.published("7");
    assert.equal(pair.example.mail(3), 3);
  });
  test("CONNACK is checked: a broker that refuses, one that speaks out of turn, one that keeps an old session", async () => {
    for (const [octets, error] of [
      [[0x20, 2, 0, 5], Err.REFUSED],
      [[0x20, 2, 1, 0], Err.REFUSED],
      [[0xd0, 0], Err.BAD_ARGUMENT],
      [[0x20, 3, 0, 0], Err.BAD_ARGUMENT],
    ] as const) {
      const pair = await Pair.built(wasm("mqtt"));
      const broker = new Broker(pair);
      pair.example.setMail(1, HOST);
      broker.connects();
      broker.says(...octets);
      pair.until(() => signed(pair, 2) === error);
      assert.equal(pair.example.mail(3), 0);
      broker.connects();
      assert.equal(broker.connections, 2);
    }
  });
  test("connects again when the connection is reset, when a ping is not answered, and after a broker was away", async () => {
    const pair = await Pair.built(wasm("mqtt"), { loss: 0.1, delay: 5 });
    pair.example.setMail(1, HOST);
    pair.until(() => signed(pair, 2) === Err.REFUSED);
    const broker = new Broker(pair);
    const connected = () => {
      broker.connects();
      broker.says(0x20, 2, 0, 0);
      broker.published("0");
    };
    connected();
    broker.reset();
    pair.until(() => signed(pair, 2) === Err.RESET);
    pair.example.setMail(5, pair.ms);
    connected();
    pair.until(() => signed(pair, 2) === Err.TIMED_OUT);
    pair.example.setMail(5, pair.ms);
    connected();
    assert.equal(broker.connections, 3);
  });
  test("a packet that nobody asked for ends the connection", async () => {
    const pair = await Pair.built(wasm("mqtt"));
    const broker = new Broker(pair);
    pair.example.setMail(1, HOST);
    broker.connects();
    broker.says(0x20, 2, 0, 0, 0x30, 2, 0, 0);
    pair.until(() => signed(pair, 2) === Err.BAD_ARGUMENT);
  });
});

describe("examples/clock", () => {
  test("shows the server's time, and goes on from second to second", async () => {
    const pair = await Pair.built(wasm("clock"));
    const server = pair.client.udp_bind({ port: 123 });
    const start = Date.UTC(2026, 10, 28, 23, 59, 57, 400);
    const shown = () =>
      Buffer.from(pair.example.octets.subarray(pair.example.control + 352, pair.example.control + 376)).toString("latin1");
    pair.example.setMail(0, HOST);
    pair.until(() => pair.example.mail(1) !== 0);
    assert.equal(signed(pair, 1), Err.WOULD_BLOCK);
    const from = pair.ms;
    pair.until(() => {
      const question = pair.client.udp_read(server);
      if (!(question instanceof Uint8Array)) return signed(pair, 1) === 0;
      const reply = Buffer.alloc(48);
      reply.set([0x24, 2]);
      reply.set(question.subarray(40, 48), 24);
      const unix = start + (pair.ms - from);
      reply.writeUInt32BE(Math.floor(unix / 1000) + 2_208_988_800, 40);
      reply.writeUInt32BE(Math.floor(((unix % 1000) / 1000) * 2 ** 32), 44);
      assert.equal(pair.client.udp_write(server, reply, pair.client.remote), 48);
      return false;
    });
    assert.equal(shown(), "2026-11-28T23:59:57.000Z");
    const texts = new Set<string>();
    const end = pair.ms + 3500;
    pair.until(() => {
      texts.add(shown());
      return pair.ms >= end;
    });
    assert.deepEqual(
      [...texts],
      ["2026-11-28T23:59:57.000Z", "2026-11-28T23:59:58.000Z", "2026-11-28T23:59:59.000Z", "2026-11-29T00:00:00.000Z"],
    );
  });
  test("says why there is none: no way to the server, and a server that is silent", async () => {
    const pair = await Pair.built(wasm("clock"));
    pair.example.setMail(0, 0x0b000001);
    pair.until(() => signed(pair, 1) === Err.NO_ROUTE);
    pair.example.setMail(0, HOST);
    pair.until(() => signed(pair, 1) === Err.TIMED_OUT);
  });
});

describe("examples/boot", () => {
  /** A file on the client's TFTP server, and where the example's host writes what it gets. */
  async function loading(file: Uint8Array, faults = {}, most = Number.POSITIVE_INFINITY) {
    const pair = await Pair.built(wasm("boot"), faults);
    const got = Buffer.alloc(file.length + 4096);
    const store: FlashStore = {
      size: () => got.length,
      read: () => 0,
      write(offset, octets) {
        if (offset + octets.length > most) return 0;
        got.set(octets, offset);
        return octets.length;
      },
    };
    keepFlash(pair.example, new Map([[1, store]]));
    assert.equal(pair.client.tftp_serve(true), 0);
    const text = Buffer.from("image.bin\0");
    pair.example.octets.set(text, pair.example.control + 320 + 64);
    let transfer = 0;
    let sent = 0;
    const serve = () => {
      const asked = pair.client.tftp_asked();
      if (typeof asked !== "number") {
        assert.equal(asked.name, "image.bin");
        transfer = asked.transfer;
        sent = 0;
        pair.client.tftp_allow(transfer, file.length);
      }
      if (transfer) sent += Math.max(0, pair.client.tftp_write(transfer, file, sent));
    };
    const until = (done: () => boolean) =>
      pair.until(() => {
        serve();
        return done();
      });
    pair.example.setMail(0, HOST);
    return { pair, got, until };
  }
  const image = (octets: number) => {
    const file = Buffer.from(noise(octets));
    file.writeUInt32LE(crc32(file.subarray(0, octets - 4)), octets - 4);
    return file;
  };

  test("an image comes whole, is written block by block, and its checksum holds; also over a bad link, and of whole blocks", async () => {
    for (const [octets, faults] of [
      [100_000, {}],
      [60_000, BAD_LINK],
      [1468 * 3, {}],
      [4, {}],
    ] as const) {
      const file = image(octets);
      const { pair, got, until } = await loading(file, faults);
      until(() => signed(pair, 1) > 1 || signed(pair, 1) < 0);
      assert.equal(signed(pair, 1), 2);
      assert.equal(pair.example.mail(2), octets);
      assert.ok(got.subarray(0, octets).equals(file));
    }
  });
  test("a wrong checksum is told, and a second try, with the right file, is good", async () => {
    const file = image(5000);
    const right = file[100] as number;
    file[100] = right ^ 1;
    const { pair, until } = await loading(file);
    until(() => signed(pair, 1) === 3);
    file[100] = right;
    pair.example.setMail(1, 0);
    until(() => signed(pair, 1) > 1);
    assert.equal(signed(pair, 1), 2);
  });
  test("a host whose flash is full, one without, and a server without the file: an error, not a hang", async () => {
    const full = await loading(image(5000), {}, 2000);
    full.until(() => signed(full.pair, 1) < 0);
    assert.equal(signed(full.pair, 1), Err.NO_ROOM);
    const pair = await Pair.built(wasm("boot"));
    pair.example.setMail(0, HOST);
    pair.example.octets.set(Buffer.from("x\0"), pair.example.control + 320 + 64);
    pair.until(() => signed(pair, 1) < 0);
    assert.ok([Err.REFUSED, Err.TIMED_OUT].includes(signed(pair, 1) as never), `${signed(pair, 1)} from ${CLIENT}`);
  });
});
