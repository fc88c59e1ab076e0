import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  ARENA_START,
  CONTROL,
  type Core,
  type CoreOptions,
  DEVICE,
  DEVICES_MAX,
  Err,
  Flag,
  INTERFACES_MAX,
  instantiate,
  POOL,
  PoolIndex,
} from "../../bindings/node/core.js";
import { type Exports, load } from "../../bindings/node/module.js";
import { Prng } from "../../bindings/node/prng.js";
import { Rings } from "../../bindings/node/rings.js";
import { writeControl } from "../../bindings/node/settings.js";
import { World } from "../exhaustion/world.js";
import { CTL, icmp, PROTOCOL, tcp } from "./packets.js";
import { damaged, mutated } from "./mutate.js";
import { arpReply, arpRequest, bytes, datagram, frame, GATEWAY, icmpError, OTHER, options, PEER, ping, Tester, US } from "./tester.js";

const MEGABYTE = 2 ** 20;
const PAGE = 65_536;

/** A module with its control block written, `init` not yet called. */
async function module(
  pages: number,
  given: CoreOptions = options(),
): Promise<{ exports: Exports; control: number; view: DataView; octets: Uint8Array }> {
  const exports = await load();
  const control = exports.control();
  const missing = pages - exports.memory.buffer.byteLength / PAGE;
  if (missing > 0) exports.memory.grow(missing);
  const view = new DataView(exports.memory.buffer);
  writeControl(view, control, given);
  return { exports, control, view, octets: new Uint8Array(exports.memory.buffer) };
}
/** Pings the stack through its rings; answers whether it replied. */
function answers(exports: Exports, octets: Uint8Array, control: number, ms: number): boolean {
  const rings = new Rings(octets, new Uint32Array(octets.buffer), control, 0);
  while (rings.peek()) rings.take();
  assert.ok(rings.input(ping()));
  for (let round = 0; round < 3; round++) exports.poll(ms, 0);
  let replied = false;
  for (let out = rings.peek(); out; out = rings.peek()) {
    replied ||= out[23] === PROTOCOL.ICMP && out[34] === 0;
    rings.take();
  }
  return replied;
}

describe("memory", () => {
  test("10,000 sockets with 64 KB rings each way take no resident memory until they are used", async () => {
    const rss = () => process.memoryUsage.rss() / MEGABYTE;
    const start = rss();
    const classes = [{ sockets: 10_000, receive: 65_536, send: 65_536 }];
    const core = await instantiate(
      options({ capacities: { classes, neighbours: 16 }, devices: [{ kind: "ethernet", rxSlots: 256, txSlots: 256 }] }),
    );
    assert.ok(core.memory.buffer.byteLength >= 10_000 * 131_072);
    const begun = rss();
    assert.ok(begun - start < 48, `init took ${(begun - start).toFixed(1)} MB`);
    core.poll(0);
    const handles = Array.from({ length: 1000 }, () => core.tcp_connect({ address: PEER.ip, port: 80 }));
    assert.ok(handles.every((handle) => handle > 0));
    const opened = rss();
    assert.ok(opened - begun < 32, `1,000 opens took ${(opened - begun).toFixed(1)} MB`);
    for (const handle of handles.slice(0, 400)) {
      assert.equal(core.tcp_send_space(handle) > 0, true);
      core.octets.fill(1, core.span, core.span + core.tcp_send_space(handle));
    }
    const used = rss();
    assert.ok(used - opened > 12, `the control: 400 rings that were written took ${(used - opened).toFixed(1)} MB`);
    assert.equal(core.tcp_connect({ address: PEER.ip, port: 80 }) > 0, true);
  });

  test("an arena that is too small says what it needs; exactly that is enough, and one octet less is not", async () => {
    for (const start of [0, ARENA_START, ARENA_START + 1, 5000, 70_001]) {
      const { exports, control, view, octets } = await module(40);
      const from = start || ARENA_START;
      view.setUint32(control + CONTROL.arenaStart, start, true);
      view.setUint32(control + CONTROL.arenaEnd, from + 1, true);
      assert.equal(exports.init(0, 0), Err.NO_MEMORY);
      const needed = view.getUint32(control + CONTROL.memoryNeeded, true);
      view.setUint32(control + CONTROL.arenaEnd, from + needed - 1, true);
      assert.equal(exports.init(0, 0), Err.NO_MEMORY, "one octet less");
      assert.equal(exports.poll(0, 0), Err.NOT_READY);
      view.setUint32(control + CONTROL.arenaEnd, from + needed, true);
      assert.equal(exports.init(0, 0), 0, `exactly ${needed} from ${from}`);
      assert.equal(answers(exports, octets, control, 1), true);
    }
  });

  test("the stack writes nothing outside its arena and its static data", async () => {
    const { exports, control, view, octets } = await module(60);
    const start = 2 * PAGE;
    view.setUint32(control + CONTROL.arenaStart, start, true);
    view.setUint32(control + CONTROL.arenaEnd, 1, true);
    assert.equal(exports.init(0, 0), Err.NO_MEMORY);
    const end = start + view.getUint32(control + CONTROL.memoryNeeded, true);
    view.setUint32(control + CONTROL.arenaEnd, end, true);
    octets.fill(0xa5, ARENA_START);
    assert.equal(exports.init(0, 0), 0);
    const rings = new Rings(octets, new Uint32Array(octets.buffer), control, 0);
    exports.tcp_listen(0, 4, 0);
    exports.udp_bind(0);
    const prng = new Prng(1);
    for (let i = 0; i < 5000; i++) {
      rings.input(mutated(prng.chance(0.5) ? ping() : datagram(9, new Uint8Array(prng.below(1400))), prng));
      exports.poll(i, 0);
      while (rings.peek()) rings.take();
    }
    const isClean = (from: number, to: number) => octets.subarray(from, to).every((octet) => octet === 0xa5);
    assert.ok(isClean(ARENA_START, start), "below the arena");
    assert.ok(isClean(end, octets.length), "beyond the arena");
  });

  test("RES-07: the debug module traps at the next poll when something was written behind the end of a pool, and says so; undisturbed it answers", async () => {
    const pools = Object.entries(PoolIndex).filter(([name]) => name !== "COUNT");
    for (const [name, index] of pools) {
      const t = await Tester.make({ wasm: "build/ringwire-debug.wasm" });
      const words = new Uint32Array(t.core.memory.buffer);
      const word = (at: number) => words[at >>> 2] as number;
      const pool = word(t.core.control + CONTROL.pools) + index * POOL.octets;
      assert.equal(t.inject(ping()).length, 1);
      const end = word(pool + POOL.base) + word(pool + POOL.stride) * word(pool + POOL.capacity);
      t.core.octets[end] = (t.core.octets[end] as number) ^ 1;
      assert.throws(() => t.core.poll(t.ms), WebAssembly.RuntimeError, name);
      assert.equal(word(t.core.control + CONTROL.flags) & Flag.FAULT, Flag.FAULT);
    }
  });

  test("init again starts afresh: sockets, counters and frames are gone, and the state is that of a new stack", async () => {
    const fresh = await instantiate(options());
    const used = await Tester.make();
    const socket = used.bind(7);
    const listener = used.core.tcp_listen({ port: 80 });
    used.core.tcp_connect({ address: PEER.ip, port: 80 });
    for (let i = 0; i < 20; i++) used.inject(ping(), datagram(7, `${i}`), arpRequest(OTHER));
    used.core.input(ping());
    const { core } = used;
    const local = core.control + CONTROL.local;
    core.octets.fill(0, local, local + 48);
    assert.equal(core.exports.init(0, 0), 0);
    assert.equal(core.udp_receive_ready(socket), Err.BAD_HANDLE);
    assert.equal(core.tcp_accept(listener), Err.BAD_HANDLE);
    assert.deepEqual(core.sockets(), []);
    assert.equal(core.ready_next(), 0);
    assert.ok(Object.values(core.counters()).every((count) => count === 0));
    assert.equal(core.stateHash(), fresh.stateHash());
    for (const each of [core, fresh]) {
      each.poll(0);
      each.input(ping());
      each.poll(1);
    }
    assert.deepEqual(core.output(), fresh.output());
    assert.equal(core.stateHash(), fresh.stateHash());
    assert.equal(core.exports.init(5, 0), 0);
    assert.ok(core.udp_bind({ port: 7 }) > 0);
  });
});

describe("a host that errs", () => {
  const WILD = [1, 63, 64, 255, 4095, 65_535, 0x7fffffff, 0x80000000, 0xfffffff0, 0xffffffff];

  test("RES-04: wild arena bounds are refused or used as far as there is memory, never a trap", async () => {
    for (const pages of [1, 40]) {
      for (const start of [0, ...WILD]) {
        for (const end of [0, ...WILD]) {
          const { exports, control, view, octets } = await module(pages);
          view.setUint32(control + CONTROL.arenaStart, start, true);
          view.setUint32(control + CONTROL.arenaEnd, end, true);
          const result = exports.init(0, 0);
          const what = `arena ${start} to ${end}, ${pages} pages: ${result}`;
          if (start && start < control + CONTROL.interfaceTable) assert.ok(result < 0, `${what}: the control block lies there`);
          if (result === 0) assert.ok(answers(exports, octets, control, 1), what);
          else assert.ok([Err.NO_MEMORY, Err.BAD_ARGUMENT].includes(result as never) && exports.poll(0, 0) === Err.NOT_READY, what);
        }
      }
    }
  });

  test("RES-04: wild counts, capacities, settings and records are refused with the word that is wrong, never a trap", async () => {
    for (let offset = CONTROL.devices; offset < CONTROL.interfaceTable + 64; offset += 4) {
      const isHosts =
        offset <= CONTROL.interfaces || (offset >= CONTROL.classes && offset < CONTROL.mailbox) || offset >= CONTROL.deviceTable;
      if (!isHosts) continue;
      for (const value of WILD) {
        const { exports, control, view, octets } = await module(40);
        view.setUint32(control + offset, value, true);
        const result = exports.init(0, 0);
        const what = `word ${offset} is ${value}: ${result}`;
        assert.ok(result <= 0 && result >= -28, what);
        if (result === 0) exports.poll(1, 0);
        else if (result !== Err.NO_MEMORY) assert.ok(view.getUint32(control + CONTROL.detail, true) > 0, what);
        assert.ok(octets.length > 0);
      }
    }
    for (const [offset, most] of [
      [CONTROL.devices, DEVICES_MAX],
      [CONTROL.interfaces, INTERFACES_MAX],
    ] as const) {
      const { exports, control, view } = await module(40);
      for (const wrong of [0, most + 1]) {
        view.setUint32(control + offset, wrong, true);
        assert.equal(exports.init(0, 0), Err.BAD_COUNT);
        assert.equal(view.getUint32(control + CONTROL.detail, true), offset);
      }
    }
  });

  test("RES-04: wild ring counters and lengths neither trap nor stop the stack for longer than they are wild", async () => {
    const t = await Tester.make();
    const { view, control } = t.core;
    const device = control + CONTROL.deviceTable;
    const word = (offset: number) => view.getUint32(device + offset, true);
    for (const value of WILD) {
      const [written, taken] = [word(DEVICE.rxWritten), word(DEVICE.txTaken)];
      view.setUint32(device + DEVICE.rxWritten, (written + value) >>> 0, true);
      for (let i = 0; i < 3; i++) assert.ok(t.core.poll(t.ms) >= 0);
      view.setUint32(device + DEVICE.rxWritten, word(DEVICE.rxTaken), true);
      view.setUint32(device + DEVICE.txTaken, (taken + value) >>> 0, true);
      t.core.input(ping());
      for (let i = 0; i < 3; i++) assert.ok(t.core.poll(t.ms) >= 0);
      view.setUint32(device + DEVICE.txTaken, word(DEVICE.txWritten), true);
      t.poll();
      t.isAlive();
    }
    for (const length of [0, 1, 13, 1514, 1515, 4096, ...WILD]) {
      const slot = word(DEVICE.rxRing) + (word(DEVICE.rxWritten) & (word(DEVICE.rxSlots) - 1)) * word(DEVICE.slotOctets);
      assert.ok(t.core.input(ping()));
      view.setUint32(slot, length, true);
      t.poll();
      t.isAlive();
    }
    assert.equal(t.core.counter("LINK_LONG"), 7);
  });

  test("RES-04: calls with wild handles, numbers and endpoints answer an error or do what is allowed, and an honest transfer goes on", async () => {
    const w = await World.make({ classes: [{ sockets: 8, receive: 500, send: 500 }], udpSockets: 8 });
    const honest = w.core.sockets()[0]?.handle ?? 0;
    const prng = new Prng(4);
    const handles: number[] = [];
    const names = (Object.keys(w.core.exports) as (keyof Exports)[]).filter((name) =>
      /^(tcp|udp|ping|ready|socket|route)_/.test(String(name)),
    );
    assert.ok(names.length >= 22, `${names.length} calls`);
    const number = () => {
      const choice = prng.below(6);
      if (choice < 2) return prng.below(12) - 2;
      if (choice === 2) return prng.u32() | 0;
      if (choice === 3) return (WILD[prng.below(WILD.length)] as number) | 0;
      const handle = handles[prng.below(handles.length)] ?? 0;
      return choice === 4 ? handle : handle ^ (1 << prng.below(31));
    };
    for (let i = 0; i < 200_000; i++) {
      for (const record of [CONTROL.local, CONTROL.remote]) if (prng.chance(0.3)) endpoint(w.core, record, prng);
      const name = names[prng.below(names.length)] as string;
      const first = number();
      if (first === honest) continue;
      const result = (w.core.exports[name] as (...given: number[]) => number)(first, number(), number());
      assert.ok(Number.isInteger(result) && result >= -28, `${name}: ${result}`);
      if (result > 1 << 28 && result !== honest) handles[handles.length < 64 ? handles.length : prng.below(64)] = result;
      if (i % 500 === 0) w.step();
    }
    w.goesOn();
    w.inject(ping());
    assert.ok(w.sent.some((seen) => seen.icmp?.type === 0));
  });
  function endpoint(core: Core, record: number, prng: Prng): void {
    for (let octet = 0; octet < 24; octet++) core.octets[core.control + record + octet] = prng.chance(0.5) ? 0 : prng.below(256);
    if (prng.chance(0.7)) core.view.setUint16(core.control + record, 4, true);
    if (prng.chance(0.5)) core.octets.set([10, 0, 0, prng.below(4)], core.control + record + 4);
    if (prng.chance(0.7)) core.view.setUint32(core.control + record + 20, prng.below(3), true);
  }
});

describe("a wire that errs", () => {
  test("RES-01: 200,000 mutated frames at random states: no trap, no storm, nothing left behind, and an honest transfer goes on", async () => {
    const w = await World.make(
      { classes: [{ sockets: 8, receive: 3000, send: 3000 }] },
      { settings: { msl: 500, finWait2: 2000, userTimeout: 100_000 } },
    );
    const prng = new Prng(2026);
    assert.ok(w.core.tcp_listen({ port: 80 }) > 0);
    const socket = w.core.udp_bind({ port: 7 });
    w.core.udp_connect(w.core.udp_bind({ port: 8 }), { address: PEER.ip, port: 5000 });
    const syn = frame(tcp(PEER.ip, 6000, US.ip, 80, { ctl: CTL.SYN, options: [2, 4, 5, 180, 1, 3, 3, 7, 4, 2, 1, 1] }), {
      protocol: PROTOCOL.TCP,
    });
    const valid = [
      ping(),
      datagram(7, "open"),
      datagram(8, "connected"),
      datagram(9, "closed"),
      arpRequest(OTHER),
      arpReply(OTHER),
      arpReply(GATEWAY),
      syn,
    ];
    let injected = 0;
    let sent = 0;
    for (let round = 0; injected < 200_000; round++) {
      const before = w.core.counter("FRAMES_OUT");
      for (let i = 0; i < 24; i++, injected++) assert.ok(w.core.input(badFrame(w, valid, prng)));
      w.step();
      w.inject();
      const out = w.core.counter("FRAMES_OUT") - before;
      assert.ok(out <= 24 * 2 + 40, `${out} frames out for 24 in`);
      sent += out;
      if (round % 50 === 0) w.goesOn();
      if (round % 8 === 0) churn(w, prng);
      while (typeof w.core.udp_read(socket) !== "number") assert.ok(true);
    }
    assert.ok(sent > 1000 && w.core.counter("TCP_PASSIVE_OPENS") > 50 && w.core.counter("IP_CHECKSUM") > 1000, "the states were reached");
    w.goesOn();
    for (const { handle, protocol } of w.core.sockets()) {
      if (protocol === "listener") w.core.tcp_close(handle);
      if (protocol === "tcp" && handle !== w.honest) w.core.tcp_abort(handle);
    }
    w.run(120_000);
    const { HALF_OPEN, HOLD, TIME_WAIT, TCP0 } = w.core.pools();
    assert.deepEqual([HALF_OPEN.used, HOLD.used, TIME_WAIT.used, TCP0.used], [0, 0, 0, 0]);
    w.goesOn();
  });

  /** A frame gone wrong: one of the valid ones, one of what the stack sent turned round, or one that the peer sent. */
  function badFrame(w: World, valid: Uint8Array[], prng: Prng): Uint8Array {
    const choice = prng.below(10);
    const last = w.recent[prng.below(w.recent.length)];
    if (choice < 5 || !last) return mutated(valid[prng.below(valid.length)] as Uint8Array, prng);
    if (choice === 5 && last.ip)
      return mutated(icmpError([3, 11, 12, 4, 5][prng.below(5)] as number, prng.below(6), last.ip.octets.slice(0, 28), prng.u32()), prng);
    if (choice === 6) return frame(icmp(0, 0, prng.u32(), bytes("unasked")), { protocol: PROTOCOL.ICMP });
    if (last.tcp && last.tcp.toPort !== w.transferPort && last.ip) {
      const { fromPort, toPort, seq, ack } = last.tcp;
      const near = () => [0, 0, 0, 1, -1, 100, 5000, 1 << 30][prng.below(8)] as number;
      const fields = {
        seq: (ack + near()) >>> 0,
        ack: (seq + last.tcp.text.length + near()) >>> 0,
        ctl: prng.below(64),
        window: prng.below(65_536),
      };
      const text = bytes("x".repeat(prng.below(40)));
      const segment = frame(tcp(last.ip.to, toPort, last.ip.from, fromPort, { ...fields, text }), {
        protocol: PROTOCOL.TCP,
        from: last.ip.to,
      });
      return prng.chance(0.5) ? segment : mutated(segment, prng);
    }
    return damaged(last.frame, prng);
  }
  /** Applications come and go. */
  function churn(w: World, prng: Prng): void {
    w.peer.tcp_connect({ address: US.ip, port: 80 });
    const listener = w.core.sockets().find(({ protocol }) => protocol === "listener")?.handle ?? 0;
    const accepted = w.core.tcp_accept(listener);
    if (accepted > 0) w.core.tcp_write(accepted, bytes("hello"));
    for (const { handle, protocol } of w.core.sockets()) {
      if (protocol !== "tcp" || handle === w.honest || prng.chance(0.7)) continue;
      if (prng.chance(0.5)) w.core.tcp_abort(handle);
      else w.core.tcp_close(handle, prng.chance(0.5));
    }
    for (const { handle, protocol, local } of w.peer.sockets()) {
      if (protocol === "tcp" && local.port !== w.transferPort && prng.chance(0.3)) w.peer.tcp_abort(handle);
    }
  }
});
