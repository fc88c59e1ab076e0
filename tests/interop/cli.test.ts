import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { endAll, Running } from "./running.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
const RAW_PING = new URL("../../bindings/node/cli/demo/rawping.js", import.meta.url).href;
const NETNS = `rwcli-${process.pid}`;
const TAP = ["--netns", NETNS, "--tap", "rwc0", "--ip", "10.77.0.2/24", "--host-ip", "10.77.0.1/24"];
const US = "10.77.0.2";
const KERNEL = "10.77.0.1";

const missing =
  process.getuid?.() !== 0 ? "needs root to make a network namespace" : spawnSync("ip", ["-V"]).error ? "needs ip of iproute2" : "";

before(() => {
  if (!missing) execFileSync("ip", ["netns", "add", NETNS]);
});
afterEach(endAll);
after(() => {
  if (!missing) execFileSync("ip", ["netns", "del", NETNS]);
});

function ringwire(...args: string[]): Running {
  return new Running(spawn(process.execPath, [MAIN, ...args]));
}

/** Runs JavaScript in the namespace: its sockets are the kernel's. Answers what it prints. */
async function kernel(script: string): Promise<string> {
  const running = new Running(spawn("ip", ["netns", "exec", NETNS, process.execPath, "--input-type=module", "-e", script]));
  assert.equal(await running.ended, 0, running.stderr);
  return running.stdout.trim();
}

async function up(...args: string[]): Promise<Running> {
  const running = ringwire("up", ...TAP, ...args);
  await running.until("stdout", /\n/);
  return running;
}

async function down(running: Running, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  running.child.kill(signal);
  assert.equal(await running.ended, 0, running.stderr);
  assert.equal(running.stderr, "");
}

function links(): string[] {
  const shown = execFileSync("ip", ["-n", NETNS, "-o", "link"], { encoding: "utf8" });
  return shown
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split(": ")[1] ?? "");
}

/** Sends octets to a TCP echo service from the kernel, closes, and prints the SHA-256 of what came back. */
const echoTcp = (host: string, port: number, octets: number) => `
  import { connect } from "node:net"; import { createHash, randomBytes } from "node:crypto";
  const data = randomBytes(${octets}), hash = createHash("sha256");
  const socket = connect({ host: "${host}", port: ${port}, allowHalfOpen: true });
  socket.end(data);
  for await (const part of socket) hash.update(part);
  console.log(hash.digest("hex") === createHash("sha256").update(data).digest("hex") ? "equal" : "different");`;

/** Sends datagrams one after another from the kernel and prints how many came back the same from where they went. */
const echoUdp = (host: string, port: number, count: number, from = 0, patience = from ? 1000 : 20_000) => `
  import { createSocket } from "node:dgram"; import { once } from "node:events"; import { randomBytes } from "node:crypto";
  const socket = createSocket("udp4"); let equal = 0;
  await new Promise((resolve) => socket.bind(${from}, resolve));
  for (let i = 0; i < ${count}; i++) {
    const data = randomBytes(i * 100 % 1473);
    socket.send(data, ${port}, "${host}");
    const answer = await Promise.race([once(socket, "message"), new Promise((resolve) => setTimeout(resolve, ${patience}))]);
    if (answer && answer[0].equals(data) && answer[1].address === "${host}") equal++;
  }
  console.log(equal); process.exit();`;

describe("ringwire up against the kernel", { skip: missing || false }, () => {
  for (const [command, ...options] of [
    ["tftpd", "--root", tmpdir()],
    ["httpd", "--root", tmpdir()],
    ["dhcpd", "--range", "10.77.0.100-10.77.0.199"],
  ] as const)
    test(`${command} ends with status 0 when SIGTERM or SIGINT comes and nobody was served`, async () => {
      for (const signal of ["SIGTERM", "SIGINT"] as const) {
        const running = ringwire(command, ...TAP, ...options);
        await running.until("stdout", /^ready .*\n/m);
        await down(running, signal);
        assert.deepEqual(links(), ["lo"]);
      }
    });
  test("says ready, answers pings, serves every service, ends on SIGTERM and leaves nothing", async () => {
    const running = await up("--mac", "02:00:00:00:77:02");
    assert.match(running.stdout, /^ready tap rwc0 10\.77\.0\.2\/24 mac 02:00:00:00:77:02 mtu 1500; services echo:7 [^\n]*http:80\n$/);
    const times = JSON.parse(
      await kernel(`import { rawPing } from "${RAW_PING}"; console.log(JSON.stringify(rawPing("${US}", 5, 10_000)));`),
    );
    assert.equal(times.filter((ms: number | null) => ms !== null).length, 5);
    assert.equal(await kernel(echoTcp(US, 7, 2_000_000)), "equal");
    assert.equal(await kernel(echoUdp(US, 7, 20)), "20");
    const texts = JSON.parse(
      await kernel(`
      import { connect } from "node:net"; import { createSocket } from "node:dgram"; import { once } from "node:events";
      const read = async (port) => { const parts = []; for await (const part of connect(port, "${US}")) parts.push(part); return Buffer.concat(parts).toString("hex"); };
      const ask = async (port) => { const s = createSocket("udp4"); s.send("?", port, "${US}"); const [m] = await once(s, "message"); s.close(); return m.toString("hex"); };
      const chargen = connect(19, "${US}"); const [some] = await once(chargen, "data"); chargen.destroy();
      const discard = connect(9, "${US}"); discard.end(Buffer.alloc(100000)); discard.resume(); await once(discard, "close");
      console.log(JSON.stringify({ daytime: [await read(13), await ask(13)], time: [await read(37), await ask(37)], qotd: [await read(17), await ask(17)], chargen: [some.toString('hex'), await ask(19)] }));`),
    );
    const plain = (hex: string) => Buffer.from(hex, "hex").toString("latin1");
    for (const text of texts.daytime.map(plain)) assert.match(text, /GMT\r\n$/);
    for (const text of texts.time.map(plain)) assert.equal(text.length, 4);
    for (const text of texts.qotd.map(plain)) assert.match(text, /\.\r\n$/);
    assert.match(plain(texts.chargen[0]), /^ !"#\$%&/);
    assert.ok(plain(texts.chargen[1]).length <= 512);
    await down(running);
    assert.deepEqual(links(), ["lo"]);
  });

  test("serves the status page to stock clients, and ends on SIGINT", async () => {
    const running = await up("--service", "http,echo:7777");
    const page = await kernel(`
      const get = async (path, accept) => { const r = await fetch("http://${US}" + path, { headers: { accept } }); return [r.status, r.headers.get("content-type"), await r.text()]; };
      console.log(JSON.stringify([await get("/", "text/html"), await get("/status.txt", "*/*"), await get("/status.json", "*/*")]));`);
    const [html, text, json] = JSON.parse(page);
    assert.deepEqual([html[0], text[0], json[0]], [200, 200, 200]);
    assert.match(html[1], /^text\/html/);
    assert.match(text[2], /tcp +0 +\d+ +10\.77\.0\.2:80 +10\.77\.0\.1:\d+ +ESTABLISHED/);
    const status = JSON.parse(json[2]);
    assert.deepEqual(status.services, ["http:80", "echo:7777"]);
    assert.ok(
      status.sockets.some((socket: { state: string; local: string }) => socket.state === "LISTEN" && socket.local.endsWith(":7777")),
    );
    assert.ok(status.counters.TCP_IN > 5);
    if (!spawnSync("curl", ["--version"]).error) {
      const got = execFileSync("ip", ["netns", "exec", NETNS, "curl", "-sS", "--noproxy", "*", "--max-time", "30", `http://${US}/`], {
        encoding: "utf8",
      });
      assert.match(got, /^ringwire \d/);
    }
    running.child.kill("SIGINT");
    await down(running, "SIGINT"); // twice, as a terminal and sudo may send it
    assert.deepEqual(links(), ["lo"]);
  });

  test("a TUN device and a second TAP serve too, --json tells them", async () => {
    const more = ["--tun", "rwc1", "--netns", NETNS, "--ip", "10.77.1.2/24", "--host-ip", "10.77.1.1/24"];
    const last = ["--tap", "rwc2", "--netns", NETNS, "--ip", "10.77.2.2/24", "--ip", "10.77.2.3/24", "--host-ip", "10.77.2.1/24"];
    const running = await up("--json", "--service", "echo", ...more, ...last);
    const ready = JSON.parse(running.stdout);
    assert.deepEqual(
      ready.devices.map((device: { kind: string; name: string; addresses: string[] }) => [device.kind, device.name, ...device.addresses]),
      [
        ["tap", "rwc0", "10.77.0.2/24"],
        ["tun", "rwc1", "10.77.1.2/24"],
        ["tap", "rwc2", "10.77.2.2/24", "10.77.2.3/24"],
      ],
    );
    for (const host of [US, "10.77.1.2", "10.77.2.2", "10.77.2.3"]) {
      assert.equal(await kernel(echoTcp(host, 7, 200_000)), "equal", host);
      assert.equal(await kernel(echoUdp(host, 7, 2)), "2", `${host} answers from its own address`);
    }
    await down(running);
    assert.deepEqual(links(), ["lo"]);
  });

  test("datagrams from the ports of services and to broadcasts are not answered", async () => {
    const running = await up("--service", "echo,qotd");
    assert.equal(await kernel(echoUdp(US, 7, 1, 19)), "0");
    assert.equal(await kernel(echoUdp(US, 17, 1, 7)), "0");
    const answered = await kernel(`
      import { createSocket } from "node:dgram"; import { once } from "node:events";
      const socket = createSocket("udp4"); await new Promise((resolve) => socket.bind(0, "${KERNEL}", resolve)); socket.setBroadcast(true);
      for (const to of ["10.77.0.255", "255.255.255.255"]) socket.send("hello", 7, to);
      const answer = await Promise.race([once(socket, "message"), new Promise((resolve) => setTimeout(resolve, 500))]);
      socket.close(); console.log(answer ? "answered" : "silent");`);
    assert.equal(answered, "silent");
    await down(running);
  });

  test("a bad link: the simulator works, a capture is written, the echo is still exact", async () => {
    const file = join(tmpdir(), `rwcli-${process.pid}.pcap`);
    const bad = ["--loss", "3", "--reorder", "3", "--duplicate", "2", "--corrupt", "1", "--delay", "1", "--link-seed", "5"];
    try {
      const running = await up("--service", "echo", "--pcap", file, ...bad);
      assert.equal(await kernel(echoTcp(US, 7, 200_000)), "equal");
      await down(running);
      const capture = readFileSync(file);
      assert.ok([0xa1b2c3d4, 0xa1b23c4d].includes(capture.readUInt32LE(0)), "the magic of a capture file");
      assert.ok(capture.length > 200_000);
    } finally {
      rmSync(file, { force: true });
    }
  });

  test("connections that are open at the end are reset, not forgotten", async () => {
    const running = await up("--service", "echo");
    const client = new Running(
      spawn("ip", [
        "netns",
        "exec",
        NETNS,
        process.execPath,
        "-e",
        `
        const s = require("node:net").connect(7, "${US}", () => s.write("x")); s.on("data", () => console.log("open"));
        s.on("error", (e) => console.log(e.code)); s.on("close", () => process.exit());`,
      ]),
    );
    await client.until("stdout", /open/);
    await down(running);
    await client.until("stdout", /ECONNRESET/);
  });
});

describe("ringwire ping and nc against the kernel", { skip: missing || false }, () => {
  test("ping: answered, and not", async () => {
    const good = ringwire("ping", KERNEL, "-c", "3", "-i", "0.05", "-s", "100", ...TAP);
    assert.equal(await good.ended, 0, good.stderr);
    assert.match(good.stdout, /108 octets from 10\.77\.0\.1: seq=3 time=[\d.]+ ms\n--- 10\.77\.0\.1: 3 sent, 3 answered, 0 % lost/);
    const silent = ringwire("ping", "10.77.0.9", "-c", "1", "-W", "0.3", ...TAP);
    assert.equal(await silent.ended, 1);
    assert.match(silent.stdout, /1 sent, 0 answered, 100 % lost/);
  });

  test("nc HOST PORT: stdin to a kernel's echo server and back", async () => {
    const server = kernelServer(
      `require("node:net").createServer({ allowHalfOpen: true }, (s) => s.pipe(s)).listen(7001, () => console.log("listening"));`,
    );
    await server.until("stdout", /listening/);
    const data = randomBytes(1_000_000);
    const client = ringwire("nc", KERNEL, "7001", ...TAP);
    client.child.stdin.end(data);
    assert.equal(await client.ended, 0, client.stderr);
    assert.equal(sha256(Buffer.from(client.stdout, "latin1")), sha256(data));
    server.child.kill();
    await server.ended;
  });

  test("nc to a closed port: one line, exit status 1", async () => {
    const client = ringwire("nc", KERNEL, "7002", ...TAP);
    assert.equal(await client.ended, 1);
    assert.match(client.stderr, /^ringwire: 10\.77\.0\.1:7002: connection refused\n$/);
  });

  test("nc -l PORT: what a kernel's client sends, then the answer", async () => {
    const listener = ringwire("nc", "-l", "7003", "-v", ...TAP);
    await listener.until("stderr", /listening/);
    listener.child.stdin.end("pong\n");
    const answer = await kernel(`
      import { connect } from "node:net"; let text = "";
      const s = connect({ host: "${US}", port: 7003, allowHalfOpen: true }); s.end("ping\\n"); for await (const part of s) text += part; console.log(text);`);
    assert.equal(answer, "pong");
    assert.equal(await listener.ended, 0, listener.stderr);
    assert.equal(listener.stdout, "ping\n");
  });

  test("nc -u both ways", async () => {
    const server = kernelServer(
      `const s = require("node:dgram").createSocket("udp4"); s.on("message", (m, r) => s.send("got " + m, r.port, r.address)); s.bind(7004, () => console.log("listening"));`,
    );
    await server.until("stdout", /listening/);
    const client = ringwire("nc", "-u", KERNEL, "7004", "-w", "5", ...TAP);
    client.child.stdin.end("hello");
    assert.equal(await client.ended, 0, client.stderr);
    assert.equal(client.stdout, "got hello");
    server.child.kill();
    await server.ended;
    const refused = ringwire("nc", "-u", KERNEL, "7005", ...TAP);
    refused.child.stdin.end("hello");
    assert.equal(await refused.ended, 1);
    assert.match(refused.stderr, /^ringwire: 10\.77\.0\.1:7005: connection refused\n$/);
    const listener = ringwire("nc", "-l", "-u", "7006", "-v", "-w", "0.5", ...TAP);
    await listener.until("stderr", /listening/);
    listener.child.stdin.end("world");
    const answer = await kernel(`
      import { createSocket } from "node:dgram"; import { once } from "node:events";
      const s = createSocket("udp4"); s.send("hello", 7006, "${US}"); const [m] = await once(s, "message"); s.close(); console.log(m.toString());`);
    assert.equal(answer, "world");
    assert.equal(await listener.ended, 0, listener.stderr);
    assert.equal(listener.stdout, "hello");
    assert.deepEqual(links(), ["lo"]);
  });
});

describe("ringwire demo against the kernel", { skip: missing || false }, () => {
  test("all parts hold", async () => {
    const demo = ringwire("demo");
    assert.equal(await demo.ended, 0, demo.stdout + demo.stderr);
    assert.match(demo.stdout, /the Linux kernel 10\.9\.0\.1 and 10\.9\.1\.1, in a network namespace of their own/);
    assert.equal(demo.stdout.match(/^ {2}held: /gm)?.length, 4);
    assert.match(demo.stdout, /\nAll held\.\n$/);
  });

  test("SIGINT ends it at once, with its processes", async () => {
    const demo = ringwire("demo");
    await demo.until("stdout", /echo requests/);
    const stages = descendants(demo.child.pid ?? 0);
    assert.ok(stages.length > 0, "a process in the namespace");
    demo.child.kill("SIGINT");
    assert.equal(await demo.ended, 130);
    assert.deepEqual(stages.filter(isAlive), []);
  });

  test("killed from outside, its processes end too", async () => {
    const demo = ringwire("demo");
    await demo.until("stdout", /echo requests/);
    const stages = descendants(demo.child.pid ?? 0);
    demo.child.kill("SIGKILL");
    await demo.ended;
    for (let i = 0; i < 600 && stages.some(isAlive); i++) await new Promise((resolve) => setTimeout(resolve, 50));
    assert.deepEqual(stages.filter(isAlive), []);
  });
});

/** Process ids of the children of a process, and of theirs. */
function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
}

function kernelServer(script: string): Running {
  return new Running(spawn("ip", ["netns", "exec", NETNS, process.execPath, "-e", script]));
}

function sha256(data: Buffer): string {
  return createHash("sha256").update(data).digest("hex");
}

describe("what cannot be opened", { skip: missing || false }, () => {
  const refused = async (line: RegExp, ...args: string[]) => {
    const running = ringwire("up", ...args);
    assert.equal(await running.ended, 1, running.stdout);
    assert.match(running.stderr, /^ringwire: [^\n]+\n$/, "one line");
    assert.match(running.stderr, line);
    assert.equal(running.stdout, "");
    assert.deepEqual(links(), ["lo"], "nothing is left behind");
  };

  test("a namespace that does not exist", () =>
    refused(/no such namespace/, "--tap", "rwc0", "--ip", "10.77.0.2/24", "--netns", `${NETNS}-none`));
  test("a name that is no TAP", () => refused(/lo: .*no TAP/, "--tap", "lo", "--netns", NETNS, "--ip", "10.77.0.2/24"));
  test("a second device that cannot be opened lets go of the first", () =>
    refused(/lo: .*no TAP/, ...TAP, "--tap", "lo", "--netns", NETNS, "--ip", "10.77.1.2/24"));
  test("a capture file that cannot be written", () => refused(/no-such-folder/, ...TAP, "--pcap", "/no-such-folder/a.pcap"));

  test("a device in use by another ringwire, which goes on", async () => {
    const first = await up("--service", "echo");
    const second = ringwire("up", ...TAP);
    assert.equal(await second.ended, 1);
    assert.match(second.stderr, /^ringwire: rwc0: [^\n]*in use[^\n]*\n$/);
    assert.equal(await kernel(echoTcp(US, 7, 1000)), "equal");
    await down(first);
  });

  test("a device that vanishes while it serves: one line, exit status 1", async () => {
    const running = await up("--service", "echo");
    execFileSync("ip", ["-n", NETNS, "link", "del", "rwc0"]);
    assert.equal(await running.ended, 1);
    assert.match(running.stderr, /^ringwire: rwc0: the device is gone[^\n]*\n$/);
  });

  test("no rights", () => {
    // Root without capabilities: another user could not read a clone in a folder of root's own.
    const bare = ["--bounding-set=-all", "--inh-caps=-all", "--", process.execPath, MAIN];
    const { status, stderr } = spawnSync("setpriv", [...bare, "up", "--tap", "rwc9", "--ip", "10.77.0.2/24"], { encoding: "utf8" });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /^ringwire: [^\n]*no rights[^\n]*\n$/);
  });
});
