// What goes on, as the command shows it: netstat of running stacks, and the ladder of a capture.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startSession } from "../../bindings/node/cli/session.js";
import { offerStatus, ownerName, type Report, shownCommand } from "../../bindings/node/cli/statussocket.js";
import { PcapWriter, createStack, createWire } from "../../bindings/node/index.js";
import { until } from "./network.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "rwseen-"));
const WAS = process.env.XDG_RUNTIME_DIR;
process.env.XDG_RUNTIME_DIR = folder;
after(() => {
  if (WAS === undefined) delete process.env.XDG_RUNTIME_DIR;
  else process.env.XDG_RUNTIME_DIR = WAS;
  rmSync(folder, { recursive: true });
});

/** Runs a command while this process goes on; answers its status and output. */
function ringwire(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ status: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });
}

/** The socket of a process that was killed. */
async function leftBehind(pid: number): Promise<string> {
  const path = join(folder, `ringwire-${pid}.sock`);
  const script = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await new Promise((resolve) => execFile(process.execPath, ["-e", script], resolve));
  assert.ok(existsSync(path));
  return path;
}

describe("ringwire netstat", () => {
  test("shows sockets with services, states, queues, owners and what they wait for, and the other tables", async () => {
    const [left, right] = createWire();
    const addresses = [{ address: "10.0.0.1", length: 24 }];
    const session = await startSession([
      { kind: "wire", name: "w0", driver: left, addresses, mac: "02:00:00:00:00:01", gateway: "10.0.0.2" },
    ]);
    const peer = await createStack({
      interfaces: [{ driver: right, addresses: ["10.0.0.2/24"], mac: "02:00:00:00:00:02" }],
      tcp: { receive: 4096 },
    });
    const end = await offerStatus(session);
    try {
      const path = join(folder, `ringwire-${process.pid}.sock`);
      assert.equal(statSync(path).mode & 0o777, 0o600, "only its user may open it");
      session.stack.listen({ port: 443 });
      session.stack.bindUdp({ port: 514 });
      session.stack.core.tftp_serve();
      session.stack.core.route_add({ address: "192.0.2.0", port: 5 }, 24, { address: "10.0.0.2" });
      peer.listen({ port: 5432 });
      const socket = await session.stack.connect({ host: "10.0.0.2", port: 5432 });
      socket.write(Buffer.alloc(200_000));
      await until(() => socket.status()?.waits === "PEER_WINDOW", "the peer's window is full");
      const seen = await ringwire("netstat", "--pid", String(process.pid));
      assert.equal(seen.status, 0, seen.stderr);
      const lines = seen.stdout.split("\n");
      assert.match(lines[0] ?? "", new RegExp(`^${process.pid}: ringwire .*, up \\d+ s$`));
      assert.match(lines[1] ?? "", /^Proto +Local +Remote +State +Unread +Unsent +Unacked +Owner +Waits +RTT +Cwnd$/);
      const line = (what: RegExp) => assert.match(seen.stdout, what);
      line(
        /^tcp +10\.0\.0\.1:\d+ .*10\.0\.0\.2:5432 \(postgresql\) +ESTABLISHED +0 +19590[34] +[01] +host +peer's window +[\d.]+ ms +\d+$/m,
      );
      line(/^tcp +\*:443 \(https\) +\* +LISTEN +0 +0 +0 +host +- +- +-$/m);
      line(/^udp +\*:514 \(syslog\) +\* +- +0 +0 +0 +host +- +- +-$/m);
      line(/^udp +\*:69 \(tftp\) +\* +- +0 +0 +0 +tftpd +- +- +-$/m);
      const numeric = await ringwire("netstat", "-n");
      assert.match(numeric.stdout, /^tcp +\*:443 +\* +LISTEN/m);
      const others = await ringwire("netstat", "--interfaces", "--routes", "--neighbours", "--counters");
      assert.match(others.stdout, /^w0 +wire +10\.0\.0\.1\/24 +02:00:00:00:00:01 +1500 +10\.0\.0\.2 +-$/m);
      assert.match(others.stdout, /^192\.0\.2\.0\/24 +10\.0\.0\.2 +w0 +5 +route$/m);
      assert.match(others.stdout, /^0\.0\.0\.0\/0 +10\.0\.0\.2 +w0 +0 +gateway$/m);
      assert.match(others.stdout, /^10\.0\.0\.0\/24 +on link +w0 +0 +address$/m, "the network, not our address in it");
      assert.match(others.stdout, /^10\.0\.0\.2 +02:00:00:00:00:02 +VALID +w0 +[\d.]+ s +1$/m);
      assert.match(others.stdout, /^TCP_ACTIVE_OPENS +1$/m);
      const [report] = JSON.parse((await ringwire("netstat", "--json")).stdout) as Report[];
      assert.equal(report?.pid, process.pid);
      const connection = report?.sockets.find(({ remote }) => remote.port === 5432);
      assert.equal(
        (connection?.unsent ?? 0) + (connection?.unacknowledged ?? 0),
        195_904,
        "but for a probe's octet, what the peer has not taken",
      );
      await end();
      assert.ok(!existsSync(path), "it is removed at the end");
    } finally {
      await end();
      await Promise.all([session.close(), peer.close()]);
    }
  });
  test("no stack, and one that ended without removing its socket: a line, exit status 1, and what was left is removed", async () => {
    const none = await ringwire("netstat");
    assert.deepEqual([none.status, none.stderr], [1, "ringwire: no stack of yours is running\n"]);
    const stale = await leftBehind(999_999_999);
    const again = await ringwire("netstat", "--pid", "999999999");
    assert.deepEqual([again.status, again.stderr], [1, "ringwire: no stack of yours has process id 999999999\n"]);
    assert.ok(!existsSync(stale));
  });
  test("a stack that starts removes what killed ones left behind, and nothing of those that listen", async () => {
    const [stale, other] = [await leftBehind(999_999_998), join(folder, "ringwire-999999997.sock")];
    const server = createServer((socket) => socket.on("error", () => {}).end("{}")).listen(other);
    const [driver] = createWire();
    const session = await startSession([{ kind: "wire", name: "w0", driver, addresses: [{ address: "10.0.0.1", length: 24 }] }]);
    const end = await offerStatus(session);
    try {
      assert.ok(!existsSync(stale));
      assert.ok(existsSync(other));
    } finally {
      await end();
      await session.close();
      await new Promise((resolve) => server.close(resolve));
    }
  });
  test("a socket of that name that speaks no JSON, and a file, are passed over", async () => {
    const path = join(folder, "ringwire-4.sock");
    const server = createServer((socket) => socket.end("hello")).listen(path);
    writeFileSync(join(folder, "ringwire-5.sock"), "{}");
    const { status, stdout, stderr } = await ringwire("netstat");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /ringwire-4\.sock: .*JSON/);
    await new Promise((resolve) => server.close(resolve));
  });
  test("a command line is shown without its seed", () => {
    const [hex, rest] = ["00ff".repeat(16), ["--tap", "rw0", "--link-seed", "7"]];
    assert.equal(shownCommand(["up", "--seed", hex, ...rest]), "up --seed ... --tap rw0 --link-seed 7");
    assert.equal(shownCommand(["up", `--seed=${hex}`, ...rest]), "up --seed=... --tap rw0 --link-seed 7");
    assert.equal(shownCommand(["up", ...rest, "--seed"]), "up --tap rw0 --link-seed 7 --seed");
  });
  test("owners: the host, applications, services", () => {
    assert.deepEqual(
      [0, 1, 4, 12].map((owner) => ownerName(owner, 4)),
      ["host", "application 1", "dhcp", "http"],
    );
  });
});

describe("ringwire trace FILE", () => {
  const tcp = (from: number, to: number, seq: number, ack: number, flags: number, octets = 0) => {
    const frame = Buffer.alloc(54 + octets);
    Buffer.from([2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0, 0x45, 0]).copy(frame);
    frame.writeUInt16BE(40 + octets, 16);
    frame.set([64, 6], 22);
    frame.set([10, 0, 0, from, 10, 0, 0, to], 26);
    for (const [at, value] of [
      [34, from === 1 ? 50_000 : 80],
      [36, from === 1 ? 80 : 50_000],
      [48, 1000],
    ] as const)
      frame.writeUInt16BE(value, at);
    frame.writeUInt32BE(seq, 38);
    frame.writeUInt32BE(ack, 42);
    frame.set([0x50, flags], 46);
    return frame;
  };

  test("draws each frame from the side that was seen first, with relative numbers, and says that it cannot say why", async () => {
    const path = join(folder, "a.pcap");
    let ms = 1_000_000;
    const writer = new PcapWriter(path, "ethernet", () => ms++);
    writer.write(tcp(1, 2, 0xffffffff, 0, 2));
    writer.write(tcp(2, 1, 7777, 0, 0x12));
    writer.write(tcp(1, 2, 0, 7778, 0x18, 10));
    writer.write(tcp(1, 2, 0, 7778, 0x18, 10));
    writer.close();
    const { status, stdout } = await ringwire("trace", path);
    assert.equal(status, 0);
    assert.deepEqual(stdout.split("\n"), [
      `${path}: 4 frames. A capture tells what passed, not why; ringwire trace COMMAND says why.`,
      "    0.000000  ->  TCP 10.0.0.1:50000 > 10.0.0.2:80 (http) SYN seq 0 win 1000",
      "    0.001000  <-  TCP 10.0.0.2:80 > 10.0.0.1:50000 (http) SYN,ACK seq 0 ack 1 win 1000",
      "    0.002000  ->  TCP 10.0.0.1:50000 > 10.0.0.2:80 (http) PSH,ACK seq 1 ack 1 win 1000, 10 octets",
      "    0.003000  ->  TCP 10.0.0.1:50000 > 10.0.0.2:80 (http) PSH,ACK seq 1 ack 1 win 1000, 10 octets, again",
      "",
    ]);
  });
  test("what is no capture is one line and exit status 1", async () => {
    const path = join(folder, "b.pcap");
    writeFileSync(path, Buffer.alloc(100));
    assert.deepEqual(await ringwire("trace", path), {
      status: 1,
      stdout: "",
      stderr: `ringwire: ${path}: not a pcap file (pcapng is not read)\n`,
    });
    const none = await ringwire("trace", join(folder, "none"));
    assert.equal(none.status, 1);
    assert.match(none.stderr, /^ringwire: [^\n]*ENOENT[^\n]*\n$/);
  });
});
