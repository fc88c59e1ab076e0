// Two stacks over a pty, and over any other stream of octets.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Duplex } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { createStack, openSlip, SlipDriver, type Stack } from "../../bindings/node/index.js";
import { lineOver } from "../../bindings/node/line.js";

/** A pty: the descriptor of the one side, which does not block, and the path of the other. */
function openPty(): { fd: number; path: string } | null {
  if (process.platform !== "linux") return null;
  const koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  const library = koffi.load(null);
  const call = (text: string) => library.func(text);
  const fd = call("int posix_openpt(int flags)")(0o2 | 0o400 | 0o4000);
  if (fd < 0 || call("int grantpt(int fd)")(fd) || call("int unlockpt(int fd)")(fd)) return null;
  return { fd, path: call("const char *ptsname(int fd)")(fd) };
}
/** Two streams: what is written into one can be read from the other. */
function crossed(): [Duplex, Duplex] {
  const ends: Duplex[] = [0, 1].map(
    (i) =>
      new Duplex({
        read() {},
        write(octets, _encoding, done) {
          ends[1 - i]?.push(octets);
          setImmediate(done);
        },
      }),
  );
  return ends as [Duplex, Duplex];
}

/** A stack echoes what another sends over the line between them. */
async function echoes(drivers: readonly [SlipDriver, SlipDriver]): Promise<void> {
  const stacks: Stack[] = [];
  for (const [i, driver] of drivers.entries())
    stacks.push(await createStack({ interfaces: [{ driver, addresses: [`10.7.0.${i + 1}/24`] }] }));
  const [one, other] = stacks as [Stack, Stack];
  other.listen({ port: 7 }).on("connection", (socket) => socket.pipe(socket));
  const socket = await one.connect({ host: "10.7.0.2", port: 7 });
  const sent = Buffer.from(Array.from({ length: 60_000 }, (_, i) => (i * 7) ^ (i >> 8)));
  socket.end(sent);
  const got: Buffer[] = [];
  for await (const part of socket) got.push(part as Buffer);
  assert.ok(Buffer.concat(got).equals(sent), "every octet value, both ways");
  await Promise.all(stacks.map((stack) => stack.close()));
}

describe("SLIP", () => {
  test("two stacks over a pty carry every octet both ways", async (t) => {
    const pty = openPty();
    if (!pty) return t.skip("no pty can be opened here");
    await echoes([new SlipDriver(lineOver(pty.fd)), openSlip(pty.path)]);
  });

  test("ringwire nc --slip carries stdin over a line, and back", async (t) => {
    const pty = openPty();
    if (!pty) return t.skip("no pty can be opened here");
    const stack = await createStack({ interfaces: [{ driver: new SlipDriver(lineOver(pty.fd)), addresses: ["10.7.0.1/24"] }] });
    try {
      stack.listen({ port: 7, allowHalfOpen: true }).on("connection", (socket) => socket.pipe(socket));
      const main = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
      const client = spawn(process.execPath, [main, "nc", "10.7.0.1", "7", "--slip", pty.path, "--ip", "10.7.0.2/24"]);
      const said = [text(client.stdout), text(client.stderr)];
      client.stdin.end("over the line");
      const [status] = await once(client, "close");
      assert.deepEqual([status, ...(await Promise.all(said))], [0, "over the line", ""]);
    } finally {
      await stack.close();
    }
  });

  test("two stacks over a stream carry every octet both ways", async () => {
    const [one, other] = crossed();
    await echoes([new SlipDriver(one), new SlipDriver(other)]);
  });

  test("what is no serial line is refused by name", () => {
    assert.throws(() => openSlip("/dev/null"), { code: "LINK", message: /\/dev\/null: no serial line/ });
    assert.throws(() => openSlip("/nowhere/tty"), { code: "LINK", message: /\/nowhere\/tty: ENOENT/ });
    assert.throws(() => new SlipDriver(crossed()[0], 67), { code: "BAD_ARGUMENT" });
  });

  test("noise and packets longer than the MTU are dropped, and a line that is closed is a lost device", async () => {
    const [near, far] = crossed();
    const stack = await createStack({ interfaces: [{ driver: new SlipDriver(near, 100), addresses: ["10.7.0.1/24"] }] });
    const lost = new Promise((resolve) => stack.once("error", resolve));
    far.write(Buffer.concat([Buffer.alloc(500, 1), Buffer.from([0xc0, 0xdb, 1, 2, 0xc0, 0xc0])]));
    while (!stack.counters().IP_SHORT) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(stack.counters().FRAMES_IN, 1, "the two octets between the ENDs only");
    near.destroy();
    assert.match(String(await lost), /slip: the line was closed/);
    await stack.close();
  });
});
