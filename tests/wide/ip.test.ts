// Long datagrams and forwarding, with the kernel at one end, or at both.
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, before, describe, test } from "node:test";
import { capture, type TapDriver } from "../../bindings/node/index.js";
import { dissect, FAULTS } from "../interop/dissect.js";
import { Lab, missing, needs } from "../interop/lab.js";

const LONG = 20_000;

describe("datagrams in fragments, with the kernel", { skip: missing, timeout: 180_000 }, () => {
  let lab: Lab;
  let folder: string;
  before(() => {
    lab = new Lab();
    folder = mkdtempSync(join(tmpdir(), "rwip-"));
  });
  after(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  test("ping -s 20000 and -s 65507 are answered in fragments, in which tshark finds no fault", {
    skip: needs("ping", "tshark"),
  }, async () => {
    const file = join(folder, "ping.pcap");
    const stack = await lab.stack(
      {},
      lab.interface(0, "tap", (driver: TapDriver) => capture(driver, file)),
    );
    const { us } = lab.device();
    for (const octets of [1473, LONG, 65_507]) {
      const args = ["-n", "-c", "3", "-i", "0.05", "-W", "20", "-s", String(octets), "-p", "5aa5", us];
      const { status, stdout } = await lab.run("ping", args);
      assert.equal(status, 0, stdout);
      assert.match(stdout, /3 received, 0% packet loss/);
      assert.doesNotMatch(stdout, /wrong data/);
    }
    assert.equal(stack.counters().IP_REASSEMBLED, 9);
    assert.equal(stack.counters().IP_FRAGMENTS_OUT, 3 * (2 + 14 + 45));
    await lab.clear();
    assert.deepEqual(await dissect(file, FAULTS, "frame.number", "_ws.expert.message"), []);
    const replies = await dissect(file, `icmp.type == 0 and ip.src == ${us}`, "data.len");
    assert.deepEqual(
      replies.map(([length]) => Number(length)).sort((a, b) => a - b),
      [1473, LONG, 65_507].flatMap((octets) => Array(3).fill(octets - 8)),
      "tshark puts them together, too (it takes 8 octets for a time stamp)",
    );
  });

  test("ringwire ping -s 20000 and 65507 is answered, and ringwire up echoes datagrams of 20,000 octets", async () => {
    const { options, us, kernel } = lab.device();
    for (const octets of [LONG, 65_507]) {
      const pinging = lab.ringwire("ping", kernel, "-c", "2", "-i", "0.05", "-s", String(octets), ...options);
      const [stdout, [status]] = await Promise.all([text(pinging.stdout as Readable), once(pinging, "close")]);
      assert.equal(status, 0, stdout);
      assert.match(stdout, new RegExp(`${octets + 8} octets from`));
      assert.match(stdout, /2 sent, 2 answered/);
    }
    await lab.up(...options);
    assert.deepEqual(await lab.kernel("echoDatagrams", { host: us, port: 7, sizes: [LONG, 1473, 65_507] }), [LONG, 1473, 65_507]);
    await lab.clear();
  });

  test("a UDP datagram of 20,000 octets reaches the kernel and comes back", async () => {
    const stack = await lab.stack({ udp: { octets: 65_507 } });
    await lab.kernel("serveDatagrams", { port: 7009 });
    const socket = stack.bindUdp();
    const sent = Uint8Array.from({ length: LONG }, (_, i) => (i * 7 + (i >> 8)) & 255);
    await socket.send(sent, 7009, lab.device().kernel);
    assert.deepEqual(new Uint8Array((await socket.receive()).data), sent);
    await lab.clear();
  });
});

describe("two kernels and Ringwire between them", { skip: missing, timeout: 270_000 }, () => {
  let left: Lab;
  let right: Lab;
  before(async () => {
    left = new Lab();
    right = new Lab();
    const [a, b] = [left.device(0), right.device(1)];
    await left.up("--forward", "--service", "none", ...a.options, ...b.options, "--mtu", "1000", "--route", `192.0.2.0/24 via ${b.kernel}`);
    left.ip("route", "add", "default", "via", a.us);
    right.ip("route", "add", "default", "via", b.us);
    right.ip("addr", "add", "192.0.2.1/32", "dev", "lo");
  });
  after(async () => {
    await left.close();
    await right.close();
  });
  const far = () => right.device(1).kernel;

  test("pings pass, short and long, over a smaller MTU, to what a route leads to, and a TTL too small ends there", {
    skip: needs("ping"),
  }, async () => {
    for (const [octets, to] of [
      ["56", far()],
      ["1472", far()],
      [String(LONG), far()],
      ["56", "192.0.2.1"],
    ] as const) {
      const { status, stdout } = await left.run("ping", ["-n", "-c", "2", "-i", "0.05", "-W", "20", "-s", octets, to]);
      assert.equal(status, 0, stdout);
    }
    const { stdout } = await left.run("ping", ["-n", "-c", "1", "-W", "20", "-t", "1", far()]);
    assert.match(stdout, new RegExp(`From ${left.device(0).us}.* Time to live exceeded`));
    const unreachable = await left.run("ping", ["-n", "-c", "1", "-W", "20", "203.0.113.9"]);
    assert.match(unreachable.stdout, /Destination Net Unreachable/);
  });

  test("with DF the kernel hears of the next MTU", { skip: needs("ping") }, async () => {
    const { stdout, stderr } = await left.run("ping", ["-n", "-c", "1", "-W", "20", "-M", "do", "-s", "1400", far()]);
    assert.match(stdout + stderr, /Frag needed and DF set \(mtu = 1000\)|message too long, mtu=1000/);
    assert.match(left.ip("route", "get", far()), /mtu 1000/);
  });

  test("iperf3 over UDP and TCP passes both ways", { skip: needs("iperf3") }, async () => {
    for (const [from, options] of [
      ["left", ["-u", "-b", "20M", "-l", "4000"]],
      ["right", ["-u", "-b", "20M", "-l", "4000", "-R"]],
      ["left", []],
      ["right", ["-R"]],
    ] as const) {
      const server = right.spawn("ip", ["netns", "exec", right.netns, "iperf3", "-s", "-1", "--forceflush"]);
      const ended = once(server, "close");
      await once(server.stdout as NodeJS.ReadableStream, "data");
      const { status, stdout, stderr } = await left.run("iperf3", ["-c", far(), "-J", "-t", "1", ...options]);
      assert.equal(status, 0, stdout + stderr);
      const { end } = JSON.parse(stdout) as { end: { sum?: { bytes: number; lost_percent?: number }; sum_received?: { bytes: number } } };
      const octets = end.sum_received?.bytes ?? end.sum?.bytes ?? 0;
      assert.ok(octets > 100_000, `from the ${from}: ${octets} octets`);
      await ended;
    }
  });
});
