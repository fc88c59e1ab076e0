// Files by TFTP between two stacks: what the client and the server of the Node API do, and that nothing outside the folder is touched.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Folder } from "../../bindings/node/cli/folder.js";
import { type RingwireError, serveTftp, type TftpEnd, tftpGet, tftpPut } from "../../bindings/node/index.js";
import { type Network, network, noise, until } from "./network.js";

const folder = mkdtempSync(join(tmpdir(), "rwtftp-"));
const root = join(folder, "root");
mkdirSync(join(root, "sub"), { recursive: true });
writeFileSync(join(folder, "secret"), "outside");
writeFileSync(join(root, "small"), "hello\n");
writeFileSync(join(root, "sub", "even"), noise(2 * 1468));
writeFileSync(join(root, "empty"), "");
symlinkSync("../secret", join(root, "leak"));
symlinkSync("..", join(root, "up"));
symlinkSync("small", join(root, "alias"));
after(() => rmSync(folder, { recursive: true }));

/** A client, and a server of the folder that tells what ended. */
async function serving(writable = false, faults: Parameters<typeof network>[0] = null) {
  const net = await network(faults);
  const ends: TftpEnd[] = [];
  const files = new Folder(root, writable);
  const stop = serveTftp(
    net.b,
    ({ name, writes }) => (writes ? files.write(name) : files.read(name)),
    (end) => ends.push(end),
  );
  return { net, ends, stop };
}
async function got({ a }: Network, name: string, block?: number): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of tftpGet(a, "10.0.0.2", name, block === undefined ? {} : { block })) parts.push(part);
  return Buffer.concat(parts);
}

describe("TFTP between two stacks", () => {
  test("files of all lengths come exact, by links inside the folder too, in blocks of any size", async () => {
    const { net, ends } = await serving();
    try {
      for (const [name, block] of [["small"], ["empty"], ["sub/even"], ["sub/even", 100], ["alias", 8]] as const)
        assert.deepEqual(await got(net, name, block), readFileSync(join(root, name)), name);
      await until(() => ends.length === 5, "all have ended");
      assert.deepEqual(ends[2], { address: "10.0.0.1", name: "sub/even", writes: false, octets: 2936, failed: null });
      assert.equal(net.b.pools().UDP.used, 1, "the server's own socket is left");
    } finally {
      await net.close();
    }
  });
  test("nothing outside the folder is read: not by .., absolute names, links, nor what is no file", async () => {
    const { net } = await serving();
    try {
      for (const name of ["../secret", "sub/../../secret", join(folder, "secret"), "leak", "up/secret", "sub", ".", "small/", "a\\b"])
        await assert.rejects(
          got(net, name),
          (error: RingwireError) => error.code === "REFUSED" && /access violation/.test(error.message),
          name,
        );
      await assert.rejects(got(net, "none"), /10\.0\.0\.2: none: file not found/);
    } finally {
      await net.close();
    }
  });
  test("a file is brought and is there when it is whole; a server that only reads refuses it", async () => {
    const { net, ends, stop } = await serving(true);
    try {
      const file = noise(5000, 3);
      await tftpPut(net.a, "10.0.0.2", "sub/new", file);
      await until(() => ends.length === 1, "it has ended");
      assert.deepEqual(readFileSync(join(root, "sub/new")), file);
      await tftpPut(net.a, "10.0.0.2", "sub/new", new Uint8Array(0), { block: 512 });
      await until(() => ends.length === 2, "it has ended");
      assert.equal(readFileSync(join(root, "sub/new")).length, 0, "the new one takes its place");
      for (const name of ["../new", "up/new", "sub", "no/new"])
        await assert.rejects(tftpPut(net.a, "10.0.0.2", name, file), /REFUSED|violation|found/);
      assert.deepEqual(readdirSync(join(root, "sub")).sort(), ["even", "new"]);
      assert.ok(!existsSync(join(folder, "new")));
      stop();
      const files = new Folder(root, false);
      serveTftp(net.b, ({ name, writes }) => (writes ? files.write(name) : files.read(name)));
      await assert.rejects(tftpPut(net.a, "10.0.0.2", "other", file), /access violation/);
      assert.ok(!existsSync(join(root, "other")));
    } finally {
      await net.close();
    }
  });
  test("a bad link loses and doubles blocks, and the file is exact", async () => {
    const { net } = await serving(false, { loss: 0.03, duplicate: 0.05, seed: 4 });
    try {
      assert.deepEqual(await got(net, "sub/even", 200), readFileSync(join(root, "sub/even")));
    } finally {
      await net.close();
    }
  });
  test("what is given up, by a signal or since the stack is closed, ends at once", async () => {
    const net = await network();
    const giveUp = new AbortController();
    const silent = net.b.bindUdp({ port: 69 });
    const asking = tftpGet(net.a, "10.0.0.2", "file", { signal: giveUp.signal }).next();
    setImmediate(() => giveUp.abort(new Error("enough")));
    await assert.rejects(asking, /enough/);
    const second = tftpPut(net.a, "10.0.0.2", "file", noise(10));
    setImmediate(() => net.close());
    await assert.rejects(second, { code: "NOT_READY" });
    silent.close();
  });
});
