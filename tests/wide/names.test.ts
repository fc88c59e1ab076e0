// Names against software that we did not write: dnsmasq as the name server, avahi on the link.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, afterEach, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { capture, type Stack } from "../../bindings/node/index.js";
import { Lab, missing, needs } from "../interop/lab.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
const lab = missing ? null : new Lab();
const work = mkdtempSync(join(tmpdir(), "rwnames-"));
const KERNEL = "10.76.0.1";
const US = "10.76.0.2";
/** Tries of what another program may not be ready for. */
const TRIES = 120;

afterEach(() => lab?.clear());
after(async () => {
  await lab?.close();
  rmSync(work, { recursive: true });
});

/** A stack on device 0, all of whose frames go to a file. */
async function captured(file: string, more: Parameters<Lab["stack"]>[0]): Promise<Stack> {
  const own = (lab as Lab).interface(0, "tap", (driver) => capture(driver, join(work, file)));
  return (lab as Lab).stack(more, own);
}
/** tshark finds messages of a protocol in a file, and nothing malformed. */
function isFaultless(file: string, protocol: string): void {
  const count = (filter: string) =>
    execFileSync("tshark", ["-n", "-r", join(work, file), "-Y", filter], { encoding: "utf8", stdio: "pipe" })
      .split("\n")
      .filter(Boolean);
  assert.ok(count(protocol).length > 0, `${protocol} in ${file}`);
  assert.deepEqual(count("_ws.malformed"), []);
}
/** Does it again until it succeeds. */
async function patiently<T>(what: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await what();
    } catch (error) {
      if (!left) throw error;
      await sleep(250);
    }
  }
}

function dnsmasq(): void {
  const hosts = join(work, "hosts");
  const many = Array.from({ length: 60 }, (_, i) => `10.76.1.${i + 1} many.test\n`).join("");
  writeFileSync(hosts, `10.76.0.1 kernel.test\n${many}`);
  const records = [
    "--cname=alias.test,kernel.test",
    "--txt-record=text.test,a=1,b",
    "--srv-host=_x._tcp.test,kernel.test,8080,1,2",
    "--mx-host=test,kernel.test,10",
  ];
  const server = [
    "--no-daemon",
    "--conf-file=/dev/null",
    "--no-resolv",
    "--no-hosts",
    `--addn-hosts=${hosts}`,
    "--local=/test/",
    "--local-ttl=60",
    ...records,
  ];
  const where = [`--listen-address=${KERNEL}`, "--bind-dynamic", "--port=53", "--user=root", `--pid-file=${join(work, "dnsmasq.pid")}`];
  (lab as Lab).spawn("ip", ["netns", "exec", (lab as Lab).netns, "dnsmasq", ...server, ...where]);
}

describe("dnsmasq answers our resolver", { skip: needs("dnsmasq", "tshark") }, () => {
  test("A, PTR, CNAME, TXT, SRV, MX, no such name, and a truncated answer over TCP", async () => {
    const stack = await captured("dns.pcap", { dns: [KERNEL] });
    dnsmasq();
    assert.deepEqual(await patiently(() => stack.resolve("kernel.test")), [KERNEL]);
    assert.deepEqual(await stack.reverse(KERNEL), ["kernel.test"]);
    const alias = await stack.lookup("alias.test");
    assert.deepEqual([alias.name, alias.records], ["kernel.test", [KERNEL]]);
    assert.deepEqual((await stack.lookup("text.test", "TXT")).records, [["a=1", "b"]]);
    assert.deepEqual((await stack.lookup("_x._tcp.test", "SRV")).records, [{ priority: 1, weight: 2, port: 8080, name: "kernel.test" }]);
    assert.deepEqual((await stack.lookup("test", "MX")).records, [{ preference: 10, name: "kernel.test" }]);
    await assert.rejects(stack.resolve("gone.test"), { code: "NO_NAME" });
    await assert.rejects(stack.resolve("elsewhere.example"), { code: "REFUSED" });
    const many = await stack.resolve("many.test");
    assert.equal(new Set(many).size, 60);
    assert.ok(stack.counters().TCP_ACTIVE_OPENS > 0, "over TCP");
    await stack.close();
    isFaultless("dns.pcap", "dns");
  });

  test("ringwire dig prints it, ringwire ping takes the name", async () => {
    const { options } = (lab as Lab).device();
    dnsmasq();
    const ringwire = async (...args: string[]) => {
      const { status, stdout, stderr } = await runMain([...args, ...options]);
      assert.equal(status, 0, stderr);
      return stdout;
    };
    const dug = await patiently(() => ringwire("dig", "alias.test", `@${KERNEL}`));
    assert.match(dug, /^alias\.test\.\t\d+\tIN\tCNAME\tkernel\.test\.\nkernel\.test\.\t\d+\tIN\tA\t10\.76\.0\.1\n; 1 records, \d+ ms\n$/);
    assert.equal(await patiently(() => ringwire("dig", KERNEL, "PTR", "--short", "--dns", KERNEL)), "kernel.test.\n");
    assert.match(await patiently(() => ringwire("ping", "kernel.test", "-c", "1", "--dns", KERNEL)), /1 sent, 1 answered/);
  });
});

/** Runs `ringwire` to its end. */
async function runMain(args: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  return (lab as Lab).run(process.execPath, [MAIN, ...args]);
}

/** A message bus and avahi in the namespace, with a /run of their own; answers how to run its tools there. */
function avahi(): (program: string, ...args: string[]) => Promise<string> {
  const bus = `unix:path=${join(work, "bus")}`;
  const policy =
    '<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/><allow user="*"/></policy>';
  writeFileSync(join(work, "bus.conf"), `<busconfig><type>system</type><listen>${bus}</listen><auth>EXTERNAL</auth>${policy}</busconfig>`);
  writeFileSync(
    join(work, "avahi.conf"),
    "[server]\nhost-name=linux\nuse-ipv4=yes\nuse-ipv6=no\nallow-interfaces=rw0\nenable-dbus=yes\n[publish]\npublish-hinfo=no\npublish-workstation=no\n[rlimits]\n",
  );
  const own = `export DBUS_SYSTEM_BUS_ADDRESS=${bus}; `;
  const start = (script: string) => (lab as Lab).spawn("ip", ["netns", "exec", (lab as Lab).netns, "unshare", "-m", "sh", "-c", script]);
  rmSync(join(work, "bus"), { force: true });
  start(`exec dbus-daemon --config-file=${join(work, "bus.conf")} --nofork --nopidfile`);
  const waiting = `until [ -S ${join(work, "bus")} ]; do sleep 0.1; done; mkdir -p /run/avahi-daemon; mount -t tmpfs none /run/avahi-daemon; `;
  start(`${own}${waiting}exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f ${join(work, "avahi.conf")}`);
  return async (program, ...args) => {
    const { status, stdout, stderr } = await (lab as Lab).run("env", [`DBUS_SYSTEM_BUS_ADDRESS=${bus}`, program, ...args]);
    if (status !== 0 || !stdout) throw new Error(`${program}: ${status} ${stdout}${stderr}`);
    return stdout;
  };
}

describe("avahi and we find each other", { skip: needs("avahi-daemon", "avahi-browse", "avahi-resolve", "dbus-daemon", "tshark") }, () => {
  test("hosts and services, both ways", async () => {
    const stack = await captured("mdns.pcap", { mdns: "box" });
    const tool = avahi();
    stack.advertise({ name: "Front door", type: "_http._tcp", port: 8080, txt: { path: "/" } });
    assert.match(await patiently(() => tool("avahi-resolve", "-4", "-n", "box.local")), new RegExp(`box\\.local\\s+${US}`));
    const browsed = await patiently(() => tool("avahi-browse", "-p", "-r", "-t", "_http._tcp"));
    assert.match(browsed, new RegExp(`=;rw0;IPv4;Front\\\\032door;.*;box\\.local;${US};8080;"path=/"`));
    assert.deepEqual(await patiently(() => stack.resolve("linux.local")), [KERNEL]);
    const bus = { DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${join(work, "bus")}` };
    (lab as Lab).spawn("ip", [
      "netns",
      "exec",
      (lab as Lab).netns,
      "env",
      ...Object.entries(bus).map((each) => each.join("=")),
      "avahi-publish",
      "-s",
      "Back door",
      "_http._tcp",
      "8081",
      "v=1",
    ]);
    const records = await patiently(async () => {
      const found = (await stack.lookup("_http._tcp.local", "PTR")).records;
      assert.ok(found.includes("Back door._http._tcp.local"), String(found));
      return found;
    });
    assert.ok(records.length > 0);
    assert.deepEqual((await patiently(() => stack.lookup("Back door._http._tcp.local", "SRV"))).records, [
      { priority: 0, weight: 0, port: 8081, name: "linux.local" },
    ]);
    assert.deepEqual((await patiently(() => stack.lookup("Back door._http._tcp.local", "TXT"))).records, [["v=1"]]);
    await stack.close();
    isFaultless("mdns.pcap", "mdns");
  });

  test("a name that avahi has already is not taken", async () => {
    const first = avahi();
    const stack = await captured("conflict.pcap", {});
    await patiently(() => first("avahi-resolve", "-4", "-n", "linux.local"));
    await patiently(() => stack.resolve("linux.local"));
    assert.equal(stack.core.mdns_start("linux"), 0);
    stack.schedule();
    await patiently(async () => assert.ok(stack.hostName));
    assert.equal(stack.hostName, "linux-2.local");
    await stack.close();
    isFaultless("conflict.pcap", "mdns");
  });
});
