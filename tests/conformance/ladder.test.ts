// The packet ladder of one of two stacks, in virtual time: each line says what passed, and why.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Counter, type Core, instantiate, Option, type Settings } from "../../bindings/node/core.js";
import { drawLadder } from "../../bindings/node/ladder.js";
import { Prng } from "../../bindings/node/prng.js";
import { Rungs, why as WHY } from "../../bindings/node/rungs.js";
import { isKnown, whyOf } from "../../bindings/node/whys.js";
import { stream } from "./peer.js";

/** Two stacks, the ladder of the first, and what may happen to a frame between them: null loses it. */
class Drawn {
  ms = 0;
  lines: string[] = [];
  /** Called for each frame; `from` is the side that sent it. */
  between: (frame: Uint8Array, from: 0 | 1) => Uint8Array | null = (frame) => frame;
  readonly stop: () => void;

  private constructor(readonly cores: readonly [Core, Core]) {
    this.stop = drawLadder(cores[0], (line) => this.lines.push(line));
  }
  static async make(settings: Settings = {}): Promise<Drawn> {
    const one = (last: number) =>
      instantiate({
        seed: Uint8Array.from({ length: 32 }, (_, i) => i * last),
        devices: [{ kind: "ethernet" }],
        interfaces: [{ mac: `02:00:00:00:00:0${last}`, addresses: [`10.0.0.${last}/24`] }],
        capacities: { classes: [{ sockets: 2, receive: 8192, send: 8192 }] },
        settings,
      });
    return new Drawn([await one(1), await one(2)]);
  }
  /** Lets time pass, a millisecond at a time; a frame takes one. */
  advance(ms: number): void {
    for (const end = this.ms + ms; this.ms < end; this.ms++) {
      const frames = this.cores.map((core) => {
        core.poll(this.ms);
        return core.output();
      });
      frames.forEach((sent, from) => {
        for (const frame of sent) {
          const through = this.between(frame, from as 0 | 1);
          if (through) this.cores[from ? 0 : 1].input(through);
        }
      });
    }
  }
  /** A connection from the second stack to the first: its handle here, and there. */
  connected(): [number, number] {
    const listener = this.cores[0].tcp_listen({ port: 80 });
    const there = this.cores[1].tcp_connect({ address: "10.0.0.1", port: 80 }, { port: 5000 });
    this.advance(20);
    const here = this.cores[0].tcp_accept(listener);
    assert.ok(here > 0 && there > 0);
    return [here, there];
  }
  /** What was drawn since the last look. */
  drawn(): string[] {
    return this.lines.splice(0);
  }
  /** The first lines from one that fits on: the frame and what stands beneath it. */
  static at(lines: string[], what: RegExp): string[] {
    const at = lines.findIndex((line) => what.test(line));
    assert.ok(at >= 0, `${what} in\n${lines.join("\n")}`);
    const rest = lines.slice(at + 1).findIndex((line) => !/^ {18}\|/.test(line));
    return lines.slice(at, rest < 0 ? undefined : at + 1 + rest);
  }
}

describe("the packet ladder", () => {
  test("the handshake: segments with relative numbers, and each change of state beneath the one that made it", async () => {
    const drawn = await Drawn.make();
    const [here] = drawn.connected();
    const syn = Drawn.at(drawn.lines, / SYN seq 0 /);
    assert.match(syn[0] ?? "", /^ {4}0\.002000 {2}<- {2}TCP 10\.0\.0\.2:5000 > 10\.0\.0\.1:80 \(http\) SYN seq 0 win 8192 <mss 1460, .*>$/);
    assert.deepEqual(syn.slice(1), [WHY("CLOSED -> SYN_RECEIVED")]);
    assert.match(Drawn.at(drawn.lines, /SYN,ACK/)[0] ?? "", /->.* SYN,ACK seq 0 ack 1 win 8192 /);
    assert.deepEqual(Drawn.at(drawn.lines, /<-.* ACK seq 1 ack 1 /).slice(1), [WHY("SYN_RECEIVED -> ESTABLISHED")]);
    assert.match(
      drawn.lines.join("\n"),
      /<- {2}ARP who has 10\.0\.0\.1\? asks 10\.0\.0\.2\n.*-> {2}ARP 10\.0\.0\.1 is at 02:00:00:00:00:01\n/,
    );
    drawn.drawn();
    drawn.stop();
    drawn.cores[0].tcp_close(here);
    drawn.advance(10);
    assert.deepEqual(drawn.lines, [], "a ladder that was stopped draws nothing");
  });
  test("an acknowledgement that is put off says for how many segments and how long, and when its time is over", async () => {
    const drawn = await Drawn.make();
    const [here, there] = drawn.connected();
    drawn.cores[1].socket_set(there, Option.NODELAY, 1);
    for (let i = 0; i < 20; i++) {
      drawn.cores[1].tcp_write(there, stream(i * 10, 10));
      drawn.advance(100);
      drawn.cores[0].tcp_read(here);
    }
    drawn.drawn();
    drawn.cores[1].tcp_write(there, stream(0, 10));
    drawn.advance(20);
    assert.equal(
      drawn.cores[0].status(here)?.ackWithin,
      22,
      "the status record tells how long it still waits, at the time of the last poll",
    );
    assert.equal(drawn.cores[0].status(here)?.timerWithin, 22);
    drawn.cores[1].tcp_write(there, stream(10, 10));
    drawn.advance(100);
    const lines = drawn.drawn();
    assert.deepEqual(Drawn.at(lines, /<-.* seq 201 /).slice(1), [WHY("ACK delayed: 1 segment, 40 ms left")]);
    assert.deepEqual(Drawn.at(lines, /<-.* seq 211 /).slice(1), [WHY("ACK delayed: 2 segments, 20 ms left")]);
    assert.deepEqual(Drawn.at(lines, /->.* ACK seq 1 ack 221 /).slice(1), [WHY("the delayed ACK: its time is over")]);
    assert.equal(drawn.cores[0].status(here)?.ackWithin, null, "the status record tells that none waits");
  });
  test("a checksum that is wrong drops the segment, and says so", async () => {
    const drawn = await Drawn.make();
    const [, there] = drawn.connected();
    drawn.drawn();
    let once = true;
    drawn.between = (frame, from) => {
      if (from === 0 || !once) return frame;
      once = false;
      const broken = frame.slice();
      broken[broken.length - 1] ^= 1;
      return broken;
    };
    drawn.cores[1].tcp_write(there, stream(0, 100));
    drawn.advance(2000);
    const lines = drawn.drawn();
    const [frame = "", ...whys] = Drawn.at(lines, /<-.* seq 1 /);
    assert.match(frame, / 100 octets /);
    assert.deepEqual(whys, [WHY("dropped: checksum")]);
    assert.match(lines[2] ?? "", /<-.* seq 1 .* 100 octets /, "the peer sends it again");
    assert.match(lines[3] ?? "", /->.* ACK seq 1 ack 101 /);
  });
  test("what is lost and sent again says why", async () => {
    const drawn = await Drawn.make();
    const [here] = drawn.connected();
    drawn.drawn();
    let lose = true;
    drawn.between = (frame, from) => (from === 0 && lose ? null : frame);
    drawn.cores[0].tcp_write(here, stream(0, 100));
    drawn.advance(600);
    lose = false;
    drawn.advance(400);
    const lines = drawn.drawn();
    const again = lines.filter((line) => / 100 octets/.test(line));
    assert.equal(again.length, 4);
    assert.deepEqual(
      lines.filter((line) => line.includes("|")),
      ["tail loss probe", "timer", "timer"].map((cause) => WHY(`retransmitted: ${cause}`)),
    );
    assert.deepEqual(
      lines.filter((line) => line.includes("**")).map((line) => line.slice(18)),
      Array(2).fill("the retransmission timer ran out"),
    );
  });
  test("what sending waits for is said when it begins: the neighbour, the peer's window; and the end with its states", async () => {
    const drawn = await Drawn.make();
    const handle = drawn.cores[0].tcp_connect({ address: "10.0.0.2", port: 80 });
    drawn.cores[1].tcp_listen({ port: 80 });
    drawn.advance(20);
    const first = drawn.drawn();
    assert.ok(
      first.some((line) => / \*\* {2}10\.0\.0\.1:\d+ 10\.0\.0\.2:80: CLOSED -> SYN_SENT$/.test(line)),
      first.join("\n"),
    );
    assert.ok(
      first.some((line) => /waits: the neighbour's MAC address$/.test(line)),
      first.join("\n"),
    );
    assert.deepEqual(Drawn.at(first, /SYN,ACK/).slice(1), [WHY("SYN_SENT -> ESTABLISHED")]);
    for (let i = 0; i < 3; i++) {
      drawn.cores[0].tcp_write(handle, stream(0, 8192));
      drawn.advance(1000);
    }
    const lines = drawn.drawn();
    assert.ok(
      lines.some((line) => /: waits: peer's window$/.test(line)),
      lines.join("\n"),
    );
    assert.ok(lines.includes(WHY("zero-window probe")), lines.join("\n"));
    drawn.cores[0].tcp_abort(handle);
    drawn.advance(10);
    const last = drawn.drawn();
    assert.ok(
      last.some((line) => /: ESTABLISHED -> CLOSED$/.test(line)),
      last.join("\n"),
    );
    assert.ok(
      last.some((line) => /->.* RST,/.test(line)),
      last.join("\n"),
    );
  });
  test("frames of any octets are described, and nothing is read beyond them", () => {
    const rungs = new Rungs();
    const random = new Prng(5);
    for (let i = 0; i < 3000; i++) {
      const frame = Uint8Array.from({ length: random.u32() % 80 }, () => random.u32() & 255);
      if (frame.length > 23) frame.set([8, 0, 0x45 + (random.u32() % 3), 0, 0, random.u32() & 127], 12);
      if (frame.length > 23 && i % 2) frame.set([0, 0, 64, [1, 2, 6, 17][i % 4] as number], 20);
      const { text } = rungs.describe(frame, i % 5 ? "ethernet" : "ip");
      assert.match(text, /^[\x20-\x7e]+$/);
      assert.doesNotMatch(text, /undefined|NaN/);
    }
  });
  test("every counter has a text of its own, or is known to need none", () => {
    assert.deepEqual(
      Object.keys(Counter).filter((name) => name !== "COUNT" && !isKnown(name)),
      [],
    );
    assert.equal(whyOf("TCP_CHECKSUM"), "dropped: checksum");
  });
});
