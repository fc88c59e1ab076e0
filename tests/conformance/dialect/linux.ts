// A process inside a network namespace that plays scenarios against the kernel there: `node linux.js TAP MTU`, scenarios' names as JSON on
// standard input; one line of JSON for each comes out. tests/interop/scenarios.test.ts starts it.
import { text } from "node:stream/consumers";
import { join } from "node:path";
import { Departure } from "./device.js";
import { playLinux, Tap } from "./kernel.js";
import { type Scenario, scenariosIn } from "./parse.js";

/** What became of a scenario on Linux; `at` is the line it did not follow, `seen` what it did there. */
export interface Outcome {
  name: string;
  ok: boolean;
  at: string;
  seen: string;
  ms: number;
}

const AT_ONCE = 24;
/** A scenario that Linux does not follow is played again, with few others, before that is believed: the machine may have been slow. */
const TRIES = 4;
const AGAIN_AT_ONCE = 4;

async function main([name = "rwconf", mtu = "1500"]: string[]): Promise<void> {
  const names = JSON.parse(await text(process.stdin)) as string[];
  const all = scenariosIn(join(process.cwd(), "tests/conformance/scenarios"));
  const chosen = all.filter((scenario) => names.includes(scenario.name));
  const tap = new Tap(name, Number(mtu));
  let number = 0;
  const again: Scenario[] = [];
  await atOnce(AT_ONCE, chosen, async (scenario) => {
    const outcome = await played(scenario, tap, number++);
    if (outcome.ok) say(outcome);
    else again.push(scenario);
  });
  await atOnce(AGAIN_AT_ONCE, again, async (scenario) => say(await repeated(scenario, tap, () => number++)));
  await tap.close();
}

/** Works on all of them, so many at a time. */
async function atOnce(most: number, scenarios: Scenario[], work: (scenario: Scenario) => Promise<void>): Promise<void> {
  const waiting = [...scenarios];
  const worker = async () => {
    for (let scenario = waiting.shift(); scenario; scenario = waiting.shift()) await work(scenario);
  };
  await Promise.all(Array.from({ length: most }, worker));
}

async function repeated(scenario: Scenario, tap: Tap, next: () => number): Promise<Outcome> {
  let outcome = await played(scenario, tap, next());
  for (let i = 2; i < TRIES && !outcome.ok; i++) outcome = await played(scenario, tap, next());
  return outcome;
}

async function played(scenario: Scenario, tap: Tap, number: number): Promise<Outcome> {
  const began = performance.now();
  const result = { name: scenario.name, ok: true, at: "", seen: "" };
  try {
    await playLinux(scenario, tap, number);
  } catch (error) {
    result.ok = false;
    result.at = error instanceof Departure ? error.step.text : "";
    result.seen = error instanceof Departure ? error.seen : (error as Error).message;
  }
  return { ...result, ms: Math.round(performance.now() - began) };
}

function say(outcome: Outcome): void {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

await main(process.argv.slice(2));
