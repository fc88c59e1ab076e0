import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { accessSync, constants, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Err } from "../../bindings/node/constants.js";
import type { Recorder } from "./wasm2c/recorder.js";
import { type Session, runSession } from "./wasm2c/session.js";

const ROOT = process.cwd();
const OUT = join(ROOT, "build/wasm2c");
const HOST = join(OUT, "host");
const NETNS = `rww2c${process.pid}`;
const TAP = `rww${process.pid}`;
const SERVER = "10.79.0.2";

const noCompiler = whyNoCompiler();

describe("the release module as C, in a host written from docs/abi.md", { skip: noCompiler }, () => {
  before(() => {
    execFileSync(process.execPath, [join(ROOT, "tests/runtimes/wasm2c/build.mjs")], { cwd: ROOT, stdio: "inherit" });
  });

  test("mistakes on the command line are one clear line", () => {
    const said = (...words: string[]) => spawnSync(HOST, words, { encoding: "utf8" }).stderr;
    assert.equal(said(), "host: expected: host tap NAME ADDRESS/PREFIX, or: host replay FILE\n");
    assert.equal(said("replay", "/there/is/none"), "host: /there/is/none: No such file or directory\n");
    assert.equal(said("tap", "a234567890123456", "10.0.0.2/24"), "host: a234567890123456: too long for the name of a device\n");
  });

  describe("against the kernel over TAP", { skip: whyNoTap() }, () => {
    let host: Host;
    before(async () => {
      ip("netns", "add", NETNS);
      ip("-n", NETNS, "tuntap", "add", TAP, "mode", "tap");
      ip("-n", NETNS, "address", "add", "10.79.0.1/24", "dev", TAP);
      ip("-n", NETNS, "link", "set", TAP, "up");
      host = await Host.start();
    });
    after(async () => {
      await host?.stop();
      ip("netns", "del", NETNS);
    });

    test("100 flood pings lose none", () => {
      const said = inside("ping", "-f", "-q", "-c", "100", SERVER);
      assert.match(said, /100 packets transmitted, 100 received, 0% packet loss/);
    });
    test("10 MB of TCP come back as they were sent, and the half close is answered", () => {
      assert.deepEqual(echo(10_000_000, 1), [{ received: 10_000_000, equal: true }]);
    });
    test("8 connections at once are all served", () => {
      assert.deepEqual(echo(300_000, 8), Array(8).fill({ received: 300_000, equal: true }));
    });
    test("with nothing to do the host sleeps", async () => {
      const began = host.ticks();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      assert.ok(host.ticks() - began <= 2, `the host has used ${host.ticks() - began} of 100 ticks`);
    });
  });

  describe("record in V8, replay as C", () => {
    let session: Session;
    before(async () => {
      session = await runSession(readFileSync(join(OUT, "ringwire.wasm")));
    });

    test("the session went through what it should", () => {
      assert.deepEqual(session.received, Array(2).fill({ octets: 300_000, equal: true }));
      assert.deepEqual(session.failures.sort(), [Err.REFUSED, Err.UNREACHABLE].sort());
      assert.ok(session.lost > 20, `${session.lost} frames were lost`);
      assert.ok(session.replies > 20 && session.datagrams > 20, `${session.replies} replies, ${session.datagrams} datagrams`);
      assert.ok(session.stacks.every((stack) => stack.core.counter("TCP_RETRANSMITTED") > 0));
    });
    for (const side of [0, 1] as const) {
      test(`stack ${side}: state hash, answer and frames are equal after every step`, (context) => {
        const { steps, expected } = session.stacks[side];
        assert.ok(steps.length >= 2000, `${steps.length} steps`);
        const { lines, status } = replay(`log${side}`, steps);
        assert.equal(firstDifference(session.stacks[side], lines), "");
        assert.equal(lines.length, expected.length);
        assert.equal(status, 0);
        context.diagnostic(`${steps.length} steps`);
      });
    }
    test("one flipped bit in one frame is found as soon as it is there, and still after the poll that reads it", () => {
      const recorder = session.stacks[1];
      const at = recorder.steps.findIndex((step, index) => index > 500 && step.startsWith("frame 0 ") && step.length > 2000);
      const steps = recorder.steps.with(at, flipped(recorder.steps[at] as string));
      const { lines } = replay("flipped", steps);
      const first = lines.findIndex((line, index) => line !== recorder.expected[index]);
      const poll = recorder.steps.findIndex((step, index) => index > at && step.startsWith("poll "));
      assert.equal(first, at, firstDifference(recorder, lines));
      assert.notEqual(lines[poll]?.split(" ")[0], recorder.expected[poll]?.split(" ")[0]);
    });
  });
});

/** `host tap`, running in the namespace. */
class Host {
  readonly #child: ReturnType<typeof spawn>;
  readonly #ended: Promise<void>;

  private constructor() {
    this.#child = spawn("ip", ["netns", "exec", NETNS, HOST, "tap", TAP, `${SERVER}/24`], { stdio: ["ignore", "pipe", "inherit"] });
    this.#ended = new Promise((resolve) => this.#child.once("exit", () => resolve()));
  }
  /** Resolves when the host says that it serves. */
  static async start(): Promise<Host> {
    const host = new Host();
    const ready = new Promise((resolve) => host.#child.stdout?.once("data", resolve));
    const early = host.#ended.then(() => Promise.reject(new Error("the host has ended")));
    early.catch(() => {});
    await Promise.race([ready, early]);
    return host;
  }
  /** Processor time used so far, in hundredths of a second. */
  ticks(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return Number(fields[11]) + Number(fields[12]);
  }
  async stop(): Promise<void> {
    this.#child.kill();
    await this.#ended;
  }
}

function echo(octets: number, connections: number): unknown {
  const client = join(ROOT, "build/js/tests/runtimes/wasm2c/client.js");
  return JSON.parse(inside(process.execPath, client, SERVER, "7", String(octets), String(connections)));
}

function replay(name: string, steps: string[]): { lines: string[]; status: number | null } {
  const path = join(OUT, `${name}.${process.pid}.txt`);
  writeFileSync(path, `${steps.join("\n")}\n`);
  const { stdout, status } = spawnSync(HOST, ["replay", path], { encoding: "utf8", maxBuffer: 1 << 28 });
  rmSync(path);
  return { lines: stdout.trim().split("\n"), status };
}

/** The first step after which replay and record differ, in words; nothing when none does. */
function firstDifference({ steps, expected }: Recorder, lines: string[]): string {
  const index = expected.findIndex((line, at) => line !== lines[at]);
  return index < 0 ? "" : `step ${index}, ${steps[index]?.slice(0, 80)}: ${expected[index]} in V8, ${lines[index]} as C`;
}

/** A frame step with one bit of the frame's middle changed. */
function flipped(step: string): string {
  const at = Math.floor(step.length / 2);
  return step.slice(0, at) + (Number.parseInt(step[at] as string, 16) ^ 1).toString(16) + step.slice(at + 1);
}

function ip(...words: string[]): void {
  execFileSync("ip", words, { stdio: ["ignore", "inherit", "inherit"] });
}

function inside(...words: string[]): string {
  return execFileSync("ip", ["netns", "exec", NETNS, ...words], { encoding: "utf8", timeout: 150_000 });
}

function whyNoCompiler(): string | false {
  return spawnSync("gcc", ["--version"]).status === 0 ? false : "there is no gcc";
}

function whyNoTap(): string | false {
  if (process.getuid?.() !== 0) return "only root makes network namespaces";
  for (const name of ["ip", "ping"]) if (spawnSync(name, ["-V"]).error) return `there is no ${name}`;
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return false;
  } catch {
    return "/dev/net/tun cannot be opened";
  }
}
