// Capacities of UDP, neighbours, routes and owners: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Err, Event } from "../../bindings/node/core.js";
import { build, parse, TYPE } from "../conformance/dhcp.js";
import { ETHER, EVERYBODY, ethernet, ipv4, PROTOCOL, udp } from "../conformance/packets.js";
import { arpReply, bytes, frame, host, PEER, US } from "../conformance/tester.js";
import { World } from "./world.js";

const PORT = 40;
/** A datagram from the peer's address to port 40. */
const incoming = (data: Uint8Array) => frame(udp(PEER.ip, 5000, US.ip, PORT, data), { protocol: PROTOCOL.UDP });
/** Host `i` of those that stay silent until a test lets them answer. */
const silent = (i: number) => ({
  ip: `10.3.${i >> 8}.${1 + (i & 127)}`,
  mac: `06:00:00:03:${(i >> 7).toString(16).padStart(2, "0")}:${(i & 127).toString(16).padStart(2, "0")}`,
});

export async function udpSockets(value: number): Promise<string[]> {
  const w = await World.make({ udpSockets: value });
  const handles = Array.from({ length: value }, (_, i) => w.core.udp_bind({ port: 1000 + i }));
  assert.ok(handles.every((handle) => handle > 0));
  assert.equal(w.core.udp_bind({}), Err.NO_SOCKET);
  assert.equal(w.core.ping_open(), Err.NO_SOCKET);
  w.goesOn();
  assert.equal(w.core.udp_close(handles[0] as number), 0);
  const again = w.core.udp_bind({ port: PORT });
  assert.ok(again > 0);
  w.inject(incoming(bytes("hello")));
  assert.deepEqual(w.core.udp_read(again), bytes("hello"));
  w.goesOn();
  return ["NO_SOCKET"];
}

export async function udpReceive(value: number): Promise<string[]> {
  const w = await World.make({ udpReceive: value });
  const socket = w.core.udp_bind({ port: PORT });
  for (let i = 0; i < value; i++) w.inject(incoming(bytes(`${i}`)));
  assert.equal(w.core.counter("UDP_FULL"), 0);
  w.inject(incoming(bytes("one too many")));
  assert.equal(w.core.counter("UDP_FULL"), 1);
  w.goesOn();
  assert.deepEqual(w.core.udp_read(socket), bytes("0"), "the oldest is still there");
  w.inject(incoming(bytes("next")));
  const rest = Array.from({ length: value }, () => w.core.udp_read(socket));
  assert.deepEqual(rest.at(-1), bytes("next"));
  assert.equal(w.core.udp_read(socket), Err.WOULD_BLOCK);
  assert.equal(w.core.counter("UDP_FULL"), 1);
  w.goesOn();
  return ["UDP_FULL"];
}

export async function udpSend(value: number): Promise<string[]> {
  const w = await World.make({ udpSend: value });
  const socket = w.core.udp_bind({});
  const theirs = w.peer.udp_bind({ port: PORT });
  const to = { address: PEER.ip, port: PORT };
  for (let i = 0; i < value; i++) assert.equal(w.core.udp_write(socket, bytes(`${i}`), to), `${i}`.length);
  assert.equal(w.core.udp_send_space(socket), 0);
  assert.equal(w.core.udp_send_commit(socket, 1, to), Err.WOULD_BLOCK);
  while (w.core.ready_next()) assert.ok(w.core.events);
  const got: string[] = [];
  const take = () => {
    const data = w.peer.udp_read(theirs);
    if (typeof data !== "number") got.push(new TextDecoder().decode(data));
    return got.length;
  };
  w.until(() => take() === value);
  assert.deepEqual(
    got,
    Array.from({ length: value }, (_, i) => `${i}`),
  );
  assert.equal(w.core.ready_next(), socket);
  assert.ok(w.core.events & Event.WRITABLE);
  w.goesOn();
  assert.equal(w.core.udp_write(socket, bytes("next"), to), 4);
  w.until(() => take() === value + 1);
  w.goesOn();
  return [];
}

export async function udpOctets(value: number): Promise<string[]> {
  const w = await World.make({ udpOctets: value });
  const socket = w.core.udp_bind({ port: PORT });
  assert.equal(w.core.udp_send_space(socket), value);
  const to = { address: PEER.ip, port: PORT };
  assert.equal(w.core.udp_send_commit(socket, value + 1, to), Err.TOO_LONG);
  assert.equal(w.core.udp_send_commit(socket, value, to), value);
  w.inject(incoming(new Uint8Array(value).fill(1)));
  assert.equal(w.core.udp_receive_ready(socket), value);
  if (value < 1472) {
    w.inject(incoming(new Uint8Array(value + 1)));
    assert.equal(w.core.counter("UDP_TOO_LONG"), 1);
    assert.deepEqual(w.core.udp_read(socket), new Uint8Array(value).fill(1));
    assert.equal(w.core.status(socket)?.receivedOctets, value + 1);
    assert.equal(w.core.udp_receive_ready(socket), value, "cut");
  }
  w.goesOn();
  assert.equal(w.core.udp_receive_release(socket), 0);
  w.inject(incoming(bytes("next")));
  assert.deepEqual(w.core.udp_read(socket), bytes("next"));
  w.goesOn();
  return value < 1472 ? ["UDP_TOO_LONG"] : [];
}

/** Connections pin all places; one that is given up makes room for the next. */
export async function neighbours(value: number): Promise<string[]> {
  const w = await World.make({ neighbours: value, classes: [{ sockets: value + 2, receive: 64, send: 64 }] });
  const connect = (i: number) => {
    w.answering.set(silent(i).ip, silent(i).mac);
    const handle = w.core.tcp_connect({ address: silent(i).ip, port: 80 });
    assert.ok(handle > 0, `${handle}`);
    return handle;
  };
  const hears = (i: number) => w.sent.some((seen) => seen.tcp && seen.to === silent(i).mac);
  const handles = Array.from({ length: value - 1 }, (_, i) => connect(i));
  w.run(10);
  assert.equal(w.core.pools().NEIGHBOUR.used, value);
  assert.equal(w.core.counter("ARP_FULL"), 0);
  connect(value);
  w.run(1500);
  assert.ok(w.core.counter("ARP_FULL") > 0);
  assert.equal(hears(value), false, "it waits");
  w.goesOn();
  w.core.tcp_abort(handles[0] as number);
  w.until(() => hears(value), 5000);
  assert.ok(w.core.pools().NEIGHBOUR.used <= value);
  w.goesOn();
  return ["ARP_FULL"];
}

export async function routes(value: number): Promise<string[]> {
  const w = await World.make({ routes: value, udpSockets: 2 });
  const gateway = host(250);
  w.answering.set(gateway.ip, gateway.mac);
  const network = (i: number) => ({ address: `192.${i}.0.0`, interface: 0 });
  const add = (i: number) => w.core.route_add(network(i), 16, { address: gateway.ip });
  for (let i = 0; i < value; i++) assert.equal(add(i), 0);
  assert.equal(add(200), Err.NO_ROOM);
  w.goesOn();
  const socket = w.core.udp_bind({});
  const isSent = (i: number) => {
    const answer = w.core.udp_write(socket, bytes("x"), { address: `192.${i}.0.9`, port: 9 });
    if (answer < 0) return answer;
    w.sent = [];
    w.run(3);
    return w.sent.filter((seen) => seen.udp && seen.to === gateway.mac).length;
  };
  assert.equal(isSent(0), 1);
  assert.equal(isSent(200), Err.NO_ROUTE);
  assert.equal(w.core.route_remove(network(0), 16), 0);
  assert.equal(add(200), 0);
  assert.equal(isSent(0), Err.NO_ROUTE);
  assert.equal(isSent(200), 1);
  w.goesOn();
  return ["NO_ROOM"];
}

export async function holds(value: number): Promise<string[]> {
  const w = await World.make({ holds: value, neighbours: value + 8, udpSend: 1 });
  const socket = w.core.udp_bind({});
  const send = (i: number) => {
    assert.equal(w.core.udp_write(socket, bytes(`${i}`), { address: silent(i).ip, port: 9 }), `${i}`.length);
    w.step();
  };
  for (let i = 0; i < value; i++) send(i);
  assert.equal(w.core.pools().HOLD.used, value);
  assert.equal(w.core.counter("HOLD_FULL"), 0);
  send(value);
  assert.equal(w.core.counter("HOLD_FULL"), 1);
  w.goesOn();
  w.answering.set(silent(0).ip, silent(0).mac);
  w.inject(arpReply(silent(0)));
  assert.deepEqual(
    w.sent.filter((seen) => seen.udp).map((seen) => new TextDecoder().decode(seen.udp?.data)),
    ["0"],
  );
  assert.equal(w.core.pools().HOLD.used, value - 1);
  send(value + 1);
  assert.equal(w.core.pools().HOLD.used, value);
  assert.equal(w.core.counter("HOLD_FULL"), 1);
  w.run(5000);
  assert.equal(w.core.pools().HOLD.used, 0, "who never gets an answer lets go");
  w.goesOn();
  return ["HOLD_FULL"];
}

export async function owners(value: number): Promise<string[]> {
  const w = await World.make({ owners: value });
  assert.equal(w.core.tcp_listen({ port: 80 }, 0, 4, value), Err.BAD_ARGUMENT);
  assert.equal(w.core.udp_bind({}, value), Err.BAD_ARGUMENT);
  assert.equal(w.core.ping_open(value), Err.BAD_ARGUMENT);
  assert.equal(w.core.tcp_connect({ address: PEER.ip, port: 80 }, {}, 0, value), Err.BAD_ARGUMENT);
  assert.equal(w.core.ready_next(value), Err.BAD_ARGUMENT);
  w.goesOn();
  for (let owner = 0; owner < value; owner++) {
    const socket = w.core.udp_bind({ port: PORT }, owner);
    assert.ok(socket > 0, `owner ${owner}`);
    w.inject(incoming(bytes("x")));
    while (owner === 0 && w.core.ready_next() !== socket) assert.ok(w.core.events);
    if (owner) assert.equal(w.core.ready_next(owner), socket);
    w.core.udp_close(socket);
  }
  w.goesOn();
  return ["BAD_ARGUMENT"];
}

/** A DISCOVER of client `n`. */
function discover(n: number): Uint8Array {
  const mac = `06:00:00:05:${(n >> 8).toString(16).padStart(2, "0")}:${(n & 255).toString(16).padStart(2, "0")}`;
  const data = build({ op: 1, xid: n, chaddr: mac, options: [[53, TYPE.DISCOVER]] });
  const packet = ipv4({ from: "0.0.0.0", to: "255.255.255.255", protocol: PROTOCOL.UDP }, udp("0.0.0.0", 68, "255.255.255.255", 67, data));
  return ethernet(EVERYBODY, mac, ETHER.IPV4, packet);
}
export async function leases(value: number): Promise<string[]> {
  const w = await World.make({ leases: value });
  assert.equal(w.core.dhcpd_start({ first: "10.6.0.1", last: "10.6.255.254" }), value);
  const offered = (n: number) => w.inject(discover(n)).flatMap((seen) => (seen.udp?.toPort === 68 ? [parse(seen).yiaddr] : []));
  const addresses = new Set(Array.from({ length: value }, (_, i) => offered(i + 1)).flat());
  assert.equal(addresses.size, value);
  assert.equal(w.core.counter("DHCPD_FULL"), 0);
  assert.deepEqual(offered(value + 1), []);
  assert.equal(w.core.counter("DHCPD_FULL"), 1);
  w.goesOn();
  w.run(3_000);
  assert.equal(offered(value + 1).length, 1, "a place whose offer nobody took");
  w.goesOn();
  return ["DHCPD_FULL"];
}
