import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "../conformance/dialect/parse.js";
import { playRingwire } from "../conformance/dialect/ringwire.js";
import { written } from "../conformance/dialect/segment.js";
import { answerTo } from "../conformance/record/wrong.js";
import { parse as frameOf, tcp, ethernet, ipv4 } from "../conformance/frames.js";

const HEAD = "scenario MUST-3: words\n";

describe("the dialect of scenarios", () => {
  test("a line that says nothing is refused with its place", () => {
    assert.throws(() => parse(`${HEAD}  jump`, "a.txt"), /a\.txt:2: jump is no verb/);
    assert.throws(() => parse(`${HEAD}  begin HERE`, "a.txt"), /there is no state HERE/);
    assert.throws(() => parse("scenario words\n  out ACK", "a.txt"), /scenario ROW, ROW: words/);
    assert.throws(() => written(["ACK", "sequence", "1"]), /sequence is no field/);
  });
  test("a scenario that expects nothing is refused, and silence without a counter or a frame", () => {
    assert.throws(() => parse(`${HEAD}  listen\n  in SYN seq 0`, "a.txt"), /expects nothing/);
    assert.throws(() => parse(`${HEAD}  listen\n  in RST\n  silence\n  in SYN\n  out SYN,ACK`, "a.txt"), /a counter says why/);
    assert.throws(() => parse(`${HEAD}  listen\n  in RST\n  silence\n  counter TCP_IN 1`, "a.txt"), /a frame shows that the device lives/);
  });
  test("each makes one scenario of each value", () => {
    const made = parse(`${HEAD}  each n = 1 2\n  server\n  in ACK data {n}\n  out ACK`, "a.txt");
    assert.deepEqual(
      made.map(({ name, steps }) => [name, steps[1]?.text]),
      [
        ["MUST-3: words (1)", "in ACK data 1"],
        ["MUST-3: words (2)", "in ACK data 2"],
      ],
    );
  });
  test("a device that does something else is found at its line", async () => {
    const [scenario] = parse(`${HEAD}  listen\n  in SYN seq 0\n  out SYN,ACK seq 0 ack 2`, "a.txt");
    assert.ok(scenario);
    await assert.rejects(playRingwire(scenario), /line 4, `out SYN,ACK seq 0 ack 2`: SYN,ACK seq 0 ack 1/);
  });
  test("silence, text, counters, reads and times that differ are found too", async () => {
    const faults = ["silence", "text 1:3", "counter TCP_IN 7", "recv 1", "out PSH,ACK after 100..200", "state CLOSED", "send 1 = RESET"];
    for (const line of faults) {
      const [scenario] = parse(`${HEAD}  server\n  send 1\n  ${line}\n  out *`, "a.txt");
      assert.ok(scenario);
      await assert.rejects(playRingwire(scenario), new RegExp(`line 4, \`${line.replaceAll("*", "\\*")}\``), line);
    }
  });
});

describe("the wrong stack answers-everything", () => {
  test("answers a segment with an ACK of it, and a SYN with SYN,ACK", () => {
    const fields = { sourcePort: 5000, destinationPort: 80, ack: 77, window: 1, urgent: 0, options: [], data: new Uint8Array(10) };
    const answered = (ctl: string) => {
      const segment = tcp("10.0.0.2", "10.0.0.1", { ...fields, seq: 100, ctl });
      const packet = ipv4({ source: "10.0.0.2", destination: "10.0.0.1", protocol: 6 }, segment);
      const answer = answerTo(ethernet("02:00:00:00:00:02", "02:00:00:00:00:01", 0x0800, packet));
      const parsed = answer && frameOf(answer);
      return parsed?.kind === "tcp" ? [parsed.segment.ctl, parsed.segment.ack] : null;
    };
    assert.deepEqual(answered("ACK"), ["ACK", 110]);
    assert.deepEqual(answered("SYN"), ["SYN,ACK", 111]);
  });
});
