// `ringwire up` as the server, the kernel's sockets and stock programs as its clients.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import { noise, sha } from "../node/network.js";
import { Lab, missing, needs } from "./lab.js";

let lab: Lab;

/** Numbers of `Status.pools` and counters that must be as before once everything has ended. */
const QUEUES = ["TCP0", "HALF_OPEN", "UDP", "HOLD"];

describe("ringwire up serves the kernel", { skip: missing, timeout: 170_000 }, () => {
  before(() => {
    lab = new Lab();
  });
  afterEach(() => lab.clear());
  after(() => lab.close());

  /** The status page once the connection that fetched the one before is gone. */
  const inside = () => lab.status(lab.device());

  test("2,000 flood pings lose none", { skip: needs("ping") }, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    const { stdout } = await lab.run("ping", ["-n", "-f", "-q", "-c", "2000", device.us]);
    assert.match(stdout, /2000 packets transmitted, 2000 received,( \+\d+ duplicates,)? 0% packet loss/);
    assert.doesNotMatch(stdout, /duplicates|errors/);
  });
  test("pings of every kind of size, odd and of a whole frame, come back whole", { skip: needs("ping") }, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    for (const size of [0, 1, 7, 1471, 1472]) {
      const { status, stdout } = await lab.run("ping", [
        "-n",
        "-c",
        "2",
        "-i",
        "0.01",
        "-W",
        "20",
        "-s",
        String(size),
        "-p",
        "5aa5",
        device.us,
      ]);
      assert.equal(status, 0, stdout);
      assert.doesNotMatch(stdout, /wrong data/);
    }
  });
  test("a ping in fragments is answered by the command, too", { skip: needs("ping", "curl") }, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    assert.equal((await lab.run("ping", ["-n", "-c", "1", "-W", "20", "-s", "20000", device.us])).status, 0);
    assert.equal((await inside()).counters.IP_REASSEMBLED, 1);
  });
  test("curl reads the page, also many times over one connection", { skip: needs("curl") }, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    const urls = Array.from({ length: 20 }, () => `http://${device.us}/status.txt`);
    const { status, stdout, stderr } = await lab.run("curl", ["-sS", "--noproxy", "*", "--max-time", "60", ...urls]);
    assert.equal(status, 0, stderr);
    assert.equal(stdout.match(/^ringwire \d/gm)?.length, 20);
    assert.equal((await inside()).counters.TCP_PASSIVE_OPENS, 2);
  });
  test("nc gets 1 MB back byte-exact", { skip: needs("nc") }, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    const sent = noise(1_000_000);
    const { status, stdout } = await lab.run("nc", ["-N", "-w", "60", device.us, "7"], sent);
    assert.equal(status, 0);
    assert.equal(sha(Buffer.from(stdout, "latin1")), sha(sent));
  });
  test("the kernel's socket gets 30 MB back byte-exact", async () => {
    const device = lab.device();
    await lab.up(...device.options);
    const echoed = await lab.kernel("echo", { host: device.us, port: 7, octets: 30_000_000 });
    assert.equal(echoed.returned, 30_000_000);
    assert.equal(echoed.received, echoed.sent);
    const { counters } = await inside();
    assert.equal(counters.TCP_CHECKSUM, 0);
    assert.equal(counters.IP_CHECKSUM, 0);
  });
  for (const [name, ...faults] of [
    ["loss", "--loss", "5"],
    ["reordering", "--reorder", "10"],
    ["duplication", "--duplicate", "10"],
    ["corruption", "--corrupt", "3"],
    ["delay", "--delay", "20"],
    ["all together", "--loss", "3", "--reorder", "3", "--duplicate", "2", "--corrupt", "1", "--delay", "1"],
  ] as const) {
    test(`200 KB are echoed byte-exact under ${name}`, async () => {
      const device = lab.device();
      await lab.up(...device.options, ...faults, "--link-seed", "7");
      const echoed = await lab.kernel("echo", { host: device.us, port: 7, octets: 200_000 });
      assert.equal(echoed.returned, 200_000);
      assert.equal(echoed.received, echoed.sent);
    });
  }
  test("50 connections at once are echoed byte-exactly", async () => {
    const device = lab.device();
    await lab.up(...device.options);
    assert.equal(await lab.kernel("many", { host: device.us, port: 7, octets: 100_000, count: 50 }), 50);
  });
  test("500 short connections one after another leave nothing behind", { skip: needs("curl") }, async () => {
    const device = lab.device();
    await lab.up(...device.options);
    const before_ = await inside();
    assert.equal(await lab.kernel("short", { host: device.us, port: 7, octets: 100, count: 500 }), 500);
    const after_ = await inside();
    for (const name of QUEUES) assert.equal(after_.pools[name]?.used, before_.pools[name]?.used, name);
    assert.equal(after_.pools.TIME_WAIT?.used, 0, "the client closed first, so TIME-WAIT is with the kernel");
    assert.equal(after_.sockets.length, before_.sockets.length);
    assert.equal((after_.counters.TCP_PASSIVE_OPENS ?? 0) - (before_.counters.TCP_PASSIVE_OPENS ?? 0), 501);
    for (const name of ["TCP_FAST_RETRANSMITS", "TCP_RST_OUT", "TCP_RST_IN", "TCP_SYN_QUEUE_FULL"])
      assert.equal(after_.counters[name], 0, name);
    const { TCP_RETRANSMITTED: again = 0, TCP_LOSS_PROBES: probes = 0, TCP_TIMEOUTS: timeouts = 0 } = after_.counters;
    assert.ok(again <= probes + timeouts, "sent again only to a kernel's side that was not given the processor");
  });
  test("datagrams of 0, 1 and 1472 octets are echoed", async () => {
    const device = lab.device();
    await lab.up(...device.options);
    assert.deepEqual(
      await lab.kernel("echoDatagrams", { host: device.us, port: 7, sizes: [0, 1, 1472, 1472, 1, 0] }),
      [0, 1, 1472, 1472, 1, 0],
    );
  });
  test("two TAPs and a TUN at once: each is pinged, each echoes TCP and UDP", { skip: needs("ping") }, async () => {
    const devices = [lab.device(0), lab.device(1), lab.device(2, "tun")];
    await lab.up(...devices.flatMap(({ options }) => options));
    const all = devices.map(async ({ us }) => {
      const { stdout } = await lab.run("ping", ["-n", "-f", "-q", "-c", "200", us]);
      assert.match(stdout, /200 packets transmitted, 200 received, 0% packet loss/);
      const { sent, received, returned } = await lab.kernel("echo", { host: us, port: 7, octets: 2_000_000 });
      assert.equal(returned, 2_000_000);
      assert.equal(received, sent);
      assert.deepEqual(await lab.kernel("echoDatagrams", { host: us, port: 7, sizes: [0, 1, 1472] }), [0, 1, 1472]);
    });
    await Promise.all(all);
  });
  test("a TUN under loss and corruption carries TCP byte-exact", async () => {
    const device = lab.device(0, "tun");
    await lab.up(...device.options, "--loss", "3", "--corrupt", "2", "--link-seed", "11");
    const { sent, received } = await lab.kernel("echo", { host: device.us, port: 7, octets: 200_000 });
    assert.equal(received, sent);
  });
  test("an MTU of 576 on both sides carries TCP byte-exact", async () => {
    const device = lab.device();
    await lab.up(...device.options, "--mtu", "576");
    const { sent, received } = await lab.kernel("echo", { host: device.us, port: 7, octets: 500_000 });
    assert.equal(received, sent);
  });
  test("the end by SIGTERM is clean, and the device is gone", async () => {
    const device = lab.device();
    const up = await lab.up(...device.options);
    assert.deepEqual(await up.down(), { status: 0, stderr: "" });
    assert.doesNotMatch(lab.ip("-o", "link"), new RegExp(device.name));
  });
});
