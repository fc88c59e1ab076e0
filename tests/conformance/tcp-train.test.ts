// Frames behind each other that have nearly everything in common: what is looked at once for all of them must still hold for each.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ethernet } from "./frames.js";
import { Peer, type PeerOptions } from "./peer.js";
import { PEER, STACK } from "./wire.js";

const MSS = 1000;
const HEADERS = 54;
const [IP, IP_CHECKSUM, IP_OCTETS] = [14, 24, 20];
/** What depends on how often the stack is polled. */
const BY_POLL = new Set(["FRAMES_OUT", "IP_OUT", "TCP_OUT"]);

/** The checksum of the IP header made right again. */
function sealed(frame: Uint8Array): Uint8Array {
  const view = new DataView(frame.buffer, frame.byteOffset + IP, IP_OCTETS);
  view.setUint16(IP_CHECKSUM - IP, 0);
  let sum = 0;
  for (let i = 0; i < IP_OCTETS; i += 2) sum += view.getUint16(i);
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  view.setUint16(IP_CHECKSUM - IP, ~sum & 0xffff);
  return frame;
}
/** Three segments of text, the one in the middle with another octet among its headers; what the stack made of them. */
async function taken(change: (frame: Uint8Array) => void, together: boolean): Promise<Record<string, unknown>> {
  const peer = await Peer.server({ mss: MSS });
  const { core } = peer.wire;
  const before = new Map(Object.entries(core.counters()));
  for (const i of [0, 1, 2]) {
    const frame = ethernet(PEER.mac, STACK.mac, 0x0800, peer.packet({ seq: 1 + i * 100, data: 100 }));
    if (i === 1) change(frame);
    assert.ok(core.input(frame));
    if (!together) peer.wire.run();
  }
  peer.wire.run();
  const counted = Object.entries(core.counters()).filter(([name, value]) => value !== before.get(name) && !BY_POLL.has(name));
  const { state, rcvWnd } = peer.status;
  return {
    ...Object.fromEntries(counted.map(([name, value]) => [name, value - (before.get(name) ?? 0)])),
    state,
    rcvWnd,
    read: peer.read(),
  };
}

test("a frame like the one before it but for an octet of its headers is judged as if it had come alone", { timeout: 60_000 }, async () => {
  let refused = 0;
  for (let at = 0; at < HEADERS; at++) {
    for (const bit of [0x01, 0x40]) {
      for (const seals of [false, true]) {
        if (seals && (at < IP || at >= IP + IP_OCTETS)) continue;
        const change = (frame: Uint8Array) => {
          frame[at] = (frame[at] ?? 0) ^ bit;
          if (seals) sealed(frame);
        };
        const [one, each] = [await taken(change, true), await taken(change, false)];
        assert.deepEqual(one, each, `octet ${at}, bit ${bit}${seals ? ", checksum right" : ""}`);
        if (one.read !== 300) refused++;
      }
    }
  }
  assert.ok(refused > 100, `${refused} were refused`);
});
test("nothing changed: all three arrive, and another identification is no change", async () => {
  for (const change of [() => undefined, (frame: Uint8Array) => void sealed(frame.fill(7, IP + 4, IP + 6))]) {
    const { read, TCP_IN, IP_CHECKSUM: wrong = 0 } = await taken(change, true);
    assert.deepEqual([read, TCP_IN, wrong], [300, 3, 0]);
  }
});

for (const [name, options] of Object.entries<PeerOptions>({
  plainly: {},
  "with SACK": { sack: true },
  "with timestamps": { tsVal: 5000 },
})) {
  test(`what leaves in a train is one stream of full segments, ${name}: PSH on the last alone, and each with its own checksum`, async () => {
    const peer = await Peer.client({ mss: MSS, ...options });
    const size = MSS - (options.tsVal === undefined ? 0 : 12);
    const first = peer.seen;
    peer.write(9 * size + 10);
    const segments = peer.take();
    assert.deepEqual(
      segments.map(({ seq, data, ctl }) => [seq - first, data.length, ctl]),
      Array.from({ length: 9 }, (_, i) => [i * size, size, "ACK"]),
    );
    peer.send({});
    const [last] = peer.take();
    assert.deepEqual([last?.data.length, last?.ctl.includes("PSH")], [10, true]);
    assert.equal(new Set(segments.map(({ options: { timestamps = [] } }) => timestamps.join())).size, 1);
  });
}
