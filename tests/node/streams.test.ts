import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { RingwireError } from "../../bindings/node/error.js";
import type { Stack } from "../../bindings/node/stack.js";
import type { TcpSocket } from "../../bindings/node/tcp.js";
import type { Wire } from "../../bindings/node/wire.js";
import { type Network, delay, network, noise, sha, until } from "./network.js";

/** Echoes on a port. */
function echo(stack: Stack, port = 7): void {
  stack.listen({ port }).on("connection", (socket: TcpSocket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
}

/** Sends all octets and ends; answers what comes back until the peer ends. */
async function sendAndCollect(socket: TcpSocket, octets: Buffer): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  socket.end(octets);
  await once(socket, "close");
  return Buffer.concat(parts);
}

async function rejects(work: Promise<unknown>, code: string): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof RingwireError, String(error));
    assert.equal(error.code, code);
    return true;
  });
}

/** All sockets, half-open connections and neighbours in use are let go. */
function isEmpty(stack: Stack): boolean {
  const { TCP0, HALF_OPEN, HOLD } = stack.pools();
  return TCP0.used === 0 && HALF_OPEN.used === 0 && HOLD.used === 0;
}

/** Runs `work` on a network of its own and closes it. */
async function on(net: Promise<Network>, work: (net: Network) => Promise<void>): Promise<void> {
  const it = await net;
  try {
    await work(it);
  } finally {
    await it.close();
  }
}

describe("TCP streams", () => {
  test("what nobody listens for is thrown away where it lies: it is counted, the end comes, and who listens later gets what comes later", () =>
    on(network(), async ({ a, b }) => {
      const listener = b.listen({ port: 9 });
      const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 9 }), listener.accept()]);
      let pushed = 0;
      const push = server.push.bind(server);
      server.push = (octets: Buffer | null) => {
        pushed += octets?.length ?? 0;
        return push(octets);
      };
      server.resume();
      client.write(noise(2 ** 20));
      await until(() => server.bytesRead === 2 ** 20, "all is read");
      assert.equal(pushed, 0);
      const heard: string[] = [];
      server.on("data", (octets: Buffer) => heard.push(String(octets)));
      client.end("the rest");
      await once(server, "end");
      assert.deepEqual(heard, ["the rest"]);
      assert.equal(server.bytesRead, 2 ** 20 + 8);
    }));
  test("8 MB are echoed byte-exactly on a clean wire, and nothing stays behind", () =>
    on(network(), async ({ a, b }) => {
      echo(b);
      const sent = noise(8 * 2 ** 20);
      const socket = await a.connect({ host: "10.0.0.2", port: 7, allowHalfOpen: true });
      assert.equal(socket.remoteAddress, "10.0.0.2");
      assert.equal(socket.localAddress, "10.0.0.1");
      assert.ok(socket.localPort > 0);
      const received = await sendAndCollect(socket, sent);
      assert.equal(sha(received), sha(sent));
      assert.equal(socket.bytesRead, sent.length);
      assert.equal(socket.bytesWritten, sent.length);
      await until(() => isEmpty(a) && isEmpty(b), "sockets are let go");
    }));
  test("300 KB are echoed byte-exactly under loss, reordering, duplication and corruption", () =>
    on(
      network({ delay: 1, loss: 0.02, reorder: 0.05, duplicate: 0.02, corrupt: 0.01, seed: 42 }, { tcp: { userTimeout: 60_000 } }),
      async ({ a, b, between }) => {
        echo(b);
        const sent = noise(300_000);
        const socket = await a.connect({ host: "10.0.0.2", port: 7, allowHalfOpen: true });
        assert.equal(sha(await sendAndCollect(socket, sent)), sha(sent));
        const { forward } = (between as { stats: { forward: { lost: number; corrupted: number } } }).stats;
        assert.ok(forward.lost > 0 && forward.corrupted > 0);
      },
    ));
  test("a half-closed stream can still be written, and ends when both sides have ended", () =>
    on(network(), async ({ a, b }) => {
      const listener = b.listen({ port: 80, allowHalfOpen: true });
      const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 80, allowHalfOpen: true }), listener.accept()]);
      client.end("question");
      const question = await readAll(server);
      assert.equal(question.toString(), "question");
      assert.equal(server.writable, true);
      server.end("answer");
      assert.equal((await readAll(client)).toString(), "answer");
      await until(() => isEmpty(a) && isEmpty(b), "sockets are let go");
    }));
  test("small writes arrive in order, and a long list of them as one", () =>
    on(network(), async ({ a, b }) => {
      echo(b);
      const socket = await a.connect({ host: "10.0.0.2", port: 7, noDelay: true, allowHalfOpen: true });
      const words = Array.from({ length: 2000 }, (_, i) => `${i} `);
      for (const word of words) socket.write(word);
      socket.end();
      assert.equal((await readAll(socket)).toString(), words.join(""));
    }));
  test("a slow reader holds the sender, and gets everything", () =>
    on(network(null, { tcp: { receive: 16384, send: 16384 } }), async ({ a, b }) => {
      const listener = b.listen({ port: 80 });
      const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 80 }), listener.accept()]);
      const sent = noise(2 * 2 ** 20);
      client.end(sent);
      await delay(300);
      const held = client.bytesWritten;
      assert.ok(held < 128 * 1024, `${held} octets were taken though nobody reads`);
      await delay(200);
      assert.equal(client.bytesWritten, held);
      assert.equal(sha(await readAll(server)), sha(sent));
    }));
  test("two ends with full rings and data queued both ways do not deadlock (XDEAD-1)", () =>
    on(network(null, { tcp: { receive: 8192, send: 8192 } }), async ({ a, b }) => {
      const listener = b.listen({ port: 80, allowHalfOpen: true });
      const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 80, allowHalfOpen: true }), listener.accept()]);
      const [one, two] = [noise(400_000, 1), noise(400_000, 2)];
      client.end(one);
      server.end(two);
      await delay(700);
      const [fromServer, fromClient] = await Promise.all([readAll(client), readAll(server)]);
      assert.equal(sha(fromServer), sha(two));
      assert.equal(sha(fromClient), sha(one));
    }));
  test("destroy with an error resets the peer, which says RESET; a reset stream says so at once", () =>
    on(network(), async ({ a, b }) => {
      const listener = b.listen({ port: 80 });
      for (const reset of [
        (socket: TcpSocket) => socket.resetAndDestroy(),
        (socket: TcpSocket) => socket.on("error", () => {}).destroy(new Error("enough")),
      ]) {
        const [client, server] = await Promise.all([a.connect({ host: "10.0.0.2", port: 80 }), listener.accept()]);
        const failed = once(server, "error");
        reset(client);
        const [error] = (await failed) as [RingwireError];
        assert.equal(error.code, "RESET");
      }
      await until(() => isEmpty(a) && isEmpty(b), "sockets are let go");
    }));
  test("connect rejects: refused, no route, a bad address, an aborted signal, a neighbour that is not there", () =>
    on(network(), async ({ a, b }) => {
      assert.equal(b.sockets().length, 0);
      await rejects(a.connect({ host: "10.0.0.2", port: 9 }), "REFUSED");
      await rejects(a.connect({ host: "192.0.2.1", port: 9 }), "NO_ROUTE");
      await rejects(a.connect({ host: "localhost", port: 9 }), "BAD_ADDRESS");
      for (const nothing of [undefined, null, 9]) await rejects(a.connect(nothing as never), "BAD_ARGUMENT");
      await rejects(a.connect({ host: "10.0.0.2", port: 0 }), "BAD_ARGUMENT");
      await rejects(a.connect({ host: "10.0.0.2", port: 9, prot: 1 } as never), "BAD_ARGUMENT");
      const quick = AbortSignal.timeout(30);
      await assert.rejects(a.connect({ host: "10.0.0.77", port: 9, signal: quick }), { name: "TimeoutError" });
      await assert.rejects(a.connect({ host: "10.0.0.77", port: 9 }), (error: RingwireError) => /UNREACHABLE|TIMED_OUT/.test(error.code));
      await until(() => isEmpty(a), "sockets are let go");
    }));
  test("a cable that is cut ends both sides within the user timeout", () =>
    on(network(null, { tcp: { userTimeout: 1000 } }), async ({ a, b, between }) => {
      const listener = b.listen({ port: 80 });
      const [client] = await Promise.all([a.connect({ host: "10.0.0.2", port: 80 }), listener.accept()]);
      const begin = performance.now();
      await (between as Wire).ends[1]?.stop();
      client.write("into the void");
      const [error] = (await once(client, "error")) as [RingwireError];
      assert.match(error.code, /TIMED_OUT|UNREACHABLE/);
      assert.ok(performance.now() - begin < 3000);
    }));
  test("listeners: a port in use, a closed one, an iterator, a backlog that waits", () =>
    on(network(), async ({ a, b }) => {
      const listener = b.listen({ port: 80 });
      assert.throws(() => b.listen({ port: 80 }), /listen 0\.0\.0\.0:80: address and port are in use/);
      assert.throws(() => b.listen({ port: 80, host: "10.0.0.9" }), RingwireError);
      const clients = await Promise.all(Array.from({ length: 5 }, () => a.connect({ host: "10.0.0.2", port: 80 })));
      const ports: number[] = [];
      for await (const socket of listener) {
        ports.push(socket.remotePort);
        if (ports.length === 5) break;
      }
      assert.deepEqual(new Set(ports), new Set(clients.map(({ localPort }) => localPort)));
      assert.equal(listener.listening, false);
      await rejects(a.connect({ host: "10.0.0.2", port: 80 }), "REFUSED");
      await rejects(listener.accept(), "BAD_STATE");
    }));
  test("timeout is emitted after silence, and the stream goes on", () =>
    on(network(), async ({ a, b }) => {
      echo(b);
      const socket = await a.connect({ host: "10.0.0.2", port: 7 });
      const silent = once(socket, "timeout");
      socket.setTimeout(40);
      await silent;
      socket.write("still here");
      const [octets] = (await once(socket, "data")) as [Buffer];
      assert.equal(octets.toString(), "still here");
      assert.equal(socket.status()?.state, "ESTABLISHED");
    }));
});

/** All octets until the peer ends; the stream stays writable. */
async function readAll(socket: TcpSocket): Promise<Buffer> {
  const parts: Buffer[] = [];
  socket.on("data", (part: Buffer) => parts.push(part));
  await once(socket, "end");
  return Buffer.concat(parts);
}
