// lwIP on a board: it answers as ours does, so that what is measured is the same work, and takes what the table says.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { noise } from "../node/network.js";
import { ADDRESS, ROOT, Rig, tools } from "./rig.js";
import { BOARD, buildYardstick, committed, differing, table, whyNoYardstick, yardstick } from "./yardstick.js";

const skip = whyNoYardstick() || false;
const LIMIT = { timeout: 60_000 };

describe(`lwIP on ${BOARD}, the yardstick`, { skip }, () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.start(tools.boardOf(ROOT, BOARD), "wasm2c", { elf: buildYardstick("main") });
  });
  after(() => rig?.stop());

  test("pings and datagrams come back", LIMIT, async () => {
    for (const size of [0, 56, 1472]) {
      const { intact, size: came } = await rig.stack.ping(ADDRESS, { size, timeout: 30_000 });
      assert.deepEqual({ intact, came }, { intact: true, came: size });
    }
    const socket = rig.stack.bindUdp();
    for (const octets of [1, 64, 1472]) {
      const sent = noise(octets, octets);
      await socket.send(sent, 7, ADDRESS);
      assert.ok(sent.equals((await socket.receive()).data), `${octets} octets`);
    }
    socket.close();
  });
  test("octets through TCP come back as they were sent, on three connections at once", LIMIT, async () => {
    await rig.echoesAtOnce(3, 40_000);
  });
  test("it throws away what comes to port 9, and has the page", LIMIT, async () => {
    assert.equal(await rig.thrownAway(noise(40_000)), 0);
    assert.match(await rig.text(), /^HTTP\/1\.1 200 OK\r\n.*lwIP on a board\nsensor: \d+\nframes in: \d+\nframes out: \d+\n$/s);
  });
  test("it takes what is committed (tests/boards/yardstick.json; `npm run board -- --yardstick` writes it)", LIMIT, async (context) => {
    const is = await yardstick();
    context.diagnostic(JSON.stringify(is));
    assert.deepEqual(differing(is, committed()), []);
  });
});

describe("the table of the yardstick", () => {
  test("says how many times lwIP's figure ours is, and whether a guide is reached", () => {
    const [, , row] = table({ "tcp-bulk": 3000 }, { "tcp-bulk": 40_000 }, { "tcp-bulk": 1000 })
      .split("\n")
      .filter((line) => !line.includes("NaN"));
    assert.match(row ?? "", /\(guide: 2\.5, reached: 3\.00\) \| 3,000 \| 40,000 \| 1,000 \| 3\.00 \|$/);
  });
  test("what differs is found either way, and what is missing", () => {
    assert.deepEqual(differing({ a: 101, b: 102, c: 98, d: 1 }, { a: 100, b: 100, c: 100, e: 1 }), [
      "b is 102, committed is 100",
      "c is 98, committed is 100",
      "d is 1, committed is undefined",
      "e is undefined, committed is 1",
    ]);
  });
});
