import assert from "node:assert/strict";
import { Agent, type RequestOptions, createServer, request } from "node:http";
import { describe, test } from "node:test";
import { startServices } from "../../bindings/node/cli/services/run.js";
import type { Status } from "../../bindings/node/cli/services/status.js";
import { Option } from "../../bindings/node/constants.js";
import type { Stack } from "../../bindings/node/stack.js";
import { network, noise, sha, until } from "./network.js";

const BODY = noise(300_000, 3);

/** Asks over the stack; answers status and body. */
function ask(stack: Stack, path: string, agent: Agent | undefined, body?: Buffer): Promise<{ status: number; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const options: RequestOptions = {
      path,
      ...(agent && { agent }),
      host: "10.0.0.2",
      method: body ? "POST" : "GET",
      createConnection: () => stack.createConnection({ host: "10.0.0.2", port: 80 }),
    };
    const asked = request(options);
    asked.on("error", reject);
    asked.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts) }));
    });
    asked.end(body);
  });
}

describe("node:http over our streams", () => {
  test("server and client speak, with and without keep-alive, small and large, many at once", async (t) => {
    const { a, b, close } = await network();
    t.after(close);
    const server = createServer((incoming, outgoing) => {
      if (incoming.method === "POST") incoming.pipe(outgoing);
      else if (incoming.url === "/large") outgoing.end(BODY);
      else outgoing.end(`you asked for ${incoming.url}`);
    });
    b.listen({ port: 80 }).on("connection", (socket) => server.emit("connection", socket));

    const plain = await ask(a, "/one", undefined);
    assert.equal(plain.status, 200);
    assert.equal(plain.body.toString(), "you asked for /one");
    assert.equal(sha((await ask(a, "/large", undefined)).body), sha(BODY));
    assert.equal(sha((await ask(a, "/echo", undefined, BODY)).body), sha(BODY));

    const opened = a.counters().TCP_ACTIVE_OPENS;
    const agent = new KeepAlive(a);
    for (let i = 0; i < 20; i++) assert.equal((await ask(a, `/${i}`, agent)).body.toString(), `you asked for /${i}`);
    assert.equal(a.counters().TCP_ACTIVE_OPENS - opened, 1);
    agent.destroy();

    const many = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(a, `/many/${i}`, undefined)));
    many.forEach(({ body }, i) => {
      assert.equal(body.toString(), `you asked for /many/${i}`);
    });
    await until(() => a.pools().TCP0.used === 0 && b.pools().TCP0.used === 0, "connections are let go");
  });
  test("the status page's connections go without Nagle, which would hold the end of a page until the client's delayed ACK; those of echo with it", async (t) => {
    const { a, b, close } = await network();
    t.after(close);
    const status = (): Status => ({ name: "", version: "", uptime: 0, interfaces: [], services: [], sockets: [], pools: {}, counters: {} });
    const services = [{ name: "http", port: 80 } as const, { name: "echo", port: 7 } as const];
    startServices(b, services, { status, broadcasts: new Set(), addresses: [] });
    for (const { port } of services) await a.connect({ host: "10.0.0.2", port });
    const isOff = (port: number) => {
      const handle = b.sockets().find(({ state, local }) => state === "ESTABLISHED" && local.port === port)?.handle ?? 0;
      return b.core.socket_get(handle, Option.NODELAY);
    };
    await until(() => isOff(80) >= 0 && isOff(7) >= 0, "both are accepted");
    assert.deepEqual([isOff(80), isOff(7)], [1, 0]);
  });
});

/** One connection that is used again and again. */
class KeepAlive extends Agent {
  readonly #stack: Stack;

  constructor(stack: Stack) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#stack = stack;
  }
  override createConnection(): ReturnType<Stack["createConnection"]> {
    return this.#stack.createConnection({ host: "10.0.0.2", port: 80 });
  }
}
