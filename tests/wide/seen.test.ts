// What the command shows and does, against software that we did not write: files by TFTP, the time, log messages, ports, the ladder.
import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { spawn } from "node:child_process";
import { noise } from "../node/network.js";
import { Lab, missing, needs } from "../interop/lab.js";
import { endAll, Running } from "../interop/running.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
let lab: Lab;
let folder = "";
let root = "";

/** A command of ours on device 0 of the namespace. */
function ringwire(...args: string[]): Running {
  return new Running(
    spawn(process.execPath, [MAIN, ...args, ...lab.device().options], { env: { ...process.env, XDG_RUNTIME_DIR: folder } }),
  );
}
/** The same, to its end. */
async function ended(...args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const running = ringwire(...args);
  running.child.stdin.end();
  const status = await running.ended;
  return { status, stdout: running.stdout, stderr: running.stderr };
}
async function down(running: Running): Promise<void> {
  running.child.kill("SIGTERM");
  assert.equal(await running.ended, 0, running.stderr);
}
/** Starts a program in the namespace that is killed at the end of the test. */
const start = (program: string, ...args: string[]) => lab.spawn("ip", ["netns", "exec", lab.netns, program, ...args]);

describe("seen from outside", { skip: missing, timeout: 400_000 }, () => {
  before(() => {
    lab = new Lab();
    folder = mkdtempSync(join(tmpdir(), "rwseen-"));
    root = join(folder, "root");
    mkdirSync(root);
    writeFileSync(join(folder, "secret"), "outside");
    for (const [name, octets] of [
      ["small", 100],
      ["even", 1024],
      ["large", 300_000],
    ] as const)
      writeFileSync(join(root, name), noise(octets, octets));
    symlinkSync("../secret", join(root, "leak"));
    for (const each of [folder, root]) chmodSync(each, 0o755);
  });
  afterEach(async () => {
    await endAll();
    await lab.clear();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await lab.close();
  });

  test("a stock TFTP client gets files from our server, whole, and none from outside its folder; it brings one where that is allowed", {
    skip: needs("tftp"),
  }, async () => {
    const reading = ringwire("tftpd", "--root", root);
    await reading.until("stdout", /^ready rw0; reading /);
    const client = async (...commands: string[]) => {
      const { stdout, stderr } = await lab.run("tftp", ["-m", "binary", lab.device().us, ...commands]);
      return stdout + stderr;
    };
    for (const name of ["small", "even", "large"]) {
      const to = join(folder, `got-${name}`);
      await client("-c", "get", name, to);
      assert.deepEqual(readFileSync(to), readFileSync(join(root, name)), name);
    }
    for (const name of ["../secret", "leak", join(folder, "secret")])
      assert.match(await client("-c", "get", name, join(folder, "no")), /Access violation|access violation|Error code 2/i, name);
    assert.match(await client("-c", "get", "none", join(folder, "no")), /not found|Error code 1/i);
    assert.match(await client("-c", "put", join(root, "small"), "new"), /violation|Error code 2/i);
    await down(reading);
    assert.match(reading.stdout, /10\.76\.0\.1 get "large": 300000 octets\n/);
    assert.match(reading.stdout, /10\.76\.0\.1 get "\.\.\/secret": not allowed\n/);
    const writing = ringwire("tftpd", "--root", root, "--writable");
    await writing.until("stdout", /^ready rw0; reading and writing /);
    await client("-c", "put", join(root, "large"), "new");
    await writing.until("stdout", /put "new": 300000 octets\n/);
    assert.deepEqual(readFileSync(join(root, "new")), readFileSync(join(root, "large")));
    await down(writing);
  });
  test("our client gets files from dnsmasq's TFTP server, and says in a line what that refuses", { skip: needs("dnsmasq") }, async () => {
    start(
      "dnsmasq",
      "--no-daemon",
      "--conf-file=/dev/null",
      "--port=0",
      "--user=root",
      "--enable-tftp",
      `--tftp-root=${root}`,
      "--tftp-no-blocksize",
    );
    await lab.listens(69);
    for (const [name, ...more] of [["small"], ["large"], ["even", "--block", "512"]] as const) {
      const to = join(folder, `ours-${name}`);
      assert.equal((await ended("tftp", "get", lab.device().kernel, name, "--output", to, ...more)).status, 0);
      assert.deepEqual(readFileSync(to), readFileSync(join(root, name)), name);
    }
    const stdout = await ended("tftp", "get", lab.device().kernel, "small", "--output", "-", "--quiet");
    assert.deepEqual(Buffer.from(stdout.stdout, "latin1"), readFileSync(join(root, "small")));
    const none = await ended("tftp", "get", lab.device().kernel, "none", "--output", join(folder, "none"));
    assert.equal(none.status, 1);
    assert.match(none.stderr, /^ringwire: 10\.76\.0\.1: none: file not found\n$/);
  });
  test("our client and in.tftpd: a file there and back, byte-exact", { skip: needs("in.tftpd") }, async () => {
    const there = join(folder, "there");
    mkdirSync(there, { recursive: true });
    chmodSync(there, 0o777);
    start("in.tftpd", "--listen", "--foreground", "--user", "root", "--create", "--secure", there);
    await lab.listens(69);
    assert.equal((await ended("tftp", "put", lab.device().kernel, "copy", "--input", join(root, "large"))).status, 0);
    assert.deepEqual(readFileSync(join(there, "copy")), readFileSync(join(root, "large")));
    const back = await ended("tftp", "get", lab.device().kernel, "copy", "--output", join(folder, "back"));
    assert.equal(back.status, 0, back.stderr);
    assert.match(back.stderr, /^copy: 300000 octets in [\d.]+ s\n$/);
    assert.deepEqual(readFileSync(join(folder, "back")), readFileSync(join(root, "large")));
  });
  test("chrony tells us the time, and we read it as it is", { skip: needs("chronyd") }, async () => {
    const config = join(folder, "chrony.conf");
    writeFileSync(config, `local stratum 10\nallow 10.76.0.0/16\ncmdport 0\nbindcmdaddress /\npidfile ${join(folder, "chronyd.pid")}\n`);
    start("chronyd", "-n", "-x", "-u", "root", "-f", config);
    await lab.listens(123);
    const { stdout } = await ended("sntp", lab.device().kernel);
    const [, time = "", stratum, off] =
      /^(\S+) \+-\d+ ms, stratum (\d+), ([\d.]+) s (?:behind|ahead of) this machine\n$/.exec(stdout) ?? [];
    assert.equal(stratum, "10", stdout);
    assert.ok(Math.abs(Date.parse(time) - Date.now()) < 10_000, stdout);
    assert.ok(Number(off) < 2, stdout);
  });
  test("nobody tells the time: a line, and exit status 1", async () => {
    const { status, stdout, stderr } = await ended("sntp", lab.device().kernel, "--wait", "1");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /^ringwire: sntp 10\.76\.0\.1: [^\n]+\n$/);
  });
  test("a log message comes to a socket of the kernel as RFC 5424 has it; to a host that is not there it does not leave", async () => {
    const server = new Running(
      spawn("ip", [
        ...["netns", "exec", lab.netns, process.execPath, "-e"],
        'const s = require("node:dgram").createSocket("udp4"); s.on("message", (m) => { console.log(String(m)); s.close(); }); s.bind(514, () => console.log("ready"));',
      ]),
    );
    await server.until("stdout", /ready/);
    const sent = await ended(
      "syslog",
      lab.device().kernel,
      "the box is up",
      "--severity",
      "notice",
      "--facility",
      "local3",
      "--name",
      "boxd",
    );
    assert.deepEqual(sent, { status: 0, stdout: "", stderr: "" });
    assert.equal(await server.ended, 0);
    assert.match(server.stdout, /^ready\n<157>1 - 10\.76\.0\.2 boxd - - - \S*the box is up\n$/);
    const lost = await ended("syslog", "10.76.0.99", "the box is up");
    assert.equal(lost.status, 1);
    assert.match(lost.stderr, /^ringwire: 10\.76\.0\.99: no such host[^\n]*\n$/);
  });
  test("a scan of the kernel: open and closed; silence behind it, and what it prohibits, are filtered; UDP too", async () => {
    const server = new Running(
      spawn("ip", [
        ...["netns", "exec", lab.netns, process.execPath, "-e"],
        `for (const port of [22, 8001]) require("node:net").createServer().listen(port);
        const s = require("node:dgram").createSocket("udp4"); s.on("message", (m, r) => s.send("!", r.port, r.address)); s.bind(7, () => console.log("ready"));
        require("node:dgram").createSocket("udp4").bind(9);`,
      ]),
    );
    await server.until("stdout", /ready/);
    const rows = ({ stdout }: { stdout: string }) =>
      stdout.split("\n").map((line) => line.replace(/ +[\d.]+ ms +/, " ").replace(/ +/g, " "));
    const kernel = await ended("scan", lab.device().kernel, "22-23,8000-8002");
    assert.equal(kernel.status, 0, kernel.stderr);
    assert.deepEqual(rows(kernel).slice(0, -2), [
      "PORT STATE SERVICE TIME WHY",
      "22/tcp open ssh it answers",
      "23/tcp closed telnet reset",
      "8000/tcp closed http-alt-8000 reset",
      "8001/tcp open vcom-tunnel it answers",
      "8002/tcp closed - reset",
    ]);
    assert.match(kernel.stdout, /\n5 ports of 10\.76\.0\.1 in [\d.]+ s: 2 open, 3 closed\n$/);
    lab.sysctl("net.ipv4.ip_forward=1");
    lab.ip("route", "add", "prohibit", "10.88.0.1/32");
    lab.ip("route", "add", "blackhole", "10.88.0.2/32");
    const prohibited = await ended("scan", "10.88.0.1", "25", "--gateway", lab.device().kernel);
    assert.equal(rows(prohibited)[1], "25/tcp filtered smtp administratively prohibited", prohibited.stderr);
    const silent = await ended("scan", "10.88.0.2", "25", "--wait", "0.5", "--gateway", lab.device().kernel);
    assert.equal(rows(silent)[1], "25/tcp filtered smtp no answer", silent.stderr);
    const udp = await ended("scan", "-u", lab.device().kernel, "7,9,53", "--wait", "3", "--json");
    const states = udp.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { port: number; state: string });
    assert.deepEqual(Object.fromEntries(states.map(({ port, state }) => [port, state])), { 7: "open", 9: "open|filtered", 53: "closed" });
  });
  test("netstat tells of a running up, and trace draws what a connection of the kernel does; nothing is left in the folder", async () => {
    const up = ringwire("trace", "up", "--service", "echo");
    await up.until("stdout", /^ready /);
    const env = { env: { ...process.env, XDG_RUNTIME_DIR: folder } };
    const seen = new Running(spawn(process.execPath, [MAIN, "netstat"], env));
    assert.equal(await seen.ended, 0, seen.stderr);
    assert.match(seen.stdout, new RegExp(`^${up.child.pid}: ringwire trace up --service echo `));
    assert.match(seen.stdout, /^tcp +\*:7 \(echo\) +\* +LISTEN/m);
    await lab.kernel("echo", { host: lab.device().us, port: 7, octets: 1000 });
    await up.until("stderr", /<- {2}TCP 10\.76\.0\.1:\d+ > 10\.76\.0\.2:7 \(echo\) SYN seq 0 .*\n +\| CLOSED -> SYN_RECEIVED\n/);
    await up.until("stderr", /\| SYN_RECEIVED -> ESTABLISHED\n/);
    await up.until("stderr", /-> {2}TCP 10\.76\.0\.2:7 > 10\.76\.0\.1:\d+ \(echo\) \S*ACK seq 1 ack \d+ win \d+, 1000 octets/);
    await down(up);
    const none = new Running(spawn(process.execPath, [MAIN, "netstat"], env));
    assert.equal(await none.ended, 1);
  });
});
