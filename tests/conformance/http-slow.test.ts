// Slow clients of the HTTP server: each ends by timeout while the others are served.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import { World } from "./http.js";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const SECOND = 1000;

test("a head that does not become whole is answered 408 after the timeout, however steadily it drips; others are served meanwhile", async () => {
  const w = await World.make();
  const client = w.connect();
  const drip = `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(100)}`;
  for (let i = 0; i < 9; i++) {
    client.send(drip.slice(i * 5, i * 5 + 5));
    w.advance(SECOND);
    w.isAlive();
  }
  assert.equal(client.read(), "");
  let said = "";
  for (let i = 9; i < 20 && client.end === undefined; i++) {
    client.send(drip.slice(i * 5, i * 5 + 5));
    w.advance(SECOND);
    said += client.read();
  }
  assert.match(said, /^HTTP\/1\.1 408 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n$/);
  assert.equal(client.end, Err.END);
  w.isAlive();
  assert.equal(w.asked.length, 10);
});

test("a client that says nothing, and one between two requests, is closed in silence", async () => {
  const w = await World.make();
  const silent = w.connect();
  const idle = w.connect();
  w.advance(10 * SECOND);
  idle.send(GET);
  w.advance(SECOND);
  assert.match(idle.read(), /hello$/);
  w.advance(5 * SECOND);
  assert.ok(silent.isClosed);
  assert.equal(silent.end, Err.END);
  assert.ok(!idle.isClosed);
  w.advance(12 * SECOND);
  assert.equal(idle.read(), "");
  assert.equal(idle.end, Err.END);
});

test("a body that comes too slowly is answered 408; one that is slow but steady enough is read", async () => {
  const w = await World.make({ application: ({ body }) => ({ body: `${body.length}` }) });
  const slow = w.connect();
  const steady = w.connect();
  const stopped = w.connect();
  for (const client of [slow, steady, stopped]) client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n");
  for (let i = 0; i < 80; i++) {
    slow.send("x".repeat(10));
    steady.send("x".repeat(50));
    w.advance(SECOND);
  }
  assert.match(slow.read(), /^HTTP\/1\.1 408 /);
  assert.match(stopped.read(), /^HTTP\/1\.1 408 /);
  assert.match(steady.read(), /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\n4000$/);
});

test("a client that does not read its answer is reset; one that reads slowly gets it whole", async () => {
  const body = "x".repeat(200_000);
  const w = await World.make({ application: ({ target }) => ({ body: target === "/alive" ? "hello" : body }) });
  const deaf = w.connect();
  const slow = w.connect();
  for (const client of [deaf, slow]) client.send(GET);
  let got = 0;
  for (let i = 0; i < 40; i++) {
    got += slow.read().length;
    w.advance(SECOND);
    w.isAlive();
  }
  assert.equal(got, "HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n".length + body.length);
  assert.equal(w.client.tcp_status(deaf.handle), 0, "it was reset");
  w.advance(20 * SECOND);
  assert.equal(w.used, 0);
});

test("a client that does not read an answer that fits the send ring is let go too", async () => {
  const w = await World.make({
    application: () => ({ body: "x".repeat(12_000) }),
    capacities: { classes: [{ sockets: 4, receive: 1000, send: 16_000 }] },
  });
  const client = w.connect();
  for (let i = 0; i < 8; i++) client.send(GET);
  w.advance(2 * SECOND);
  assert.ok(w.used >= 1);
  w.advance(60 * SECOND);
  assert.equal(w.used, 0);
});

test("an application that takes its time is not the client's fault", async () => {
  const w = await World.make();
  w.works = false;
  const client = w.connect();
  client.send(GET);
  w.advance(100 * SECOND);
  w.works = true;
  w.advance(SECOND);
  assert.match(client.read(), /hello$/);
});

test("the timeout is a setting", async () => {
  const w = await World.make({ settings: { httpTimeout: 3000 } });
  const client = w.connect();
  client.send("GET");
  w.advance(2900);
  assert.equal(client.read(), "");
  w.advance(200);
  assert.match(client.read(), /^HTTP\/1\.1 408 /);
});

test("TCP-50: many slow clients do not keep another one out: the oldest of them makes room", async () => {
  const w = await World.make({ capacities: { requests: 4 } });
  const slow = Array.from({ length: 4 }, () => {
    const client = w.connect();
    client.send("GET / HTTP/1.1\r\nX: ");
    w.advance(100);
    return client;
  });
  assert.equal(w.server.counter("HTTP_FULL"), 0);
  w.isAlive();
  assert.equal(w.server.counter("HTTP_FULL"), 1);
  assert.deepEqual(
    slow.map((client) => client.isClosed),
    [true, false, false, false],
  );
});
