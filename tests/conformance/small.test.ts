// Echo, discard, daytime, chargen and time, over TCP and UDP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, SmallService } from "../../bindings/node/core.js";
import { World } from "./http.js";

const ALL = SmallService.ECHO | SmallService.DISCARD | SmallService.DAYTIME | SmallService.CHARGEN | SmallService.TIME;
const SERVER = "10.0.0.1";
const [ECHO, DISCARD, DAYTIME, CHARGEN, TIME] = [7, 9, 13, 19, 37] as const;
/** 2026-11-28T20:00:00.000Z, and the same since 1900. */
const UNIX = Date.UTC(2026, 10, 28, 20) / 1000;
const NTP = UNIX + 2208988800;

/** A server with these services that has asked the client's stack what time it is, when `knows`. */
async function small(which: number, knows = true, send = 16_384): Promise<World> {
  const w = await World.make({ capacities: { classes: [{ sockets: 8, receive: 16_384, send }] } });
  assert.equal(w.server.small_serve(which), 0);
  if (!knows) return w;
  const clock = w.client.udp_bind({ port: 123 });
  assert.equal(w.server.sntp_start({ address: "10.0.0.2" }), 0);
  w.advance(20);
  const question = w.client.udp_read(clock);
  assert.ok(question instanceof Uint8Array);
  const from = { ...w.client.remote };
  const answer = Buffer.alloc(48);
  answer.writeUInt8(0x24, 0);
  answer.writeUInt8(1, 1);
  answer.set(question.subarray(40, 48), 24);
  answer.writeUInt32BE(NTP, 40);
  w.client.udp_write(clock, answer, from);
  w.advance(20);
  assert.equal(typeof w.server.sntp_time(), "object");
  return w;
}
/** Sends a datagram from a port and answers what comes back; null: nothing. */
function ask(w: World, port: number, text: string, fromPort = 5000): string | null {
  const socket = w.client.udp_bind({ port: fromPort });
  assert.ok(socket > 0);
  w.client.udp_write(socket, Buffer.from(text, "latin1"), { address: SERVER, port });
  w.advance(50);
  const answer = w.client.udp_read(socket);
  w.client.udp_close(socket);
  return answer instanceof Uint8Array ? Buffer.from(answer).toString("latin1") : null;
}

test("nothing is served before it is asked for, and each alone when it is", async () => {
  for (const which of [0, ...[1, 2, 4, 8, 16]]) {
    const w = await small(which);
    const open = [ECHO, DISCARD, DAYTIME, CHARGEN, TIME].map((port) => {
      const client = w.connect(port);
      w.advance(50);
      client.read();
      const isOpen = client.end !== Err.REFUSED;
      client.close();
      return isOpen;
    });
    assert.deepEqual(
      open,
      [1, 2, 4, 8, 16].map((bit) => which === bit),
      `${which}`,
    );
  }
});

test("RFC 862: what is sent comes back, over TCP also more than the rings hold, over UDP every length", async () => {
  const w = await small(ALL);
  const client = w.connect(ECHO);
  const text = Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join("");
  client.send(text);
  let back = "";
  for (let i = 0; i < 100 && back.length < text.length; i++) {
    w.advance(20);
    client.push();
    back += client.read();
  }
  assert.equal(back, text);
  client.halfClose();
  w.advance(100);
  assert.ok(client.isClosed);
  for (const octets of [0, 1, 31, 32, 1000, 1472]) assert.equal(ask(w, ECHO, "x".repeat(octets)), "x".repeat(octets), `${octets}`);
});

test("RFC 863: what is sent is thrown away", async () => {
  const w = await small(ALL);
  const client = w.connect(DISCARD);
  client.send("x".repeat(60_000));
  for (let i = 0; i < 10; i++) {
    w.advance(50);
    client.push();
  }
  assert.equal(client.read(), "");
  assert.ok(!client.isClosed);
  assert.equal(w.client.status(client.handle)?.writable, 65_536, "all was taken");
  assert.equal(ask(w, DISCARD, "hello"), null);
  client.halfClose();
  w.advance(100);
  assert.ok(client.isClosed);
});

test("RFC 867, RFC 868: the time as text and as a number, then the end; nothing while it is not known", async () => {
  const w = await small(ALL);
  const text = /^2026-11-28T20:00:0\d\.\d{3}Z\r\n$/;
  const seconds = (octets: string | null) => Buffer.from(octets ?? "", "latin1").readUInt32BE() - NTP;
  const take = (port: number) => {
    const client = w.connect(port);
    w.advance(50);
    const said = client.read();
    assert.ok(client.isClosed);
    return said;
  };
  assert.match(take(DAYTIME), text);
  assert.ok(seconds(take(TIME)) < 5);
  assert.match(ask(w, DAYTIME, "") ?? "", text);
  assert.equal(ask(w, TIME, "x")?.length, 4);
  assert.ok(seconds(ask(w, TIME, "")) < 5);
  const ignorant = await small(ALL, false);
  for (const port of [DAYTIME, TIME]) {
    const client = ignorant.connect(port);
    ignorant.advance(50);
    assert.equal(client.read(), "");
    assert.ok(client.isClosed);
    assert.equal(ask(ignorant, port, ""), null);
  }
  assert.equal(ask(ignorant, ECHO, "hello"), "hello", "the others are there");
});

test("RFC 864: lines of 72 characters, each beginning one further, as fast as the client reads; not over UDP", async () => {
  const w = await small(ALL, true, 1000);
  const client = w.connect(CHARGEN);
  let text = "";
  for (let i = 0; i < 200; i++) {
    w.advance(10);
    text += client.read();
  }
  assert.ok(text.length > 20_000);
  const printed = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).join("");
  const lines = text.split("\r\n").slice(0, -1);
  lines.forEach((line, i) => {
    assert.equal(line, (printed + printed + printed).slice(i % 95, (i % 95) + 72), `line ${i}`);
  });
  client.halfClose();
  w.advance(500);
  assert.ok(client.isClosed);
  assert.equal(ask(w, CHARGEN, "hello"), null);
});

test("CVE-1999-0103: a datagram from a port below 1,024 is not answered, so that two services never talk to each other", async () => {
  const w = await small(ALL);
  for (const port of [ECHO, DAYTIME, TIME]) {
    for (const from of [7, 13, 19, 37, 1023]) assert.equal(ask(w, port, "hello", from), null, `${from} to ${port}`);
    assert.notEqual(ask(w, port, "hello", 1024), null);
  }
});

test("what cannot be is refused, and then nothing is served; what was served before is not any more", async () => {
  const w = await small(ALL);
  assert.equal(w.server.pools().LISTENER.used, 6);
  assert.equal(w.server.small_serve(32), Err.BAD_ARGUMENT);
  assert.equal(w.server.pools().LISTENER.used, 1);
  assert.equal(w.server.pools().UDP.used, 0);
  assert.ok(w.server.tcp_listen({ port: TIME }) > 0);
  assert.equal(w.server.small_serve(ALL), Err.IN_USE);
  assert.equal(w.server.pools().LISTENER.used, 2);
  assert.equal(w.server.small_serve(SmallService.ECHO), 0);
  assert.equal(ask(w, ECHO, "hello"), "hello");
});
