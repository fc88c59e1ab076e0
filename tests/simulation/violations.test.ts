// The simulation can fail: each rule is broken on purpose, by a stack that lies or a wire that forges, and must be the one that notices.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { readdirSync, readFileSync } from "node:fs";
import { CONTROL, DEVICE, STATUS } from "../../bindings/node/core.js";
import type { Exports } from "../../bindings/node/module.js";
import type { Tamper } from "./host.js";
import { ACK, FIN, forge, hasText, isEmpty, RST, Segment, SYN } from "./forge.js";
import { checksum } from "./hostile.js";
import { Instances } from "./module.js";
import { type Plan, planOf } from "./plan.js";
import { Simulation } from "./run.js";
import { MODULES, STACKS_MOST } from "./seeds.js";

const SEEDS = 400;
const SOURCES = "tests/simulation";
const instances = await Instances.of(MODULES.release, STACKS_MOST);

/** How a stack is made to be wrong. */
interface Wrong {
  tamper?: () => Tamper;
  /** Calls that answer or act otherwise; `txWritten` and `rxWritten` say that there are more frames than anybody has written. */
  exports?: (real: Exports, txWritten: (more: number) => void, rxWritten: (more: number) => void) => Partial<Exports>;
  /** Events after which a run is said to have no end. */
  eventsMost?: number;
  /** What the plan says otherwise than the stack was told. */
  plan?: (plan: Plan) => void;
}

const later = (answer: number) => (answer > 0 && answer < 2 ** 30 ? answer + 7000 : answer);

const WRONG: Record<string, [string, Wrong]> = {
  "an IP checksum that is wrong": [
    "frame",
    {
      tamper: () => ({
        wrote: (frame) => {
          frame[frame[12] === 8 && frame[13] === 0 ? 24 : 10] ^= 1;
        },
      }),
    },
  ],
  "a source address of somebody else": ["source", { tamper: () => ({ wrote: otherSource }) }],
  "a packet longer than the MTU": [
    "mtu",
    {
      plan: (plan) =>
        plan.stacks.forEach((stack) => {
          stack.mtu -= 20;
        }),
    },
  ],
  "another octet than the application wrote": [
    "text",
    {
      tamper: () => ({
        wrote: forge(
          hasText,
          (it) => {
            it.frame[it.start] ^= 4;
          },
          3,
        ),
      }),
    },
  ],
  "an octet changed on the wire with a right checksum": [
    "stream",
    {
      tamper: () => ({
        leaves: forge(
          hasText,
          (it) => {
            it.frame[it.start] ^= 4;
          },
          3,
        ),
      }),
    },
  ],
  "a FIN that comes too early": [
    "short",
    {
      tamper: () => ({
        leaves: forge(hasText, (it) => {
          it.ctl |= FIN;
        }),
      }),
    },
  ],
  "a FIN that is never sent": [
    "stuck",
    {
      tamper: () => ({
        leaves: forge(
          (it) => (it.ctl & FIN) !== 0,
          (it) => {
            it.ctl &= ~FIN;
          },
        ),
      }),
    },
  ],
  "a reset out of nowhere": [
    "error",
    {
      tamper: () => ({
        leaves: forge(
          hasText,
          (it) => {
            it.ctl |= RST;
          },
          2,
        ),
      }),
    },
  ],
  "text beyond the peer's edge": [
    "beyond-edge",
    {
      tamper: () => ({
        arrives: forge(isEmpty, (it) => {
          it.window = 65_535;
        }),
      }),
    },
  ],
  "a right edge that moves left": [
    "edge-left",
    {
      tamper: () => ({
        wrote: forge(
          isEmpty,
          (it) => {
            it.window >>= 3;
          },
          6,
        ),
      }),
    },
  ],
  "an acknowledgement of what never came": ["ack-of-nothing", { tamper: () => ({ wrote: forge(isEmpty, (it) => it.add(8, 1), 2) }) }],
  "an acknowledgement that moves back": ["ack-back", { tamper: () => ({ wrote: forge(isEmpty, (it) => it.add(8, -1), 5) }) }],
  "text at the place of the SYN": ["sequence", { tamper: () => ({ wrote: forge(hasText, (it) => it.add(4, -1)) }) }],
  "text that is left out": ["gap", { tamper: () => ({ wrote: once(forge(hasText, (it) => it.cut(), 1)) }) }],
  "SND.NXT that moves back": ["next-back", { tamper: () => ({ wrote: forge(isEmpty, (it) => it.add(4, -5), 5) }) }],
  "a segment longer than the peer's MSS": [
    "mss",
    {
      tamper: () => ({
        arrives: forge(
          (it) => (it.ctl & SYN) !== 0,
          (it) => it.setMss(9000),
        ),
      }),
    },
  ],
  "SACKed octets sent again": ["sacked-again", { tamper: () => ({ arrives: forge(isEmpty, (it) => void it.strip(5)) }) }],
  "octets sent again that are acknowledged": ["again", { tamper: () => ({ arrives: forge(isEmpty, (it) => it.add(8, -600)) }) }],
  "a segment of no connection": ["stray", { tamper: () => ({ wrote: forge(isEmpty, (it) => it.add(0, 1 << 16), 3) }) }],
  "a FIN one place too far": [
    "text",
    {
      tamper: () => ({
        wrote: forge(
          (it) => (it.ctl & FIN) !== 0 && it.text === 0,
          (it) => it.add(4, 1),
        ),
      }),
    },
  ],
  "text behind the FIN": [
    "fin",
    {
      tamper: () => ({
        wrote: forge(hasText, (it) => {
          it.ctl |= FIN;
        }),
      }),
    },
  ],
  "SACK blocks of what never came": [
    "sack",
    {
      tamper: () => ({
        wrote: forge(
          (it) => isEmpty(it) && it.header > 20,
          (it) => it.shift(5, 3000),
        ),
      }),
    },
  ],
  "a segment without ACK": [
    "ack",
    {
      tamper: () => ({
        wrote: forge(
          isEmpty,
          (it) => {
            it.ctl &= ~ACK;
          },
          2,
        ),
      }),
    },
  ],
  "events that are lost": ["stuck", { exports: () => ({ ready_next: () => 0 }) }],
  "a connection that nobody lets in": [
    "handshake",
    {
      tamper: () => ({
        arrives: forge(
          (it) => (it.ctl & SYN) !== 0,
          (it) => {
            it.ctl |= RST;
          },
        ),
      }),
    },
  ],
  "calls that fail": ["call", { exports: () => ({ tcp_send_commit: () => -3 }) }],
  "more in the network than cwnd": [
    "cwnd",
    { tamper: () => ({ status: (offset, value) => (offset === STATUS.cwnd ? value >> 3 : value) }) },
  ],
  "acknowledgements that come late": [
    "ack-late",
    {
      plan: (plan) =>
        plan.stacks.forEach((stack) => {
          stack.delayedAck = -400;
        }),
    },
  ],
  "poll that promises too late a time": ["poll-late", { tamper: () => ({ wait: later }) }],
  "poll that forgets the timers": ["no-timer", { tamper: () => ({ wait: (answer) => answer && 2 ** 30 }) }],
  "poll that forgets the timers of what was let go": [
    "orphan",
    {
      tamper: () => ({
        wait: (answer) => answer && 2 ** 30,
        status: (offset, value) => (offset === STATUS.unacknowledged || offset === STATUS.unsent ? 0 : value),
      }),
    },
  ],
  "poll that wakes the host for nothing": [
    "poll-idles",
    { tamper: () => ({ wait: (answer) => (answer < 2 ** 30 ? Math.min(answer, 1) : answer) }) },
  ],
  "a run that has no end": ["livelock", { eventsMost: 1000 }],
  "applications that are told nothing, and so wait for ever": ["asleep", { exports: () => ({ ready_next: () => 0 }) }],
  "a frame read that nobody wrote": [
    "ring",
    {
      exports: (real, _, rxWritten) => ({
        receive: (ms, us) => {
          rxWritten(1);
          return real.receive(ms, us);
        },
      }),
    },
  ],
  "poll that never lets the host sleep": ["poll-spins", { tamper: () => ({ wait: () => 0 }) }],
  "a storm of empty segments": [
    "storm",
    { exports: (real, more) => ({ transmit: () => stormy(real, more), poll: (ms, us) => stormy(real, more, real.receive(ms, us)) }) },
  ],
  "frames without a reason": ["silence", { exports: quietly }],
  "sockets that are never let go": [
    "pools",
    {
      exports: (real) => ({
        tcp_close: (handle, how) => (how ? real.tcp_close(handle, how) : handle >>> 28 === 1 ? 0 : real.tcp_close(handle, 0)),
      }),
    },
  ],
};

function otherSource(frame: Uint8Array): void {
  const ip = frame[12] === 8 && frame[13] === 0 ? 14 : 0;
  if (frame[ip] !== 0x45) return;
  frame[ip + 15] ^= 64;
  frame[ip + 10] = 0;
  frame[ip + 11] = 0;
  const sum = checksum(frame, ip, 20);
  frame[ip + 10] = sum >> 8;
  frame[ip + 11] = sum & 255;
  const segment = new Segment(frame, ip);
  if (segment.isTcp) segment.seal();
}
/** Changes one frame only. */
function once(change: (frame: Uint8Array) => void): (frame: Uint8Array) => void {
  let isDone = false;
  return (frame) => {
    if (isDone) return;
    const before = frame.slice();
    change(frame);
    isDone = Buffer.compare(before, frame) !== 0;
  };
}
let published = 0;
/** Publishes what lies in the transmit ring again, two hundred times. */
function stormy(real: Exports, more: (frames: number) => void, _read = 0): number {
  const answer = real.transmit();
  if (published++ === 40) more(200);
  return answer;
}
/** Publishes an old frame when nothing has been due for long. */
function quietly(real: Exports, more: (frames: number) => void): Partial<Exports> {
  let last = 0;
  const transmit = (ms: number, _read = 0) => {
    const answer = real.transmit();
    if (last && (ms - last) >>> 0 > 400_000) more(1);
    last = ms;
    return answer === 2 ** 30 ? 600_000 : answer;
  };
  let now = 0;
  return {
    receive: (ms, us) => {
      now = ms || 1;
      return real.receive(ms, us);
    },
    transmit: () => transmit(now),
    poll: (ms, us) => transmit(ms || 1, real.receive(ms, us)),
  };
}

/** A simulation of a plan with all of its stacks wrong. */
function simulation(seed: number, wrong: Wrong): Simulation {
  const plan = planOf(seed);
  const tampers = plan.stacks.map(() => wrong.tamper?.() ?? {});
  const made = new Simulation(plan, instances, { tampers, eventsMost: wrong.eventsMost });
  published = 0;
  for (const { core } of made.hosts) {
    if (!wrong.exports) continue;
    const more = (counter: number) => (frames: number) => {
      const at = core.control + CONTROL.deviceTable + counter;
      core.view.setUint32(at, core.view.getUint32(at, true) + frames, true);
    };
    const other = wrong.exports(core.exports, more(DEVICE.txWritten), more(DEVICE.rxWritten));
    Object.assign(core, { exports: Object.assign(Object.create(core.exports), other) });
  }
  wrong.plan?.(plan);
  return made;
}
/** What the first seeds that fail were said to fail at, until it is `what`. */
function caught(what: string, wrong: Wrong): string[] {
  const found = new Set<string>();
  for (let seed = 1; seed <= SEEDS && !found.has(what); seed++) {
    const { failed } = simulation(seed, wrong).run();
    if (failed) found.add(failed);
  }
  return [...found];
}

describe("a rule of the simulation that is broken is noticed, by its name", () => {
  for (const [name, [what, wrong]] of Object.entries(WRONG)) {
    test(`${what}: ${name}`, { timeout: 60_000 }, () => {
      assert.ok(caught(what, wrong).includes(what), `nothing but ${caught(what, wrong)}`);
    });
  }
});
test("each rule is broken by one of them", () => {
  const files = readdirSync(SOURCES).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const names = files.flatMap((name) =>
    [...readFileSync(`${SOURCES}/${name}`, "utf8").matchAll(/fails\(\s*"([a-z-]+)"/g)].map(([, what]) => what),
  );
  assert.ok(names.length > 40);
  const broken = Object.values(WRONG).map(([what]) => what);
  assert.deepEqual([...new Set(names)].sort(), [...new Set(broken)].sort());
});
