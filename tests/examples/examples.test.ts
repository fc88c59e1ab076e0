// The applications inside the module, examples/*: each is a stack of its own that needs no host beyond frames and time.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { get } from "node:http";
import { describe, test } from "node:test";
import { type Stack, createStack, createWire } from "../../bindings/node/index.js";
import { noise, sha } from "../node/network.js";
import { CLIENT, Pair, SERVER } from "./pair.js";

const ROOT = new URL("../../../../", import.meta.url);
const ECHO = new URL("build/examples/echo.wasm", ROOT);
const HTTP = new URL("build/examples/http.wasm", ROOT);

describe("sources of the examples", () => {
  for (const name of readdirSync(new URL("examples/", ROOT)).filter((name) => existsSync(new URL(`examples/${name}/index.ts`, ROOT)))) {
    test(`examples/${name} has under 60 lines, and its module is built`, () => {
      const lines = readFileSync(new URL(`examples/${name}/index.ts`, ROOT), "utf8")
        .trimEnd()
        .split("\n").length;
      assert.ok(lines < 60, `${lines} lines`);
      assert.ok(WebAssembly.validate(readFileSync(new URL(`build/examples/${name}.wasm`, ROOT))));
    });
    test(`examples/${name} needs no import and grows no memory`, () => {
      const module = new WebAssembly.Module(readFileSync(new URL(`build/examples/${name}.wasm`, ROOT)));
      assert.deepEqual(WebAssembly.Module.imports(module), []);
    });
  }
});

describe("examples/README.md", () => {
  test("names every example, and its size as the budget has it", () => {
    const budget = JSON.parse(readFileSync(new URL("tests/budget.json", ROOT), "utf8")) as Record<string, number>;
    const rows = [...readFileSync(new URL("examples/README.md", ROOT), "utf8").matchAll(/^\| \[(\w+)\].*\| ([\d,]+) \|$/gm)];
    const stated = Object.fromEntries(
      rows.map(([, name, size]) => [`examples/${name}.wasm`, Number((size as string).replaceAll(",", ""))]),
    );
    assert.deepEqual(stated, Object.fromEntries(Object.entries(budget).filter(([name]) => name.startsWith("examples/"))));
  });
});

describe("echo inside the module", () => {
  test("1 MB comes back byte-exact on a clean link", async () => {
    const pair = await Pair.make(ECHO);
    const sent = noise(1_000_000);
    assert.equal(sha(pair.exchange(pair.connect(7), sent)), sha(sent));
    pair.assertEmpty();
  });
  test("1 MB comes back byte-exact under loss, reordering, duplication and corruption", async () => {
    const pair = await Pair.make(ECHO, { loss: 0.05, reorder: 0.05, duplicate: 0.02, corrupt: 0.01, delay: 1 });
    const sent = noise(1_000_000);
    assert.equal(sha(pair.exchange(pair.connect(7), sent)), sha(sent));
    assert.ok(pair.example.counter("TCP_RETRANSMITTED") > 0);
    pair.assertEmpty();
  });
  test("64 connections at once, more than may wait, and again after they are gone", async () => {
    const pair = await Pair.make(ECHO);
    for (let round = 0; round < 3; round++) {
      const handles = Array.from({ length: 64 }, () => pair.connect(7));
      handles.forEach((handle, i) => {
        const sent = noise(5000, i + 1);
        assert.ok(pair.exchange(handle, sent).equals(sent), `connection ${i}`);
      });
      pair.assertEmpty();
    }
  });
  test("rings of 100 octets: all comes back", async () => {
    const pair = await Pair.make(ECHO, {}, [{ sockets: 4, receive: 100, send: 100 }]);
    const sent = noise(20_000);
    assert.equal(sha(pair.exchange(pair.connect(7), sent)), sha(sent));
    pair.assertEmpty();
  });
  test("a client that resets leaves nothing behind", async () => {
    const pair = await Pair.make(ECHO);
    const handle = pair.connect(7);
    pair.write(handle, noise(1000));
    pair.until(() => pair.client.tcp_receive_ready(handle) > 0);
    pair.client.tcp_abort(handle);
    pair.assertEmpty();
  });
  test("a client that never reads, and resets while both rings of the example are full, leaves nothing behind", async () => {
    const pair = await Pair.make(ECHO, {}, [{ sockets: 4, receive: 1000, send: 1000 }]);
    const handle = pair.connect(7);
    const text = noise(10_000);
    let written = 0;
    pair.until(() => {
      written += Math.max(0, pair.client.tcp_write(handle, text, written));
      const { readable, sndWnd } = pair.client.status(handle) ?? {};
      return readable === 1000 && sndWnd === 0;
    });
    pair.client.tcp_abort(handle);
    pair.assertEmpty();
  });
});

describe("a status page inside the module", () => {
  const REQUEST = "GET / HTTP/1.1\r\nHost: ringwire\r\n\r\n";
  const PAGE =
    /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/plain\r\nConnection: close\r\n\r\nRingwire, inside the module\nframes in: {2}\d+\nframes out: \d+\n$/;

  test("a request that comes octet by octet is answered once it is whole", async () => {
    const pair = await Pair.make(HTTP);
    const handle = pair.connect(80);
    for (const octet of Buffer.from(REQUEST)) {
      pair.write(handle, Uint8Array.of(octet));
      const from = pair.ms;
      pair.until(() => pair.ms > from + 50);
    }
    assert.match(String(pair.exchange(handle, new Uint8Array(0))), PAGE);
    pair.assertEmpty();
  });
  test("a send ring far smaller than the page: the page is written piece by piece", async () => {
    const pair = await Pair.make(HTTP, { loss: 0.02 }, [{ sockets: 4, receive: 64, send: 24 }]);
    assert.match(String(pair.exchange(pair.connect(80), Buffer.from(REQUEST))), PAGE);
    pair.assertEmpty();
  });
  test("a client that resets in the middle of the page is let go", async () => {
    const pair = await Pair.make(HTTP, {}, [{ sockets: 4, receive: 64, send: 24 }]);
    const handle = pair.connect(80);
    pair.write(handle, Buffer.from(REQUEST));
    pair.until(() => pair.client.tcp_receive_ready(handle) > 0);
    pair.client.tcp_abort(handle);
    pair.assertEmpty();
  });
  test("a client that closes without a whole request is let go", async () => {
    const pair = await Pair.make(HTTP);
    assert.equal(pair.exchange(pair.connect(80), Buffer.from("GET /")).length, 0);
    pair.assertEmpty();
  });
  test("Node's http client reads it through a second stack, 16 times at once", async (t) => {
    const [near, far] = createWire();
    const stack = await createStack({ interfaces: [{ driver: near, addresses: [`${CLIENT}/24`] }] });
    const example = await createStack({ wasm: HTTP, interfaces: [{ driver: far, addresses: [`${SERVER}/24`] }] });
    t.after(() => Promise.all([stack.close(), example.close()]));
    const pages = await Promise.all(Array.from({ length: 16 }, () => page(stack)));
    for (const text of pages) assert.match(text, /^Ringwire, inside the module\nframes in: {2}\d+\nframes out: \d+\n$/);
    assert.equal(example.counters().TCP_PASSIVE_OPENS, 16);
  });
});

function page(stack: Stack): Promise<string> {
  return new Promise((resolve, reject) => {
    const createConnection = () => stack.createConnection({ host: SERVER, port: 80 });
    const sent = get({ createConnection: createConnection as never, headers: { host: "ringwire" } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      response.on("end", () => (response.statusCode === 200 ? resolve(text) : reject(new Error(`status ${response.statusCode}`))));
    });
    sent.on("error", reject);
  });
}
