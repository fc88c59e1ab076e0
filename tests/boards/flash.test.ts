// What boards keep for applications (boards/common/flash.c): the region is filled by QEMU before the start, and read by QEMU from outside.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import type { Stack } from "../../bindings/node/stack.js";
import { serveTftp, type TftpEnd } from "../../bindings/node/tftp.js";
import { crc32 } from "../examples/image.js";
import { noise } from "../node/network.js";
import { type Board, type Engine, ROOT, Rig, tools } from "./rig.js";

const LIMIT = { timeout: 240_000 };
const BOARDS: [string, Engine][] = [
  ["mps2-an385", "wasm2c"],
  ["mps2-an385", "wasm3"],
  ["riscv-virt", "wasm3"],
];
/** A length in front of what is kept. */
const HEADER = 4;
/** What word 1 of the boot loader says, as a text of one letter. */
const DONE = "\u0002";
const WRONG = "\u0003";
const SERVER = 0x0a090001;

for (const [name, engine] of BOARDS) {
  const board = tools.boardOf(ROOT, name);
  const missing = tools.whyNoBoard(board) || (engine === "wasm3" ? tools.whyNoWasm3(ROOT) : "");
  describe(`what ${name} keeps, ${engine}`, { skip: missing || false }, () => {
    const folder = mkdtempSync(join(tmpdir(), "ringwire-flash-"));
    after(() => rmSync(folder, { recursive: true }));

    test("boot: the image that came by TFTP is what is stored, octet for octet", LIMIT, async () => {
      const image = imageOf(150_003);
      const { said, stored, end } = await boot(board, engine, folder, image, `text: ${DONE}`);
      assert.ok(said);
      assert.deepEqual([end.octets, end.failed], [image.length, null]);
      assert.equal(stored.readUInt32LE(), image.length);
      assert.ok(image.equals(stored.subarray(HEADER, HEADER + image.length)));
      assert.ok(
        stored.subarray(HEADER + image.length).every((octet) => octet === 0),
        "what lies behind it was left alone",
      );
    });
    test("boot: an image with a wrong octet is called wrong", LIMIT, async () => {
      const image = imageOf(20_000);
      image[777] = (image[777] as number) ^ 1;
      assert.ok((await boot(board, engine, folder, image, `text: ${WRONG}`)).said);
    });
    test("boot: an image longer than the store is refused, and nothing beyond the store is written", LIMIT, async () => {
      const octets = board.store?.octets ?? 0;
      const image = imageOf(octets + 5000);
      const { end, stored, beyond } = await boot(board, engine, folder, image, "");
      assert.ok(end.failed, "the transfer has ended well");
      assert.ok(stored.readUInt32LE() <= octets - HEADER);
      assert.ok(image.subarray(0, octets - HEADER).equals(stored.subarray(HEADER)));
      assert.ok(beyond.every((octet) => octet === 0));
    });
    test("sensor: /about is what is kept, however long, and empty when nothing is", LIMIT, async () => {
      const kept = noise(30_011, 5);
      const path = join(folder, "kept");
      const header = Buffer.alloc(HEADER);
      header.writeUInt32LE(kept.length);
      writeFileSync(path, Buffer.concat([header, kept]));
      const loader = `loader,file=${path},addr=${board.store?.at},force-raw=on`;
      assert.ok(kept.equals((await about(board, engine, ["-device", loader])).body));
      const { head, body } = await about(board, engine, []);
      assert.match(head, /^HTTP\/1\.1 200 /);
      assert.equal(body.length, 0);
    });
  });
}

test("sensor: /about is 404 on a board that has no place to keep things", {
  skip: tools.whyNoBoard(tools.boardOf(ROOT, "lm3s6965evb")) || false,
  ...LIMIT,
}, async () => {
  assert.match((await about(tools.boardOf(ROOT, "lm3s6965evb"), "wasm2c", [])).head, /^HTTP\/1\.1 404 /);
});

test("a log of a board that is asked for what it keeps can be replayed", {
  skip: tools.whyNoBoard(tools.boardOf(ROOT, "mps2-an385")) || false,
  ...LIMIT,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "ringwire-flash-"));
  const board = tools.boardOf(ROOT, "mps2-an385");
  try {
    const path = join(folder, "log");
    const kept = Buffer.concat([Buffer.from([200, 0, 0, 0]), noise(200, 9)]);
    writeFileSync(join(folder, "kept"), kept);
    const loader = `loader,file=${join(folder, "kept")},addr=${board.store?.at},force-raw=on`;
    await about(board, "wasm2c", ["-device", loader], { log: true, words: [`log=${path}`] });
    const wasm = readFileSync(join(ROOT, tools.buildModule(ROOT, board.module, "sensor")));
    const { sent } = await tools.replay(readFileSync(path), wasm);
    assert.ok(sent > 3);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** Noise that ends in its own CRC-32. */
function imageOf(octets: number): Buffer {
  const image = Buffer.from(noise(octets, octets));
  image.writeUInt32LE(crc32(image.subarray(0, octets - 4)), octets - 4);
  return image;
}

/** Lets the boot loader fetch an image, until it has said `line`, or the server what became of the transfer; then looks into the board's memory. */
async function boot(board: Board, engine: Engine, folder: string, image: Buffer, line: string) {
  const socket = join(folder, "qmp");
  const name = Buffer.from("image.bin\0\0\0");
  const words = [0, 4, 8].map((at) => `mail=${16 + at / 4}:${name.readUInt32LE(at)}`);
  const options = ["-qmp", `unix:${socket},server=on,wait=off`];
  const mail = [...words, `mail=0:${SERVER}`, "show=1"];
  let tell: (end: TftpEnd) => void;
  const end = new Promise<TftpEnd>((resolve) => {
    tell = resolve;
  });
  const prepare = (stack: Stack) => void serveTftp(stack, ({ name }) => (name === "image.bin" ? fileOf(image) : 1), tell);
  const rig = await Rig.start(board, engine, { app: "boot", words: mail, options, prepare });
  try {
    if (line) await rig.running.prints(line);
    const ended = await end;
    const { at, octets } = board.store as { at: string; octets: number };
    const memory = await memoryOf(socket, Number(at), octets + 4096, join(folder, "memory"));
    return { said: rig.running.text.includes(line), end: ended, stored: memory.subarray(0, octets), beyond: memory.subarray(octets) };
  } finally {
    await rig.stop();
  }
}

function fileOf(image: Buffer) {
  let at = 0;
  return {
    size: image.length,
    read(most: number) {
      const part = image.subarray(at, at + most);
      at += part.length;
      return part;
    },
    ended() {},
  };
}

/** Physical memory of a machine, from QEMU's monitor. */
async function memoryOf(socket: string, address: number, octets: number, path: string): Promise<Buffer> {
  const monitor = createConnection(socket);
  let text = "";
  let answers = 0;
  monitor.on("data", (data) => {
    text += data;
  });
  const ask = async (command: object) => {
    monitor.write(JSON.stringify(command));
    answers++;
    while (text.split('"return"').length - 1 < answers) {
      assert.doesNotMatch(text, /"error"/);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  await ask({ execute: "qmp_capabilities" });
  await ask({ execute: "pmemsave", arguments: { val: address, size: octets, filename: path } });
  monitor.destroy();
  return readFileSync(path);
}

/** What the sensor's page /about answers. */
async function about(board: Board, engine: Engine, options: string[], more: { log?: boolean; words?: string[] } = {}) {
  const rig = await Rig.start(board, engine, { app: "sensor", options, ...more });
  try {
    const page = await rig.page("/about");
    const end = page.indexOf("\r\n\r\n") + 4;
    return { head: page.subarray(0, end).toString(), body: page.subarray(end) };
  } finally {
    await rig.stop();
  }
}
