// What `ringwire nc` says, and what it sends before it knows the kernel's MAC address.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { endAll, Running } from "./running.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
const NETNS = `rwnc-${process.pid}`;
const TAP = ["--netns", NETNS, "--tap", "rwn0", "--ip", "10.77.0.2/24", "--host-ip", "10.77.0.1/24"];
const KERNEL = "10.77.0.1";
/** Octets that fill a frame. */
const WHOLE = 1472;

const missing =
  process.getuid?.() !== 0 ? "needs root to make a network namespace" : spawnSync("ip", ["-V"]).error ? "needs ip of iproute2" : "";

before(() => {
  if (!missing) execFileSync("ip", ["netns", "add", NETNS]);
});
afterEach(endAll);
after(() => {
  if (!missing) execFileSync("ip", ["netns", "del", NETNS]);
});

function nc(...args: string[]): Running {
  return new Running(spawn(process.execPath, [MAIN, "nc", ...args, ...TAP]));
}

describe("ringwire nc and neighbours that are not known yet", { skip: missing || false, timeout: 120_000 }, () => {
  test("-u of a file of many datagrams: all arrive", async () => {
    const data = randomBytes(40 * WHOLE - 100);
    const script = `
      const socket = require("node:dgram").createSocket({ type: "udp4", recvBufferSize: 1 << 20 });
      const hash = require("node:crypto").createHash("sha256");
      let octets = 0;
      socket.on("message", (message) => {
        hash.update(message);
        octets += message.length;
        if (octets < ${data.length}) return;
        console.log(hash.digest("hex"));
        socket.close();
      });
      socket.bind(7012, () => console.log("listening"));`;
    const server = new Running(spawn("ip", ["netns", "exec", NETNS, process.execPath, "-e", script]));
    await server.until("stdout", /listening/);
    const client = nc("-u", KERNEL, "7012");
    client.child.stdin.end(data);
    assert.equal(await client.ended, 0, client.stderr);
    const [sha] = await server.until("stdout", /[0-9a-f]{64}/);
    assert.equal(sha, createHash("sha256").update(data).digest("hex"));
  });
  const wrong: [string, string[], string][] = [
    ["a host without a route", ["192.0.2.1", "7010"], "192.0.2.1:7010: no route to the destination"],
    ["a host without a route, over UDP", ["-u", "192.0.2.1", "7011"], "192.0.2.1:7011: no route to the destination"],
    ["a host that is not there, over UDP", ["-u", "10.77.0.9", "7013", "-w", "30"], "10.77.0.9:7013: destination unreachable"],
  ];
  for (const [what, args, line] of wrong)
    test(`${what}: one line that names it once, exit status 1`, async () => {
      const client = nc(...args);
      client.child.stdin.end(randomBytes(10 * WHOLE));
      assert.equal(await client.ended, 1);
      assert.equal(client.stderr, `ringwire: ${line}\n`);
    });
});
