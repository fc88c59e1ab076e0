// stack.serveHttp: the server inside the module with a handler of the host's, and Node's own HTTP client.
import assert from "node:assert/strict";
import { type IncomingMessage, request } from "node:http";
import { describe, test } from "node:test";
import { segmentsOf } from "../../bindings/node/cli/files.js";
import { createStack, createWire, type Stack, type WebHandler } from "../../bindings/node/index.js";

const SERVER = "10.0.0.2";

/** A client's stack and a server that answers with this handler. */
async function served(handler: WebHandler, t: { after: (what: () => unknown) => void }) {
  const [near, far] = createWire();
  const client = await createStack({ interfaces: [{ driver: near, addresses: ["10.0.0.1/24"] }] });
  const server = await createStack({ interfaces: [{ driver: far, addresses: [`${SERVER}/24`] }] });
  t.after(() => Promise.all([client.close(), server.close()]));
  return { client, server, web: server.serveHttp({ port: 80 }, handler) };
}
/** Sends a request and reads the answer whole. */
function ask(
  client: Stack,
  method: string,
  path: string,
  body: Buffer | Buffer[] = [],
  headers = {},
): Promise<{ status: number; text: Buffer }> {
  return new Promise((resolve, reject) => {
    const createConnection = () => client.createConnection({ host: SERVER, port: 80 });
    const sent = request({ createConnection: createConnection as never, method, path, headers: { host: "a", ...headers } });
    sent.on("error", reject).on("response", async (response: IncomingMessage) => {
      const parts: Buffer[] = [];
      try {
        for await (const part of response) parts.push(part as Buffer);
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts) });
      } catch (error) {
        reject(error);
      }
    });
    for (const part of [body].flat()) sent.write(part);
    sent.end();
  });
}

describe("stack.serveHttp", () => {
  test("bodies of any length come and go, with a length or in chunks", async (t) => {
    const { client } = await served(async ({ target, body }) => {
      const parts: Uint8Array[] = [];
      for await (const part of body) parts.push(part);
      const whole = Buffer.concat(parts);
      if (target === "/whole") return { status: 201, fields: { "X-Octets": `${whole.length}` }, body: whole };
      return {
        body: {
          octets: null,
          read: async function* () {
            yield* parts;
          },
        },
      };
    }, t);
    for (const octets of [0, 1, 2040, 2041, 300_000]) {
      const text = Buffer.alloc(octets, "0123456789");
      for (const path of ["/whole", "/parts"]) {
        for (const headers of [{ "Content-Length": octets }, { "Transfer-Encoding": "chunked" }]) {
          const answer = await ask(client, "PUT", path, octets ? text : [], headers);
          assert.equal(answer.status, path === "/whole" ? 201 : 200);
          assert.ok(answer.text.equals(text), `${path} ${octets}`);
        }
      }
    }
  });
  test("only the range that is wanted is read from the source", async (t) => {
    const reads: unknown[] = [];
    const { client } = await served(() => {
      return {
        body: {
          octets: 100,
          read: async function* (first: number, octets: number | null) {
            reads.push([first, octets]);
            yield Buffer.alloc(octets ?? 0, "x");
          },
        },
      };
    }, t);
    assert.deepEqual(await ask(client, "GET", "/", [], { Range: "bytes=10-19" }), { status: 206, text: Buffer.from("x".repeat(10)) });
    assert.equal((await ask(client, "HEAD", "/")).status, 200);
    assert.equal((await ask(client, "GET", "/", [], { Range: "bytes=100-" })).status, 416);
    assert.deepEqual(reads, [[10, 10]]);
  });
  test("a handler that throws, or gives too little, ends the connection; the next client is served", async (t) => {
    const { client, web, server } = await served(({ target }) => {
      if (target === "/throws") throw new Error("no");
      if (target === "/short")
        return {
          body: {
            octets: 10,
            read: async function* () {
              yield Buffer.from("short");
              throw new Error("no more");
            },
          },
        };
      return { body: "hello" };
    }, t);
    await assert.rejects(ask(client, "GET", "/throws"));
    await assert.rejects(ask(client, "GET", "/short"));
    assert.equal(String((await ask(client, "GET", "/")).text), "hello");
    assert.throws(() => server.serveHttp({ port: 0 }, () => ({})), /port/);
    web.close();
    await assert.rejects(ask(client, "GET", "/"), { code: "REFUSED" });
  });
  test("the small services are served when they are asked for", async (t) => {
    const { client, server } = await served(() => ({}), t);
    server.serveSmall(1);
    const socket = await client.connect({ host: SERVER, port: 7 });
    socket.end("hello");
    let text = "";
    for await (const part of socket) text += String(part);
    assert.equal(text, "hello");
    assert.throws(() => server.serveSmall(64), { code: "BAD_ARGUMENT" });
  });
});

test("the path of a target: decoded segment by segment, and never a way out", () => {
  assert.deepEqual(segmentsOf("/"), [""]);
  assert.deepEqual(segmentsOf("/a%20b/%C3%BC?c/../d"), ["a b", "ü"]);
  for (const target of ["*", "a", "/..", "/a/../b", "/%2e%2e", "/a%2fb", "/a%5cb", "/%00", "/%", "/%ff", "/./a"])
    assert.equal(segmentsOf(target), null, target);
});
