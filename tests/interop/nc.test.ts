// What `ringwire nc` says, and what it sends before it knows the kernel's MAC address.
import assert from "node:assert/strict";
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import { Lab, missing } from "./lab.js";
import { endAll, Running } from "./running.js";

/** Octets that fill a frame. */
const WHOLE = 1472;

let lab: Lab;

function nc(...args: string[]): Running {
  return new Running(lab.ringwire("nc", ...args, ...lab.device().options) as ChildProcessWithoutNullStreams);
}

describe("ringwire nc and neighbours that are not known yet", { skip: missing, timeout: 120_000 }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(endAll);
  after(() => lab.close());

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
    const server = new Running(spawn("ip", ["netns", "exec", lab.netns, process.execPath, "-e", script]));
    await server.until("stdout", /listening/);
    const client = nc("-u", lab.device().kernel, "7012");
    client.child.stdin.end(data);
    assert.equal(await client.ended, 0, client.stderr);
    const [sha] = await server.until("stdout", /[0-9a-f]{64}/);
    assert.equal(sha, createHash("sha256").update(data).digest("hex"));
  });
  const wrong: [string, string[], string][] = [
    ["a host without a route", ["192.0.2.1", "7010"], "192.0.2.1:7010: no route to the destination"],
    ["a host without a route, over UDP", ["-u", "192.0.2.1", "7011"], "192.0.2.1:7011: no route to the destination"],
    ["a host that is not there, over UDP", ["-u", "10.76.0.9", "7013", "-w", "30"], "10.76.0.9:7013: destination unreachable"],
  ];
  for (const [what, args, line] of wrong)
    test(`${what}: one line that names it once, exit status 1`, async () => {
      const client = nc(...args);
      client.child.stdin.end(randomBytes(10 * WHOLE));
      assert.equal(await client.ended, 1);
      assert.equal(client.stderr, `ringwire: ${line}\n`);
    });
});
