// A Linux client behind our translation, a Linux server before it, and the other way by a forwarded port.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Lab, missing, needs } from "./lab.js";

const OCTETS = 5_000_000;

/** `ringwire up` between two namespaces: device 0 inside, device 1 outside, where nobody knows a way to the inside. */
async function between(work: (inside: Lab, outside: Lab) => Promise<void>, ...options: string[]): Promise<void> {
  const [inside, outside] = [new Lab(), new Lab()];
  try {
    const [inner, outer] = [inside.device(0), outside.device(1)];
    const up = await inside.up("--forward", "--service", "none", ...inner.options, ...outer.options, "--napt", ...options);
    inside.ip("route", "add", "default", "via", inner.us);
    await work(inside, outside);
    assert.deepEqual(await up.down(), { status: 0, stderr: "" });
  } finally {
    await Promise.all([inside.close(), outside.close()]);
  }
}

describe("a gateway between Linux and Linux", { skip: missing, timeout: 120_000 }, () => {
  test("a Linux client transfers through our translation to a Linux server, and back through a forwarded port; the filter closes the rest", async () => {
    const filter = ["forward established accept", "forward on 0 new accept", "forward tcp port 7000 new accept", "policy forward drop"];
    await between(
      async (inside, outside) => {
        const [inner, outer] = [inside.device(0), outside.device(1)];
        await outside.kernel("serve", { port: 7001, what: "echo" });
        const out = await inside.kernel("echo", { host: outer.kernel, port: 7001, octets: OCTETS });
        assert.equal(out.returned, OCTETS);
        assert.equal(out.received, out.sent);
        await inside.kernel("serve", { port: 7000, what: "echo" });
        const back = await outside.kernel("echo", { host: outer.us, port: 8080, octets: OCTETS });
        assert.equal(back.returned, OCTETS);
        assert.equal(back.received, back.sent);
        await assert.rejects(outside.kernel("echo", { host: inner.kernel, port: 7000, octets: 10 }), "there is no way round the gateway");
      },
      ...filter.flatMap((rule) => ["--filter", rule]),
      "--port-forward",
      `tcp 8080 to 10.76.0.1:7000`,
    );
  });

  test("ping through it, also in fragments; a closed port outside is reported inside", { skip: needs("ping", "curl") }, async () => {
    await between(async (inside, outside) => {
      const { kernel } = outside.device(1);
      for (const size of ["56", "5000", "20000"]) {
        const { status, stdout } = await inside.run("ping", ["-n", "-c", "2", "-i", "0.2", "-s", size, kernel]);
        assert.equal(status, 0, stdout);
      }
      const { stderr } = await inside.run("curl", ["-sS", "--noproxy", "*", "--max-time", "30", `http://${kernel}:81/`]);
      assert.match(stderr, /refused|Failed to connect/i);
      const hops = await inside.run("ping", ["-n", "-c", "1", "-t", "1", kernel]);
      assert.match(hops.stdout, /Time to live exceeded/);
    });
  });
});
