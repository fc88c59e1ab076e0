// Power cuts: what a board keeps through them, and what its peers see when one comes in the middle of a transfer.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { TcpSocket } from "../../bindings/node/tcp.js";
import { noise } from "../node/network.js";
import { ADDRESS, type Engine, ROOT, Rig, tools } from "./rig.js";

const board = tools.boardOf(ROOT, "mps2-an385");
/** Where the number of starts lies behind the seed. */
const STARTS = 32;
/** Milliseconds after which a connection is given up whose peer says nothing. */
const USER_TIMEOUT = 2000;
const DISCOVER = 1;
const REQUEST = 3;
const LIMIT = { timeout: 240_000 };
const BOARDS: [string, Engine][] = [
  ["mps2-an385", "wasm2c"],
  ["mps2-an385", "wasm3"],
  ["riscv-virt", "wasm3"],
];

/** A folder for what a board keeps, and the words that say where; `keeps` reads an item. */
class Kept {
  readonly #folder = mkdtempSync(join(tmpdir(), "ringwire-kept-"));
  paths(...items: string[]): string[] {
    return items.map((item) => join(this.#folder, item));
  }
  words(...items: string[]): string[] {
    return items.map((item) => `${item}=${join(this.#folder, item)}`);
  }
  octets(item: string): Buffer {
    return readFileSync(join(this.#folder, item));
  }
  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

test("a board without noise starts from the seed it has kept, and counts its starts", {
  skip: tools.whyNoBoard(board) || false,
  ...LIMIT,
}, async () => {
  const kept = new Kept();
  const words = kept.words("kept");
  try {
    await assert.rejects(Rig.start(board, "wasm2c", { words, seed: "" }), /no start: error/);
    for (let start = 1; start <= 3; start++) {
      const rig = await Rig.start(board, "wasm2c", { words, ...(start === 1 ? {} : { seed: "" }) });
      try {
        const sent = noise(2000, start);
        assert.ok(sent.equals(await rig.echo(sent)), `start ${start}`);
        assert.equal(kept.octets("kept").readUInt32LE(STARTS), start);
      } finally {
        await rig.stop();
      }
    }
  } finally {
    kept.remove();
  }
});

for (const [name, engine] of BOARDS) {
  const board = tools.boardOf(ROOT, name);
  const missing = tools.whyNoBoard(board) || (engine === "wasm3" ? tools.whyNoWasm3(ROOT) : "");
  describe(`a power cut in the middle of a transfer, ${name}, ${engine}`, { skip: missing || false }, () => {
    const kept = new Kept();
    let rig: Rig;
    before(async () => {
      rig = await Rig.start(board, engine, { words: kept.words("kept", "mac"), tcp: { userTimeout: USER_TIMEOUT } });
    });
    after(async () => {
      await rig?.stop();
      kept.remove();
    });

    test("the board is back: the old connection is reset, a new one works, MAC and seed are those kept", LIMIT, async () => {
      const [mac, seed] = [kept.octets("mac"), kept.octets("kept")];
      assert.equal((mac[0] as number) & 3, 2, "a unicast address, locally administered");
      const transfer = await begun(rig);
      await rig.cut();
      await rig.restart();
      assert.equal(await transfer.end, "RESET");
      const sent = noise(20_000, 2);
      assert.ok(sent.equals(await rig.echo(sent)));
      assert.deepEqual(kept.octets("mac"), mac);
      assert.equal(macOf(rig), mac.toString("hex"));
      assert.equal(kept.octets("kept").readUInt32LE(STARTS), seed.readUInt32LE(STARTS) + 1);
      assert.notDeepEqual(kept.octets("kept").subarray(0, STARTS), seed.subarray(0, STARTS), "fresh noise goes into the seed");
    });
    test("the board stays away: the old connection times out, and a new one works when it is back", LIMIT, async () => {
      const transfer = await begun(rig);
      await rig.cut();
      assert.match(await transfer.end, /^(TIMED_OUT|UNREACHABLE)$/);
      await rig.restart();
      const sent = noise(20_000, 3);
      assert.ok(sent.equals(await rig.echo(sent)));
    });
  });
}

describe("a power cut of a board with a lease", { skip: tools.whyNoBoard(board) || false }, () => {
  test("it asks for the address that it had, without looking for a server, and gets it; a new connection works", LIMIT, async () => {
    const kept = new Kept();
    const [record = ""] = kept.paths("frames");
    const words = kept.words("kept", "mac", "lease");
    const rig = await Rig.start(board, "wasm2c", { app: "dhcp", words, record, tcp: { userTimeout: USER_TIMEOUT } });
    let address = "";
    try {
      rig.stack.serveDhcp({ first: "10.9.0.50", last: "10.9.0.60" });
      await rig.running.prints("bound");
      address = leased(rig);
      assert.equal([...kept.octets("lease")].join("."), address);
      const transfer = await begun(rig, address);
      await rig.cut();
      assert.notEqual(await transfer.end, "closed");
      await rig.restart();
      await rig.running.prints("bound");
      assert.equal(leased(rig), address);
      const sent = noise(20_000, 4);
      assert.ok(sent.equals(await rig.echo(sent, address)));
    } finally {
      await rig.stop();
    }
    const messages = dhcpMessages(kept.octets("frames"));
    const [first, last] = [messages[0]?.id, messages.at(-1)?.id];
    assert.notEqual(first, last, "one transaction of each start");
    assert.equal(messages[0]?.type, DISCOVER);
    assert.deepEqual(
      messages.find(({ id }) => id === last),
      { id: last, type: REQUEST, wanted: address },
    );
    kept.remove();
  });
});

/** A transfer that has begun: octets have come back. `end` is the error with which it ends, or `closed`. */
async function begun(rig: Rig, host = ADDRESS): Promise<{ end: Promise<string> }> {
  const socket = await rig.stack.connect({ host, port: 7 });
  let came = 0;
  const end = new Promise<string>((resolve) => {
    socket.once("error", (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    socket.once("close", () => resolve("closed"));
  });
  feed(socket);
  socket.on("data", (data: Buffer) => {
    came += data.length;
  });
  while (came < 100_000) await new Promise((resolve) => setTimeout(resolve, 10));
  return { end };
}

/** Writes for as long as the socket lives. */
function feed(socket: TcpSocket): void {
  const more = () => {
    while (!socket.destroyed && socket.write(noise(20_000))) continue;
  };
  socket.on("drain", more);
  more();
}

function macOf(rig: Rig): string {
  const mac = rig.stack.core.neighbours().find(({ address }) => address === ADDRESS)?.mac;
  return String(mac).replaceAll(":", "");
}

function leased(rig: Rig): string {
  const [lease] = rig.stack.leases().filter(({ state }) => state === "BOUND");
  return lease?.address ?? "none";
}

/** What the board has said to DHCP servers, from frames recorded: transaction, type (option 53) and the address it wants (option 50). */
function dhcpMessages(pcap: Buffer): { id: number; type: number; wanted: string }[] {
  const found = [];
  for (let at = 24; at < pcap.length; at += 16 + pcap.readUInt32LE(at + 8)) {
    const frame = pcap.subarray(at + 16, at + 16 + pcap.readUInt32LE(at + 8));
    if (frame.length < 282 || frame.readUInt16BE(12) !== 0x0800 || frame[23] !== 17 || frame.readUInt16BE(36) !== 67) continue;
    const options = optionsOf(frame.subarray(282));
    found.push({ id: frame.readUInt32BE(46), type: options.get(53)?.[0] ?? 0, wanted: options.get(50)?.join(".") ?? "" });
  }
  return found;
}

function optionsOf(octets: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < octets.length && octets[at] !== 255; ) {
    const length = octets[at] === 0 ? -1 : (octets[at + 1] ?? 0);
    if (length >= 0) options.set(octets[at] as number, octets.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}
