// Multicast with the Linux kernel at the other end of a TAP device, and the way to a host behind it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { capture } from "../../bindings/node/index.js";
import { assertFaultless, dissect } from "./dissect.js";
import { Lab, missing, needs } from "./lab.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
const [OURS, THEIRS] = ["239.76.0.2", "239.76.0.1"];
const PORT = 7600;

describe("multicast with the kernel", { skip: missing }, () => {
  let lab: Lab;
  let folder: string;
  before(() => {
    lab = new Lab();
    folder = mkdtempSync(join(tmpdir(), "ringwire-"));
  });
  after(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  test("1112-1, A128: the kernel hears our datagrams to a group, and we hear the kernel's; tshark finds no fault", {
    skip: needs("tshark"),
  }, async () => {
    const file = join(folder, "multicast.pcap");
    const device = lab.device();
    const stack = await lab.stack(
      {},
      lab.interface(0, "tap", (driver) => capture(driver, file) as never),
    );
    const socket = stack.bindUdp({ port: PORT }).addMembership(OURS);
    socket.addSourceSpecificMembership(device.kernel, "239.76.0.3");
    const heard = lab.kernel("multicast", { group: THEIRS, port: PORT, local: device.kernel, answer: OURS });
    const answered = socket.receive();
    const again = setInterval(() => void socket.send("hello", PORT, THEIRS), 100);
    try {
      assert.equal(await heard, "hello");
      const { data, remote } = await answered;
      assert.deepEqual([String(data), remote.address, remote.to], ["heard hello", device.kernel, OURS]);
    } finally {
      clearInterval(again);
    }
    socket.close();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await lab.clear();
    await assertFaultless(file, device.kernel);
    const types = await dissect(file, `igmp and ip.src == ${device.us}`, "igmp.type", "igmp.record_type", "igmp.maddr", "ip.ttl");
    const told = new Set(types.map((row) => row.slice(0, 3).join(" ")));
    for (const record of ["4 239.76.0.2", "5 239.76.0.3", "3 239.76.0.2", "3 239.76.0.3"])
      assert.ok(told.has(`0x22 ${record}`), `${record} in ${[...told]}`);
    assert.ok(types.every((row) => row[3] === "1"));
  });

  test("traceroute finds the kernel as a router and the host behind it", async () => {
    const device = lab.device(1);
    const behind = `${lab.netns}b`;
    execFileSync("ip", ["netns", "add", behind]);
    try {
      lab.ip("link", "add", "v0", "type", "veth", "peer", "name", "v1", "netns", behind);
      lab.ip("addr", "add", "10.99.0.1/24", "dev", "v0");
      lab.ip("link", "set", "v0", "up");
      for (const args of [
        ["addr", "add", "10.99.0.2/24", "dev", "v1"],
        ["link", "set", "v1", "up"],
        ["route", "add", "default", "via", "10.99.0.1"],
      ])
        execFileSync("ip", ["-n", behind, ...args]);
      lab.sysctl("net.ipv4.ip_forward=1");
      const trace = (host: string, ...more: string[]) =>
        lab.run(process.execPath, [
          MAIN,
          "traceroute",
          host,
          ...device.options.filter((word, i, all) => word !== "--netns" && all[i - 1] !== "--netns"),
          "--gateway",
          device.kernel,
          ...more,
        ]);
      const found = await trace("10.99.0.2");
      assert.equal(found.status, 0, found.stderr);
      const lines = found.stdout.trim().split("\n");
      assert.match(lines[0] ?? "", /^traceroute to 10\.99\.0\.2, 30 hops max, 60 octet packets$/);
      const three = "\\d+\\.\\d{3} ms  \\d+\\.\\d{3} ms  \\d+\\.\\d{3} ms";
      assert.match(lines[1] ?? "", new RegExp(`^ 1  10\\.76\\.1\\.1  ${three}$`));
      assert.match(lines[2] ?? "", new RegExp(`^ 2  10\\.99\\.0\\.2  ${three}$`));
      assert.equal(lines.length, 3);
      const nowhere = await trace("10.98.0.1", "-q", "1");
      assert.equal(nowhere.status, 1);
      assert.match(nowhere.stdout, /^ 1 {2}10\.76\.1\.1 {2}\d+\.\d{3} ms !N$/m);
    } finally {
      execFileSync("ip", ["netns", "del", behind]);
    }
  });
});
