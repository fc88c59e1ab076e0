// The module with vectors in its checksums, beside the other one.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, instantiate } from "../../bindings/node/core.js";
import { shipped } from "../../bindings/node/module.js";

const MODULES = ["ringwire.wasm", "ringwire-simd.wasm"].map((name) => new URL(`../../../${name}`, import.meta.url));
const PORT = 7;
/** Octets of the stream, and of the longest datagram; primes, so that parts end anywhere. */
const STREAM = 300_007;
const DATAGRAM = 1471;
const TURNS = 3000;

function core(wasm: URL, host: number): Promise<Core> {
  return instantiate({
    wasm,
    seed: Uint8Array.from({ length: 32 }, (_, i) => i * 5 + host),
    devices: [{ kind: "ethernet" }],
    interfaces: [{ mac: `02:00:00:00:00:0${host}`, addresses: [`10.0.0.${host}/24`] }],
  });
}

/** A stack at each end and what they say: a stream one way, and a datagram of another length each turn, whose octets begin anywhere. */
async function session(wasm: URL): Promise<{ frames: Buffer[]; hashes: number[]; received: number; datagrams: number; errors: number }> {
  const cores = [await core(wasm, 1), await core(wasm, 2)] as const;
  const [client, server] = cores;
  const octets = Uint8Array.from({ length: STREAM }, (_, i) => (i * i * 31 + (i >> 5)) & 255);
  const listener = server.tcp_listen({ port: PORT });
  const stream = client.tcp_connect({ address: "10.0.0.2", port: PORT });
  const [from, to] = [client.udp_bind({ port: PORT }), server.udp_bind({ port: PORT })];
  const frames: Buffer[] = [];
  const hashes: number[] = [];
  let [sent, received, datagrams, accepted] = [0, 0, 0, 0];
  for (let turn = 0; turn < TURNS && received < STREAM; turn++) {
    sent += Math.max(0, client.tcp_write(stream, octets.subarray(sent, sent + ((turn * 977) % 8191))));
    const length = (turn * 131) % DATAGRAM;
    client.udp_write(from, octets.subarray(turn, turn + length), { address: "10.0.0.2", port: PORT });
    for (const [sender, receiver] of [cores, [server, client]] as const) {
      sender.poll(turn);
      for (const frame of sender.output()) {
        frames.push(Buffer.from(frame));
        receiver.input(frame);
      }
    }
    server.poll(turn);
    accepted ||= Math.max(0, server.tcp_accept(listener));
    for (let part = accepted ? server.tcp_read(accepted) : null; part instanceof Uint8Array; part = server.tcp_read(accepted)) {
      assert.equal(Buffer.compare(part, octets.subarray(received, received + part.length)), 0);
      received += part.length;
    }
    while (server.udp_read(to) instanceof Uint8Array) datagrams++;
    hashes.push(...cores.map((each) => each.exports.state_hash?.() ?? 0));
  }
  const errors = cores.reduce((sum, each) => sum + each.counter("TCP_CHECKSUM") + each.counter("UDP_CHECKSUM"), 0);
  return { frames, hashes, received, datagrams, errors };
}

describe("the module with vectors", () => {
  test("is taken by default where the engine has them", () => {
    assert.match(String(shipped()), /ringwire-simd\.wasm$/);
  });
  test("sends the same frames as the other, and its state is the same after every turn", async () => {
    const [plain, vectors] = await Promise.all(MODULES.map(session));
    assert.ok(plain && vectors);
    assert.deepEqual([plain.received, plain.errors], [STREAM, 0]);
    assert.ok(plain.datagrams > 50 && plain.frames.length > 300, `${plain.datagrams} datagrams, ${plain.frames.length} frames`);
    assert.deepEqual(vectors.hashes, plain.hashes);
    assert.equal(vectors.frames.length, plain.frames.length);
    assert.equal(
      vectors.frames.findIndex((frame, i) => !frame.equals(plain.frames[i] ?? Buffer.alloc(0))),
      -1,
    );
  });
  test("drops a frame in which one bit is wrong, wherever it is", async () => {
    const [client, server] = [await core(MODULES[1] as URL, 1), await core(MODULES[1] as URL, 2)];
    const to = server.udp_bind({ port: PORT });
    const from = client.udp_bind({ port: PORT });
    const payload = Uint8Array.from({ length: 200 }, (_, i) => i * 3);
    let frame: Uint8Array | undefined;
    for (let turn = 0; turn < 4; turn++) {
      client.udp_write(from, payload, { address: "10.0.0.2", port: PORT });
      for (const [sender, receiver] of [[client, server] as const, [server, client] as const]) {
        sender.poll(turn);
        for (const each of sender.output()) {
          if (each.length > payload.length) frame = each;
          receiver.input(each);
        }
      }
    }
    assert.ok(frame);
    server.poll(5);
    while (server.udp_read(to) instanceof Uint8Array);
    const before = server.counter("UDP_CHECKSUM");
    for (let at = 42; at < frame.length; at++) {
      const wrong = frame.slice();
      wrong[at] = (wrong[at] as number) ^ (1 << (at & 7));
      server.input(wrong);
      server.poll(6);
    }
    assert.equal(server.counter("UDP_CHECKSUM") - before, frame.length - 42);
    assert.ok(!(server.udp_read(to) instanceof Uint8Array));
  });
});
