// The scenarios of tests/conformance/scenarios with the Linux kernel as the device: what they expect is tested by a second stack.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Outcome } from "../conformance/dialect/linux.js";
import { type Scenario, scenariosIn } from "../conformance/dialect/parse.js";
import { differences, LINUX_TABLE } from "../conformance/dialect/table.js";
import { inLab, type Lab, missing } from "./lab.js";

/** At least so many scenarios are played on Linux. */
const LEAST = 150;
const MTU = 1500;
/** What holds for every scenario: no limit on answers to strange segments, nothing remembered of earlier connections, NewReno. */
const ALWAYS = [
  "net.ipv6.conf.all.disable_ipv6=1",
  "net.ipv4.tcp_invalid_ratelimit=0",
  "net.ipv4.tcp_no_metrics_save=1",
  "net.ipv4.tcp_congestion_control=reno",
];
const PLAYER = fileURLToPath(new URL("../conformance/dialect/linux.js", import.meta.url));

const root = process.cwd();
const listed = differences(root);
const lacking = new Set(listed.filter(({ kind }) => kind === "lacks").map(({ scenario }) => scenario));
const scenarios = scenariosIn(join(root, "tests/conformance/scenarios"));
const played = scenarios.filter(({ name }) => !lacking.has(name));
let outcomes: Outcome[] = [];

test(`${LINUX_TABLE} names scenarios that exist, once, and leaves at least ${LEAST} to be played`, () => {
  const names = listed.map(({ scenario }) => scenario);
  assert.deepEqual(
    names.filter((name, i) => names.indexOf(name) !== i || !scenarios.some((scenario) => scenario.name === name)),
    [],
  );
  assert.ok(played.length >= LEAST, `${played.length} scenarios`);
});

test("every scenario is played against the Linux kernel", { skip: missing }, async () => {
  const groups = grouped(played);
  const all = await Promise.all([...groups.values()].map((group) => playGroup(group)));
  outcomes = all.flat();
  mkdirSync(join(root, "build"), { recursive: true });
  writeFileSync(join(root, "build/scenarios-linux.json"), `${JSON.stringify(outcomes, null, 1)}\n`);
  assert.deepEqual(
    played.filter(({ name }) => !outcomes.some((outcome) => outcome.name === name)).map(({ name }) => name),
    [],
    "scenarios that were not played",
  );
});

test(`each difference between Linux and Ringwire is listed in ${LINUX_TABLE}, at its line`, { skip: missing }, () => {
  const unlisted = outcomes.filter(({ name, ok, at }) => !ok && !listed.some(({ scenario, at: line }) => scenario === name && line === at));
  assert.deepEqual(
    unlisted.map(({ name, at, seen }) => `${name}: at \`${at}\`: ${seen}`),
    [],
  );
});

test(`each difference listed in ${LINUX_TABLE} is one`, { skip: missing }, () => {
  const agreeing = outcomes.filter(({ name, ok }) => ok && listed.some(({ scenario }) => scenario === name));
  assert.deepEqual(
    agreeing.map(({ name }) => name),
    [],
  );
});

/** Scenarios that want the same kernel parameters and MTU share a namespace. */
function grouped(all: Scenario[]): Map<string, Scenario[]> {
  const groups = new Map<string, Scenario[]>();
  for (const scenario of all) {
    const key = [scenario.setup.mtu ?? MTU, ...[...scenario.setup.sysctls].sort()].join(" ");
    groups.set(key, [...(groups.get(key) ?? []), scenario]);
  }
  return groups;
}

async function playGroup(group: Scenario[]): Promise<Outcome[]> {
  let found: Outcome[] = [];
  await inLab(async (lab) => {
    const { mtu = MTU, sysctls } = group[0]?.setup ?? { sysctls: [] };
    lab.sysctl(...[...ALWAYS, ...sysctls].filter(isKnown));
    found = await playIn(
      lab,
      mtu,
      group.map(({ name }) => name),
    );
  })();
  return found;
}

/** Whether this kernel has the parameter: an older one does as if it were 0. */
function isKnown(setting: string): boolean {
  return existsSync(`/proc/sys/${setting.split("=")[0]?.replaceAll(".", "/")}`);
}

async function playIn(lab: Lab, mtu: number, names: string[]): Promise<Outcome[]> {
  const child = spawn("ip", ["netns", "exec", lab.netns, process.execPath, PLAYER, "rwconf", String(mtu)], {
    cwd: root,
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdin.end(JSON.stringify(names));
  const lines = (await text(child.stdout)).split("\n").filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Outcome);
}
