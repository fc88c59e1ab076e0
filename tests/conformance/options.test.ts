// Socket options as docs/abi.md has them: units, defaults, ranges, and when what was set takes effect.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Core, Err, Option } from "../../bindings/node/core.js";
import { parse } from "./frames.js";
import { Peer } from "./peer.js";
import { PEER, Wire } from "./wire.js";

const ABI = readFileSync("docs/abi.md", "utf8");
const CONFIG = readFileSync("assembly/memory/config.ts", "utf8");
const NEVER = 2 ** 30;
const ID = "A280+282+284+285";

/** What the page says of an option: its range, and the control-block word that is its default (a number: always that). */
interface Row {
  option: Option;
  least: number;
  most: number;
  default: string | number;
}
const TCP_ROWS: Record<string, Row> = {
  NODELAY: { option: Option.NODELAY, least: 0, most: 1, default: 0 },
  KEEPALIVE: { option: Option.KEEPALIVE, least: 0, most: 2, default: 0 },
  KEEP_IDLE: { option: Option.KEEP_IDLE, least: 1, most: NEVER, default: "keepIdle" },
  KEEP_INTERVAL: { option: Option.KEEP_INTERVAL, least: 1, most: NEVER, default: "keepInterval" },
  KEEP_COUNT: { option: Option.KEEP_COUNT, least: 1, most: 255, default: "keepCount" },
  USER_TIMEOUT: { option: Option.USER_TIMEOUT, least: 1, most: NEVER, default: "userTimeout" },
  TTL: { option: Option.TTL, least: 1, most: 255, default: "ttl" },
  TOS: { option: Option.TOS, least: 0, most: 255, default: 0 },
  CONGESTION: { option: Option.CONGESTION, least: 0, most: 1, default: "congestion" },
  OFFER: { option: Option.OFFER, least: 0, most: 31, default: "offer" },
  REPORTS: { option: Option.REPORTS, least: 0, most: 1, default: 1 },
};

/** The constant of config.ts that is the default of a control-block word. */
function configured(word: string): number {
  const name = word.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
  const match = new RegExp(`export const ${name}: i32 = (\\d+);`).exec(CONFIG);
  assert.ok(match, `config.ts has ${name}`);
  return Number(match[1]);
}
/** One socket of each kind. */
function sockets(core: Core): { tcp: number; listener: number; udp: number; ping: number } {
  const all = {
    tcp: core.tcp_connect({ address: PEER.address, port: 80 }),
    listener: core.tcp_listen({ port: 8080 }),
    udp: core.udp_bind({}),
    ping: core.ping_open(),
  };
  for (const handle of Object.values(all)) assert.ok(handle > 0);
  return all;
}

test(`${ID}: the page names every option with its number, the range of times, and which sockets have it`, () => {
  const row = ABI.split("\n").find((line) => line.startsWith("| `socket_set(")) ?? "";
  for (const [name, number] of Object.entries(Option).filter(([, value]) => typeof value === "number")) {
    assert.ok(row.includes(`${number} \`${name}\``), `${number} ${name}`);
  }
  assert.match(row, /`USER_TIMEOUT` \(milliseconds\), 7 `TTL` \(1 to 255\)/);
  assert.match(
    row,
    /Times are milliseconds, 1 to 2\^30\. Defaults: the settings of the control block.*What is set counts from the call on.*TCP has 1 to 8 and 10 to 12, UDP, ping and raw have 7 to 9 and 13, raw 14\. Set on a listener they are inherited/,
  );
});

test(`${ID}: a new socket has the defaults of config.ts, or those of the control block`, async () => {
  const settings = { keepIdle: 11_000, keepInterval: 12_000, keepCount: 13, userTimeout: 14_000, ttl: 15, offer: 2, congestion: 1 };
  for (const given of [undefined, settings]) {
    const { core } = await Wire.make({ settings: given });
    const { tcp, listener, udp, ping } = sockets(core);
    for (const [name, { option, default: word }] of Object.entries(TCP_ROWS)) {
      const want = typeof word === "number" ? word : (given?.[word as keyof typeof settings] ?? configured(word));
      for (const handle of [tcp, listener]) assert.equal(core.socket_get(handle, option), want, name);
    }
    for (const handle of [udp, ping]) {
      assert.equal(core.socket_get(handle, Option.TTL), given?.ttl ?? configured("ttl"));
      assert.equal(core.socket_get(handle, Option.TOS), 0);
      assert.equal(core.socket_get(handle, Option.BROADCAST), 0);
    }
  }
});

test(`${ID}: the ends of each range are taken and read back, one beyond is refused and changes nothing`, async () => {
  const { core } = await Wire.make();
  const { tcp, listener, udp, ping } = sockets(core);
  const check = (handle: number, { option, least, most }: Omit<Row, "default">, name: string) => {
    for (const value of [least, most]) {
      assert.equal(core.socket_set(handle, option, value), 0, `${name} ${value}`);
      assert.equal(core.socket_get(handle, option), option === Option.TOS ? value & 0xfc : value, `${name} ${value}`);
    }
    const before = core.socket_get(handle, option);
    for (const value of [least - 1, most + 1, -1, 2 ** 31]) {
      assert.equal(core.socket_set(handle, option, value), Err.BAD_ARGUMENT, `${name} ${value}`);
    }
    assert.equal(core.socket_get(handle, option), before, name);
  };
  for (const handle of [tcp, listener]) for (const [name, row] of Object.entries(TCP_ROWS)) check(handle, row, name);
  for (const handle of [udp, ping]) {
    check(handle, { option: Option.TTL, least: 1, most: 255 }, "TTL");
    check(handle, { option: Option.TOS, least: 0, most: 255 }, "TOS");
    check(handle, { option: Option.BROADCAST, least: 0, most: 1 }, "BROADCAST");
    for (let option = Option.NODELAY; option <= Option.USER_TIMEOUT; option++) {
      assert.equal(core.socket_set(handle, option, 1), Err.BAD_ARGUMENT);
      assert.equal(core.socket_get(handle, option), Err.BAD_ARGUMENT);
    }
  }
  for (const handle of [tcp, listener]) assert.equal(core.socket_set(handle, Option.BROADCAST, 1), Err.BAD_ARGUMENT);
  for (const option of [0, 13, -1]) {
    assert.equal(core.socket_set(tcp, option as Option, 1), Err.BAD_ARGUMENT);
    assert.equal(core.socket_get(tcp, option as Option), Err.BAD_ARGUMENT);
  }
});

test(`${ID}: what was set on a listener is that of the connections it accepts`, async () => {
  const peer = new Peer(await Wire.make());
  peer.listen();
  const values = {
    NODELAY: 1,
    KEEPALIVE: 1,
    KEEP_IDLE: 5000,
    KEEP_INTERVAL: 700,
    KEEP_COUNT: 4,
    USER_TIMEOUT: 9000,
    TTL: 33,
    TOS: 0xb8,
    CONGESTION: 1,
    OFFER: 3,
    REPORTS: 0,
  };
  for (const [name, value] of Object.entries(values)) peer.core.socket_set(peer.listener, Option[name as keyof typeof values], value);
  peer.handshake();
  for (const [name, value] of Object.entries(values)) {
    assert.equal(peer.core.socket_get(peer.handle, Option[name as keyof typeof values]), value, name);
  }
});

test(`${ID}: keep-alive times are milliseconds, counted from the call; after so many without an answer the connection ends`, async () => {
  const peer = await Peer.server();
  const set = (option: Option, value: number) => assert.equal(peer.core.socket_set(peer.handle, option, value), 0);
  peer.advance(10_000);
  set(Option.KEEP_IDLE, 5000);
  set(Option.KEEP_INTERVAL, 700);
  set(Option.KEEP_COUNT, 3);
  set(Option.KEEPALIVE, 1);
  const from = peer.wire.ms;
  peer.advance(20_000);
  assert.deepEqual(
    peer.take().map(({ ms, seq }) => [ms - from, seq]),
    [
      [5000, 0],
      [5700, 0],
      [6400, 0],
    ],
  );
  assert.equal(peer.read(), "TIMED_OUT");
});

test(`${ID}: the user timeout is milliseconds that octets stay unacknowledged, also when it is set while they are`, async () => {
  for (const isLate of [false, true]) {
    const peer = await Peer.server();
    const set = () => assert.equal(peer.core.socket_set(peer.handle, Option.USER_TIMEOUT, 4000), 0);
    if (!isLate) set();
    peer.write(10);
    if (isLate) set();
    peer.advance(3999);
    assert.equal(peer.state, "ESTABLISHED");
    peer.advance(2);
    assert.equal(peer.read(), "TIMED_OUT");
  }
});

test(`${ID}: NODELAY lets go at once of what Nagle holds back`, async () => {
  const peer = await Peer.server();
  peer.write(10);
  peer.expectSegment({ data: 10 });
  peer.write(10);
  peer.expectSilence();
  assert.equal(peer.core.socket_set(peer.handle, Option.NODELAY, 1), 0);
  peer.write(10);
  assert.equal(
    peer.take().reduce((sum, { data }) => sum + data.length, 0),
    20,
  );
  assert.equal(peer.core.socket_set(peer.handle, Option.NODELAY, 0), 0);
  peer.write(10);
  peer.expectSilence();
});

test(`${ID}: TTL and TOS are those of the next packet, of TCP and of UDP; of the TOS the six bits that are the stack's to give`, async () => {
  const peer = await Peer.server();
  for (const [ttl, tos] of [
    [1, 0xb8],
    [255, 0xff],
    [64, 0],
  ] as const) {
    peer.core.socket_set(peer.handle, Option.TTL, ttl);
    peer.core.socket_set(peer.handle, Option.TOS, tos);
    peer.write(10);
    const sent = peer.expectSegment({ data: 10 });
    assert.deepEqual([sent.ttl, sent.tos], [ttl, tos & 0xfc]);
    peer.send();
  }
  const { core } = peer;
  const udp = core.udp_bind({});
  core.socket_set(udp, Option.TTL, 7);
  core.socket_set(udp, Option.TOS, 0x28);
  assert.equal(core.udp_write(udp, new Uint8Array(5), { address: PEER.address, port: 9 }), 5);
  core.poll(peer.wire.ms);
  const [frame] = core.output().map((octets) => parse(octets));
  assert.ok(frame?.kind === "ip");
  assert.deepEqual([frame.fields.ttl, frame.fields.tos], [7, 0x28]);
});
