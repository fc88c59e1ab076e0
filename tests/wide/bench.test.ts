// What the benchmark says of loss recovery, in virtual time, and that its figures are made as they are called.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync } from "node:fs";
import { describe, test } from "node:test";
import { promisify } from "node:util";
import { benchOptions } from "../bench/loss/options.js";
import { median, table, uncertainty } from "../bench/statistics.js";
import { buildPump, OUT } from "../bench/suite/build.js";
import { FIGURES, figuresOf } from "../bench/suite/figures.js";
import { HELP, suiteOptions } from "../bench/suite/options.js";
import { parse } from "../bench/suite/profile.js";
import { page, type Result } from "../bench/suite/report.js";
import { missing } from "../interop/lab.js";
import { transfer } from "../bench/loss/transfer.js";
import { type Variant, variantsOf } from "../bench/loss/variants.js";

const RUNS = 20;
const OCTETS = 2_000_000;
/** Octets a second: 0.9 of what Linux reached over the same link in real time. */
const FLOOR = 140_000;
/** Our receiver helps a sender without SACK more than the kernel does; against the kernel `npm run bench` shows 1.5. */
const TIMES = 1.3;

async function goodput(variant: Variant): Promise<number> {
  const rates: number[] = [];
  for (let seed = 1; seed <= RUNS; seed++) {
    const measured = await transfer({ octets: OCTETS, link: { delay: 20, loss: 0.05, seed }, sender: variant.settings ?? [] });
    rates.push(measured.goodput);
  }
  return median(rates);
}

describe("bulk transfer at 5 % loss and 40 ms, in virtual time", () => {
  test("SACK and RACK reach 1.3 times NewReno without SACK, and 0.9 times Linux's rate", async (t) => {
    const [rack = 0, newreno = 0] = await Promise.all(variantsOf(["rack", "newreno"]).map(goodput));
    t.diagnostic(`${(rack / 1000).toFixed(1)} and ${(newreno / 1000).toFixed(1)} kB/s: ${(rack / newreno).toFixed(2)} times`);
    assert.ok(rack >= TIMES * newreno);
    assert.ok(rack >= FLOOR);
  });
  test("the same seed gives the same run", async () => {
    const [{ settings = [] }] = variantsOf(["rack"]) as [Variant];
    const once = () => transfer({ octets: 200_000, link: { delay: 20, loss: 0.05, seed: 7 }, sender: settings });
    assert.deepEqual(await once(), await once());
  });
});

describe("the benchmark's figures", () => {
  test("medians, uncertainties and tables", () => {
    assert.equal(median([3, 1, 2]), 2);
    assert.equal(median([4, 1, 2, 3]), 2.5);
    assert.equal(uncertainty([5, 5, 5]), 0);
    assert.equal(uncertainty([1, 3]), 0.5);
    assert.equal(table(["a", "b"], [["x", "1.0"]]), "| a   |   b |\n| --- | --: |\n| x   | 1.0 |");
  });
  test("options are checked", () => {
    assert.equal(benchOptions(["--help"]), null);
    assert.equal(benchOptions(["--runs", "3"])?.runs, 3);
    assert.throws(() => benchOptions(["--runs", "many"]), /--runs: "many"/);
    assert.throws(() => benchOptions(["--variants", "vegas"]), /no variant "vegas" \(known: linux, rack/);
  });
});

const SUITE = "build/js/tests/bench/suite";

async function figure(...words: string[]): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, words);
  return (JSON.parse(stdout) as { value: number }).value;
}

describe("the suite", () => {
  test("every part is named by --help and taken", () => {
    for (const part of new Set(FIGURES.map(({ part }) => part))) {
      assert.match(HELP, new RegExp(`Parts:.*\\b${part}\\b`));
      assert.deepEqual(suiteOptions([part])?.parts, [part]);
    }
  });
  test("what needs root is left out without it, in a line for each part", () => {
    const said: string[] = [];
    const parts = new Set(figuresOf([], false, false, (text) => said.push(text)).map(({ part }) => part));
    assert.deepEqual(
      said.map((text) => text.split(" ")[0]),
      ["tap", "http"],
    );
    assert.ok(!parts.has("tap") && !parts.has("http") && parts.has("streams"));
    assert.ok(figuresOf(["tap"], false, true, assert.fail).length > 0);
  });
  test("the page has charts of what was measured, and says that the wall clock counts where it does", () => {
    const measured = (workload: string, connections: number, ...values: number[]): Result => {
      const planned = FIGURES.find((figure) => figure.workload === workload && figure.connections === connections);
      assert.ok(planned);
      return { planned, values: new Map([["ringwire", values]]), commands: new Map([["ringwire", "run it"]]) };
    };
    const options = suiteOptions([]);
    assert.ok(options);
    const memory = page([measured("udp", 1, 200, 100, 300)], [], options, "today", "what valgrind says");
    assert.match(
      memory,
      /```mermaid\n%%.*\nxychart-beta horizontal\n.*64 octets.*\n +x-axis \["ringwire"\]\n +y-axis "ns" 0 --> 210\n +bar \[200\]\n```/,
    );
    assert.ok(!memory.includes("wall clock"));
    assert.ok(memory.includes("## Where the time goes\n\nwhat valgrind says\n\n## Figures"));
    const many = [measured("ping", 1, 5), measured("ping", 1000, 6), measured("spread", 1000, 8)];
    assert.match(page(many, [], options, "today", ""), /x-axis \["1", "1,000"\]\n.*\n +line \[5, 6\]\n +line \[5, 8\]\n```/);
    assert.match(page([measured("send", 1, 9)], [], options, "today", ""), /the wall clock counts/);
  });
  test("instructions are told by the names of the sources", () => {
    const text = ` 1,200 (60.00%)  ???:w2c_ringwire_assembly0x2Fmemory0x2Fchecksum0x2Fsum [/tmp/peer-1-1.so]
   500 (25.00%)  ???:w2c_ringwire_assembly0x2Fmemory0x2Fchecksum0x2Fsum.part.0 [/tmp/peer-1-2.so]
   300 (15.00%)  ./string/x.S:__memmove_avx_unaligned_erms [/usr/lib/libc.so.6]\n`;
    assert.deepEqual(
      [...parse(text)],
      [
        ["memory/checksum/sum", 1700],
        ["copies (memmove of the C library)", 300],
      ],
    );
  });
  test("octets go through streams, and through a TAP device when there can be one", async (t) => {
    assert.ok((await figure(`${SUITE}/streams.js`, "ringwire", "0.05")) > 0);
    if (missing) return t.diagnostic(`no TAP device: ${missing}`);
    mkdirSync(OUT, { recursive: true });
    buildPump();
    for (const workload of ["receive", "send"]) assert.ok((await figure(`${SUITE}/network.js`, "ringwire-offload", workload, "0.05")) > 0);
  });
});
