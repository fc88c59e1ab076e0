import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Prng } from "../../bindings/node/prng.js";
import type { Stack } from "../../bindings/node/stack.js";
import type { TcpSocket } from "../../bindings/node/tcp.js";
import { FAST, delay, heapUsed, network, noise } from "./network.js";

const STREAMS = 1000;
const TEXT = noise(20_000, 5);

/** What the client does with a stream, by chance. The server may drop or reset it too. */
const FATES = ["echoed", "ended", "destroyed", "reset", "abandoned"] as const;

describe("many streams", () => {
  test("1,000 opened, closed, reset and abandoned at random all settle; heap and counters stay flat", { timeout: 120_000 }, async (t) => {
    const { a, b, close } = await network(null, {
      tcp: { sockets: 1024, receive: 8192, send: 8192, synQueue: 1024, timeWait: 2048 },
      ip: { errorRate: 100_000 },
    });
    t.after(close);
    const random = new Prng(2026);
    const server = serve(b, random);
    await batch(a, random);
    await settled(a, b, server);
    const heap = heapUsed();
    const first = a.counters();
    for (let again = 0; again < 2; again++) {
      await batch(a, random);
      await settled(a, b, server);
    }
    const grown = heapUsed() - heap;
    assert.ok(grown < 4 * 2 ** 20, `the heap has grown by ${grown} octets`);
    const last = a.counters();
    for (const name of [
      "IP_CHECKSUM",
      "TCP_CHECKSUM",
      "TCP_GIVEN_UP",
      "ARP_FULL",
      "HOLD_FULL",
      "TCP_NO_SOCKET",
      "TCP_SYN_QUEUE_FULL",
    ] as const) {
      assert.equal(last[name] - first[name], 0, name);
    }
  });
});

/** Echoes, or by chance drops or resets what it accepts. Answers the sockets that are not yet closed. */
function serve(stack: Stack, random: Prng): Set<TcpSocket> {
  const open = new Set<TcpSocket>();
  stack.listen({ port: 7, backlog: 1024 }).on("connection", (socket: TcpSocket) => {
    open.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => open.delete(socket));
    const fate = random.below(10);
    if (fate === 0) socket.destroy();
    else if (fate === 1) socket.resetAndDestroy();
    else if (fate === 2) socket.once("data", () => socket.destroy());
    else socket.pipe(socket);
  });
  return open;
}

/** Opens 1,000 streams, up to 200 at once, and waits until all have closed. */
async function batch(stack: Stack, random: Prng): Promise<void> {
  let left = STREAMS;
  const worker = async () => {
    while (left-- > 0) await live(stack, FATES[random.below(FATES.length)] as (typeof FATES)[number], random);
  };
  await Promise.all(Array.from({ length: 200 }, worker));
}

/** One stream from its opening to its close; fails when it does not close within the user timeout. */
async function live(stack: Stack, fate: (typeof FATES)[number], random: Prng): Promise<void> {
  const socket = stack.createConnection({ host: "10.0.0.2", port: 7 });
  const closed = new Promise<void>((resolve) => {
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
  const octets = TEXT.subarray(0, random.below(TEXT.length));
  const got: Buffer[] = [];
  switch (fate) {
    case "echoed":
      socket.allowHalfOpen = true;
      socket.on("data", (part: Buffer) => got.push(part));
      socket.on("end", () => assert.deepEqual(Buffer.concat(got), octets.subarray(0, socket.bytesRead)));
      socket.end(octets);
      break;
    case "ended":
      socket.resume();
      socket.end();
      break;
    case "destroyed":
      socket.write(octets);
      setTimeout(() => socket.destroy(), random.below(20));
      break;
    case "reset":
      socket.write(octets);
      setTimeout(() => socket.resetAndDestroy(), random.below(20));
      break;
    case "abandoned": // written to, never read, and let go some time later
      socket.end(octets);
      setTimeout(() => socket.destroy(), 50 + random.below(100));
  }
  const limit = FAST.userTimeout + 2000;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${fate}: not closed within ${limit} ms: ${JSON.stringify(socket.status())}`)), limit);
  });
  await Promise.race([closed, late]);
  clearTimeout(timer);
}

/** Nothing is left in either stack, nor, after 2 MSL, a TIME-WAIT record. */
async function settled(a: Stack, b: Stack, server: Set<TcpSocket>): Promise<void> {
  const left = () => [...a.sockets(), ...b.sockets()].filter(({ protocol }) => protocol !== "listener");
  const end = performance.now() + FAST.userTimeout + 2000;
  while (left().length + server.size && performance.now() < end) await delay(20);
  const shown = left().map(({ protocol, state, error, local, remote, readable, unsent }) => {
    return `${protocol} ${state} ${error} ${local.address}:${local.port} ${remote.port} readable ${readable} unsent ${unsent}`;
  });
  assert.deepEqual(shown, []);
  assert.equal(server.size, 0, "sockets of the server that have not closed");
}
