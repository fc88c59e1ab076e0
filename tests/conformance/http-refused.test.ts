// What the HTTP server refuses: the malformed, the ambiguous and the too long, each with its status, and the connection ends.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./http.js";

const HOST = "Host: a\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** Each is refused with this status, the connection ends, nothing of it reaches the application, and the next client is served. */
async function refused(
  cases: [what: string, request: string, status: number][],
  more: Parameters<typeof World.make>[0] = {},
): Promise<void> {
  const w = await World.make(more);
  for (const [what, request, status] of cases) {
    const told = w.asked.length;
    const answer = w.talk(request + SMUGGLED);
    assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} \\r\\nContent-Length: 0\\r\\nConnection: close\\r\\n\\r\\nC$`), what);
    assert.equal(w.asked.length, told, what);
  }
  w.isAlive();
  w.advance(20_000);
  assert.equal(w.used, 0);
}
const get = (fields: string) => `GET / HTTP/1.1\r\n${HOST}${fields}\r\n`;
const post = (fields: string, body = "") => `POST / HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;

test("RFC 9112 §3: request lines that are none", () =>
  refused([
    ["HTTP/0.9", "GET /\r\n", 400],
    ["no target", `GET HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["an empty target", `GET  HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["two blanks", `GET  / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["two blanks behind", `GET /  HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a tab", `GET\t/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a blank at the start", ` GET / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a blank at the end", `GET / HTTP/1.1 \r\n${HOST}\r\n`, 400],
    ["a blank in the target", `GET /a b HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a control character in the target", `GET /\x01 HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["DEL in the target", `GET /\x7f HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["no ASCII in the target", `GET /\xe9 HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a fragment", `GET /#a HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["no slash", `GET a HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["* for GET", `GET * HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["*x", `OPTIONS *x HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["absolute without authority", `GET http:///a HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["absolute with a user", `GET http://u:p@a/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["absolute with a query behind the authority", `GET http://a?b HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["another scheme", `GET ftp://a/ HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["a method that is no token", `G(T / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["no method", ` / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["small letters in the protocol", `GET / http/1.1\r\n${HOST}\r\n`, 400],
    ["another protocol", `GET / HTTQ/1.1\r\n${HOST}\r\n`, 400],
    ["no minor version", `GET / HTTP/1\r\n${HOST}\r\n`, 400],
    ["two digits", `GET / HTTP/1.10\r\n${HOST}\r\n`, 400],
    ["no digit", `GET / HTTP/1.x\r\n${HOST}\r\n`, 400],
    ["a comma", `GET / HTTP/1,1\r\n${HOST}\r\n`, 400],
    ["a line of blanks before it", `   \r\nGET / HTTP/1.1\r\n${HOST}\r\n`, 400],
    ["five empty lines", "\r\n".repeat(5), 400],
    ["TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
  ]));

test("RFC 9110 §9.1, §15.6: methods that there are not, versions that there are not", () =>
  refused([
    ["TRACE", `TRACE / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["CONNECT", `CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n`, 501],
    ["PATCH", `PATCH / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["small letters", `get / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["the beginning of one", `GE / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["one and more", `GETX / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["a field's name", `host / HTTP/1.1\r\n${HOST}\r\n`, 501],
    ["HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["0.9 in full", `GET / HTTP/0.9\r\n${HOST}\r\n`, 505],
    ["9.9", `GET / HTTP/9.9\r\n${HOST}\r\n`, 505],
  ]));

test("RFC 9112 §5: fields that are none", () =>
  refused([
    ["a blank before the colon", get("X : 1\r\n"), 400],
    ["a tab before the colon", get("X\t: 1\r\n"), 400],
    ["a line that goes on", get("X: 1\r\n 2\r\n"), 400],
    ["one that goes on with a tab", get("X: 1\r\n\t2\r\n"), 400],
    ["a blank before the first", `GET / HTTP/1.1\r\n ${HOST}\r\n`, 400],
    ["no colon", get("X\r\n"), 400],
    ["no name", get(": 1\r\n"), 400],
    ["a blank in the name", get("X Y: 1\r\n"), 400],
    ["NUL in the name", get("X\0: 1\r\n"), 400],
    ["NUL in the value", get("X: a\0b\r\n"), 400],
    ["a control character in the value", get("X: a\x0bb\r\n"), 400],
    ["DEL in the value", get("X: a\x7fb\r\n"), 400],
    ["no ASCII in the name", get("\xe9: 1\r\n"), 400],
    ["a parenthesis in the name", get("X(: 1\r\n"), 400],
    ["a bare CR in the value", get("X: a\rb\r\n"), 400],
    ["a bare CR at the end of a line", `GET / HTTP/1.1\r${HOST}\r\n`, 400],
    ["CR CR LF", `GET / HTTP/1.1\r\r\n${HOST}\r\n`, 400],
    ["a bare LF behind the request line", `GET / HTTP/1.1\n${HOST}\r\n`, 400],
    ["a bare LF behind a field", get("X: 1\n"), 400],
    ["a bare LF at the end", `GET / HTTP/1.1\r\n${HOST}\n`, 400],
    ["a bare LF in the value before another field", get("X: 1\nContent-Length: 5\r\n"), 400],
  ]));

test("RFC 9112 §3.2: Host is there once, and a host", () =>
  refused([
    ["none", "GET / HTTP/1.1\r\n\r\n", 400],
    ["none in absolute form", "GET http://a/ HTTP/1.1\r\n\r\n", 400],
    ["two", get(HOST), 400],
    ["two that differ", get("hOST: b\r\n"), 400],
    ["two in HTTP/1.0", `GET / HTTP/1.0\r\n${HOST}${HOST}\r\n`, 400],
    ["two in one", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400],
    ["a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400],
    ["a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400],
    ["a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400],
  ]));

test("RFC 9112 §6: no message has two lengths, or one that is no number", () =>
  refused([
    ["both", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400],
    ["both, the other way round", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400],
    ["two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n"), 400],
    ["two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n"), 400],
    ["two in one", post("Content-Length: 5, 5\r\n"), 400],
    ["a plus", post("Content-Length: +5\r\n"), 400],
    ["a minus", post("Content-Length: -5\r\n"), 400],
    ["hexadecimal", post("Content-Length: 0x5\r\n"), 400],
    ["a letter", post("Content-Length: 5a\r\n"), 400],
    ["a point", post("Content-Length: 5.0\r\n"), 400],
    ["a blank", post("Content-Length: 1 0\r\n"), 400],
    ["nothing", post("Content-Length:\r\n"), 400],
    ["more than 64 bits", post("Content-Length: 18446744073709551621\r\n"), 400],
    ["far more", post(`Content-Length: ${"9".repeat(100)}\r\n`), 400],
    ["with GET too", get("Content-Length: x\r\n"), 400],
    ["gzip", post("Transfer-Encoding: gzip, chunked\r\n"), 501],
    ["chunked and more", post("Transfer-Encoding: chunked, identity\r\n"), 501],
    ["chunked twice in one", post("Transfer-Encoding: chunked, chunked\r\n"), 501],
    ["chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400],
    ["identity", post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n"), 501],
    ["another word", post("Transfer-Encoding: xchunked\r\n"), 501],
    ["the beginning of the word", post("Transfer-Encoding: chunke\r\n"), 501],
    ["quotes", post('Transfer-Encoding: "chunked"\r\n'), 501],
    ["nothing", post("Transfer-Encoding:\r\n"), 501],
    ["a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n"), 400],
    ["a blank before the colon", post("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n"), 400],
    ["HTTP/1.0", `POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
  ]));

test("RFC 9112 §7.1: chunks that are none", () => {
  const chunked = (body: string) => post("Transfer-Encoding: chunked\r\n", body);
  return refused([
    ["no size", chunked("\r\nhello\r\n0\r\n\r\n"), 400],
    ["no number", chunked("x\r\n"), 400],
    ["0x5", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400],
    ["a minus", chunked("-5\r\nhello\r\n0\r\n\r\n"), 400],
    ["a plus", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400],
    ["a blank before", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400],
    ["a blank behind", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400],
    ["underscore", chunked("1_0\r\nhello\r\n0\r\n\r\n"), 400],
    ["only an extension", chunked(";a\r\nhello\r\n0\r\n\r\n"), 400],
    ["17 digits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400],
    ["16 digits", chunked("fffffffffffffffe\r\nhello\r\n0\r\n\r\n"), 400],
    ["longer than it says", chunked("4\r\nhello\r\n0\r\n\r\n"), 400],
    ["shorter than it says", chunked("6\r\nhello\r\n0\r\n\r\n"), 400],
    ["LF behind the size", chunked("5\nhello\r\n0\r\n\r\n"), 400],
    ["LF behind the octets", chunked("5\r\nhello\n0\r\n\r\n"), 400],
    ["CR alone behind the size", chunked("5\rhello\r\n0\r\n\r\n"), 400],
    ["CR in an extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), 400],
    ["LF in an extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), 400],
    ["NUL in an extension", chunked("5;\0\r\nhello\r\n0\r\n\r\n"), 400],
    ["an extension without end", chunked(`5;${"x".repeat(300)}\r\nhello\r\n0\r\n\r\n`), 431],
    ["a trailer that is no field", chunked("0\r\nX\r\n\r\n"), 400],
    ["a trailer with a blank", chunked("0\r\nX : 1\r\n\r\n"), 400],
    ["a trailer that goes on", chunked("0\r\nX: 1\r\n 2\r\n\r\n"), 400],
    ["a trailer field without end", chunked(`0\r\nX: ${"x".repeat(300)}\r\n\r\n`), 431],
    ["a trailer without end", chunked(`0\r\n${"X: 1\r\n".repeat(33)}\r\n`), 431],
  ]);
});

test("a body that is cut off is no body", async () => {
  const w = await World.make();
  const client = w.connect();
  client.send(post("Content-Length: 10\r\n", "hello"));
  client.halfClose();
  w.advance(500);
  assert.match(client.read(), /^HTTP\/1\.1 400 \r\n/);
  assert.deepEqual(w.asked, []);
  w.isAlive();
});

test("RFC 9110 §10.1.1, §15.5.18: what else is expected is not met", () =>
  refused([
    ["another expectation", post("Expect: 200-ok\r\nContent-Length: 0\r\n"), 417],
    ["100-continue and more", post("Expect: 100-continue, a\r\nContent-Length: 0\r\n"), 417],
  ]));

test("TFTP/HTTP-01: RFC 9112 §3, RFC 6585 §5: a header line of 8 KB and of 1 MB, a target, a method, too many fields; and what just fits", async () => {
  const lengths = [3000, 8192, 1_000_000];
  await refused(
    lengths.flatMap((octets): [string, string, number][] => [
      ["a value", get(`X: ${"x".repeat(octets)}\r\n`), 431],
      ["a name", get(`${"x".repeat(octets)}: 1\r\n`), 431],
      ["fields", get("X: 1\r\n".repeat(octets / 4)), 431],
      ["a target", `GET /${"x".repeat(octets)} HTTP/1.1\r\n${HOST}\r\n`, 414],
      ["a method", `${"X".repeat(octets)} / HTTP/1.1\r\n${HOST}\r\n`, 501],
      ["one without an end", "x".repeat(octets), 501],
    ]),
  );
  await refused([["blanks", get(`X:${" ".repeat(3000)}1\r\n`), 431]]);
  const w = await World.make({ capacities: { requestOctets: 10_000 } });
  const value = "v".repeat(8192);
  assert.match(w.talk(get(`X: ${value}\r\n`)), /^HTTP\/1\.1 200 OK\r\n/);
  assert.deepEqual(w.asked[0]?.fields[1], ["x", value]);
});

test("the last octet that fits, and one more", async () => {
  const w = await World.make({ capacities: { requestOctets: 256 } });
  const fits = (octets: number) => w.talk(get(`X: ${"x".repeat(octets)}\r\n`)).slice(9, 12);
  const most = [...Array(256).keys()].findLast((octets) => octets > 200 && fits(octets) === "200");
  assert.equal(most, 256 - "/host:a\n".length - "X: ".length - 1);
  assert.equal(fits((most ?? 0) + 1), "431");
  assert.equal(w.asked.at(-1)?.fields.at(-1)?.[1].length, most);
});

test("after a refusal what still comes is thrown away, so that no reset takes the answer from the client", async () => {
  const w = await World.make();
  const client = w.connect();
  client.send(`BAD\r\n\r\n${"x".repeat(60_000)}`);
  for (let i = 0; i < 20; i++) {
    w.advance(20);
    client.push();
  }
  assert.match(client.read(), /^HTTP\/1\.1 400 \r\n/);
  assert.ok(client.isClosed);
  assert.equal(client.end, -16, "it ended without a reset");
  client.halfClose();
  w.advance(2000);
  assert.equal(w.used, 0);
  const stubborn = w.connect();
  stubborn.send("BAD\r\n\r\n");
  w.advance(1000);
  assert.equal(w.server.sockets().filter(({ state }) => state === "FIN_WAIT_2").length, 1);
  w.isAlive();
  w.advance(100_000);
  assert.equal(w.used, 0, "a client that never closes is let go");
});
