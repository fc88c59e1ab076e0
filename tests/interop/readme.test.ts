// The shell blocks of README.md and boards/linux-tap/README.md, pasted into a network of their own.
import assert from "node:assert/strict";
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { installed } from "../../bindings/node/cli/demo/children.js";
import { type Ended, needs } from "./lab.js";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const [START, TEST, UP] = blocksOf("README.md");
const [PRELUDE, AS_ROOT, SECOND, AS_USER, NETNS, NETNS_SECOND, UNSHARE, CLIENT] = blocksOf("boards/linux-tap/README.md");
const INSTALL = /^npm ci && /;

/** The shell blocks of a page, in its order. */
function blocksOf(page: string): string[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block?.trim() ?? "");
}
/** A block without `npm ci`, and without the build when it is only that: both are done. */
function installedAlready(block = ""): string {
  return block.replace(INSTALL, "").replace(/^npm run build\n/, "");
}

/** A folder like that of the repository, in a network and mount namespace of its own. */
class Place {
  readonly folder = mkdtempSync(join(tmpdir(), "rwreadme-"));
  readonly #holder: ChildProcess;

  constructor() {
    for (const name of ["build", "node_modules", "package.json"]) symlinkSync(join(ROOT, name), join(this.folder, name));
    this.#holder = spawn("unshare", [
      "-nm",
      "sh",
      "-c",
      "mkdir -p /run/netns && mount -t tmpfs none /run/netns && ip link set lo up && echo made && exec sleep 300",
    ]);
  }
  /** Waits until the namespaces are there; root without sudo gets one that just runs its command. */
  async made(): Promise<void> {
    const [text] = await once(this.#holder.stdout as NodeJS.ReadableStream, "data");
    assert.equal(String(text), "made\n");
    if (installed("sudo")) return;
    const path = join(this.folder, "sudo");
    writeFileSync(path, '#!/bin/sh\nexec "$@"\n');
    chmodSync(path, 0o755);
  }
  /** Pastes text into a terminal. */
  paste(text: string): ChildProcess {
    const env = { ...process.env, USER: process.env.USER ?? "root", PATH: `${process.env.PATH}:${this.folder}`, no_proxy: "*" };
    const args = ["-t", String(this.#holder.pid), "-n", "-m", `--wd=${this.folder}`, "bash", "-c", text];
    return spawn("nsenter", args, { stdio: "pipe", detached: true, env });
  }
  /** Pastes text and waits for its end. */
  async run(text: string): Promise<Ended> {
    const child = this.paste(text);
    let [stdout, stderr] = ["", ""];
    child.stdout?.on("data", (part) => {
      stdout += part;
    });
    child.stderr?.on("data", (part) => {
      stderr += part;
    });
    child.stdin?.end();
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout, stderr };
  }
  /** Pastes a block whose last line is `ringwire up`; `work` runs once it says `ready`; then Ctrl-C. */
  async up(text: string, work: () => Promise<void>): Promise<void> {
    const child = this.paste(text);
    const closed = once(child, "close");
    try {
      assert.match(await firstLine(child), /^ready /);
      await work();
    } finally {
      if (child.exitCode === null) process.kill(-(child.pid as number), "SIGINT");
      await closed;
    }
  }
  async remove(): Promise<void> {
    this.#holder.kill("SIGKILL");
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) await once(this.#holder, "close");
    rmSync(this.folder, { recursive: true });
  }
}

/** The first line a program prints; what it wrote to stderr when it ends before. */
function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let [text, errors] = ["", ""];
    child.stderr?.on("data", (part) => {
      errors += part;
    });
    child.stdout?.on("data", (part) => {
      text += part;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.on("close", () => reject(new Error(`it ended: ${text}${errors}`)));
  });
}
function assertEnds({ status, stdout, stderr }: Ended, want: RegExp): void {
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, want);
}

const reason = needs("unshare", "nsenter", "bash", "ping", "curl", "nc");
const prelude = `${installedAlready(PRELUDE)}\n`;

describe("A109: what the pages say to paste", { skip: reason }, () => {
  let place: Place;
  before(async () => {
    place = new Place();
    await place.made();
  });
  after(() => place.remove());

  test("A109: README.md: `npm start` and `npm test` are scripts, after `npm ci`", () => {
    const scripts = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).scripts as Record<string, string>;
    for (const [block, name] of [
      [START, "start"],
      [TEST, "test"],
    ] as const) {
      assert.match(block ?? "", INSTALL);
      assert.match(installedAlready(block), new RegExp(`^npm (run )?${name}$`));
      assert.ok(scripts[name]);
    }
    assert.ok(existsSync(join(ROOT, "package-lock.json")));
  });

  test("A109: README.md: ringwire up serves, ping and curl work from another terminal", async () => {
    await place.up(installedAlready(UP), async () => {
      assertEnds(await place.run("ping -c 1 10.9.0.2"), / 0% packet loss/);
      assertEnds(await place.run("curl -sS http://10.9.0.2/"), /TCP_IN/);
    });
  });

  test("A109: linux-tap, as root: ping, curl and nc from a second terminal; the device vanishes with the process", async () => {
    await place.up(prelude + AS_ROOT, async () => {
      assertEnds(await place.run(SECOND ?? ""), / 0% packet loss[\s\S]*TCP_IN[\s\S]*hello\n$/);
      assertEnds(await place.run("curl -sS http://10.9.0.2/status.json"), /^\{/);
    });
    assert.doesNotMatch((await place.run("ip link")).stdout, /rw0/);
  });

  test("A109: linux-tap, as a user: the device that root made is used, and stays until it is deleted", async () => {
    await place.up(prelude + AS_USER, async () => {
      assertEnds(await place.run("curl -sS http://10.9.0.2/"), /TCP_IN/);
    });
    assert.match((await place.run("ip link")).stdout, /rw0/);
    assert.equal((await place.run("sudo ip tuntap del dev rw0 mode tap")).status, 0);
    assert.doesNotMatch((await place.run("ip link")).stdout, /rw0/);
  });

  test("A109: linux-tap, in a network namespace: nothing is seen outside of it", async () => {
    await place.up(prelude + NETNS, async () => {
      assertEnds(await place.run(NETNS_SECOND ?? ""), /TCP_IN/);
      assert.doesNotMatch((await place.run("ip link")).stdout, /rw0/);
    });
    assert.equal((await place.run("sudo ip netns del lab")).status, 0);
  });

  const noUsers = spawnSync("unshare", ["-Urn", "true"]).status !== 0 && "user namespaces are not allowed";
  test("A109: linux-tap, without root: a network that ends with its shell", { skip: noUsers }, async () => {
    assertEnds(await place.run(UNSHARE ?? ""), /^ready [\s\S]*TCP_IN/);
  });

  test("A109: linux-tap: the client side, several devices, bad links", async () => {
    const [ping = "", nc = "", two = "", bad = "", ...more] = (CLIENT ?? "").split("\n");
    assert.deepEqual(more, []);
    assertEnds(await place.run(prelude + ping), /seq=3 time=/);
    const server = place.paste("echo hello from 22 | nc -N -l 22");
    while (!(await place.run("ss -Hltn 'sport = :22'")).stdout) assert.equal(server.exitCode, null, "nc -l has ended");
    assertEnds(await place.run(prelude + nc), /hello from 22/);
    if (server.exitCode === null) process.kill(-(server.pid as number), "SIGKILL");
    await place.up(prelude + two, async () => {
      for (const host of ["10.9.0.2", "10.9.1.2"]) assertEnds(await place.run(`curl -sS http://${host}/`), /TCP_IN/);
    });
    await place.up(prelude + bad, async () => assertEnds(await place.run("curl -sS http://10.9.0.2/"), /TCP_IN/));
    const capture = readFileSync(join(place.folder, "rw0.pcap"));
    assert.ok(capture.length > 500, `a capture of ${capture.length} octets`);
    if (installed("tcpdump"))
      assert.match(
        String(execFileSync("tcpdump", ["-nr", join(place.folder, "rw0.pcap")], { stdio: ["ignore", "pipe", "ignore"] })),
        /10\.9\.0\.2/,
      );
  });
});
