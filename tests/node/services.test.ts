import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { type Duplex, duplexPair } from "node:stream";
import { describe, test } from "node:test";
import * as datagrams from "../../bindings/node/cli/services/datagrams.js";
import { httpService, preferred } from "../../bindings/node/cli/services/http.js";
import { parseServices } from "../../bindings/node/cli/services/names.js";
import { render, type Status } from "../../bindings/node/cli/services/status.js";
import * as streams from "../../bindings/node/cli/services/streams.js";

describe("lists of services", () => {
  test("well-known and other ports", () => {
    assert.deepEqual(parseServices("echo,http:8080"), [
      { name: "echo", port: 7 },
      { name: "http", port: 8080 },
    ]);
    assert.deepEqual(parseServices("none"), []);
  });
});

/** Starts a service on one end of a pair of streams, answers the other end. */
function served(service: streams.StreamService): Duplex {
  const [client, server] = duplexPair();
  service(server);
  return client;
}

async function readAll(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

describe("services over streams", () => {
  test("echo sends everything back, then closes", async () => {
    const octets = randomBytes(3_000_000);
    const client = served(streams.echo);
    client.end(octets);
    assert.ok((await readAll(client)).equals(octets));
  });

  test("discard says nothing, and closes after the peer", async () => {
    const client = served(streams.discard);
    client.end(randomBytes(500_000));
    assert.equal((await readAll(client)).length, 0);
  });

  test("chargen writes rotating lines and waits for a slow reader", async () => {
    const client = served(streams.chargen);
    let text = "";
    for await (const part of client) {
      text += part;
      if (text.length > 300_000) break;
    }
    const lines = text.split("\r\n").slice(0, -1);
    assert.ok(lines.length > 3000);
    lines.forEach((line, i) => {
      assert.equal(line.length, 72);
      assert.equal(line.charCodeAt(0), 32 + (i % 95));
    });
  });

  test("chargen keeps no more than a buffer for a peer that does not read", async () => {
    const [client, server] = duplexPair();
    streams.chargen(server);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(server.writableLength <= 4 * server.writableHighWaterMark, `${server.writableLength} octets wait`);
    client.destroy();
  });

  test("daytime, time and qotd answer and close, whatever the peer says", async () => {
    for (const [service, form] of [
      [streams.daytime, /^\w{3}, \d{2} \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n$/],
      [streams.qotd, /^[\x20-\x7e]{10,500}\r\n$/],
    ] as const) {
      const client = served(service);
      client.write("hello");
      assert.match((await readAll(client)).toString(), form);
    }
    const seconds = (await readAll(served(streams.time))).readUInt32BE();
    assert.ok(Math.abs(seconds - 2_208_988_800 - Date.now() / 1000) < 5);
  });

  test("an error of the connection ends the service and nothing else", async () => {
    for (const service of [streams.echo, streams.discard, streams.chargen, streams.qotd]) {
      const [, server] = duplexPair();
      service(server);
      server.destroy(new Error("reset"));
      await new Promise((resolve) => server.on("close", resolve));
    }
  });
});

describe("services over datagrams", () => {
  const none = new Set<string>();

  test("answers", () => {
    const octets = randomBytes(64);
    assert.equal(datagrams.echo(octets), octets);
    assert.equal(datagrams.discard(), null);
    assert.equal(datagrams.time().length, 4);
    for (let i = 0; i < 100; i++) assert.ok(datagrams.chargen().length <= 512);
  });

  test("no answer to the ports of services, nor to broadcasts", () => {
    for (const port of [0, 7, 13, 17, 19, 37]) assert.equal(datagrams.mayAnswer(port, "10.9.0.2", none), false, `port ${port}`);
    assert.equal(datagrams.mayAnswer(5000, "255.255.255.255", none), false);
    assert.equal(datagrams.mayAnswer(5000, "10.9.0.255", new Set(["10.9.0.255"])), false);
    assert.equal(datagrams.mayAnswer(5000, "10.9.0.2", new Set(["10.9.0.255"])), true);
    assert.equal(datagrams.mayAnswer(123, "10.9.0.2", none), true);
  });
});

const STATUS: Status = {
  name: "ringwire",
  version: "1.2.3",
  uptime: 4.5,
  interfaces: [{ name: "rw<0>", kind: "tap", mac: "02:00:00:00:00:02", mtu: 1500, addresses: ["10.9.0.2/24"] }],
  services: ["echo:7", "http:80"],
  sockets: [{ protocol: "tcp", receiveQueue: 1, sendQueue: 22, local: "10.9.0.2:80", remote: "10.9.0.1:4711", state: "ESTABLISHED" }],
  pools: { TCP0: { used: 1, capacity: 1024 } },
  counters: { IP_IN: 77, IP_BAD: 0 },
};

describe("the status page", () => {
  test("in three forms", () => {
    assert.match(render(STATUS, "text/plain"), /tcp +1 +22 +10\.9\.0\.2:80 +10\.9\.0\.1:4711 +ESTABLISHED/);
    assert.match(render(STATUS, "text/plain"), /IP_IN +77\n/);
    assert.match(render(STATUS, "text/html"), /<td>rw&lt;0&gt;<\/td>/);
    assert.deepEqual(JSON.parse(render(STATUS, "application/json")), STATUS);
  });

  test("chosen by the Accept header", () => {
    const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
    assert.equal(preferred("*/*"), "text/plain");
    assert.equal(preferred(undefined), "text/plain");
    assert.equal(preferred(browser), "text/html");
    assert.equal(preferred("application/json"), "application/json");
    assert.equal(preferred("text/*;q=0.5, application/json;q=0.4"), "text/plain");
    assert.equal(preferred("text/plain;q=0, text/*"), "text/html");
    assert.equal(preferred("image/png"), null);
  });

  for (const [path, accept, code, type] of [
    ["/", "*/*", 200, /^text\/plain/],
    ["/", "text/html", 200, /^text\/html/],
    ["/status.json", "text/html", 200, /^application\/json/],
    ["/status.txt?x=1", "*/*", 200, /^text\/plain/],
    ["/nothing", "*/*", 404, /^text\/plain/],
    ["/", "image/png", 406, /^text\/plain/],
  ] as const) {
    test(`GET ${path} with Accept: ${accept} is ${code}`, async () => {
      const service = httpService(() => STATUS);
      const response = await get(served(service), path, accept);
      assert.equal(response.code, code);
      assert.match(response.type, type);
      assert.ok(response.text.length > 10);
    });
  }

  test("another method is refused", async () => {
    const service = httpService(() => STATUS);
    assert.equal((await get(served(service), "/", "*/*", "DELETE")).code, 405);
  });

  test("nonsense gets 400 and the connection is closed", async () => {
    const service = httpService(() => STATUS);
    const client = served(service);
    client.end("\u0000\u0001nonsense\r\n\r\n");
    assert.match((await readAll(client)).toString(), /^HTTP\/1\.1 400 /);
  });
});

function get(stream: Duplex, path: string, accept: string, method = "GET"): Promise<{ code: number; type: string; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { createConnection: () => stream, headers: { Accept: accept, Connection: "close" }, path, method } as const;
    const sent = request(options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => resolve({ code: response.statusCode ?? 0, type: response.headers["content-type"] ?? "", text }));
    });
    sent.on("error", reject).end();
  });
}
