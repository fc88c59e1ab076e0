// Every board with every engine, in QEMU, against a stack of our own in Node. No privileges: the wire is a pair of UDP ports on 127.0.0.1.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { noise } from "../node/network.js";
import { ADDRESS, ROOT, Rig, rigs, tools } from "./rig.js";

const BULK = 200_000;
const LOSSY = 150_000;
/** A board that hangs fails one test, and is stopped. */
const LIMIT = { timeout: 180_000 };

for (const { board, engine, skip } of rigs()) {
  describe(`${board.name}, ${engine}`, { skip }, () => {
    let rig: Rig;
    before(async () => {
      rig = await Rig.start(board, engine);
    });
    after(() => rig?.stop());

    test("pings of all lengths come back, and none is lost", LIMIT, async () => {
      for (const size of Array(8).fill([0, 1, 56, 57, 1471, 1472]).flat()) {
        const { intact, size: came } = await rig.stack.ping(ADDRESS, { size, timeout: 30_000 });
        assert.deepEqual({ intact, came }, { intact: true, came: size });
      }
    });
    test("datagrams of all lengths come back", LIMIT, async () => {
      const socket = rig.stack.bindUdp();
      for (let octets = 0; octets <= 1472; octets += 46) {
        const sent = noise(octets, octets + 1);
        await socket.send(sent, 7, ADDRESS);
        const { data, remote } = await socket.receive();
        assert.deepEqual([remote.address, remote.port], [ADDRESS, 7]);
        assert.ok(sent.equals(data), `${octets} octets`);
      }
      socket.close();
    });
    test("the page has what the board left in the mailbox, and counters that grow", LIMIT, async () => {
      const first = numbers(await rig.text());
      const second = numbers(await rig.text());
      for (const i of [0, 1, 2]) assert.ok((first[i] as number) < (second[i] as number), `${first} then ${second}`);
    });
    test("octets through TCP come back as they were sent", LIMIT, async () => {
      const sent = noise(BULK);
      assert.ok(sent.equals(await rig.echo(sent)));
    });
    test("octets to port 9 are thrown away", LIMIT, async () => {
      assert.equal(await rig.thrownAway(noise(LOSSY / 5)), 0);
    });
    test("three connections at once are all served", LIMIT, async () => {
      await rig.echoesAtOnce(3, 20_000);
    });
    test("it sleeps when there is nothing to do", LIMIT, async () => {
      const sensor = async () => numbers(await rig.text())[0] as number;
      const before = await sensor();
      const began = performance.now();
      await new Promise((resolve) => setTimeout(resolve, 1000));
      const polls = (await sensor()) - before;
      const seconds = (performance.now() - began) / 1000;
      assert.ok(polls < 60 * seconds, `${polls} polls in ${seconds} s with one request in them`);
    });
  });

  describe(`${board.name}, ${engine}: a bad link, and a stack that traps`, { skip }, () => {
    test("octets through TCP come back over a link that loses and reorders", LIMIT, async () => {
      const rig = await Rig.start(board, engine, { faults: { loss: 0.03, reorder: 0.02, seed: 7 } });
      try {
        const sent = noise(LOSSY);
        assert.ok(sent.equals(await rig.echo(sent)));
        assert.ok(rig.lost > 0, "the link has lost nothing");
      } finally {
        await rig.stop();
      }
    });
    test("a trap is reported, and the stack starts anew", LIMIT, async () => {
      const rig = await Rig.start(board, engine, { words: ["trap"] });
      try {
        for (let i = 0; i < 200 && !rig.running.text.includes("trap:"); i++)
          await rig.stack.ping(ADDRESS, { timeout: 500 }).catch(() => {});
        assert.match(rig.running.text, /^trap: .*memory.*, number 1$/m);
        assert.ok(await answers(rig), "no ping is answered after the trap");
        assert.match(await rig.text(), /Ringwire on a board/);
        assert.doesNotMatch(rig.running.text, /number 2/);
      } finally {
        await rig.stop();
      }
    });
  });
}

test("the template compiles as it is, and is no board", () => {
  assert.ok(!tools.boardNames(ROOT).includes("_template"));
  const missing = tools.whyNoBoard(tools.boardOf(ROOT, "_template"));
  if (!missing) assert.ok(existsSync(tools.buildBoard(ROOT, "_template", "wasm2c")));
});

test("there are boards", () => {
  assert.ok(tools.boardNames(process.cwd()).length > 0);
});

/** Whether one of some pings is answered: what arrives while the network part is reset is lost. */
async function answers(rig: Rig): Promise<boolean> {
  for (let i = 0; i < 40; i++) if (await rig.stack.ping(ADDRESS, { timeout: 500 }).catch(() => null)) return true;
  return false;
}

/** The three numbers of the page: sensor, frames in, frames out. */
function numbers(page: string): number[] {
  const found = /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nRingwire on a board\nsensor: (\d+)\nframes in: (\d+)\nframes out: (\d+)\n$/.exec(
    page,
  );
  assert.ok(found, `no page: ${page}`);
  return found.slice(1).map(Number);
}
