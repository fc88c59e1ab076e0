// Addresses and gateways that change while the stack runs.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Err, Event, INTERFACE, CONTROL, State } from "../../bindings/node/core.js";
import { CTL, PROTOCOL, tcp } from "./packets.js";
import { arpRequest, asksFor, bytes, datagram, datagrams, frame, GATEWAY, messages, OTHER, PEER, ping, Tester, US } from "./tester.js";

const NEW = "10.0.0.77";
const place = (t: Tester, index = 0) => t.core.control + CONTROL.interfaceTable + index * INTERFACE.octets;
const generation = (t: Tester) => t.core.view.getUint32(place(t) + INTERFACE.generation, true);
const announcements = (sent: ReturnType<Tester["poll"]>, ip: string) =>
  sent.filter((seen) => seen.arp?.senderIp === ip && seen.arp.targetIp === ip);

/** A connection of ours to PEER's port 80. */
function connected(t: Tester, from: string = US.ip): number {
  const handle = t.core.tcp_connect({ address: PEER.ip, port: 80 }, { address: from });
  assert.ok(handle > 0, `${handle}`);
  const [syn] = t.poll().filter((seen) => seen.tcp);
  const fields = { seq: 100, ack: ((syn?.tcp?.seq ?? 0) + 1) >>> 0, ctl: CTL.SYN | CTL.ACK };
  t.inject(frame(tcp(PEER.ip, 80, from, syn?.tcp?.fromPort ?? 0, fields), { protocol: PROTOCOL.TCP, to: from }));
  assert.equal(t.core.tcp_status(handle), State.ESTABLISHED);
  return handle;
}
const events = (t: Tester, handle: number): number => {
  for (let next = t.core.ready_next(); next > 0; next = t.core.ready_next()) if (next === handle) return t.core.events;
  return 0;
};

describe("addresses that come", () => {
  test("an address put on an interface is valid at once, announced, answered for and sent from; the generation rises", async () => {
    const t = await Tester.make();
    const before = generation(t);
    t.drops(ping({ to: NEW }), "IP_NOT_OURS");
    assert.equal(t.core.address_add({ address: NEW }, 24), 1, "its place");
    assert.equal(generation(t), before + 1);
    assert.equal(announcements(t.poll(), NEW).length, 1);
    assert.deepEqual(t.core.interfaces()[0]?.addresses, [`${US.ip}/24`, `${NEW}/24`]);
    assert.equal(t.inject(arpRequest(OTHER, NEW))[0]?.arp?.senderIp, NEW);
    assert.equal(messages(t.inject(ping({ to: NEW })), 0)[0]?.ip?.from, NEW);
    assert.equal(connected(t, NEW) > 0, true);
  });

  test("a new subnet is on link from then on, and sources are chosen from it", async () => {
    const t = await Tester.make();
    const socket = t.bind();
    t.send(socket, "far", "192.0.2.9");
    assert.equal(datagrams(t.poll())[0]?.to, GATEWAY.mac, "by the gateway before");
    assert.equal(t.core.address_add({ address: "192.0.2.1" }, 24), 1);
    t.answering.set("192.0.2.9", OTHER.mac);
    t.send(socket, "near", "192.0.2.9");
    const [out] = datagrams(t.poll());
    assert.equal(out?.to, OTHER.mac);
    assert.equal(out?.ip?.from, "192.0.2.1");
  });

  test("what is no host's address, taken, or one too many is refused, and changes nothing", async () => {
    const t = await Tester.make();
    const before = generation(t);
    for (const address of ["10.0.0.0", "10.0.0.255", "127.0.0.1", "224.0.0.1", "255.255.255.255", "0.1.2.3", GATEWAY.ip])
      assert.equal(t.core.address_add({ address }, 24), Err.BAD_ADDRESS, address);
    assert.equal(t.core.address_add({}, 24), Err.BAD_ADDRESS, "no address");
    assert.equal(t.core.address_add({ address: US.ip }, 24), Err.IN_USE);
    assert.equal(t.core.address_add({ address: NEW }, 33), Err.BAD_ARGUMENT);
    assert.equal(t.core.address_add({ address: NEW, interface: 1 }, 24), Err.BAD_ARGUMENT);
    assert.equal(t.core.address_add({ address: NEW, interface: -1 }, 24), Err.BAD_ARGUMENT, "no interface");
    assert.equal(generation(t), before);
    for (let i = 1; i < 4; i++) assert.equal(t.core.address_add({ address: `10.0.0.${100 + i}` }, 24), i);
    assert.equal(t.core.address_add({ address: NEW }, 24), Err.NO_ROOM);
    assert.equal(t.core.address_remove({ address: "10.0.0.102" }), 0);
    assert.equal(t.core.address_add({ address: NEW }, 32), 2, "in the place that is free again");
    t.isAlive();
  });
});

describe("addresses that go", () => {
  test("connections from it end with UNREACHABLE and no RST, those from others go on; it is not answered for", async () => {
    const t = await Tester.make();
    assert.equal(t.core.address_add({ address: NEW }, 24), 1);
    const [lost, kept] = [connected(t, NEW), connected(t)];
    assert.equal(t.core.tcp_write(lost, bytes("not sent")), 8);
    assert.equal(t.core.tcp_write(kept, bytes("sent")), 4);
    const before = generation(t);
    assert.equal(t.core.address_remove({ address: NEW }), 0);
    assert.equal(generation(t), before + 1);
    const sent = t.poll();
    assert.deepEqual(
      sent.map((seen) => seen.ip?.from),
      [US.ip],
      "nothing leaves from the address that is gone",
    );
    assert.equal(t.core.tcp_receive_ready(lost), Err.UNREACHABLE);
    assert.ok(events(t, lost) & Event.CLOSED);
    assert.equal(t.core.tcp_status(kept), State.ESTABLISHED);
    t.drops(ping({ to: NEW }), "IP_NOT_OURS");
    t.drops(arpRequest(OTHER, NEW), "ARP_NOT_OURS");
    assert.equal(t.core.tcp_close(lost), 0);
    assert.equal(t.core.pools().TCP0.used, 1);
  });

  test("an idle connection is told too, a half-open one is forgotten, and a RST that was owed is not sent", async () => {
    const t = await Tester.make();
    t.core.address_add({ address: NEW }, 24);
    const idle = connected(t, NEW);
    const aborted = connected(t, NEW);
    t.poll();
    const listener = t.core.tcp_listen({ port: 7 });
    t.inject(frame(tcp(PEER.ip, 5000, NEW, 7, { seq: 1, ctl: CTL.SYN }), { protocol: PROTOCOL.TCP, to: NEW }));
    assert.equal(t.core.pools().HALF_OPEN.used, 1);
    t.core.tcp_abort(aborted);
    t.core.address_remove({ address: NEW });
    assert.deepEqual(t.pass(5000), []);
    assert.ok(events(t, idle) & Event.CLOSED);
    assert.equal(t.core.status(idle)?.error, "UNREACHABLE");
    assert.equal(t.core.pools().HALF_OPEN.used, 0);
    assert.equal(t.core.pools().TCP0.used, 1);
    assert.ok(listener > 0);
    t.isAlive();
  });

  test("a UDP socket bound to it hears of it once, sends nothing, and works again when the address is back", async () => {
    const t = await Tester.make();
    t.core.address_add({ address: NEW }, 24);
    const socket = t.bind(9, NEW);
    const any = t.bind(10);
    t.send(socket, "queued", PEER.ip);
    t.core.address_remove({ address: NEW });
    assert.deepEqual(datagrams(t.poll()), []);
    assert.ok(events(t, socket) & Event.SOFT_ERROR);
    assert.equal(t.receive(socket), Err.UNREACHABLE);
    assert.equal(t.receive(socket), Err.WOULD_BLOCK);
    assert.equal(t.send(socket, "no", PEER.ip), Err.BAD_ADDRESS);
    assert.equal(t.send(any, "yes", PEER.ip), 3, "others go on");
    assert.equal(datagrams(t.poll())[0]?.ip?.from, US.ip);
    t.core.address_add({ address: NEW }, 24);
    t.inject(datagram(9, "back", { to: NEW }));
    assert.equal(t.receive(socket), "back");
    assert.equal(t.send(socket, "yes", PEER.ip), 3);
    assert.equal(datagrams(t.poll())[0]?.ip?.from, NEW);
  });

  test("the last address can go, and another come; what is not there is refused", async () => {
    const t = await Tester.make();
    assert.equal(t.core.address_remove({ address: NEW }), Err.BAD_ADDRESS);
    assert.equal(t.core.address_remove({ address: US.ip, interface: 3 }), Err.BAD_ARGUMENT);
    assert.equal(t.core.address_remove({ address: US.ip }), 0);
    assert.equal(t.core.udp_write(t.bind(), bytes("x"), { address: PEER.ip, port: 9 }), Err.NO_ROUTE);
    t.drops(ping(), "IP_NOT_OURS");
    assert.equal(t.core.address_add({ address: US.ip }, 24), 0);
    t.isAlive();
  });

  test("more connections than one walk looks at are all told, and every poll is short", async () => {
    const t = await Tester.make({
      capacities: { classes: [{ sockets: 3000, receive: 64, send: 64 }], synQueue: 4 },
      devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 4096 }],
    });
    t.core.address_add({ address: NEW }, 24);
    for (let i = 0; i < 3000; i++) assert.ok(t.core.tcp_connect({ address: PEER.ip, port: 80 + i }, { address: NEW }) > 0);
    t.core.poll(t.ms);
    t.core.output();
    t.core.address_remove({ address: NEW });
    let polls = 1;
    while (t.core.poll(t.ms) === 0) polls++;
    assert.ok(polls >= 3, `${polls} polls`);
    let told = 0;
    for (let handle = t.core.ready_next(); handle > 0; handle = t.core.ready_next()) {
      assert.equal(t.core.tcp_receive_ready(handle), Err.UNREACHABLE);
      assert.equal(t.core.tcp_close(handle), 0);
      told++;
    }
    assert.equal(told, 3000);
    assert.equal(t.core.pools().TCP0.used, 0);
  });
});

describe("gateways", () => {
  test("A168: a gateway that changes raises the generation, and what goes off link takes the new one, connections too", async () => {
    const t = await Tester.make();
    const handle = t.core.tcp_connect({ address: "192.0.2.1", port: 80 });
    assert.equal(t.poll().filter((seen) => seen.tcp)[0]?.to, GATEWAY.mac);
    const before = generation(t);
    t.answering.set(OTHER.ip, OTHER.mac);
    assert.equal(t.core.gateway_set({ address: OTHER.ip }), 0);
    assert.equal(generation(t), before + 1);
    assert.equal(t.core.interfaces()[0]?.gateway, OTHER.ip);
    const again = t.pass(2000);
    assert.equal(asksFor(again, OTHER.ip).length, 1);
    assert.equal(again.filter((seen) => seen.tcp)[0]?.to, OTHER.mac, "the SYN is sent again, by the new gateway");
    assert.ok(handle > 0);
    assert.equal(t.core.gateway_set({}), 0);
    assert.equal(generation(t), before + 2);
    assert.equal(t.core.udp_write(t.bind(), bytes("x"), { address: "192.0.2.1", port: 9 }), Err.NO_ROUTE);
  });

  test("what cannot be a gateway is refused", async () => {
    const t = await Tester.make();
    for (const address of [US.ip, "10.0.0.255", "10.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255"])
      assert.equal(t.core.gateway_set({ address }), Err.BAD_ADDRESS, address);
    assert.equal(t.core.gateway_set({ address: OTHER.ip, interface: 1 }), Err.BAD_ARGUMENT);
    assert.equal(t.core.interfaces()[0]?.gateway, GATEWAY.ip);
  });
});
