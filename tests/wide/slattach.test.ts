// SLIP (RFC 1055) with a Debian kernel and its `slattach` at the other end of a serial line that QEMU emulates.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { createStack, SlipDriver, type Stack } from "../../bindings/node/index.js";
import { echoing, readAll } from "../interop/streams.js";
import { fetchKernel, Machine } from "./machine.js";

const MTU = 1006;
const SOON = { timeout: 240_000 };
const [US, KERNEL] = ["10.9.0.2", "10.9.0.1"];
/** Every octet, and above all those that SLIP changes, in every order of two and in runs longer than a packet. */
const BODY = Buffer.concat([
  ...[0xc0, 0xdb].map((octet) => Buffer.alloc(2 * MTU, octet)),
  Buffer.from([0xc0, 0xdb, 0xdc, 0xdd].flatMap((one, _, all) => all.flatMap((other) => [one, other]))),
  Buffer.from(Array.from({ length: 30_000 }, (_, i) => (i * 7) ^ (i >> 8))),
]);

const folder = mkdtempSync(join(tmpdir(), "ringwire-slattach-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const kernel = fetchKernel(folder, "kernel/drivers/net/slip", ["slhc", "slip"]);

describe("slattach on a Debian kernel", { skip: typeof kernel === "string" && kernel, timeout: 800_000 }, () => {
  let machine: Machine;
  let driver: SlipDriver;
  let stack: Stack;
  let lost: Promise<unknown[]>;
  before(async () => {
    if (typeof kernel === "string") return;
    machine = await Machine.boot(kernel, folder, ["slattach", "ping"], { "www/body": BODY });
    driver = new SlipDriver(await machine.line, MTU);
    stack = await createStack({ interfaces: [{ driver, addresses: [`${US}/24`] }] });
    lost = once(stack, "error");
    await machine.run("slattach -p slip -s 115200 -L /dev/ttyS1 &");
    await machine.run("until [ -e /sys/class/net/sl0 ]; do sleep 0.1; done");
    await machine.run(`ifconfig sl0 ${KERNEL} pointopoint ${US} mtu ${MTU} up`);
  });
  after(async () => {
    await machine?.kill();
    await stack?.close();
    rmSync(folder, { recursive: true });
  });

  test("it is the kernel's own SLIP", async () => {
    assert.match(await machine.run("uname -rv"), /amd64 .*Debian/);
    assert.match(await machine.run("cat /sys/class/net/sl0/type"), /^256$/m, "ARPHRD_SLIP");
    assert.match(await machine.run("pidof slattach"), /\d/);
  });
  for (const [what, options] of [
    ["of END only", "-p c0 -s 900"],
    ["of ESC only", "-p db -s 900"],
    ["in fragments", "-p db -s 3000"],
  ] as const)
    test(`the kernel pings us with data ${what}`, async () => {
      const said = await machine.run(`ping -n -c 3 -i 0.2 -W 20 ${options} ${US}`);
      assert.match(said, /3 packets transmitted, 3 received/);
      assert.doesNotMatch(said, /wrong/, "ping compares the data");
    });
  test("we ping the kernel with what fills a packet, too", async () => {
    for (const size of [56, MTU - 28]) {
      const { address, size: returned, intact } = await stack.ping(KERNEL, { size, timeout: 20_000 });
      assert.deepEqual([address, returned, intact], [KERNEL, size, true]);
    }
  });
  test("we fetch a page from a server of the kernel's", SOON, async () => {
    await machine.run("httpd -p 80 -h /www");
    const socket = await stack.connect({ host: KERNEL, port: 80 });
    socket.end("GET /body HTTP/1.0\r\n\r\n");
    const reply = await readAll(socket);
    const head = reply.indexOf("\r\n\r\n") + 4;
    assert.match(reply.toString("latin1", 0, head), /^HTTP\/1\.[01] 200 /);
    assert.ok(reply.subarray(head).equals(BODY), `${reply.length - head} octets of body`);
  });
  test("a client of the kernel's gets its octets back from our echo service", SOON, async () => {
    echoing(stack, 7);
    const echoed = await machine.run(`nc ${US} 7 </www/body | sha256sum`);
    assert.equal(echoed.split(" ")[0], createHash("sha256").update(BODY).digest("hex"));
  });
  test("neither side met a packet that was broken or too long", async () => {
    const counts = async () => {
      const said = await machine.run(
        "cd /sys/class/net/sl0/statistics && cat rx_packets tx_packets rx_errors tx_errors rx_dropped tx_dropped",
      );
      return said.trim().split("\n").map(Number);
    };
    const ours = () => [stack.counters().FRAMES_OUT, stack.counters().FRAMES_IN, 0, 0, 0, 0];
    let theirs = await counts();
    for (let i = 0; i < 20 && String(theirs) !== String(ours()); i++) theirs = await counts(); // an acknowledgement may be on its way
    assert.deepEqual(theirs, ours(), "what the one sent, the other received");
    assert.ok(stack.counters().FRAMES_IN > 50);
    const { IP_SHORT, IP_CHECKSUM, ICMP_CHECKSUM, TCP_CHECKSUM } = stack.counters();
    assert.deepEqual([driver.missed, IP_SHORT, IP_CHECKSUM, ICMP_CHECKSUM, TCP_CHECKSUM], [0, 0, 0, 0, 0]);
  });
  test("when the machine is switched off, the line is lost", SOON, async () => {
    assert.equal(await machine.off(), 0);
    assert.match(String(await lost), /slip: the line was closed/);
  });
});
