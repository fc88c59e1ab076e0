// `ringwire httpd` over TAP: curl, and raw sockets of the kernel.
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { endAll, Running } from "./running.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
const NETNS = `rwhttp-${process.pid}`;
const URL_ = "http://10.78.0.2";
const missing =
  process.getuid?.() !== 0
    ? "needs root to make a network namespace"
    : spawnSync("ip", ["-V"]).error
      ? "needs ip of iproute2"
      : spawnSync("curl", ["-V"]).error
        ? "needs curl"
        : "";
const FILE = randomBytes(1_000_000);

describe("ringwire httpd over TAP", { skip: missing || false }, () => {
  let root = "";
  let server: Running;
  const serving = async (...more: string[]) => {
    const tap = ["--netns", NETNS, "--tap", "rwh0", "--ip", "10.78.0.2/24", "--host-ip", "10.78.0.1/24"];
    server = new Running(spawn(process.execPath, [MAIN, "httpd", "--root", join(root, "site"), ...tap, ...more]));
    await server.until("stdout", /^ready rwh0; .* on port 80\n/);
  };
  before(async () => {
    execFileSync("ip", ["netns", "add", NETNS]);
    root = mkdtempSync(join(tmpdir(), "rwhttp-"));
    mkdirSync(join(root, "site/sub"), { recursive: true });
    writeFileSync(join(root, "site/index.html"), "<p>hello\n");
    writeFileSync(join(root, "site/file"), FILE);
    writeFileSync(join(root, "secret"), "secret");
    symlinkSync(join(root, "secret"), join(root, "site/link"));
    await serving("--write");
  });
  after(async () => {
    await endAll();
    if (!missing) execFileSync("ip", ["netns", "del", NETNS]);
    if (root) rmSync(root, { recursive: true });
  });
  /** Runs curl in the namespace; answers what it printed. */
  const curl = async (...args: string[]): Promise<string> => {
    const running = new Running(spawn("ip", ["netns", "exec", NETNS, "curl", "-sS", "--max-time", "30", ...args]));
    assert.equal(await running.ended, 0, running.stderr);
    return running.stdout;
  };
  const status = (...args: string[]) => curl("-o", "/dev/null", "-w", "%{http_code}", ...args);
  /** Sends text over a raw socket, closes that half and answers what came. */
  const raw = async (text: string): Promise<string> => {
    const script = `import { connect } from "node:net";
      const socket = connect({ host: "10.78.0.2", port: 80, allowHalfOpen: true });
      let text = "";
      socket.setEncoding("latin1").on("data", (part) => { text += part; }).on("end", () => { console.log(JSON.stringify(text)); socket.end(); });
      socket.end(${JSON.stringify(text)});`;
    const running = new Running(spawn("ip", ["netns", "exec", NETNS, process.execPath, "--input-type=module", "-e", script]));
    assert.equal(await running.ended, 0, running.stderr);
    return JSON.parse(Buffer.from(running.stdout, "latin1").toString()) as string;
  };

  test("GET, HEAD and a range; two requests on one connection", async () => {
    assert.equal(await curl(`${URL_}/`), "<p>hello\n");
    assert.match(await curl("-I", `${URL_}/file`), /^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Length: 1000000\r\n/);
    assert.ok(Buffer.from(await curl(`${URL_}/file`), "latin1").equals(FILE));
    assert.ok(Buffer.from(await curl("-r", "1000-300000", `${URL_}/file`), "latin1").equals(FILE.subarray(1000, 300_001)));
    assert.ok(Buffer.from(await curl("-r", "-5", `${URL_}/file`), "latin1").equals(FILE.subarray(-5)));
    assert.equal(await status("-r", "1000000-", `${URL_}/file`), "416");
    const connections = await curl("-o", "/dev/null", "-o", "/dev/null", "-w", "%{num_connects} ", `${URL_}/`, `${URL_}/file`);
    assert.equal(connections, "1 0 ");
  });
  test("PUT with a length, in chunks, and with 100-continue; DELETE; OPTIONS", async () => {
    const up = join(root, "up");
    writeFileSync(up, FILE);
    assert.equal(await status("-T", up, `${URL_}/sub/new`), "201");
    assert.ok(readFileSync(join(root, "site/sub/new")).equals(FILE));
    assert.equal(await status("-T", up, "-H", "Transfer-Encoding: chunked", "-H", "Expect: 100-continue", `${URL_}/sub/new`), "204");
    assert.ok(readFileSync(join(root, "site/sub/new")).equals(FILE));
    assert.deepEqual(readdirSync(join(root, "site/sub")), ["new"], "nothing is left beside it");
    assert.equal(await status("-X", "DELETE", `${URL_}/sub/new`), "204");
    assert.equal(await status(`${URL_}/sub/new`), "404");
    assert.match(await curl("-i", "-X", "OPTIONS", `${URL_}/`), /\r\nAllow: GET, HEAD, OPTIONS, PUT, DELETE\r\n/);
    assert.equal(await status("-X", "POST", `${URL_}/`), "405");
    assert.equal(await status("-X", "TRACE", `${URL_}/`), "501");
  });
  test("nothing above the root is served, by dots, encoded ones or a link, nor written", async () => {
    const tries = ["/../secret", "/sub/../../secret", "/%2e%2e/secret", "/sub/..%2f..%2fsecret", "/link", "/%00", "/%", "//etc/passwd"];
    for (const path of tries) {
      assert.match(await status("--path-as-is", `${URL_}${path}`), /^40[04]$/, path);
      if (path !== "/link") assert.match(await status("--path-as-is", "-T", join(root, "secret"), `${URL_}${path}`), /^40\d$/, path);
    }
    assert.equal(readFileSync(join(root, "secret"), "utf8"), "secret");
  });
  test("200 requests in one go are answered in order", async () => {
    const requests = Array.from({ length: 200 }, (_, i) => `GET /file HTTP/1.1\r\nHost: a\r\nRange: bytes=${i * 10}-${i * 10 + 9}\r\n\r\n`);
    const answers = (await raw(requests.join(""))).split(/HTTP\/1\.1 206 \r\n(?:[^\r\n]+\r\n)+\r\n/);
    assert.equal(answers.length, 201);
    assert.equal(answers.join(""), FILE.subarray(0, 2000).toString("latin1"));
  });
  test("malformed requests are refused, and the next client is served", async () => {
    for (const [text, code] of [
      ["GET / HTTP/1.1\r\n\r\n", 400],
      ["GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
      [`GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(8192)}\r\n\r\n`, 431],
    ] as const)
      assert.match(await raw(text), new RegExp(`^HTTP/1\\.1 ${code} \\r\\n`));
    assert.equal(await curl(`${URL_}/`), "<p>hello\n");
  });
  test("without --write files stay as they are; a signal ends it", async () => {
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, 0, server.stderr);
    assert.equal(server.stderr, "");
    await serving();
    assert.equal(await status("-X", "DELETE", `${URL_}/file`), "405");
    assert.equal(await status("-T", join(root, "secret"), `${URL_}/file`), "405");
    assert.ok(readFileSync(join(root, "site/file")).equals(FILE));
    server.child.kill("SIGTERM");
    assert.equal(await server.ended, 0, server.stderr);
  });
  test("ringwire up --small: the services inside the module answer the kernel", async () => {
    const tap = ["--netns", NETNS, "--tap", "rwh1", "--ip", "10.78.0.2/24", "--host-ip", "10.78.0.1/24"];
    const up = new Running(spawn(process.execPath, [MAIN, "up", "--service", "none", "--small", "echo,chargen", ...tap]));
    await up.until("stdout", /^ready .*\n/);
    const script = `import { connect } from "node:net";
      const ask = (port, text, most) => new Promise((resolve, reject) => {
        const socket = connect({ host: "10.78.0.2", port, allowHalfOpen: true });
        let all = "";
        socket.setEncoding("latin1").on("error", reject).on("data", (part) => { all += part; if (all.length >= most) { socket.destroy(); resolve(all.slice(0, most)); } });
        if (text) socket.write(text);
      });
      console.log(JSON.stringify([await ask(7, "hello", 5), await ask(19, "", 74)]));`;
    const asking = new Running(spawn("ip", ["netns", "exec", NETNS, process.execPath, "--input-type=module", "-e", script]));
    assert.equal(await asking.ended, 0, asking.stderr);
    const printed = Array.from({ length: 72 }, (_, i) => String.fromCharCode(32 + i)).join("");
    assert.deepEqual(JSON.parse(asking.stdout), ["hello", `${printed}\r\n`]);
    up.child.kill("SIGTERM");
    assert.equal(await up.ended, 0, up.stderr);
  });
});
