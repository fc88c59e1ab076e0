// Capacities of the resolver and of what is announced: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Err } from "../../bindings/node/core.js";
import { address, answer, asked, GROUP, message, onLink, question, record, spoken, TYPE } from "../conformance/names.js";
import { PEER } from "../conformance/tester.js";
import { World } from "./world.js";

const SERVER = "10.5.0.53";

/** Questions to the brim, all of them asked; then answers, which make room, oldest first. */
export async function names(value: number): Promise<string[]> {
  const w = await World.make({ names: value });
  // A host that the test plays: one without a name server would say by ICMP that there is none.
  w.answering.set(SERVER, "06:00:00:05:00:35");
  w.core.dns_server_add(SERVER);
  const queries = Array.from({ length: value }, (_, i) => w.core.dns_query("A", `n${i}.example`));
  assert.ok(queries.every((query) => query > 0));
  assert.equal(w.core.dns_query("A", "more.example"), Err.NO_ROOM);
  assert.equal(w.core.dns_query("A", "n0.example"), queries[0], "what is asked already needs no place");
  w.goesOn();
  const fetched = new Set<number>();
  for (let i = 0; i < 40_000 && fetched.size < value; i++) {
    for (const each of asked(w.sent.splice(0))) w.core.input(answer(each, [record(each.name, TYPE.A, address("192.0.2.1"))]));
    w.step();
    for (const query of queries) if (typeof w.core.dns_result(query) === "object") fetched.add(query);
  }
  assert.equal(fetched.size, value, "all were asked, three at a time");
  for (let i = 0; i < 3; i++) for (const query of queries) w.core.dns_cancel(query);
  const again = w.core.dns_query("A", "more.example");
  assert.ok(again > 0, "an answer makes room");
  assert.ok(queries.filter((query) => w.core.dns_result(query) === Err.BAD_HANDLE).length === 1, "one, and no more");
  w.core.dns_cancel(again);
  w.goesOn();
  return ["NO_ROOM"];
}

/** Services to the brim; one that leaves makes room. All are told, in as many messages as it takes. */
export async function services(value: number): Promise<string[]> {
  const w = await World.make({ services: value });
  const service = (i: number) => ({ name: `s${i}`, type: "_x._udp", port: 1000 + i });
  assert.equal(w.core.mdns_start("box"), 0);
  for (let i = 1; i <= value; i++) assert.equal(w.core.mdns_advertise(service(i)), i);
  assert.equal(w.core.mdns_advertise(service(0)), Err.NO_ROOM);
  w.goesOn();
  w.run(3000);
  for (let i = 0; i <= value; i++) assert.equal(w.core.mdns_name(i), i ? `s${i}._x._udp.local` : "box.local");
  assert.equal(w.core.mdns_withdraw(1), 0);
  w.run(2);
  assert.equal(w.core.mdns_advertise(service(0)), 1);
  w.run(3000);
  assert.equal(w.core.mdns_name(1), "s0._x._udp.local");
  w.inject(onLink(message({ id: 0, flags: 0, question: question("_x._udp.local", TYPE.PTR) }), PEER));
  w.run(200);
  const told = spoken(w.sent.filter((seen) => seen.ip?.to === GROUP.ip)).flatMap(({ answers }) => answers);
  assert.ok(new Set(told.map(({ data }) => Buffer.from(data).toString("hex"))).size >= value, "each is named");
  w.goesOn();
  return ["NO_ROOM"];
}
