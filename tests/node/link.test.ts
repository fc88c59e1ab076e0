import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Faults } from "../../bindings/node/channel.js";
import { RingwireError } from "../../bindings/node/error.js";
import { Link } from "../../bindings/node/link.js";
import { capture } from "../../bindings/node/pcap.js";
import { createWire } from "../../bindings/node/wire.js";
import { FakePort, frameOf, numberOf } from "./fakes.js";

interface Arrival {
  number: number;
  at: number;
  frame: Uint8Array;
}

/** Sends `count` frames, `gap` milliseconds apart, over a virtual link and lets all arrive. */
function run(faults: Faults, { count = 1000, gap = 1, seed = 7, length = 100, type = 0x0800 } = {}) {
  const link = new Link({ ...faults, seed, virtual: true });
  const arrivals: Arrival[] = [];
  link.receive(1, (frame, octets) => {
    arrivals.push({ number: numberOf(frame), at: link.now, frame: frame.slice(0, octets) });
    return true;
  });
  for (let i = 0; i < count; i++) {
    link.send(0, frameOf(i, length, type));
    link.advance(gap);
  }
  while (link.next() < Number.POSITIVE_INFINITY) link.advance(link.next());
  return { arrivals, stats: link.stats.forward };
}

function near(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);
}

describe("link simulator, virtual time", () => {
  test("without faults every frame arrives, unchanged, in order, at once", () => {
    const { arrivals } = run({});
    assert.equal(arrivals.length, 1000);
    arrivals.forEach(({ number, at, frame }, i) => {
      assert.equal(number, i);
      assert.equal(at, i);
      assert.deepEqual(frame, frameOf(i));
    });
  });
  test("the same seed gives the same faults, another seed others", () => {
    const faults = { delay: 5, jitter: 3, loss: 0.1, duplicate: 0.1, reorder: 0.1, corrupt: 0.1, burst: { enter: 0.02, leave: 0.3 } };
    const first = run(faults);
    assert.deepEqual(run(faults), first);
    assert.notDeepEqual(run(faults, { seed: 8 }).arrivals, first.arrivals);
  });
  test("delay and jitter: each frame takes from delay to delay + jitter and order is kept", () => {
    const { arrivals } = run({ delay: 20, jitter: 10 });
    const taken = arrivals.map(({ number, at }) => at - number);
    assert.ok(Math.min(...taken) >= 20 && Math.max(...taken) <= 30);
    assert.ok(Math.max(...taken) - Math.min(...taken) > 5);
    arrivals.forEach(({ number }, i) => {
      assert.equal(number, i);
    });
  });
  test("loss, duplication and reordering happen as often as asked, and are counted", () => {
    const { arrivals, stats } = run({ loss: 0.1, duplicate: 0.2, reorder: 0.1, reorderDelay: 3 }, { count: 20_000 });
    near(stats.lost, 2000, 150);
    near(stats.duplicated, 18_000 * 0.2, 200);
    near(stats.reordered, 18_000 * 0.1, 150);
    assert.equal(arrivals.length, 20_000 - stats.lost + stats.duplicated);
    const numbers = arrivals.map(({ number }) => number);
    assert.equal(new Set(numbers).size, 20_000 - stats.lost);
    assert.ok(numbers.some((number, i) => number < (numbers[i - 1] ?? 0)));
  });
  test("bursts of loss are longer than single losses", () => {
    const { arrivals, stats } = run({ burst: { enter: 0.01, leave: 0.25 } }, { count: 40_000 });
    near(stats.lost / 40_000, 0.01 / 0.26, 0.008);
    const got = new Set(arrivals.map(({ number }) => number));
    let runs = 0;
    for (let i = 1; i < 40_000; i++) if (!got.has(i) && got.has(i - 1)) runs++;
    near(stats.lost / runs, 4, 0.6);
  });
  test("corruption flips one bit of the IP packet, and spares ARP", () => {
    const { arrivals, stats } = run({ corrupt: 0.5 }, { count: 2000 });
    near(stats.corrupted, 1000, 120);
    let changed = 0;
    arrivals.forEach(({ frame }, i) => {
      const sent = frameOf(i);
      const bits = frame.reduce((sum, octet, at) => sum + bitCount(octet ^ (sent[at] as number)), 0);
      assert.ok(bits <= 1);
      assert.deepEqual(frame.subarray(0, 14), sent.subarray(0, 14));
      changed += bits;
    });
    assert.equal(changed, stats.corrupted);
    assert.equal(run({ corrupt: 1 }, { type: 0x0806 }).stats.corrupted, 0);
  });
  test("rate: frames leave one after another; the queue holds so many and drops the rest", () => {
    const paced = run({ rate: 800_000 }, { count: 10, gap: 0 });
    paced.arrivals.forEach(({ at }, i) => {
      near(at, i + 1, 1e-6);
    });
    const { arrivals, stats } = run({ rate: 800_000, queue: 4 }, { count: 10, gap: 0 });
    assert.equal(arrivals.length, 5);
    assert.equal(stats.overflowed, 5);
  });
  test("directions have faults of their own", () => {
    const link = new Link({ virtual: true, forward: { loss: 1 }, backward: { delay: 3 } });
    const got: number[] = [];
    link.receive(0, (frame) => got.push(numberOf(frame)) > 0);
    link.receive(1, () => assert.fail("forward frames are all lost"));
    link.send(0, frameOf(1));
    link.send(1, frameOf(2));
    link.advance(2);
    assert.deepEqual(got, []);
    link.advance(1);
    assert.deepEqual(got, [2]);
  });
  test("a frame that finds no room is offered again, and nothing overtakes it", () => {
    const link = new Link({ virtual: true });
    const port = new FakePort();
    port.room = 2;
    link.ends[1].start(port);
    for (let i = 0; i < 5; i++) link.send(0, frameOf(i));
    link.advance(1);
    assert.equal(port.received.length, 2);
    port.room = 10;
    link.ends[1].pump();
    assert.deepEqual(port.received.map(numberOf), [0, 1, 2, 3, 4]);
  });
  test("what is out of range is refused in one line", () => {
    const wrong: [Faults, RegExp][] = [
      [{ loss: 2 }, /link\.loss: 2 is out of range/],
      [{ delay: -1 }, /link\.delay: -1 is out of range/],
      [{ queue: 0 }, /link\.queue: 0 is out of range/],
      [{ lose: 1 } as Faults, /unknown option "lose"/],
    ];
    for (const [faults, message] of wrong) {
      assert.throws(
        () => new Link(faults),
        (error) => error instanceof RingwireError && message.test(error.message) && !error.message.includes("\n"),
      );
    }
    assert.throws(() => new Link().advance(1), /virtual: true/);
  });
});

describe("link simulator, real time", () => {
  test("two ends carry frames both ways after the delay, and stop leaves no timer", async () => {
    const link = new Link({ delay: 20 });
    const ports = [new FakePort(), new FakePort()] as const;
    link.ends[0].start(ports[0]);
    link.ends[1].start(ports[1]);
    ports[0].toSend.push(frameOf(1), frameOf(2));
    ports[1].toSend.push(frameOf(3));
    const begin = performance.now();
    link.ends[0].pump();
    link.ends[1].pump();
    await new Promise<void>((resolve) => {
      const done = () => ports[0].received.length === 1 && ports[1].received.length === 2 && resolve();
      ports[0].onwake = done;
      ports[1].onwake = done;
    });
    const taken = performance.now() - begin;
    assert.ok(taken >= 19 && taken < 500, `${taken} ms`);
    assert.deepEqual(ports[1].received.map(numberOf), [1, 2]);
    assert.deepEqual(ports[0].received.map(numberOf), [3]);
    link.stop();
  });
  test("a device at the far end: frames pass both ways and a refused frame is kept", async () => {
    const [device, other] = createWire();
    const link = new Link();
    const near_ = link.attach(device);
    const stack = new FakePort();
    const peer = new FakePort();
    peer.room = 1;
    near_.start(stack);
    other.start(peer);
    stack.toSend.push(frameOf(1), frameOf(2));
    peer.toSend.push(frameOf(3));
    near_.pump();
    other.pump();
    assert.deepEqual(peer.received.map(numberOf), [1]);
    assert.deepEqual(stack.received.map(numberOf), [3]);
    peer.room = 2;
    near_.pump();
    assert.deepEqual(peer.received.map(numberOf), [1, 2]);
    await near_.stop();
  });
  test("a device of another kind is refused", () => {
    assert.throws(() => new Link({ kind: "ip" }).attach(createWire("ethernet")[0]), /cannot carry/);
  });
});

describe("pcap", () => {
  test("every frame of both directions is in the file, in order, with its time", async () => {
    const path = join(tmpdir(), `ringwire-${process.pid}.pcap`);
    const [near_, far] = createWire();
    let now = 1_700_000_000_000;
    const tapped = capture(near_, path, () => now++);
    const port = new FakePort();
    const peer = new FakePort();
    tapped.start(port);
    far.start(peer);
    port.toSend.push(frameOf(1, 60), frameOf(2, 70));
    tapped.pump();
    peer.toSend.push(frameOf(3, 80));
    far.pump();
    await tapped.stop();
    const file = readFileSync(path);
    rmSync(path);
    assert.equal(file.readUInt32LE(0), 0xa1b2c3d4);
    assert.equal(file.readUInt32LE(20), 1);
    const found = records(file);
    assert.deepEqual(found.map(({ number, length }) => [number, length]), [[1, 60], [2, 70], [3, 80]]); // biome-ignore format: a table
    assert.deepEqual(
      found.map(({ seconds, micros }) => seconds * 1000 + micros / 1000),
      [1_700_000_000_000, 1_700_000_000_001, 1_700_000_000_002],
    );
  });
  test("a raw IP device makes a file of type 101; a path that cannot be written is one clear line", async () => {
    const path = join(tmpdir(), `ringwire-raw-${process.pid}.pcap`);
    const [near_] = createWire("ip");
    const tapped = capture(near_, path);
    await tapped.stop();
    assert.equal(readFileSync(path).readUInt32LE(20), 101);
    rmSync(path);
    assert.throws(() => capture(near_, "/nowhere/x.pcap"), /pcap: \/nowhere\/x\.pcap cannot be written: ENOENT/);
  });
  test("a full disk is told by the name of the file: at once, or later to the stack, which goes on", {
    skip: process.platform !== "linux",
  }, () => {
    const [near_] = createWire();
    assert.throws(() => capture(near_, "/dev/full"), /^RingwireError: pcap: \/dev\/full cannot be written: ENOSPC$/);
    const path = join(tmpdir(), `ringwire-full-${process.pid}.pcap`);
    const from = (name: string) => JSON.stringify(new URL(`../../bindings/node/${name}.js`, import.meta.url).href);
    const script = `
      const { capture, createStack, createWire } = await import(${from("index")});
      const { PcapWriter } = await import(${from("pcap")});
      const [near, far] = createWire();
      const driver = capture(near, ${JSON.stringify(path)});
      const a = await createStack({ interfaces: [{ driver, addresses: ["10.0.0.1/24"] }] });
      const b = await createStack({ interfaces: [{ driver: far, addresses: ["10.0.0.2/24"] }] });
      a.on("error", (error) => console.log(error.code, error.message));
      for (let i = 0; i < 3; i++) console.log((await a.ping("10.0.0.2", { size: 1400 })).intact);
      await new Promise((resolve) => setTimeout(resolve, 300));
      console.log((await a.ping("10.0.0.2")).intact);
      await Promise.all([a.close(), b.close()]);
      const file = new PcapWriter(${JSON.stringify(path)});
      file.write(new Uint8Array(2000));
      try { file.flush(); } catch (error) { console.log(error.message); }
      file.write(new Uint8Array(10));
      file.close();`;
    const shell = `ulimit -f 1; exec ${process.execPath} --input-type=module -e "$SCRIPT"`;
    const { stdout } = spawnSync("bash", ["-c", shell], { encoding: "utf8", env: { ...process.env, SCRIPT: script }, timeout: 20_000 });
    rmSync(path, { force: true });
    const line = `pcap: ${path} cannot be written: EFBIG`;
    assert.deepEqual(stdout.trim().split("\n"), ["true", "true", "true", `LINK ${line}`, "true", line]);
  });
});

function records(file: Buffer) {
  const found = [];
  for (let at = 24; at < file.length; ) {
    const length = file.readUInt32LE(at + 8);
    const frame = file.subarray(at + 16, at + 16 + length);
    found.push({ seconds: file.readUInt32LE(at), micros: file.readUInt32LE(at + 4), length, number: numberOf(frame) });
    at += 16 + length;
  }
  return found;
}

function bitCount(octet: number): number {
  let count = 0;
  for (let rest = octet; rest; rest >>>= 1) count += rest & 1;
  return count;
}
