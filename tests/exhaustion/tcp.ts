// Capacities of TCP: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Err, Event } from "../../bindings/node/core.js";
import { CTL, PROTOCOL, tcp } from "../conformance/packets.js";
import { frame, host, PEER, US } from "../conformance/tester.js";
import { World } from "./world.js";

/** Fills a capacity of `value`; answers the counters and error codes that it saw on the way. */
export type Scenario = (value: number) => Promise<string[]>;

const OCTETS = (from: number, count: number) => Uint8Array.from({ length: count }, (_, i) => ((from + i) * 7) & 255);

/** Active opens until none is left, then a passive one; one is given back, and both kinds work again. */
export async function sockets(value: number): Promise<string[]> {
  const w = await World.make({ classes: [{ sockets: value, receive: 1024, send: 1024 }], synQueue: 4 });
  const opened = Array.from({ length: value }, () => w.open(80));
  assert.equal(w.core.tcp_connect({ address: PEER.ip, port: 80 }), Err.NO_SOCKET);
  w.goesOn();
  const listener = w.core.tcp_listen({ port: 90 });
  const knocking = w.peer.tcp_connect({ address: US.ip, port: 90 });
  w.until(() => w.core.counter("TCP_NO_SOCKET") > 0);
  assert.equal(w.core.tcp_accept(listener), Err.WOULD_BLOCK);
  w.goesOn();
  w.core.tcp_abort(opened.pop()?.mine ?? 0);
  let accepted: number = Err.WOULD_BLOCK;
  w.peer.tcp_write(knocking, OCTETS(0, 10));
  w.until(() => {
    accepted = w.core.tcp_accept(listener);
    return accepted > 0;
  });
  w.until(() => w.core.tcp_receive_ready(accepted) === 10);
  assert.deepEqual(w.core.tcp_read(accepted), OCTETS(0, 10));
  w.core.tcp_abort(accepted);
  w.run(5);
  w.open(80);
  w.goesOn();
  return ["NO_SOCKET", "TCP_NO_SOCKET"];
}

/** A reader that stops: the ring holds what it may, the window closes, nothing is lost, and reading opens it again. */
export async function receiveRing(value: number): Promise<string[]> {
  const w = await World.make({ classes: [{ sockets: 1, receive: value, send: 1024 }] });
  const { mine, theirs } = w.open(80);
  let written = 0;
  const write = () => {
    if (written < value * 3) written += w.peer.tcp_write(theirs, OCTETS(written, Math.min(1000, value * 3 - written)));
  };
  w.until(() => {
    write();
    return w.core.status(mine)?.readable === value;
  });
  for (let i = 0; i < 3000; i++) {
    write();
    w.step();
  }
  assert.equal(w.core.status(mine)?.readable, value, "not one octet more");
  assert.equal(w.core.status(mine)?.rcvWnd, 0);
  assert.ok((w.peer.status(theirs)?.unsent ?? 0) > 0, "the peer still has some");
  w.goesOn();
  let got = 0;
  w.until(() => {
    write();
    const octets = w.core.tcp_read(mine, 100);
    if (!(octets instanceof Uint8Array)) return got === value * 3;
    assert.deepEqual(octets, OCTETS(got, octets.length));
    got += octets.length;
    return got === value * 3;
  }, 200_000);
  w.goesOn();
  return [];
}

/** A writer whose octets nobody acknowledges: the span is 0 at the limit, and room is an event. */
export async function sendRing(value: number): Promise<string[]> {
  const w = await World.make({ classes: [{ sockets: 1, receive: 1024, send: value }] });
  const { mine, theirs } = w.open(80);
  while (w.core.ready_next()) assert.ok(w.core.events);
  assert.equal(w.core.tcp_write(mine, OCTETS(0, value + 1)), value);
  assert.equal(w.core.tcp_send_space(mine), 0);
  assert.equal(w.core.status(mine)?.writable, 0);
  assert.ok(w.core.tcp_send_commit(mine, 1) <= 0, "nothing more is taken");
  let got = 0;
  let room = false;
  w.until(() => {
    if (w.core.ready_next() === mine) room ||= (w.core.events & Event.WRITABLE) !== 0;
    for (let octets = w.peer.tcp_read(theirs); octets instanceof Uint8Array; octets = w.peer.tcp_read(theirs)) {
      assert.deepEqual(octets, OCTETS(got, octets.length));
      got += octets.length;
    }
    return got === value && room;
  }, 100_000);
  w.goesOn();
  w.until(() => w.core.status(mine)?.writable === value);
  assert.equal(w.core.tcp_write(mine, OCTETS(value, 10)), Math.min(10, value));
  w.until(() => w.peer.tcp_receive_ready(theirs) > 0);
  w.goesOn();
  return [];
}

export async function listeners(value: number): Promise<string[]> {
  const w = await World.make({ listeners: value });
  const handles = Array.from({ length: value }, (_, i) => w.core.tcp_listen({ port: 100 + i }));
  assert.ok(handles.every((handle) => handle > 0));
  assert.equal(w.core.tcp_listen({ port: 99 }), Err.NO_SOCKET);
  w.goesOn();
  assert.equal(w.core.tcp_close(handles[0] as number), 0);
  const again = w.core.tcp_listen({ port: 99 });
  assert.ok(again > 0);
  const client = w.peer.tcp_connect({ address: US.ip, port: 99 });
  w.until(() => w.core.tcp_accept(again) > 0);
  assert.equal(w.peer.status(client)?.state, "ESTABLISHED");
  w.goesOn();
  return ["NO_SOCKET"];
}

/** SYNs that are never completed; a reset frees a place. With cookies one more is answered, and takes none. */
export async function synQueue(value: number): Promise<string[]> {
  const seen = await fillSynQueue(value, false);
  await fillSynQueue(value, true);
  return seen;
}
async function fillSynQueue(value: number, cookies: boolean): Promise<string[]> {
  const w = await World.make({ synQueue: value }, { settings: { offer: { cookies } } });
  const stranger = host(200);
  w.answering.set(stranger.ip, stranger.mac);
  assert.ok(w.core.tcp_listen({ port: 80 }, 0, 65_535) > 0);
  const send = (port: number, ctl: number, seq: number) =>
    w.inject(frame(tcp(stranger.ip, port, US.ip, 80, { ctl, seq }), { protocol: PROTOCOL.TCP, from: stranger.ip }, { from: stranger.mac }));
  for (let i = 0; i < value; i++) send(1000 + i, CTL.SYN, 50);
  w.run(5);
  assert.equal(w.core.pools().HALF_OPEN.used, value);
  const before = w.core.counter("TCP_SYN_QUEUE_FULL");
  const isAnswered = (port: number) => w.sent.some((seen) => seen.tcp?.toPort === port);
  send(999, CTL.SYN, 50);
  w.run(5);
  assert.equal(isAnswered(999), cookies, "a cookie or silence");
  assert.equal(w.core.pools().HALF_OPEN.used, value);
  assert.equal(w.core.counter("TCP_SYN_QUEUE_FULL"), before + 1);
  w.goesOn();
  w.sent = [];
  send(1000, CTL.RST, 51);
  assert.equal(w.core.pools().HALF_OPEN.used, value - 1);
  send(999, CTL.SYN, 50);
  w.run(5);
  assert.equal(isAnswered(999), true);
  w.goesOn();
  return before === 0 ? ["TCP_SYN_QUEUE_FULL"] : [];
}

/** Connections closed by this side; the oldest record is given up for a new one; after 2 MSL all are free. */
export async function timeWait(value: number): Promise<string[]> {
  const w = await World.make({ timeWait: value }, { settings: { msl: 20_000 } });
  const close = () => {
    const { mine, theirs } = w.open(80);
    w.core.tcp_close(mine);
    w.until(() => w.peer.tcp_receive_ready(theirs) === Err.END);
    w.peer.tcp_close(theirs);
    w.until(() => w.core.pools().TCP0.used === 0 && w.peer.pools().TCP0.used === 1);
  };
  for (let i = 0; i < value; i++) close();
  assert.equal(w.core.pools().TIME_WAIT.used, value);
  assert.equal(w.core.counter("TCP_TIME_WAIT_CUT"), 0);
  const oldest = w.core.sockets().filter((socket) => socket.protocol === "time-wait");
  close();
  assert.equal(w.core.pools().TIME_WAIT.used, value);
  assert.equal(w.core.counter("TCP_TIME_WAIT_CUT"), 1);
  const left = new Set(w.core.sockets().map((socket) => socket.local.port));
  assert.equal(oldest.filter((socket) => !left.has(socket.local.port)).length, 1, "one, the oldest, is gone");
  w.goesOn();
  w.until(() => w.core.pools().TIME_WAIT.used === 0, 41_000);
  close();
  assert.equal(w.core.counter("TCP_TIME_WAIT_CUT"), 1);
  w.goesOn();
  return ["TCP_TIME_WAIT_CUT"];
}

/** What the arena may lose or gain between its parts. */
const ALIGNMENT = 64;
/** Octets of application record: memory is asked for, and the largest is refused beyond. */
export async function record(value: number): Promise<string[]> {
  const small = await World.make({ record: 0 });
  const w = await World.make({ record: value });
  const sockets = 5;
  assert.ok(w.core.memoryUsed > small.core.memoryUsed + sockets * value - ALIGNMENT, "each socket has its record");
  const most = await World.make({ record: 4096 });
  assert.ok(most.core.memoryUsed >= small.core.memoryUsed + sockets * 4096);
  await assert.rejects(World.make({ record: 4097 }), /BAD_CAPACITY: record/);
  for (const each of [small, w, most]) {
    each.open(80);
    each.goesOn();
  }
  return [];
}

/** Segments that nobody acknowledges: as many are in flight as have a record, however much the windows allow; then the rest follows. */
export async function sentRecords(value: number): Promise<string[]> {
  const rings = { classes: [{ sockets: 5, receive: 65_536, send: 65_536 }] };
  const none = await World.make(rings, { settings: { sentRecords: 0 } });
  const w = await World.make(rings, { settings: { sentRecords: value } });
  const octets = 16 * Math.min(value, 128);
  assert.ok(w.core.memoryUsed >= none.core.memoryUsed + 5 * octets - ALIGNMENT, "each socket has its records");
  for (const each of [none, w]) {
    const { mine, theirs } = each.open(80);
    each.core.tcp_write(mine, OCTETS(0, 60_000));
    each.core.poll(each.ms);
    const { unacknowledged = 0, unsent = 0, mss = 1, cwnd = 0 } = each.core.status(mine) ?? {};
    const segments = each === w ? Math.min(value, Math.floor(cwnd / mss)) : Math.floor(cwnd / mss);
    assert.equal(unacknowledged, segments * mss);
    assert.equal(unsent, 60_000 - unacknowledged);
    let got = 0;
    each.until(() => {
      const read = each.peer.tcp_read(theirs);
      if (read instanceof Uint8Array) {
        assert.deepEqual(read, OCTETS(got, read.length));
        got += read.length;
      }
      return got === 60_000;
    });
    each.goesOn();
  }
  return [];
}
