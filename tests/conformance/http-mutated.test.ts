// Requests with octets changed, left out, doubled and moved: whatever comes of it is an answer, the connection's end or silence, and all places come free.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "./http.js";

const REQUESTS = [
  "GET /a HTTP/1.1\r\nHost: a\r\nRange: bytes=1-2\r\nConnection: close\r\n\r\n",
  "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
  "PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\na\r\n0123456789\r\n0\r\nT: 1\r\n\r\n",
  "GET http://a/d HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
];
const SPECIAL = ["\r", "\n", "\0", " ", "\t", ":", ";", ",", "0", "f", "-", "\r\n", "\r\n\r\n", "\xff"];
/** One or more whole answers; none when the stack closed in silence or waits. */
const ANSWERS = /^(HTTP\/1\.1 (100 \r\n\r\n|[2-5]\d\d (OK)?\r\n([\w-]+: [^\r\n]+\r\n)*\r\n[helo]{0,5}))*C?$/;

test("2,000 mutated requests", async () => {
  const w = await World.make({ settings: { httpTimeout: 400 } });
  let seed = 12345;
  const random = (n: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return Math.floor((seed / 2 ** 32) * n);
  };
  const statuses = new Set<string>();
  for (let i = 0; i < 2000; i++) {
    let text = Array.from({ length: 1 + random(3) }, () => REQUESTS[random(REQUESTS.length)]).join("");
    for (let left = random(4); left; left--) {
      const at = random(text.length);
      const end = at + random(6);
      const way = random(4);
      if (way === 0) text = text.slice(0, at) + SPECIAL[random(SPECIAL.length)] + text.slice(at + 1);
      else if (way === 1) text = text.slice(0, at) + text.slice(end);
      else if (way === 2) text = text.slice(0, end) + text.slice(at);
      else text = text.slice(0, at) + SPECIAL[random(SPECIAL.length)] + text.slice(at);
    }
    const said = w.talk(text);
    assert.match(said, ANSWERS, JSON.stringify({ i, text, said }));
    for (const [, status] of said.matchAll(/HTTP\/1\.1 (\d+)/g)) statuses.add(status ?? "");
  }
  for (const status of ["100", "200", "206", "400", "408", "417", "501"]) assert.ok(statuses.has(status), `${status} was met`);
  w.isAlive();
  w.advance(5000);
  assert.equal(w.used, 0);
});
