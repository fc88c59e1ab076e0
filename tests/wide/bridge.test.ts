// A Linux bridge with two stacks and the kernel on it; VLANs through it; tshark reads what passes.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { exchange } from "../../bindings/node/cli/demo/octets.js";
import { capture, openTap, type Stack, type TapDriver } from "../../bindings/node/index.js";
import { dissect, FAULTS } from "../interop/dissect.js";
import { Lab, missing, needs } from "../interop/lab.js";
import { echoing } from "../interop/streams.js";

const OCTETS = 1_000_000;

describe("a Linux bridge", { skip: missing || needs("tshark"), timeout: 180_000 }, () => {
  let lab: Lab;
  let folder: string;
  const stacks: Stack[] = [];
  before(async () => {
    lab = new Lab();
    folder = mkdtempSync(join(tmpdir(), "rwbridge-"));
    lab.ip("link", "add", "br0", "type", "bridge");
    lab.ip("addr", "add", "10.76.0.1/24", "dev", "br0");
    lab.ip("link", "set", "br0", "up");
    for (const n of [2, 3]) {
      const tap: TapDriver = openTap({ name: `rw${n}`, netns: lab.netns, up: true });
      lab.ip("link", "set", `rw${n}`, "master", "br0");
      const driver = capture(tap, join(folder, `${n}.pcap`));
      stacks.push(await lab.stack({}, { driver, addresses: [`10.76.0.${n}/24`] }, { driver, vlan: 7, addresses: [`10.77.0.${n}/24`] }));
    }
  });
  after(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  test("stack to stack, and both to the kernel, through the bridge's forwarding table", async () => {
    const [one, two] = stacks as [Stack, Stack];
    echoing(two, 7);
    await two.ping("10.76.0.2", { timeout: 20_000 });
    const socket = await one.connect({ host: "10.76.0.3", port: 7, allowHalfOpen: true });
    const { sent, received } = await exchange(socket, OCTETS, () => {});
    assert.equal(received, sent);
    for (const stack of stacks) await stack.ping("10.76.0.1", { timeout: 20_000 });
    const learnt = JSON.parse(lab.bridge("-j", "fdb", "show", "br", "br0")) as { mac: string; ifname: string }[];
    for (const [i, stack] of stacks.entries())
      assert.ok(learnt.some(({ mac, ifname }) => mac === stack.interfaces()[0]?.mac && ifname === `rw${i + 2}`));
  });
  test("tagged frames pass it, between interfaces of the VLAN only", async () => {
    const [one, two] = stacks as [Stack, Stack];
    await one.ping("10.77.0.3", { timeout: 20_000 });
    const socket = await one.connect({ host: "10.77.0.3", port: 7, allowHalfOpen: true });
    const { sent, received } = await exchange(socket, OCTETS, () => {});
    assert.equal(received, sent);
    await assert.rejects(two.ping("10.77.0.1", { timeout: 1500 }), "the kernel is not in VLAN 7");
  });
  test("tshark finds the tags where they belong, and no fault", async () => {
    await lab.clear();
    for (const n of [2, 3]) {
      const file = join(folder, `${n}.pcap`);
      assert.deepEqual(await dissect(file, FAULTS, "frame.number", "_ws.expert.message"), []);
      const tags = await dissect(file, "ip.addr == 10.77.0.0/16 or arp.dst.proto_ipv4 == 10.77.0.0/16", "vlan.id");
      assert.ok(tags.length > 100);
      assert.deepEqual(new Set(tags.flat()), new Set(["7"]));
      assert.deepEqual(await dissect(file, "vlan and ip.addr == 10.76.0.0/16", "frame.number"), []);
    }
  });
});
