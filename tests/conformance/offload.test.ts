// Offloads: what a stack leaves to a NIC, and what it believes of one. The NIC of these tests reads the virtio-net header and does as it says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, instantiate, Offload } from "../../bindings/node/core.js";
import { ethernet, ipv4, sack } from "./frames.js";
import { OFFLOADS, put } from "./nic.js";
import { ipv4 as datagram } from "./packets.js";
import { Peer, type PeerOptions, type Segment, stream } from "./peer.js";
import { bytes, options } from "./tester.js";
import { PEER, STACK } from "./wire.js";

const MSS = 1460;
const TINY = "build/ringwire-tiny.wasm";

const withNic = (more: PeerOptions = {}) => Peer.server({ offload: OFFLOADS, sack: true, ...more });
/** Frames that the stack gave its NIC to cut: octets of text of each segment, and segments. */
const cuts = (peer: Peer) =>
  peer.wire.given.splice(0).flatMap(({ segmentSize, frames }) => (segmentSize ? [[segmentSize, frames.length]] : []));
const lengths = (segments: Segment[]) => segments.map(({ data }) => data.length);
const text = (segments: Segment[]) => Buffer.concat(segments.map(({ data }) => data));

test("what the windows let out leaves in one frame that the NIC cuts, octet for octet; the segment with the FIN by itself", async () => {
  const peer = await withNic();
  peer.write(20_000);
  const first = peer.take();
  assert.deepEqual(lengths(first), Array(10).fill(MSS), "the initial window");
  assert.deepEqual(cuts(peer), [[MSS, 10]]);
  peer.close();
  peer.send({ ack: 1 + 10 * MSS });
  const rest = peer.take();
  assert.deepEqual(lengths(rest), [MSS, MSS, MSS, 20_000 - 13 * MSS]);
  assert.deepEqual(
    rest.map(({ ctl }) => ctl.includes("FIN")),
    [false, false, false, true],
  );
  assert.deepEqual(cuts(peer), [[MSS, 3]]);
  assert.deepEqual(text([...first, ...rest]), Buffer.from(stream(0, 20_000)));
});

test("no frame is longer than IPv4 allows, however wide the windows are", async () => {
  const peer = await withNic({ shift: 8, send: 1 << 20 });
  for (let round = 0; round < 8; round++) {
    peer.write(500_000);
    const last = peer.take().at(-1);
    if (last) peer.send({ ack: last.seq + last.data.length, win: 65_535 });
  }
  const longest = Math.max(...peer.wire.given.map(({ length }) => length));
  assert.equal(longest, 14 + 40 + Math.floor((65_535 - 40) / MSS) * MSS);
});

test("of segments that left together the lost one alone is sent again", async () => {
  const peer = await withNic();
  peer.write(14_600);
  assert.equal(peer.take().length, 10);
  cuts(peer);
  const blocks = (...edges: number[]) => sack(...edges.map((n) => (peer.irs ?? 0) + 1 + n * MSS));
  for (const to of [4, 5, 6]) peer.send({ ack: 1 + 2 * MSS, options: blocks(3, to) });
  peer.advance(20);
  const again = peer.take();
  assert.deepEqual(
    again.map(({ seq, data }) => [seq, data.length]),
    [[1 + 2 * MSS, MSS]],
  );
  assert.deepEqual(cuts(peer), []);
  peer.send({ ack: 1 + 10 * MSS });
  assert.equal(peer.status.unacknowledged, 0);
});

test("with no more than checksums left to the NIC segments leave one by one", async () => {
  const peer = await withNic({ offload: Offload.CHECKSUM });
  peer.write(20_000);
  assert.deepEqual(lengths(peer.take()), Array(10).fill(MSS));
  assert.deepEqual(cuts(peer), []);
});

for (const [name, flags, isTaken] of [
  ["left to be filled in", 1, true],
  ["seen to be right", 2, true],
  ["of which nothing is said", 0, false],
] as const) {
  test(`a segment longer than the MTU with a wrong checksum ${name} is ${isTaken ? "taken" : "dropped"}`, async () => {
    const peer = await withNic({ receive: 65_536 });
    const octets = 40_000;
    const segment = peer.segment({ data: octets });
    segment[16] = (segment[16] as number) ^ 0xff;
    const packet = ipv4({ source: PEER.address, destination: STACK.address, protocol: 6 }, segment);
    put(peer.wire.core.device(0), ethernet(PEER.mac, STACK.mac, 0x0800, packet), flags);
    peer.wire.run();
    assert.equal(peer.counter("TCP_CHECKSUM"), isTaken ? 0 : 1);
    assert.equal(peer.read(), isTaken ? octets : 0);
    if (isTaken) assert.equal(peer.take().at(-1)?.ack, 1 + octets);
  });
}

test("SHLD-18: what came in one frame is acknowledged at once, two such frames twice; as many octets in single segments draw an ACK for eight each", async () => {
  const peer = await withNic({ receive: 262_144, shift: 4 });
  const arrive = (...texts: number[]) => {
    for (const data of texts) {
      put(peer.wire.core.device(0), ethernet(PEER.mac, STACK.mac, 0x0800, peer.packet({ data })), 2);
      peer.nxt += data;
    }
    peer.wire.run();
    return peer.take().map(({ ack }) => ack);
  };
  const singles = Array<number>(20).fill(MSS);
  assert.deepEqual(arrive(...singles), [1 + 8 * MSS, 1 + 16 * MSS, 1 + 20 * MSS]);
  const at = 1 + 20 * MSS;
  assert.deepEqual(arrive(40_000), [at + 40_000]);
  assert.deepEqual(arrive(40_000, 40_000), [at + 80_000, at + 120_000]);
});

test("datagrams are believed likewise, but not when they are put together from fragments", async () => {
  const peer = await withNic();
  const { core } = peer.wire;
  const socket = core.udp_bind({ port: 9 });
  const wrong = Uint8Array.from([0x13, 0x88, 0, 9, 0, 32, 0xde, 0xad, ...bytes("twenty-four octets here!")]);
  const whole = { from: PEER.address, to: STACK.address, protocol: 17 };
  const arrives = (packet: Uint8Array) => {
    put(core.device(0), ethernet(PEER.mac, STACK.mac, 0x0800, packet), 2);
    peer.wire.run();
  };
  arrives(datagram(whole, wrong));
  assert.equal((core.udp_read(socket) as Uint8Array).length, 24);
  arrives(datagram({ ...whole, fragment: 0x2000 }, wrong.subarray(0, 16)));
  arrives(datagram({ ...whole, fragment: 2 }, wrong.subarray(16)));
  assert.equal(core.udp_read(socket), Err.WOULD_BLOCK);
  assert.equal(core.counter("UDP_CHECKSUM"), 1);
});

test("offloads that cannot be are refused: cutting without checksums, for a forwarder, of a loopback, in tiny", async () => {
  const device = (offload: number) => [{ kind: "ethernet" as const, offload }];
  const refused = { code: "NOT_SUPPORTED" };
  await instantiate(options({ devices: device(OFFLOADS) }));
  await assert.rejects(instantiate(options({ devices: device(Offload.SEGMENTATION) })), refused);
  await assert.rejects(instantiate(options({ devices: device(4) })), refused);
  await assert.rejects(instantiate(options({ devices: device(OFFLOADS), settings: { forwarding: 1 } })), refused);
  await assert.rejects(instantiate(options({ devices: device(OFFLOADS), wasm: TINY })), refused);
  await assert.rejects(instantiate(options({ devices: [{ kind: "ethernet", offload: OFFLOADS, slotOctets: 2048 }] })), {
    code: "BAD_INTERFACE",
  });
});
