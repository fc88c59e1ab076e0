// What takes its time: readers that stall, hosts that do not answer. The tests run at once, each in a namespace of its own.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, test } from "node:test";
import { exchange } from "../../bindings/node/cli/demo/octets.js";
import { delay, sha, until } from "../node/network.js";
import { inLab, missing } from "../interop/lab.js";
import { codeOf, digestOf } from "../interop/streams.js";

/** Milliseconds in which the kernel's side reads nothing: enough to fill its buffer on a slow machine. */
const STALL = 8000;

describe("patience", { skip: missing, timeout: 180_000, concurrency: true }, () => {
  test(
    "a kernel reader that stalls: our sender waits for its window, then all arrives",
    inLab(async (lab) => {
      const stack = await lab.stack();
      await lab.kernel("serve", { port: 7001, what: "digest", pause: STALL });
      const socket = await stack.connect({ host: lab.device().kernel, port: 7001, allowHalfOpen: true });
      const octets = 8_000_000;
      const sending = exchange(socket, octets, () => {});
      const status = () => socket.status();
      const isShut = () => status()?.sndWnd === 0 && status()?.waits === "PEER_WINDOW";
      await until(isShut, () => `the window is closed and waited for: ${JSON.stringify(status())}`);
      const { sent, returned, received } = await sending;
      assert.equal(sent, digestOf(octets));
      assert.equal(returned, 64);
      assert.equal(received, sha(Buffer.from(sent)), "the kernel's side answered with the digest of what it has read");
      assert.ok(stack.counters().TCP_PROBES > 0, "the window was probed");
    }),
  );
  test(
    "our reader that stalls: the kernel's sender waits, then all arrives",
    inLab(async (lab) => {
      const stack = await lab.stack();
      const octets = 3_000_000;
      await lab.kernel("serve", { port: 7001, what: "source", octets });
      const socket = await stack.connect({ host: lab.device().kernel, port: 7001 });
      await until(() => socket.status()?.rcvWnd === 0, "our window is closed");
      await delay(3000);
      assert.equal(socket.status()?.rcvWnd, 0, "it stays closed");
      assert.ok(socket.bytesRead < 300_000, "nobody reads ahead");
      const hash = createHash("sha256");
      for await (const part of socket) hash.update(part as Buffer);
      assert.equal(hash.digest("hex"), digestOf(octets));
      assert.equal(stack.counters().TCP_RST_OUT, 0);
    }),
  );
  test(
    "a host that does not exist: UNREACHABLE or TIMED_OUT, and nothing left behind",
    inLab(async (lab) => {
      const stack = await lab.stack({ tcp: { synTimeout: 1500 } });
      const code = await codeOf(stack.connect({ host: "10.76.0.99", port: 7 }));
      assert.match(code, /^(UNREACHABLE|TIMED_OUT)$/);
      assert.equal(await codeOf(stack.ping("10.76.0.98", { timeout: 500 })), "TIMED_OUT");
      await until(() => stack.pools().TCP0.used === 0 && stack.pools().HOLD.used === 0, "nothing waits");
      assert.equal(await codeOf(stack.connect({ host: "10.99.0.1", port: 7 })), "NO_ROUTE");
    }),
  );
});
