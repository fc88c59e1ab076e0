// The HTTP server inside the module, from the wire: what it understands. The malformed is in http-refused.test.ts, the slow in http-slow.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import { type Answer, type Asked, World } from "./http.js";

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const PAGE = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
const head = (fields: string, method = "GET", target = "/") => `${method} ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`;

test("RFC 9112 §9.3: the connection stays open, and the next request is answered on it", async () => {
  const w = await World.make();
  const client = w.connect();
  for (let i = 0; i < 3; i++) {
    client.send(GET);
    w.advance(50);
    assert.equal(client.read(), PAGE);
    assert.ok(!client.isClosed);
  }
  assert.equal(w.used, 1);
});

test("what the application is told: method, target, fields, octets of the body, the client", async () => {
  const w = await World.make();
  w.talk('PUT /a%20b?c=d HTTP/1.1\r\nHost: example.com:80\r\nContent-Type:\t text/plain \r\nX-A: "b: c"\r\nContent-Length: 2\r\n\r\nhi');
  const [asked] = w.asked;
  assert.ok(asked);
  assert.deepEqual(
    [asked.method, asked.target, asked.octets, asked.body, asked.client.address],
    ["PUT", "/a%20b?c=d", 2, "hi", "10.0.0.2"],
  );
  assert.deepEqual(asked.fields, [
    ["host", "example.com:80"],
    ["content-type", "text/plain"],
    ["x-a", '"b: c"'],
    ["content-length", "2"],
  ]);
});

test("GET, HEAD, POST, PUT, DELETE and OPTIONS reach the application; HEAD is answered without the body", async () => {
  const w = await World.make();
  for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
    assert.equal(w.talk(head("", method)), method === "HEAD" ? PAGE.replace("hello", "") : PAGE, method);
  assert.deepEqual(
    w.asked.map(({ method }) => method),
    ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"],
  );
});

test("RFC 9112 §3.2: origin, absolute and asterisk form; of the absolute one the path is kept", async () => {
  const w = await World.make();
  const forms: [string, string, string][] = [
    ["GET", "/", "/"],
    ["GET", "http://a/b?c", "/b?c"],
    ["GET", "HTTP://a:80/b", "/b"],
    ["GET", "http://a", "/"],
    ["OPTIONS", "http://a", "*"],
    ["OPTIONS", "*", "*"],
    ["OPTIONS", "/x", "/x"],
    ["GET", "/http://b/", "/http://b/"],
  ];
  for (const [method, target] of forms) assert.match(w.talk(head("", method, target)), /^HTTP\/1\.1 200 /, target);
  assert.deepEqual(
    w.asked.map(({ target }) => target),
    forms.map(([, , path]) => path),
  );
});

test("every way to end a connection that HTTP has: close, keep-alive, and 1.0", async () => {
  const w = await World.make();
  const says = (request: string) => {
    const answer = w.talk(request);
    return [/Connection: ([\w-]+)/.exec(answer)?.[1], answer.endsWith("C")];
  };
  assert.deepEqual(says(GET), [undefined, false]);
  assert.deepEqual(says(head("Connection: close\r\n")), ["close", true]);
  assert.deepEqual(says(head("Connection: te , CLOSE\r\n")), ["close", true]);
  assert.deepEqual(says(head("Connection: closed\r\n")), [undefined, false]);
  assert.deepEqual(says(head("Connection: keep-alive, close\r\n")), ["close", true]);
  assert.deepEqual(says("GET / HTTP/1.0\r\n\r\n"), ["close", true]);
  assert.deepEqual(says("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), ["keep-alive", false]);
  assert.deepEqual(says("GET / HTTP/1.9\r\nHost: a\r\n\r\n"), [undefined, false]);
});

test("a request split at every octet, and one octet at a time", async () => {
  const w = await World.make({ application: ({ body }) => ({ body }) });
  const request =
    "\r\nPOST /split HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: 1\r\n\r\n";
  const answer = /^HTTP\/1\.1 200 OK\r\nContent-Length: 13\r\n\r\nabc0123456789$/;
  const client = w.connect();
  for (let at = 1; at < request.length; at++) {
    client.send(request.slice(0, at));
    w.advance(5);
    assert.equal(client.read(), "", `split at ${at}`);
    client.send(request.slice(at));
    w.advance(50);
    assert.match(client.read(), answer, `split at ${at}`);
  }
  for (const octet of request) {
    client.send(octet);
    w.advance(3);
  }
  w.advance(50);
  assert.match(client.read(), answer);
});

test("200 requests in a row before the first answer: all are answered, in their order", async () => {
  const w = await World.make({ application: ({ target, body }) => ({ body: `${target} ${body}` }) });
  const client = w.connect();
  const requests = Array.from({ length: 200 }, (_, i) =>
    i % 3 ? head("", "GET", `/${i}`) : `${head("Content-Length: 4\r\n", "POST", `/${i}`)}${String(i).padStart(4)}`,
  );
  client.send(requests.join(""));
  let answers = "";
  for (let i = 0; i < 200; i++) {
    w.advance(10);
    answers += client.read();
  }
  const expected = requests.map((_, i) => (i % 3 ? `/${i} ` : `/${i} ${String(i).padStart(4)}`));
  assert.equal(answers, expected.map((body) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`).join(""));
  assert.equal(w.asked.length, 200);
});

test("RFC 9112 §7.1: a body in chunks, in any sizes, with extensions and a trailer that are passed over", async () => {
  const w = await World.make({ application: ({ body }) => ({ body }) });
  const cases: [string, string][] = [
    ["0\r\n\r\n", ""],
    ["5\r\nhello\r\n0\r\n\r\n", "hello"],
    ["00000005\r\nhello\r\n000\r\n\r\n", "hello"],
    ['5 ; a=b; c="d;\te"\r\nhello\r\n0;x\r\n\r\n', "hello"],
    [
      "1\r\nA\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n1A\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\nA: b\r\nContent-Length: 9\r\n\r\n",
      `A${"abcdefghijklmnopqrstuvwxyz".repeat(2)}`,
    ],
    ["7\r\na\r\n0\r\n\r\r\n0\r\n\r\n", "a\r\n0\r\n\r"],
  ];
  for (const [body, text] of cases) {
    const client = w.connect();
    client.send(head("Transfer-Encoding: Chunked\r\n", "POST") + body + GET);
    w.advance(100);
    const answers = client.read();
    assert.equal(
      answers,
      `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n`,
      body,
    );
  }
});

test("RFC 9110 §14: one range is 206 with its octets, one that cannot be is 416, what is none is the whole", async () => {
  const text = "0123456789";
  const w = await World.make({
    application: ({ target }) => ({ status: target === "/gone" ? 404 : 200, body: target === "/0" ? "" : text }),
  });
  const get = (range: string, more = "", method = "GET", target = "/") => w.talk(head(`Range: ${range}\r\n${more}`, method, target));
  for (const [range, from, to] of [
    ["bytes=0-0", 0, 0],
    ["bytes=2-4", 2, 4],
    ["bytes=2-", 2, 9],
    ["bytes=-3", 7, 9],
    ["bytes=-100", 0, 9],
    ["bytes=9-9", 9, 9],
    ["BYTES=5-100", 5, 9],
    ["bytes=0-999999999999999999", 0, 9],
  ] as const) {
    const part = text.slice(from, to + 1);
    const expected = `HTTP/1.1 206 \r\nContent-Range: bytes ${from}-${to}/10\r\nContent-Length: ${part.length}\r\n\r\n${part}`;
    assert.equal(get(range), expected, range);
  }
  for (const range of ["bytes=10-", "bytes=10-20", "bytes=-0", "bytes=999999999999999999-"])
    assert.equal(get(range), "HTTP/1.1 416 \r\nContent-Range: bytes */10\r\nContent-Length: 0\r\n\r\n", range);
  assert.match(get("bytes=-1", "", "GET", "/0"), /^HTTP\/1\.1 416 \r\nContent-Range: bytes \*\/0\r\n/);
  const whole = `HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n${text}`;
  for (const range of [
    "bytes=0-1,3-4",
    "bytes=4-2",
    "bytes=-",
    "bytes=",
    "bytes",
    "bytes=a-b",
    "bytes=1-2-3",
    "bytes=1",
    "lines=1-2",
    "bytes= 1-2",
    "bytes=1-99999999999999999999",
    "1-2",
  ])
    assert.equal(get(range), whole, range);
  assert.equal(get("bytes=1-2", 'If-Range: "x"\r\n'), whole, "the validator is not known");
  assert.equal(get("bytes=1-2", "Range: bytes=1-2\r\n"), whole, "twice");
  assert.equal(get("bytes=1-2", "", "HEAD"), whole.replace(text, ""), "HEAD has no range");
  assert.equal(get("bytes=1-2", "", "POST"), whole);
  assert.equal(get("bytes=1-2", "", "GET", "/gone"), whole.replace("200 OK", "404 "));
});

test("RFC 9110 §10.1.1: 100 Continue is sent when the application wants the body, not when it refuses or the body is there", async () => {
  const w = await World.make({ application: ({ method, body }) => (method === "PUT" ? { status: 403, reads: false } : { body }) });
  const client = w.connect();
  client.send(head("Expect: 100-Continue\r\nContent-Length: 2\r\n", "POST"));
  w.advance(50);
  assert.equal(client.read(), "HTTP/1.1 100 \r\n\r\n");
  client.send("hi");
  w.advance(50);
  assert.equal(client.read(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  client.send(`${head("Expect: 100-continue\r\nContent-Length: 2\r\n", "POST")}hi`);
  w.advance(50);
  assert.equal(client.read(), "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
  client.send(head("Expect: 100-continue\r\nContent-Length: 2\r\n", "PUT"));
  w.advance(50);
  assert.equal(client.read(), "HTTP/1.1 403 \r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  assert.ok(client.isClosed, "whether the body will come is not known");
  assert.equal(
    w.talk("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi"),
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhiC",
  );
});

test("an answer of unknown length goes out in chunks, to HTTP/1.0 until the connection ends", async () => {
  const parts = ["one ", "x".repeat(5000), " end"];
  const w = await World.make({ application: () => ({ parts }), capacities: { requestOctets: 1024 } });
  const client = w.connect();
  client.send(GET + head("", "HEAD") + GET);
  w.advance(500);
  const hex = (text: string) => text.length.toString(16).padStart(4, "0");
  const pieces = ["one ", ...Array.from({ length: 4 }, () => "x".repeat(1016)), "x".repeat(5000 - 4 * 1016), " end"];
  const body = `${pieces.map((piece) => `${hex(piece)}\r\n${piece}\r\n`).join("")}0\r\n\r\n`;
  const fields = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  assert.equal(client.read(), fields + body + fields + fields + body);
  assert.equal(w.talk("GET / HTTP/1.0\r\n\r\n"), `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${parts.join("")}C`);
});

test("the application's fields are sent as they are; 204 and 304 have no body and no length", async () => {
  const answers: Record<string, object> = {
    "/204": { status: 204, body: "none" },
    "/304": { status: 304, fields: { ETag: '"a"' }, body: "none" },
    "/405": { status: 405, fields: { Allow: "GET, HEAD" } },
  };
  const w = await World.make({ application: ({ target }: Asked) => answers[target] ?? {} });
  assert.equal(w.talk(head("", "GET", "/204")), "HTTP/1.1 204 \r\n\r\n");
  assert.equal(w.talk(head("", "GET", "/304")), 'HTTP/1.1 304 \r\nETag: "a"\r\n\r\n');
  assert.equal(w.talk(head("", "PUT", "/405")), "HTTP/1.1 405 \r\nAllow: GET, HEAD\r\nContent-Length: 0\r\n\r\n");
});

test("rings of a few octets: requests come and answers go piece by piece", async () => {
  const text = "0123456789".repeat(100);
  for (const application of [() => ({ body: text }), () => ({ parts: [text] })] as (() => Answer)[]) {
    const w = await World.make({ capacities: { classes: [{ sockets: 4, receive: 40, send: 24 }] }, application });
    const client = w.connect();
    client.send(GET + GET);
    let answers = "";
    for (let i = 0; i < 400; i++) {
      w.advance(10);
      client.push();
      answers += client.read();
    }
    const bodies = answers.split(/HTTP\/1\.1 200 OK\r\n[\w-]+: \w+\r\n\r\n/);
    const chunk = `03e8\r\n${text}\r\n0\r\n\r\n`;
    const body = "parts" in application() ? chunk : text;
    assert.deepEqual(bodies, ["", body, body]);
  }
});

test("a body that the application has not read ends the connection, and is not taken for a request", async () => {
  const w = await World.make({ application: () => ({ body: "hello", reads: false }) });
  const hidden = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";
  const answer = w.talk(`${head(`Content-Length: ${hidden.length}\r\n`, "POST")}${hidden}`);
  assert.equal(answer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhelloC");
  assert.deepEqual(
    w.asked.map(({ target }) => target),
    ["/"],
  );
});

test("a client that closes its half after the request is answered; one that resets is forgotten", async () => {
  const w = await World.make();
  const client = w.connect();
  client.send(GET);
  client.halfClose();
  w.advance(100);
  assert.equal(client.read(), PAGE);
  assert.ok(client.isClosed);
  w.advance(5000);
  assert.equal(w.used, 0);
  const other = w.connect();
  w.works = false;
  other.send(GET);
  w.advance(50);
  const asked = w.server.http_asked();
  assert.ok(typeof asked === "object");
  other.close();
  w.advance(50);
  assert.equal(w.server.http_answer(asked.request, 200), Err.BAD_HANDLE);
  assert.equal(w.used, 0);
});

test("calls in the wrong order, or with what cannot be, are refused and change nothing", async () => {
  const w = await World.make();
  const { server } = w;
  assert.equal(server.http_read(0), Err.BAD_HANDLE);
  assert.equal(server.http_answer(1, 200), Err.BAD_HANDLE);
  assert.equal(server.http_space(-1), Err.BAD_HANDLE);
  assert.equal(server.http_end(65_536 * 3 + 1), Err.BAD_HANDLE);
  assert.equal(server.http_serve(80, 9), Err.BAD_ARGUMENT);
  assert.equal(server.http_serve(80), 0);
  w.works = false;
  const client = w.connect();
  client.send(GET);
  w.advance(50);
  const asked = server.http_asked();
  assert.ok(typeof asked === "object");
  const { request } = asked;
  assert.equal(server.http_asked(), Err.WOULD_BLOCK, "told once");
  assert.equal(server.http_space(request), Err.BAD_STATE);
  for (const status of [0, 100, 199, 600]) assert.equal(server.http_answer(request, status), Err.BAD_ARGUMENT);
  assert.equal(server.http_answer(request, 200, { A: "b\r\nC: d" }), Err.BAD_ARGUMENT);
  assert.equal(server.http_answer(request, 200, { A: "b".repeat(2000) }), Err.TOO_LONG);
  assert.deepEqual(server.http_answer(request, 200, { A: "b" }, 3), { first: 0, octets: 3 });
  assert.equal(server.http_answer(request, 200), Err.BAD_STATE);
  assert.equal(server.exports.http_write?.(request, 4), Err.BAD_ARGUMENT);
  assert.equal(server.http_write(request, Buffer.from("abc")), 3);
  assert.equal(server.http_write(request, Buffer.from("abc")), Err.BAD_HANDLE, "the request is over");
  w.advance(50);
  assert.equal(client.read(), "HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 3\r\n\r\nabc");
  client.send(GET);
  w.advance(50);
  const next = server.http_asked();
  assert.ok(typeof next === "object" && next.request !== request);
  assert.deepEqual(server.http_answer(next.request, 200, {}, 3), { first: 0, octets: 3 });
  assert.equal(server.http_end(next.request), 0);
  w.advance(50);
  client.read();
  assert.equal(client.end, Err.RESET, "an answer that lacks octets is not taken for a whole one");
  assert.equal(server.http_serve(0), 0);
  assert.equal(server.pools().LISTENER.used, 0);
});
