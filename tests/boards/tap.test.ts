// A board on a TAP device against the Linux kernel, in a network namespace of its own.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { ADDRESS, type Board, type Engine, ROOT, type Running, rigs, tools } from "./rig.js";

const NETNS = `rwbd${process.pid}`;
const TAP = `rwb${process.pid}`;
const LIMIT = { timeout: 180_000 };
const ip = (...args: string[]) => execFileSync("ip", args);
const inside = (...args: string[]) => execFileSync("ip", ["netns", "exec", NETNS, ...args], { encoding: "utf8" });

function whyNoTap(): string | false {
  if (process.getuid?.() !== 0) return "only root makes network namespaces";
  for (const name of ["ip", "ping", "curl"]) if (spawnSync(name, ["-V"]).error) return `there is no ${name}`;
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return false;
  } catch {
    return "/dev/net/tun cannot be opened";
  }
}

function start(board: Board, engine: Engine): Running {
  const elf = tools.buildBoard(ROOT, board.name, engine);
  return new tools.Running(tools.commandOf(board, elf, { tap: TAP }), ["ip", "netns", "exec", NETNS]);
}

for (const { board, engine, skip } of rigs()) {
  describe(`${board.name}, ${engine}, against the Linux kernel`, { skip: skip || whyNoTap() }, () => {
    let running: Running;
    before(async () => {
      ip("netns", "add", NETNS);
      ip("-n", NETNS, "tuntap", "add", TAP, "mode", "tap");
      ip("-n", NETNS, "address", "add", "10.9.0.1/24", "dev", TAP);
      ip("-n", NETNS, "link", "set", TAP, "up");
      running = start(board, engine);
      await running.prints("ready");
    });
    after(async () => {
      await running?.stop();
      ip("netns", "del", NETNS);
    });

    test("ping loses none", LIMIT, () => {
      assert.match(inside("ping", "-q", "-i", "0.01", "-c", "50", ADDRESS), /50 packets transmitted, 50 received, 0% packet loss/);
      assert.match(
        inside("ping", "-q", "-i", "0.01", "-s", "1472", "-c", "20", ADDRESS),
        /20 packets transmitted, 20 received, 0% packet loss/,
      );
    });
    test("curl gets the page", LIMIT, () => {
      assert.match(
        inside("curl", "-s", "-m", "10", `http://${ADDRESS}/`),
        /^Ringwire on a board\nsensor: \d+\nframes in: \d+\nframes out: \d+\n$/,
      );
    });
    test("octets through TCP come back as they were sent", LIMIT, () => {
      const client = join(ROOT, "build/js/tests/runtimes/wasm2c/client.js");
      assert.deepEqual(
        JSON.parse(inside(process.execPath, client, ADDRESS, "7", "200000", "2")),
        Array(2).fill({ received: 200_000, equal: true }),
      );
    });
  });
}
