// Capacities of the packet filter and of address translation: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Action, Direction, Err } from "../../bindings/node/core.js";
import { datagram } from "../conformance/tester.js";
import { World } from "./world.js";

const RULE = { direction: Direction.IN, action: Action.DROP, protocol: 99 } as const;

export async function rules(value: number): Promise<string[]> {
  const w = await World.make({ rules: value });
  for (let i = 0; i < value; i++) assert.equal(w.core.filter_add(RULE, i), 0);
  assert.equal(w.core.filter_add(RULE, 0), Err.NO_ROOM);
  w.goesOn();
  if (value) {
    assert.equal(w.core.filter_remove(0), 0);
    assert.equal(w.core.filter_add(RULE, value - 1), 0);
  }
  w.goesOn();
  return ["NO_ROOM"];
}

/** The transfer has begun before and is no flow; the flows are datagrams of strangers that the filter lets in. */
export async function flows(value: number): Promise<string[]> {
  const w = await World.make({ flows: value, rules: 1 });
  const used = () => w.core.pools().FLOW.used;
  assert.equal(w.core.filter_add(RULE, 0), 0);
  w.core.udp_bind({ port: 40 });
  const arrives = (i: number) => w.inject(datagram(40, "x", { from: `10.5.${i >> 7}.${1 + (i & 127)}` }));
  for (let i = 0; i < value; i++) arrives(i);
  assert.equal(used(), value);
  assert.equal(w.core.counter("FLOWS_EVICTED"), 0);
  arrives(value);
  assert.equal(used(), value);
  assert.equal(w.core.counter("FLOWS_EVICTED"), value ? 1 : 0);
  w.goesOn();
  if (value) await established(value);
  return ["FLOWS_EVICTED", "FLOWS_FULL"];
}
/** Flows in which both sides have spoken, and the first again, are not given up for a new one. */
async function established(value: number): Promise<void> {
  const w = await World.make({ flows: value, rules: 1 }, { settings: { flowUdp: 2000 } });
  assert.equal(w.core.filter_add(RULE, 0), 0);
  const socket = w.core.udp_bind({ port: 40 });
  for (let i = 0; i < value; i++) {
    const from = `10.5.0.${1 + i}`;
    w.answering.set(from, "02:00:00:00:05:01");
    w.inject(datagram(40, "x", { from }));
    assert.ok(w.core.udp_write(socket, Uint8Array.of(1), { address: from, port: 5000 }) > 0);
    w.run(5);
    w.inject(datagram(40, "x", { from }));
    w.core.udp_read(socket);
    w.core.udp_read(socket);
  }
  const before = w.core.counter("UDP_IN");
  w.inject(datagram(40, "x", { from: "10.6.0.1" }));
  assert.equal(w.core.counter("UDP_IN"), before);
  assert.deepEqual([w.core.counter("FLOWS_FULL"), w.core.counter("FLOWS_EVICTED")], [1, 0]);
  w.goesOn();
  w.run(2001);
  assert.equal(w.core.pools().FLOW.used, 0);
  w.goesOn();
}

export async function forwards(value: number): Promise<string[]> {
  const w = await World.make({ forwards: value });
  const add = (port: number) => w.core.napt_forward(6, port, { address: "10.5.0.1", port: 80 });
  for (let i = 0; i < value; i++) assert.equal(add(8000 + i), 0);
  assert.equal(add(8000 + value), Err.NO_ROOM);
  w.goesOn();
  assert.equal(w.core.pools().MAPPING.used, value);
  for (let i = 0; i < value; i++) assert.equal(w.core.napt_unforward(6, 8000 + i), 0);
  assert.equal(w.core.pools().MAPPING.used, 0);
  w.goesOn();
  return ["NO_ROOM"];
}
