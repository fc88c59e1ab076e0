// Ten thousand connections, one after another and a few at a time; at rest afterwards everything is free that was free before.
import assert from "node:assert/strict";
import { test } from "node:test";
import { noise, until } from "../node/network.js";
import { type Account, atRest } from "./account.js";
import { ADDRESS, type Engine, ROOT, Rig, tools } from "./rig.js";

const CONNECTIONS = 10_000;
/** At a time: one less than the board has sockets. */
const ABREAST = 3;
const BOARDS: [string, Engine][] = [
  ["mps2-an385", "wasm2c"],
  ["riscv-virt", "wasm3"],
];
/** A minute here; machines with much to do may take six times as long. */
const LIMIT = { timeout: 400_000 };
/** Short TIME-WAITs at both ends, or the ports and the patience run out. */
const MSL = 50;

for (const [name, engine] of BOARDS) {
  const board = tools.boardOf(ROOT, name);
  const missing = tools.whyNoBoard(board) || (engine === "wasm3" ? tools.whyNoWasm3(ROOT) : "");
  test(`${CONNECTIONS} connections, ${name}, ${engine}: all are served, and all that they took is free again`, {
    skip: missing || false,
    ...LIMIT,
  }, async () => {
    const rig = await Rig.start(board, engine, { account: true, words: [`msl=${MSL}`], tcp: { msl: MSL } });
    try {
      await connections(rig, 0, KINDS.length);
      const before = await atRest(rig, KINDS.length);
      await connections(rig, KINDS.length, CONNECTIONS);
      const after = await atRest(rig, KINDS.length + CONNECTIONS);
      assert.equal(after.counters.TCP_PASSIVE_OPENS, KINDS.length + CONNECTIONS);
      assert.deepEqual(inUse(after), inUse(before));
      assert.deepEqual(inUse(after).pools, { LISTENER: 3, NEIGHBOUR: 1, UDP: 1 });
      assert.equal(after.traps, 0);
      await until(
        () => inUseHere(rig).every((count) => count === 0),
        () => `in use in Node: ${inUseHere(rig)}`,
      );
    } finally {
      await rig.stop();
    }
  });
}

/** How a connection goes: closed by us, by the board, or reset. */
const KINDS: ((rig: Rig, number: number) => Promise<void>)[] = [echoed, echoed, fetched, echoed, reset];

async function echoed(rig: Rig, number: number): Promise<void> {
  const sent = noise(1 + (number % 200), number);
  assert.ok(sent.equals(await rig.echo(sent)), `connection ${number}`);
}
async function fetched(rig: Rig, number: number): Promise<void> {
  assert.match(await rig.text(), /\r\n\r\nRingwire on a board\nsensor: \d+\nframes in: \d+\nframes out: \d+\n$/, `connection ${number}`);
}
async function reset(rig: Rig, number: number): Promise<void> {
  const socket = await rig.stack.connect({ host: ADDRESS, port: 7 });
  const sent = noise(10, number);
  socket.write(sent);
  for await (const data of socket) {
    assert.ok(sent.equals(data as Buffer), `connection ${number}`);
    socket.resetAndDestroy();
    break;
  }
}

/** Connections from number `first` on, some at a time. */
async function connections(rig: Rig, first: number, count: number): Promise<void> {
  let next = first;
  const worker = async () => {
    for (let number = next++; number < first + count; number = next++)
      await (KINDS[number % KINDS.length] as (rig: Rig, number: number) => Promise<void>)(rig, number);
  };
  await Promise.all(Array.from({ length: ABREAST }, worker));
}

function inUse({ pools, heap }: Account) {
  return { pools, heap };
}

/** Connections of the stack in Node: its TIME-WAITs may end later than those of the board. */
function inUseHere(rig: Rig): number[] {
  const { TCP0, TIME_WAIT } = rig.stack.pools();
  return [TCP0.used, TIME_WAIT.used];
}
