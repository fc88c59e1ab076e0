// What an RFC leaves open, and what Ringwire has chosen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Peer } from "./peer.js";
import { Wire } from "./wire.js";

test("MAY-4, 6864-1: a segment that is sent again must not be fragmented, so that its identification says nothing", async () => {
  const peer = await Peer.server();
  peer.write(100);
  const first = peer.expectSegment({ seq: 1, data: 100 });
  peer.advance(1500);
  const again = peer.expectSegment({ seq: 1, data: 100 });
  assert.deepEqual([first.dontFragment, again.dontFragment], [true, true]);
  assert.ok(peer.counter("TCP_RETRANSMITTED") >= 1);
});

test("RFC6429-1: connections held at a closed window are not aborted when all sockets are taken; the application can do it", async () => {
  const wire = await Wire.make({ capacities: { classes: [{ sockets: 2, receive: 4096, send: 4096 }] } });
  const held = [5001, 5002].map((port) => new Peer(wire, { port, win: 0 }));
  held[0]?.listen();
  for (const peer of held) {
    peer.listener = held[0]?.listener ?? 0;
    peer.handshake();
    peer.write(100);
  }
  const late = new Peer(wire, { port: 5003 });
  for (let minute = 0; minute < 60; minute++) {
    wire.advance(60_000);
    for (const peer of held) if (peer.take().length) peer.send({ win: 0, ack: 1 });
  }
  assert.deepEqual(
    held.map(({ state }) => state),
    ["ESTABLISHED", "ESTABLISHED"],
  );
  late.syn();
  late.take();
  late.send();
  assert.equal(wire.core.counter("TCP_NO_SOCKET"), 1);
  held[0]?.abort();
  assert.equal(held[0]?.expectSegment().ctl, "RST,ACK");
  late.send();
  late.listener = held[0]?.listener ?? 0;
  late.accept();
  assert.equal(late.state, "ESTABLISHED");
});
