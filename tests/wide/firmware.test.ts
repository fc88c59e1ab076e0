// The applications inside the module, as `ringwire run` puts them on a TAP device, with software that we did not write at the other end.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { crc32 } from "../examples/image.js";
import { Lab, missing, needs } from "../interop/lab.js";
import { endAll, Running } from "../interop/running.js";
import { noise, until } from "../node/network.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
let lab: Lab;
let folder = "";

/** `ringwire run` of an example on device 0 of the namespace, once it is ready. `own` without an address: it gets its own. */
async function run(name: string, options: string[], own = lab.device().options): Promise<Running> {
  const running = new Running(
    spawn(process.execPath, [MAIN, "run", name, ...own, ...options], { env: { ...process.env, XDG_RUNTIME_DIR: folder } }),
  );
  await running.until("stdout", /^ready rw0/);
  return running;
}
async function down(running: Running): Promise<void> {
  running.child.kill("SIGTERM");
  assert.equal(await running.ended, 0, running.stderr);
}
/** Starts a program in the namespace that is killed at the end of the test. */
const start = (program: string, ...args: string[]) => lab.spawn("ip", ["netns", "exec", lab.netns, program, ...args]);
const curl = async (path: string, ...options: string[]) => {
  const url = `http://${lab.device().us}${path}`;
  const { status, stdout, stderr } = await lab.run("curl", ["-sS", "--noproxy", "*", "--max-time", "60", ...options, url]);
  assert.equal(status, 0, stderr);
  return stdout;
};

describe("firmware on a TAP device", { skip: missing, timeout: 600_000 }, () => {
  before(() => {
    lab = new Lab();
    folder = mkdtempSync(join(tmpdir(), "rwfirm-"));
    chmodSync(folder, 0o755);
  });
  afterEach(async () => {
    await endAll();
    await lab.clear();
  });
  after(async () => {
    rmSync(folder, { recursive: true });
    await lab.close();
  });

  test("curl reads the sensor, which changes, and 100 KB that lie in a file of the host", { skip: needs("curl") }, async () => {
    const file = join(folder, "about");
    writeFileSync(file, noise(100_000));
    const sensor = await run("sensor", ["--mail", "0=2150", "--flash", `1=${file}`, "--show", "1"]);
    assert.match(await curl("/"), /<h1>21\.50 /);
    sensor.child.stdin.write("0=-305\n");
    for (let left = 40; !(await curl("/")).includes("<h1>-3.05 "); left--) assert.ok(left, "the new value");
    assert.ok(Buffer.from(await curl("/about"), "latin1").equals(readFileSync(file)));
    assert.match(await curl("/", "-I"), /^HTTP\/1\.1 200 \r\nConnection: close\r\n/);
    assert.equal(await curl("/gone", "-o", "/dev/null", "-w", "%{http_code}"), "404");
    await sensor.until("stdout", /^mail 1 2$/m);
    await down(sensor);
  });

  test("an address from dnsmasq, and mosquitto passes on what is published; after it was away, too", {
    skip: needs("dnsmasq", "mosquitto", "mosquitto_sub"),
  }, async () => {
    const { name, kernel } = lab.device();
    const own = ["--tap", name, "--netns", lab.netns, "--host-ip", `${kernel}/24`];
    const mqtt = await run("mqtt", ["--mail", "0=2150", "--mail", `1=${kernel}`, "--show", "2,3"], own);
    const range = `--dhcp-range=10.76.0.50,10.76.0.59,255.255.255.0,1h`;
    const files = [`--pid-file=${join(folder, "dnsmasq.pid")}`, `--dhcp-leasefile=${join(folder, "leases")}`];
    start("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--bind-dynamic", range, ...files);
    const config = join(folder, "mosquitto.conf");
    writeFileSync(config, `listener 1883 ${kernel}\nallow_anonymous true\npersistence false\nuser root\n`);
    const broker = () => start("mosquitto", "-c", config);
    const heard = async (count: number) => {
      const { stdout, stderr } = await lab.run("mosquitto_sub", ["-h", kernel, "-t", "ringwire/#", "-v", "-C", String(count), "-W", "120"]);
      assert.equal(stdout, "ringwire/sensor 2150\n".repeat(count), stderr);
    };
    const first = broker();
    await mqtt.until("stdout", /^mail 2 3$/m);
    assert.match(readFileSync(join(folder, "leases"), "utf8"), / 10\.76\.0\.5\d /);
    await heard(2);
    first.kill("SIGTERM");
    await mqtt.until("stdout", /^mail 2 -(11|10|16)$/m);
    broker();
    await until(() => mqtt.stdout.split("\nmail 2 3\n").length > 2, "it is connected again", 60_000);
    await heard(1);
    await down(mqtt);
  });

  test("the clock of chrony is shown, from second to second", { skip: needs("chronyd") }, async () => {
    const config = join(folder, "chrony.conf");
    writeFileSync(config, `local stratum 10\nallow 10.76.0.0/16\ncmdport 0\nbindcmdaddress /\npidfile ${join(folder, "chronyd.pid")}\n`);
    start("chronyd", "-n", "-x", "-u", "root", "-f", config);
    await lab.listens(123);
    const clock = await run("clock", ["--mail", `0=${lab.device().kernel}`, "--show", "1", "--show-text", "8"]);
    await clock.until("stdout", /(text 8 \S+Z\n){3}/);
    const shown = [...clock.stdout.matchAll(/text 8 (\S+)/g)].map(([, text]) => Date.parse(text as string));
    const steps = shown.slice(1).map((time, i) => time - (shown[i] as number));
    // A host that was not given the processor for a second shows one less.
    assert.ok(steps.includes(1000) && steps.every((step) => step > 0 && step % 1000 === 0), clock.stdout);
    assert.ok(Math.abs((shown.at(-1) as number) - Date.now()) < 10_000, clock.stdout);
    await down(clock);
  });

  test("in.tftpd's image comes whole, and dnsmasq's; one that is damaged is not taken for good", {
    skip: needs("in.tftpd", "dnsmasq"),
  }, async () => {
    const octets = 300_000;
    const image = Buffer.from(noise(octets));
    image.writeUInt32LE(crc32(image.subarray(0, octets - 4)), octets - 4);
    writeFileSync(join(folder, "image.bin"), image);
    const damaged = Buffer.from(image);
    damaged[1000] = (damaged[1000] as number) ^ 1;
    writeFileSync(join(folder, "bad.bin"), damaged);
    const to = join(folder, "flash");
    const boot = async (name: string, state: number) => {
      const options = ["--text", `16=${name}`, "--mail", `0=${lab.device().kernel}`, "--flash-out", `1=${to}`, "--show", "1"];
      const booting = await run("boot", options);
      await booting.until("stdout", new RegExp(`^mail 1 (${state}|-)`, "m"));
      assert.match(booting.stdout, new RegExp(`^mail 1 ${state}$`, "m"));
      await down(booting);
    };
    const server = start("in.tftpd", "--listen", "--foreground", "--user", "root", "--secure", folder);
    await lab.listens(69);
    await boot("image.bin", 2);
    assert.ok(readFileSync(to).equals(image));
    await boot("bad.bin", 3);
    server.kill("SIGKILL");
    await once(server, "close");
    const files = [`--pid-file=${join(folder, "tftp.pid")}`, "--enable-tftp", `--tftp-root=${folder}`];
    start("dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--bind-dynamic", ...files);
    await lab.listens(69);
    await boot("image.bin", 2);
    assert.ok(existsSync(to) && readFileSync(to).equals(image));
  });
});
