import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Wire, createWire } from "../../bindings/node/wire.js";
import { FakePort, frameOf, numberOf } from "./fakes.js";

function started(wire: Wire): FakePort[] {
  return wire.ends.map((end) => {
    const port = new FakePort();
    end.start(port);
    return port;
  });
}

describe("virtual wire", () => {
  test("what one end sends the other receives, unchanged and in order, and is woken", () => {
    const wire = new Wire();
    const [a, b] = started(wire) as [FakePort, FakePort];
    b.wakes = 0;
    for (let i = 0; i < 10; i++) a.toSend.push(frameOf(i, 60 + i));
    wire.ends[0]?.pump();
    assert.deepEqual(
      b.received,
      Array.from({ length: 10 }, (_, i) => frameOf(i, 60 + i)),
    );
    assert.equal(a.toSend.length, 0);
    assert.equal(a.received.length, 0);
    assert.equal(b.wakes, 1);
    assert.equal(wire.delivered, 10);
  });
  test("a hub gives a frame to all other ends", () => {
    const wire = new Wire("ethernet", 4);
    const ports = started(wire);
    ports[2]?.toSend.push(frameOf(9));
    wire.ends[2]?.pump();
    assert.deepEqual(
      ports.map((port) => port.received.length),
      [1, 1, 0, 1],
    );
  });
  test("an end without another in use has no carrier", async () => {
    const [near, far] = createWire();
    const port = new FakePort();
    near.start(port);
    assert.equal(port.link, false);
    far.start(new FakePort());
    assert.equal(port.link, true);
    await far.stop();
    assert.equal(port.link, false);
  });
  test("frames wait for room, and the sender is woken when there is some", () => {
    const wire = new Wire();
    const [a, b] = started(wire) as [FakePort, FakePort];
    b.room = 2;
    a.toSend.push(frameOf(0), frameOf(1), frameOf(2));
    wire.ends[0]?.pump();
    assert.equal(a.toSend.length, 1);
    b.received.length = 0;
    a.wakes = 0;
    wire.ends[1]?.pump();
    assert.equal(a.wakes, 1);
    wire.ends[0]?.pump();
    assert.deepEqual(b.received.map(numberOf), [2]);
    assert.equal(wire.missed, 0);
  });
  test("two full ends do not block each other: the oldest frames are missed", () => {
    const wire = new Wire();
    const [a, b] = started(wire) as [FakePort, FakePort];
    for (const port of [a, b]) {
      port.room = 0;
      port.txSlots = 2;
      port.toSend.push(frameOf(0), frameOf(1));
    }
    wire.ends[0]?.pump();
    wire.ends[1]?.pump();
    assert.equal(a.txFull, false);
    assert.equal(b.txFull, false);
    assert.equal(wire.missed, 2);
  });
  test("a count of ends that makes no sense is refused", () => {
    assert.throws(() => new Wire("ethernet", 1), /ends: 1 is out of range/);
  });
});
