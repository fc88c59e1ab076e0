// Capacities of the HTTP server: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Err } from "../../bindings/node/core.js";
import { World } from "./world.js";
import { US } from "../conformance/tester.js";

/** A connection of the peer to the server, and what it has said. */
class Client {
  said = "";
  end = 0;
  constructor(
    readonly w: World,
    readonly handle = w.peer.tcp_connect({ address: US.ip, port: 80 }),
  ) {
    assert.ok(handle > 0, `${handle}`);
    w.run(20);
  }
  send(text: string): void {
    assert.equal(this.w.peer.tcp_write(this.handle, Buffer.from(text)), text.length);
    this.w.run(20);
    let part = this.w.peer.tcp_read(this.handle);
    for (; part instanceof Uint8Array; part = this.w.peer.tcp_read(this.handle)) this.said += Buffer.from(part).toString("latin1");
    if (typeof part === "number") this.end = part;
  }
}
const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

export async function requests(value: number): Promise<string[]> {
  const w = await World.make({ requests: value, classes: [{ sockets: value + 3, receive: 2048, send: 2048 }] });
  assert.equal(w.core.http_serve(80), 0);
  const clients = Array.from({ length: value }, () => new Client(w));
  const [first] = clients;
  assert.ok(first);
  for (const client of clients) client.send(GET);
  const asked = clients.map(() => w.core.http_asked());
  assert.ok(asked.every((request) => typeof request === "object"));
  assert.equal(w.core.counter("HTTP_FULL"), 0);
  const refused = new Client(w);
  refused.send("");
  assert.equal(w.core.counter("HTTP_FULL"), 1);
  assert.equal(refused.end, Err.END, "all are at work: it is closed");
  w.goesOn();
  assert.ok(typeof asked[0] === "object");
  assert.deepEqual(w.core.http_answer(asked[0].request, 200), { first: 0, octets: 0 });
  first.send("");
  assert.match(first.said, /^HTTP\/1\.1 200 OK\r\n/);
  const next = new Client(w);
  next.send(GET);
  assert.equal(w.core.counter("HTTP_FULL"), 2);
  assert.equal(typeof w.core.http_asked(), "object", "it has the place of the one that waits for nothing");
  first.send("");
  assert.equal(first.end, Err.RESET);
  w.goesOn();
  return ["HTTP_FULL"];
}

export async function requestOctets(value: number): Promise<string[]> {
  const w = await World.make({ requestOctets: value, classes: [{ sockets: 8, receive: 8192, send: 2048 }] });
  assert.equal(w.core.http_serve(80), 0);
  const fits = value - "/host:a\n".length - "x:".length - 2;
  const ask = (octets: number, target = "/") => {
    const client = new Client(w);
    client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\nX:${"x".repeat(octets)}\r\n\r\n`);
    return client.said.slice(0, 12);
  };
  assert.equal(ask(fits), "");
  const asked = w.core.http_asked();
  assert.ok(typeof asked === "object");
  assert.equal(asked.fields[1]?.[1].length, fits);
  assert.equal(ask(fits + 2), "HTTP/1.1 431");
  assert.equal(ask(0, `/${"x".repeat(value)}`), "HTTP/1.1 414");
  assert.equal(w.core.http_asked(), Err.WOULD_BLOCK);
  w.goesOn();
  assert.equal(ask(fits), "");
  assert.equal(typeof w.core.http_asked(), "object");
  return [];
}
