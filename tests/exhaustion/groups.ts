// Capacities of multicast groups and of the sources in their filters: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Err } from "../../bindings/node/core.js";
import { ethernet, ETHER, ipv4, PROTOCOL, udp } from "../conformance/packets.js";
import { bytes, PEER, US } from "../conformance/tester.js";
import { World } from "./world.js";

const PORT = 40;
const group = (i: number) => ({ address: `239.1.${i >> 8}.${i & 255}` });
const source = (i: number) => `10.9.${i >> 8}.${i & 255}`;
/** A datagram from the peer to a group. */
function incoming(i: number, text: string): Uint8Array {
  const to = group(i).address;
  const mac = `01:00:5e:01:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
  const packet = ipv4({ from: PEER.ip, to, protocol: PROTOCOL.UDP }, udp(PEER.ip, 5000, to, PORT, bytes(text)));
  return ethernet(mac, PEER.mac, ETHER.IPV4, packet);
}

export async function groups(value: number): Promise<string[]> {
  const w = await World.make({ groups: value });
  const socket = w.core.udp_bind({ address: US.ip, port: 9 });
  const hearing = w.core.udp_bind({ port: PORT });
  for (let i = 0; i < value; i++) assert.equal(w.core.udp_join(i ? socket : hearing, group(i)), 0);
  assert.equal(w.core.udp_join(socket, group(value)), Err.NO_ROOM);
  assert.equal(w.core.udp_join(socket, group(0)), Err.NO_ROOM, "a second socket in a group takes a place too");
  w.goesOn();
  w.inject(incoming(0, "joined"), incoming(value, "not joined"));
  assert.deepEqual(w.core.udp_read(hearing), bytes("joined"));
  assert.equal(w.core.udp_read(hearing), Err.WOULD_BLOCK);
  // Leaving and joining others at once leaves more to be reported than there is room for: what is joined goes first.
  for (let round = 1; round <= 5; round++) {
    for (let i = 0; i < value; i++) assert.equal(w.core.udp_leave(i ? socket : hearing, group((round - 1) * 300 + i)), 0);
    for (let i = 0; i < value; i++) assert.equal(w.core.udp_join(i ? socket : hearing, group(round * 300 + i)), 0);
  }
  w.goesOn();
  const told = new Set(w.recent.flatMap((seen) => seen.igmp?.records.map((record) => `${record.type} ${record.group}`) ?? []));
  assert.ok(value > 60 || told.has(`4 ${group(1500).address}`), "the last ones are reported");
  w.inject(incoming(1500, "again"));
  assert.deepEqual(w.core.udp_read(hearing), bytes("again"));
  for (const each of [socket, hearing]) assert.equal(w.core.udp_close(each), 0);
  w.run(5000);
  assert.deepEqual([w.core.pools().GROUP.used, w.core.pools().MEMBER.used], [1, 0], "only the group of all hosts is left");
  w.goesOn();
  return ["NO_ROOM"];
}

export async function sources(value: number): Promise<string[]> {
  const w = await World.make({ sources: value, groups: 4 });
  const socket = w.core.udp_bind({ port: PORT });
  const list = (first: number, count: number) => Array.from({ length: count }, (_, i) => source(first + i));
  assert.equal(w.core.udp_join(socket, group(0), { include: [PEER.ip, ...list(0, value)] }), Err.NO_ROOM);
  assert.equal(w.core.pools().MEMBER.used, 0, "refused as a whole");
  assert.equal(w.core.udp_join(socket, group(0), { include: [PEER.ip, ...list(0, value - 1)] }), 0);
  assert.equal(w.core.udp_join(socket, group(1), { exclude: [PEER.ip] }), Err.NO_ROOM);
  assert.equal(w.core.udp_join(socket, group(1)), 0, "without sources there is room");
  w.goesOn();
  w.inject(incoming(0, "wanted"));
  assert.deepEqual(w.core.udp_read(socket), bytes("wanted"));
  assert.equal(w.core.udp_join(socket, group(0), { include: list(500, value) }), 0, "another list takes the places of the old one");
  w.inject(incoming(0, "not wanted"));
  assert.equal(w.core.udp_read(socket), Err.WOULD_BLOCK);
  assert.equal(w.core.pools().SOURCE.used, value);
  assert.equal(w.core.udp_leave(socket, group(0)), 0);
  assert.equal(w.core.pools().SOURCE.used, 0);
  assert.equal(w.core.udp_join(socket, group(1), { exclude: [PEER.ip] }), 0);
  w.inject(incoming(1, "excluded"));
  assert.equal(w.core.udp_read(socket), Err.WOULD_BLOCK);
  w.core.udp_close(socket);
  assert.equal(w.core.pools().SOURCE.used, 0);
  w.goesOn();
  return ["NO_ROOM"];
}
