// The applications inside the module on a TAP: the kernel talks to AssemblyScript.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { Link, type TapDriver } from "../../bindings/node/index.js";
import { until } from "../node/network.js";
import { Lab, missing, needs } from "./lab.js";

const ROOT = new URL("../../../../", import.meta.url);
const ECHO = new URL("build/examples/echo.wasm", ROOT);
const HTTP = new URL("build/examples/http.wasm", ROOT);
let lab: Lab;

describe("applications inside the module", { skip: missing, timeout: 170_000 }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(() => lab.clear());
  after(() => lab.close());

  test("echo: 10 MB of the kernel come back byte-exact, also 50 connections at once", async () => {
    const stack = await lab.stack({ wasm: ECHO });
    const { us } = lab.device();
    const { returned, sent, received } = await lab.kernel("echo", { host: us, port: 7, octets: 10_000_000 });
    assert.equal(returned, 10_000_000);
    assert.equal(received, sent);
    assert.equal(await lab.kernel("many", { host: us, port: 7, octets: 20_000, count: 50 }), 50);
    await until(() => stack.pools().TCP0.used === 0, "no connection is left");
  });
  test("echo on a bad link: 200 KB come back byte-exact", async () => {
    const link = new Link({ loss: 0.03, reorder: 0.03, duplicate: 0.02, corrupt: 0.01, seed: 9 });
    await lab.stack(
      { wasm: ECHO },
      lab.interface(0, "tap", (driver: TapDriver) => link.attach(driver)),
    );
    const { sent, received } = await lab.kernel("echo", { host: lab.device().us, port: 7, octets: 200_000 });
    assert.equal(received, sent);
  });
  test("echo on a TUN: 2 MB come back byte-exact", async () => {
    await lab.stack({ wasm: ECHO }, lab.interface(0, "tun"));
    const { sent, received } = await lab.kernel("echo", { host: lab.device().us, port: 7, octets: 2_000_000 });
    assert.equal(received, sent);
  });
  test("http: curl reads the page, 100 times", { skip: needs("curl") }, async () => {
    const stack = await lab.stack({ wasm: HTTP });
    const urls = Array.from({ length: 100 }, () => `http://${lab.device().us}/`);
    const { status, stdout, stderr } = await lab.run("curl", ["-sS", "--noproxy", "*", "--max-time", "60", ...urls]);
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^(Ringwire, inside the module\nframes in: {2}\d+\nframes out: \d+\n){100}$/);
    await until(() => stack.pools().TCP0.used === 0, "no connection is left");
  });
});
