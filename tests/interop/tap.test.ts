import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { accessSync, constants, readdirSync, readlinkSync } from "node:fs";
import { after, before, beforeEach, describe, test } from "node:test";
import { RingwireError } from "../../bindings/node/error.js";
import { inNamespace } from "../../bindings/node/netns.js";
import { type TapDriver, openTap, openTun } from "../../bindings/node/tap.js";
import { FakePort } from "../node/fakes.js";

const NETNS = `rwtap${process.pid}`;
const MAC = [2, 0, 0, 0, 0, 9];

const reason = whyNot();
/** Name of the device of each test. */
let tap = "";
let made = 0;

describe("TAP driver against the kernel", { skip: reason }, () => {
  before(() => ip("netns", "add", NETNS));
  after(() => ip("netns", "del", NETNS));
  beforeEach(() => {
    tap = `rwt${process.pid}x${made++}`;
  });

  test("frames pass both ways: the kernel's datagrams are echoed, 300 one after another", async () => {
    const driver = openTap({ name: tap, netns: NETNS, up: true, hostAddress: "10.77.0.1/24" });
    assert.equal(driver.name, tap);
    assert.equal(driver.mtu, 1500);
    const port = new Responder(driver);
    driver.start(port);
    assert.equal(await echoes(300, "10.77.0.2"), 300);
    assert.equal(port.link, true);
    await settles(driver);
    assert.ok(!devices().includes(tap), "the device is gone");
    assert.equal(openTunFiles(), 0);
  });
  test("an address of the system's side brings the device up, unless that is not wanted", async () => {
    const isUp = () => /[<,]UP[,>]/.test(ip("-n", NETNS, "link", "show", tap));
    for (const [more, up] of [
      [{}, true],
      [{ up: true }, true],
      [{ up: false }, false],
    ] as const) {
      // biome-ignore format: short
      const driver = openTap({ name: tap, netns: NETNS, hostAddress: "10.77.0.1/24", ...more });
      assert.equal(isUp(), up, JSON.stringify(more));
      if (up) {
        driver.start(new Responder(driver));
        assert.equal(await echoes(3, "10.77.0.2"), 3);
      }
      await settles(driver);
    }
    const driver = openTap({ name: tap, netns: NETNS });
    assert.equal(isUp(), false, "nothing is said, nothing is done");
    await settles(driver);
  });
  test("TUN: packets come and go without a link header", async () => {
    const driver = openTun({ name: tap, netns: NETNS, up: true, hostAddress: "10.78.0.1/24", mtu: 1400 });
    assert.equal(driver.kind, "ip");
    assert.equal(driver.mtu, 1400);
    driver.start(new Responder(driver));
    assert.equal(await echoes(30, "10.78.0.2"), 30);
    await settles(driver);
  });
  test("a full receive ring stops reading; room starts it again and nothing in the device's queue is lost", async () => {
    const driver = openTap({ name: tap, netns: NETNS, up: true, hostAddress: "10.77.0.1/24" });
    const port = new Responder(driver);
    port.room = 0;
    driver.start(port);
    const echoed = echoes(20, "10.77.0.2");
    await delay(150);
    assert.equal(port.answered, 0);
    port.room = Number.POSITIVE_INFINITY;
    driver.pump();
    assert.equal(await echoed, 20);
    await settles(driver);
  });
  test("A027: a device that is down has no carrier; the frame is kept and leaves when it is up again", async () => {
    const driver = openTap({ name: tap, netns: NETNS, up: true });
    const port = new FakePort();
    driver.start(port);
    ip("-n", NETNS, "link", "set", tap, "down");
    port.toSend.push(new Uint8Array(60).fill(0xff, 0, 6));
    driver.pump();
    assert.equal(port.link, false);
    assert.equal(port.toSend.length, 1);
    const received = framesReceived();
    ip("-n", NETNS, "link", "set", tap, "up");
    await until(() => port.toSend.length === 0);
    assert.equal(port.link, true);
    assert.equal(framesReceived(), received + 1);
    await settles(driver);
  });
  test("a device that is deleted is reported once, and lets go of everything", async () => {
    const driver = openTap({ name: tap, netns: NETNS, up: true });
    const port = new FakePort();
    driver.start(port);
    ip("-n", NETNS, "link", "del", tap);
    await until(() => port.failures.length > 0);
    assert.match(port.failures[0]?.message ?? "", /the device is gone/);
    await settles(driver);
    assert.equal(port.failures.length, 1);
    assert.equal(openTunFiles(), 0);
  });
  test("one device in use by two is refused", async () => {
    const driver = openTap({ name: tap, netns: NETNS });
    refused(() => openTap({ name: tap, netns: NETNS }), /the device is in use by another program/);
    await settles(driver);
  });
  test("mistakes are one clear line each, and leave nothing behind", () => {
    refused(() => openTap({ name: "a234567890123456" }), /too long for the name of a device \(at most 15 octets\)/);
    refused(() => openTap({ name: "a b" }), /is no name of a device/);
    refused(() => openTap({ name: tap, netns: "there-is-none" }), /there is no such namespace/);
    refused(() => openTap({ name: tap, netns: "/etc/passwd" }), /no network namespace/);
    refused(() => openTap({ name: "lo", netns: NETNS }), /taken by a device that is no TAP/);
    refused(() => openTap({ name: tap, netns: NETNS, hostAddress: "10.1.1.1" }), /not an address with a prefix/);
    refused(() => openTap({ name: tap, netns: NETNS, nmae: "x" } as never), /unknown option "nmae"/);
    assert.equal(openTunFiles(), 0);
    assert.ok(!devices().includes(tap));
  });
  test("without rights the line says so", () => {
    assert.ok(process.seteuid);
    process.seteuid(65534);
    try {
      refused(() => openTap({ name: tap }), /no rights/);
      refused(() => openTap({ name: tap, netns: NETNS }), /no rights/);
    } finally {
      process.seteuid(0);
    }
  });
  test("the process stays in its own namespace", () => {
    const own = readlinkSync("/proc/thread-self/ns/net");
    const there = inNamespace(NETNS, () => readlinkSync("/proc/thread-self/ns/net"));
    assert.notEqual(there, own);
    assert.equal(readlinkSync("/proc/thread-self/ns/net"), own);
  });
});

/** Answers ARP requests and echoes datagrams: enough of a stack to be talked to. */
class Responder extends FakePort {
  answered = 0;
  readonly #driver: TapDriver;

  constructor(driver: TapDriver) {
    super();
    this.#driver = driver;
  }
  override wake(): void {
    for (const frame of this.received.splice(0)) {
      const reply = this.#driver.kind === "ip" ? echo(frame, 0) : answer(frame);
      if (!reply) continue;
      this.toSend.push(reply);
      this.answered++;
    }
    this.#driver.pump();
  }
}

function answer(frame: Uint8Array): Uint8Array | null {
  const type = new DataView(frame.buffer, frame.byteOffset).getUint16(12);
  if (type === 0x0806) return arpReply(frame);
  const reply = type === 0x0800 ? echo(frame, 14) : null;
  reply?.copyWithin(0, 6, 12);
  reply?.set(MAC, 6);
  return reply;
}

function arpReply(request: Uint8Array): Uint8Array | null {
  if (request[21] !== 1 || request[41] !== 2) return null;
  const reply = request.slice();
  reply.copyWithin(0, 6, 12);
  reply.set(MAC, 6);
  reply[21] = 2;
  reply.copyWithin(32, 22, 32);
  reply.set(MAC, 22);
  reply.set(request.subarray(38, 42), 28);
  return reply;
}

/** Swaps addresses and ports of a datagram, which leaves both checksums right. */
function echo(packet: Uint8Array, ip: number): Uint8Array | null {
  if (packet[ip] !== 0x45 || packet[ip + 9] !== 17) return null;
  const reply = packet.slice();
  reply.set(packet.subarray(ip + 12, ip + 16), ip + 16);
  reply.set(packet.subarray(ip + 16, ip + 20), ip + 12);
  reply.set(packet.subarray(ip + 20, ip + 22), ip + 22);
  reply.set(packet.subarray(ip + 22, ip + 24), ip + 20);
  return reply;
}

function refused(work: () => unknown, message: RegExp): void {
  assert.throws(work, (error) => {
    assert.ok(error instanceof RingwireError);
    assert.match(error.message, message);
    assert.ok(!error.message.includes("\n"));
    return true;
  });
}

/** Stops a driver, which must settle soon: not only when a next frame comes. */
async function settles(driver: TapDriver): Promise<void> {
  const begin = performance.now();
  await driver.stop();
  const taken = performance.now() - begin;
  assert.ok(taken < 5000, `stop took ${taken} ms`);
}

function ip(...args: string[]): string {
  return execFileSync("ip", args, { encoding: "utf8" });
}

/** Sends datagrams from the namespace, each after the echo of the one before; answers how many came back as they were. */
function echoes(count: number, address: string): Promise<number> {
  const script = `
    const socket = require("node:dgram").createSocket("udp4");
    let good = 0;
    const next = () => (good === ${count} ? done() : socket.send("datagram " + good, 7, "${address}"));
    const done = () => { console.log(good); process.exit(); };
    socket.on("message", (data) => { if (String(data) === "datagram " + good) good++; next(); });
    setTimeout(done, 30000);
    next();`;
  return new Promise((resolve, reject) => {
    const child = spawn("ip", ["netns", "exec", NETNS, process.execPath, "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (octets) => {
      text += octets;
    });
    child.on("error", reject);
    child.on("close", () => resolve(Number(text)));
  });
}

function devices(): string[] {
  return (JSON.parse(ip("-n", NETNS, "-j", "link")) as { ifname: string }[]).map(({ ifname }) => ifname);
}

function framesReceived(): number {
  const [device] = JSON.parse(ip("-n", NETNS, "-j", "-s", "link", "show", tap)) as { stats64: { rx: { packets: number } } }[];
  return device?.stats64.rx.packets ?? -1;
}

function openTunFiles(): number {
  const links = readdirSync("/proc/self/fd").map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return "";
    }
  });
  return links.filter((path) => path === "/dev/net/tun").length;
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(condition: () => boolean, ms = 30_000): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await delay(5)) if (condition()) return;
  assert.fail(`not within ${ms} ms`);
}

/** Why these tests cannot run here; false when they can. */
function whyNot(): string | false {
  if (process.platform !== "linux") return "TAP devices need Linux";
  if (process.geteuid?.() !== 0) return "making network namespaces needs root";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return false;
  } catch {
    return "there is no /dev/net/tun";
  }
}
