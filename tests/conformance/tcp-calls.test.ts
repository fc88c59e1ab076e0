// What each call answers at the ends of its ranges and in the wrong state. RFC 9293 §3.10.1 to §3.10.6.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Core, Err, Event, Option } from "../../bindings/node/core.js";
import { Peer } from "./peer.js";
import { PEER, STACK, Wire } from "./wire.js";

/** Every socket that has something to tell, with its events. */
function told(core: Core): [number, number][] {
  const found: [number, number][] = [];
  for (let handle = core.ready_next(); handle; handle = core.ready_next()) found.push([handle, core.events]);
  return found;
}

test("SM-USER-1: a passive OPEN outside its ranges is refused, and nothing is kept", async () => {
  const { core } = await Wire.make();
  const before = core.pools().LISTENER.used;
  for (const [bufferClass, backlog, owner] of [
    [4, 1, 0],
    [-1, 1, 0],
    [0, 0, 0],
    [0, -1, 0],
    [0, 65_536, 0],
    [0, 1, 4],
    [0, 1, -1],
  ] as const) {
    assert.equal(core.tcp_listen({ port: 80 }, bufferClass, backlog, owner), Err.BAD_ARGUMENT, `${bufferClass} ${backlog} ${owner}`);
  }
  assert.equal(core.tcp_listen({ port: 0 }), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_listen({ port: 80, interface: 1 }), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_listen({ address: PEER.address, port: 80 }), Err.BAD_ADDRESS);
  assert.equal(core.pools().LISTENER.used, before);
  assert.ok(core.tcp_listen({ port: 80 }, 0, 65_535) > 0);
  assert.equal(core.tcp_listen({ port: 80 }, 3, 1), Err.IN_USE);
  assert.ok(core.tcp_listen({ port: 81, interface: 0 }, 3, 1) > 0);
});

test("SM-USER-1: an active OPEN outside its ranges is refused, and no socket is kept", async () => {
  const { core } = await Wire.make();
  const to = { address: PEER.address, port: 5000 };
  for (const [bufferClass, owner] of [
    [4, 0],
    [-1, 0],
    [0, 4],
    [0, -1],
  ] as const) {
    assert.equal(core.tcp_connect(to, {}, bufferClass, owner), Err.BAD_ARGUMENT, `${bufferClass} ${owner}`);
  }
  assert.equal(core.tcp_connect({ ...to, interface: 1 }), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_connect({ ...to, port: 0 }), Err.BAD_ADDRESS);
  assert.equal(core.tcp_connect({ ...to, address: "0.0.0.0" }), Err.BAD_ADDRESS);
  assert.equal(core.tcp_connect({ address: "192.0.2.1", port: 80 }), Err.NO_ROUTE);
  assert.equal(core.tcp_connect(to, {}, 1), Err.NO_SOCKET);
  assert.equal(core.pools().TCP0.used, 0);
  const first = core.tcp_connect(to, { port: 6000 });
  assert.ok(first > 0);
  assert.equal(core.tcp_connect(to, { port: 6000 }), Err.IN_USE);
  assert.ok(core.tcp_connect({ ...to, port: 5001 }, { port: 6000 }) > 0, "the same port to another one");
  for (let free = 14; free; free--) assert.ok(core.tcp_connect(to) > 0);
  assert.equal(core.tcp_connect(to), Err.NO_SOCKET);
});

test("SM-USER-1: no more is committed than the span had, and no more released", async () => {
  const peer = await Peer.server({ send: 4096, receive: 4096 });
  const { core, handle } = peer;
  assert.ok(core.tcp_send_space(handle) > 0);
  assert.equal(core.tcp_send_commit(handle, 4097), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_send_commit(handle, -1), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_send_commit(handle, 0), 0);
  assert.equal(peer.write(5000), 4096);
  assert.equal(core.tcp_send_space(handle), 0);
  assert.equal(core.tcp_send_commit(handle, 1), Err.BAD_ARGUMENT);
  peer.wire.run();
  assert.equal(core.tcp_receive_ready(handle), 0);
  assert.equal(core.tcp_receive_release(handle, 1), Err.BAD_ARGUMENT);
  peer.send({ data: 100 });
  assert.equal(core.tcp_receive_ready(handle), 100);
  assert.equal(core.tcp_receive_release(handle, 101), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_receive_release(handle, -1), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_receive_release(handle, 60), 0);
  assert.equal(core.tcp_receive_ready(handle), 40);
});

test("SM-USER-1: what was let go is a bad handle to every call", async () => {
  const peer = await Peer.server();
  const { core, handle, listener } = peer;
  core.tcp_abort(handle);
  core.tcp_close(listener);
  peer.wire.run();
  const calls: Record<string, (handle: number) => number> = {
    accept: (one) => core.tcp_accept(one),
    sendSpace: (one) => core.tcp_send_space(one),
    sendCommit: (one) => core.tcp_send_commit(one, 0),
    receiveReady: (one) => core.tcp_receive_ready(one),
    receiveRelease: (one) => core.tcp_receive_release(one, 0),
    close: (one) => core.tcp_close(one),
    halfClose: (one) => core.tcp_close(one, true),
    abort: (one) => core.tcp_abort(one),
    status: (one) => core.tcp_status(one),
    rearm: (one) => core.ready_rearm(one),
    set: (one) => core.socket_set(one, Option.NODELAY, 1),
    get: (one) => core.socket_get(one, Option.NODELAY),
  };
  for (const [name, call] of Object.entries(calls)) {
    for (const stale of [handle, listener, 0, -1, 0x7fffffff]) assert.equal(call(stale), Err.BAD_HANDLE, `${name} ${stale}`);
  }
});

test("SM-USER-1: calls in the wrong state are refused: SEND after CLOSE, ACCEPT of nothing, CLOSE of what is over", async () => {
  const peer = await Peer.server();
  const { core, handle } = peer;
  assert.equal(core.tcp_accept(peer.listener), Err.WOULD_BLOCK);
  assert.equal(core.exports.tcp_close(handle, 2), Err.BAD_ARGUMENT);
  assert.equal(core.exports.tcp_close(handle, -1), Err.BAD_ARGUMENT);
  assert.equal(core.tcp_close(handle, true), 0);
  assert.equal(core.tcp_close(handle, true), 0);
  assert.equal(core.tcp_send_space(handle), Err.BAD_STATE);
  assert.equal(core.tcp_send_commit(handle, 0), Err.BAD_STATE);
  peer.wire.run();
  peer.send({ ctl: "FIN,ACK" });
  assert.equal(core.tcp_receive_ready(handle), Err.END);
  assert.equal(core.tcp_close(handle, true), Err.BAD_STATE);
  assert.equal(core.tcp_close(handle), 0);
  assert.equal(core.tcp_close(handle), Err.BAD_HANDLE);
});

test("SM-USER-1: each thing that happens is an event, once: CONNECTED, READABLE, FINISHED, WRITABLE, CLOSED", async () => {
  const peer = new Peer(await Wire.make({ send: 1024 }));
  const { core } = peer.wire;
  peer.connect();
  const { handle } = peer;
  assert.deepEqual(told(core), []);
  peer.send({ ctl: "SYN,ACK", options: peer.synOptions });
  assert.deepEqual(told(core), [[handle, Event.CONNECTED]]);
  peer.send({ data: 10 });
  assert.deepEqual(told(core), [[handle, Event.READABLE]]);
  peer.write(2000);
  assert.equal(core.tcp_send_space(handle), 0);
  assert.deepEqual(told(core), []);
  peer.send();
  assert.deepEqual(told(core), [[handle, Event.WRITABLE]]);
  peer.send({ ctl: "FIN,ACK" });
  assert.deepEqual(told(core), [[handle, Event.FINISHED]]);
  peer.send({ ctl: "RST" });
  assert.deepEqual(told(core), [[handle, Event.CLOSED]]);
});

test("SM-USER-1: what is still to be done is told again when the application asks for it", async () => {
  const peer = await Peer.server({ send: 1024 });
  const { core, handle, listener } = peer;
  told(core);
  const again = (): number => {
    assert.equal(core.ready_rearm(handle), 0);
    return told(core)[0]?.[1] ?? 0;
  };
  assert.equal(again(), Event.WRITABLE);
  peer.write(2000);
  assert.equal(again(), 0);
  peer.send();
  assert.deepEqual(told(core), [[handle, Event.WRITABLE]]);
  peer.send({ ctl: "FIN,ACK", data: 10 });
  told(core);
  assert.equal(again(), Event.READABLE | Event.FINISHED | Event.WRITABLE);
  assert.equal(core.tcp_close(handle, true), 0);
  assert.equal(again(), Event.READABLE | Event.FINISHED);
  peer.wire.run();
  peer.send({ ctl: "RST" });
  told(core);
  assert.equal(again(), Event.READABLE | Event.FINISHED | Event.CLOSED);
  assert.equal(core.ready_rearm(listener), 0);
  assert.deepEqual(told(core), []);
  const other = new Peer(peer.wire, { port: 5001 });
  other.syn();
  other.send();
  assert.deepEqual(told(core), [[listener, Event.ACCEPTABLE]]);
  assert.equal(core.ready_rearm(listener), 0);
  assert.deepEqual(told(core), [[listener, Event.ACCEPTABLE]]);
});

test("SM-USER-1: an accepted connection tells at once what happened while it waited", async () => {
  const peer = new Peer(await Wire.make());
  const { core } = peer.wire;
  peer.listen();
  peer.syn();
  peer.send();
  peer.send({ data: 10 });
  assert.deepEqual(told(core), [[peer.listener, Event.ACCEPTABLE]]);
  peer.accept();
  assert.deepEqual([core.local.address, core.local.port], [STACK.address, 80]);
  assert.deepEqual([core.remote.address, core.remote.port], [PEER.address, 5000]);
  assert.deepEqual(told(core), [[peer.handle, Event.READABLE]]);
});
