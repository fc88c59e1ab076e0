// Attacks that make two honest stacks answer each other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Core, Offer, State } from "../../bindings/node/core.js";
import { ethernet, ipv4, type ParsedTcp, parse, type TcpFields, tcp } from "./frames.js";
import { Pair } from "./pair.js";

const MACS = ["02:00:00:00:00:01", "02:00:00:00:00:02"] as const;
const ADDRESSES = ["10.0.0.1", "10.0.0.2"] as const;

/** Gives `to` a segment that the other side never sent. */
function forge(pair: Pair, to: 0 | 1, fields: Partial<TcpFields>): void {
  const from = to === 0 ? 1 : 0;
  const segment = tcp(ADDRESSES[from], ADDRESSES[to], {
    sourcePort: 80,
    destinationPort: 80,
    seq: 0,
    ack: 0,
    ctl: "ACK",
    window: 1000,
    urgent: 0,
    options: [],
    data: new Uint8Array(0),
    ...fields,
  });
  const packet = ipv4({ source: ADDRESSES[from], destination: ADDRESSES[to], protocol: 6 }, segment);
  assert.ok(pair.cores[to].input(ethernet(MACS[from], MACS[to], 0x0800, packet)));
}
/** Frames that both sides have sent since. */
function framesOf(pair: Pair): () => number {
  const total = () => pair.cores.reduce((sum, core) => sum + core.counter("FRAMES_OUT"), 0);
  const before = total();
  return () => total() - before;
}
/** The next segment that a core sends; the other side gets it as well. */
function tap(from: Core, to: Core): ParsedTcp {
  let seen: ParsedTcp | null = null;
  for (const frame of from.output()) {
    const parsed = parse(frame);
    if (parsed.kind === "tcp") seen = parsed.segment;
    to.input(frame);
  }
  assert.ok(seen, "a segment");
  return seen;
}

test("TCP-20: two stacks whose numbers no longer fit, for somebody forged text to both, answer each other within a limit", async () => {
  const pair = await Pair.make({ receive: 4000, send: 4000 }, { offer: Offer.SCALE | Offer.SACK });
  const [a, b] = pair.cores;
  const [ours, theirs] = pair.handles;
  const ports = { here: a.status(ours)?.local.port ?? 0, there: 80 };
  a.tcp_write(ours, Uint8Array.of(1));
  a.poll(pair.ms);
  const one = tap(a, b);
  pair.advance(100);
  const forged = { window: 1000, data: new Uint8Array(100) };
  forge(pair, 1, { ...forged, sourcePort: ports.here, destinationPort: ports.there, seq: (one.seq + 1) >>> 0, ack: one.ack });
  forge(pair, 0, { ...forged, sourcePort: ports.there, destinationPort: ports.here, seq: one.ack, ack: (one.seq + 1) >>> 0 });
  const frames = framesOf(pair);
  pair.advance(60_000);
  assert.ok(frames() > 2, "they do disagree");
  assert.ok(frames() <= 60 * 45, `${frames()} frames in a minute`);
  assert.equal(a.tcp_status(ours), State.ESTABLISHED);
  assert.equal(b.tcp_status(theirs), State.ESTABLISHED);
});

test("TCP-20: two listeners that somebody made half open to each other answer each other within a limit", async () => {
  const pair = await Pair.make({ receive: 4000, send: 4000 });
  assert.ok(pair.cores[0].tcp_listen({ port: 80 }) > 0);
  forge(pair, 0, { ctl: "SYN", seq: 1_000_000 });
  forge(pair, 1, { ctl: "SYN", seq: 2_000_000_000 });
  const frames = framesOf(pair);
  pair.advance(120_000);
  assert.ok(frames() <= 200, `${frames()} frames for two forged SYNs`);
  assert.deepEqual(
    pair.cores.map((core) => core.pools().HALF_OPEN.used),
    [0, 0],
  );
});

test("TCP-20: a listener made half open to a connection in TIME-WAIT, and that, answer each other within a limit", async () => {
  const pair = await Pair.make({ receive: 4000, send: 4000 });
  const [a, b] = pair.cores;
  const port = a.status(pair.handles[0])?.local.port ?? 0;
  a.tcp_close(pair.handles[0]);
  pair.advance(100);
  b.tcp_close(pair.handles[1]);
  pair.advance(100);
  assert.equal(a.pools().TIME_WAIT.used, 1);
  forge(pair, 1, { ctl: "SYN", sourcePort: port, seq: 2_000_000_000 });
  const frames = framesOf(pair);
  pair.advance(40_000);
  assert.ok(frames() >= 1, "it does answer");
  assert.ok(frames() <= 200, `${frames()} frames for one forged SYN`);
});
