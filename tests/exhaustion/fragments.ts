// Capacities of reassembly: to the brim, one over, and back.
import assert from "node:assert/strict";
import { cut, letter, part, pattern } from "../conformance/cut.js";
import { PROTOCOL, udp } from "../conformance/packets.js";
import { US } from "../conformance/tester.js";
import { World } from "./world.js";

const PORT = 40;
const LENGTH = 400;
/** Half `which` (0 or 1) of a datagram of its own from host `i`, that has no frames but these. */
function half(i: number, which: 0 | 1): Uint8Array {
  const from = `10.5.${i >> 7}.${1 + (i & 127)}`;
  const whole = udp(from, 5000, US.ip, PORT, pattern(LENGTH));
  const fields = { protocol: PROTOCOL.UDP, ident: i, from };
  return which ? part(whole, 200, whole.length, fields) : part(whole, 0, 200, fields);
}

export async function fragments(value: number): Promise<string[]> {
  const w = await World.make({ fragments: value }, { settings: { fragmentTimeout: 3000 } });
  const socket = w.core.udp_bind({ port: PORT });
  const used = () => w.core.pools().FRAGMENTS.used;
  for (let i = 0; i < value; i++) w.inject(half(i, 0));
  assert.equal(used(), value);
  assert.equal(w.core.counter("IP_FRAGMENTS_FULL"), 0);
  w.inject(half(value, 0));
  assert.equal(used(), value);
  assert.equal(w.core.counter("IP_FRAGMENTS_FULL"), 1);
  w.goesOn();
  w.inject(half(value, 1));
  assert.deepEqual(w.core.udp_read(socket), pattern(LENGTH), "the newest is complete");
  w.inject(half(0, 1));
  assert.ok((w.core.udp_read(socket) as number) < 0, "the oldest was given up");
  for (let i = 1; i < value; i++) {
    w.inject(half(i, 1));
    assert.deepEqual(w.core.udp_read(socket), pattern(LENGTH), `datagram ${i} was kept`);
  }
  assert.equal(used(), 1, "the rest of the one given up");
  w.run(3100);
  assert.equal(used(), 0);
  w.goesOn();
  return ["IP_FRAGMENTS_FULL"];
}

export async function fragmentOctets(value: number): Promise<string[]> {
  const w = await World.make({ fragmentOctets: value, udpOctets: 9000 });
  const socket = w.core.udp_bind({ port: PORT });
  const arrives = (length: number, ident: number) => {
    for (const frame of cut(letter(PORT, pattern(length)), 480, { protocol: PROTOCOL.UDP, ident })) w.inject(frame);
    return w.core.udp_read(socket);
  };
  assert.deepEqual(arrives(value - 28, 1), pattern(value - 28));
  assert.equal(w.core.counter("IP_FRAGMENT_TOO_LONG"), 0);
  assert.ok((arrives(value - 27, 2) as number) < 0);
  assert.equal(w.core.counter("IP_FRAGMENT_TOO_LONG"), 1);
  w.goesOn();
  assert.deepEqual(arrives(value - 28, 3), pattern(value - 28));
  w.goesOn();
  return ["IP_FRAGMENT_TOO_LONG"];
}
