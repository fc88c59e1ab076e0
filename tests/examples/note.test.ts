// examples/note: an application inside the module over the HTTP server.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../conformance/http.js";

const NOTE = new URL("../../../../build/examples/note.wasm", import.meta.url);
const head = (method: string, fields = "") => `${method} / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;
const put = (text: string) => head("PUT", `Content-Length: ${text.length}\r\n`) + text;
const whole = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

test("a note is written and read, whole and in part, many requests in a row", async () => {
  const w = await World.make({ wasm: NOTE });
  assert.equal(w.talk(head("GET")), whole(""));
  assert.equal(
    w.talk(put("hello, world") + head("GET") + head("HEAD")),
    `HTTP/1.1 204 \r\n\r\n${whole("hello, world")}${whole("hello, world").slice(0, -12)}`,
  );
  assert.equal(
    w.talk(head("GET", "Range: bytes=7-\r\n")),
    "HTTP/1.1 206 \r\nContent-Range: bytes 7-11/12\r\nContent-Length: 5\r\n\r\nworld",
  );
  assert.equal(
    w.talk(`${head("PUT", "Transfer-Encoding: chunked\r\n")}1\r\na\r\n2\r\nbc\r\n0\r\n\r\n${head("GET")}`),
    `HTTP/1.1 204 \r\n\r\n${whole("abc")}`,
  );
  assert.equal(w.talk(put("x".repeat(253))), "HTTP/1.1 413 \r\nContent-Length: 0\r\nConnection: close\r\n\r\nC");
  assert.equal(w.talk(head("GET")), whole("abc"), "the old note is still there");
  assert.equal(w.talk(put("x".repeat(252)) + head("GET")), `HTTP/1.1 204 \r\n\r\n${whole("x".repeat(252))}`);
  assert.equal(w.talk(head("POST")), "HTTP/1.1 405 \r\nAllow: GET, HEAD, PUT\r\nContent-Length: 0\r\n\r\n");
  assert.match(w.talk("GET / HTTP/1.1\r\n\r\n"), /^HTTP\/1\.1 400 /);
});

test("octet by octet, with a send ring of 24 octets, and 200 in a row", async () => {
  const w = await World.make({ wasm: NOTE, capacities: { classes: [{ sockets: 4, receive: 100, send: 24 }] } });
  const client = w.connect();
  const text = "0123456789".repeat(10);
  for (const octet of put(text)) {
    client.send(octet);
    w.advance(3);
  }
  for (let i = 0; i < 200; i++) client.send(head("GET"));
  let answers = "";
  for (let i = 0; i < 6000; i++) {
    w.advance(10);
    client.push();
    answers += client.read();
  }
  assert.equal(answers, `HTTP/1.1 204 \r\n\r\n${whole(text).repeat(200)}`);
});

test("time runs out inside the module: no request, half a request, a client that does not read", async () => {
  const w = await World.make({ wasm: NOTE, capacities: { classes: [{ sockets: 4, receive: 100, send: 24 }] } });
  const silent = w.connect();
  const half = w.connect();
  half.send("GET");
  w.advance(16_000);
  assert.ok(silent.isClosed);
  assert.match(half.read(), /^HTTP\/1\.1 408 /);
  half.close();
  silent.close();
  w.advance(1000);
  assert.equal(w.used, 0);
  assert.equal(w.talk(head("GET")), whole(""));
});
