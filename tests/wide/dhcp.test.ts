// DHCP with software that we did not write: our client and dnsmasq, our client and Kea, busybox's udhcpc and our server.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { capture, openTap, type Stack } from "../../bindings/node/index.js";
import { until } from "../node/network.js";
import { FAULTS } from "../interop/dissect.js";
import { Lab, missing, needs } from "../interop/lab.js";

/** Milliseconds: who misses an answer in REBINDING asks again after a minute. */
const PATIENCE = 90_000;
/** How often udhcpc asks, 3 s apart, before it gives up. */
const TRIES = "20";
let lab: Lab;
let folder: string;

/** A stack of ours on the lab's device, with a capture; `host`: the kernel's address. */
async function stackOn(ours: { dhcp: true } | { addresses: string[] }, host?: string): Promise<[Stack, string]> {
  const file = join(folder, `${Date.now()}.pcap`);
  const tap = openTap({ name: "rw0", netns: lab.netns, up: true, ...(host ? { hostAddress: host } : {}) });
  const wish = "dhcp" in ours ? { dhcp: { now: true, hostname: "ringwire" } } : ours;
  return [await lab.stack({}, { driver: capture(tap, file), ...wish }), file];
}
/** The frames of a capture that tshark shows by a filter. */
function messages(file: string, filter: string): string[] {
  const args = [
    "-n",
    "-r",
    file,
    "-o",
    "udp.check_checksum:TRUE",
    "-Y",
    filter,
    "-T",
    "fields",
    "-e",
    "frame.number",
    "-e",
    "_ws.col.Info",
  ];
  return execFileSync("tshark", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
    .split("\n")
    .filter(Boolean);
}
/** tshark reads the DHCP messages of a capture as such, and finds fault with none of ours. */
function judged(file: string, least: number): void {
  assert.ok(messages(file, "dhcp").length >= least, `${messages(file, "dhcp").length} messages`);
  assert.deepEqual(messages(file, `dhcp and (${FAULTS})`), []);
}
const sudo = (program: string, ...args: string[]) => lab.spawn("ip", ["netns", "exec", lab.netns, program, ...args]);
const seen = (path: string, what: RegExp) => {
  try {
    return [...readFileSync(path, "utf8").matchAll(what)].length;
  } catch {
    return 0; // it has not yet written anything
  }
};

describe("DHCP", { skip: missing }, () => {
  before(() => {
    lab = new Lab();
    folder = mkdtempSync(join(tmpdir(), "ringwire-dhcp-"));
    chmodSync(folder, 0o755);
  });
  afterEach(() => lab.clear());
  after(async () => {
    await lab.close();
    rmSync(folder, { recursive: true });
  });

  test("dnsmasq leases to our client, which renews at T1, and rebinds at T2 after dnsmasq was gone", {
    skip: needs("dnsmasq", "tshark"),
  }, async () => {
    const [stack, file] = await stackOn({ dhcp: true }, "10.76.0.1/24");
    const log = join(folder, "dnsmasq.log");
    const start = () =>
      sudo(
        "dnsmasq",
        ...["--no-daemon", "--conf-file=/dev/null", "--port=0", "--user=root", "--no-ping", "--log-dhcp", "--dhcp-authoritative"],
        ...["--interface=rw0", "--bind-interfaces", `--log-facility=${log}`, `--dhcp-leasefile=${join(folder, "dnsmasq.leases")}`],
        ...["--dhcp-range=10.76.0.50,10.76.0.50,255.255.255.0,2m", "--dhcp-option-force=option:T1,6", "--dhcp-option-force=option:T2,12"],
        ...["--dhcp-option=option:dns-server,10.76.0.53", "--dhcp-option=121,198.51.100.0/24,10.76.0.9,0.0.0.0/0,10.76.0.1"],
      );
    let server = start();
    await stack.ready;
    const known = stack.dhcp();
    assert.deepEqual(
      [known.address, known.server, known.dns, known.lease, known.routes],
      ["10.76.0.50/24", "10.76.0.1", ["10.76.0.53"], 120, 1],
    );
    assert.equal(known.gateway, "10.76.0.1");
    await stack.ping("10.76.0.1", { timeout: PATIENCE });
    await until(() => seen(join(folder, "dnsmasq.leases"), / 10\.76\.0\.50 ringwire /g) === 1, "the lease is noted");
    const acks = () => seen(log, /DHCPACK\(rw0\) 10\.76\.0\.50/g);
    const seenLast = () => `${acks()} ACKs in the log, ${JSON.stringify(stack.dhcp())}`;
    // The first two are the lease and its renewal. dnsmasq notes an ACK before it sends it.
    await until(
      () => acks() >= 2 && stack.dhcp().state === "BOUND",
      () => `renewed: ${seenLast()}`,
      PATIENCE,
    );
    server.kill("SIGKILL");
    await once(server, "close");
    const before = acks();
    await until(
      () => stack.dhcp().state === "RENEWING",
      () => `asks again: ${seenLast()}`,
      PATIENCE,
    );
    server = start();
    await until(
      () => stack.dhcp().state === "BOUND",
      () => `rebound: ${seenLast()}`,
      PATIENCE,
    );
    await until(
      () => acks() > before,
      () => `acknowledged: ${seenLast()}`,
    );
    assert.ok(stack.dhcp().ends > 100);
    await stack.ping("10.76.0.1", { timeout: PATIENCE });
    await stack.close();
    // The device goes with the stack, and dnsmasq may end of that before it reads what was sent last.
    assert.equal(messages(file, "dhcp.option.dhcp == 7 and ip.dst == 10.76.0.1 and not icmp").length, 1, "released");
    judged(file, 9);
  });

  test("Kea leases to our client, which renews", { skip: needs("kea-dhcp4", "tshark") }, async () => {
    const [stack, file] = await stackOn({ dhcp: true }, "10.76.0.1/24");
    const [config, log] = [join(folder, "kea.json"), join(folder, "kea.log")];
    const settings = {
      "interfaces-config": { interfaces: ["rw0"] },
      "lease-database": { type: "memfile", persist: false },
      "valid-lifetime": 60,
      "renew-timer": 5,
      "rebind-timer": 10,
      subnet4: [
        {
          subnet: "10.76.0.0/24",
          pools: [{ pool: "10.76.0.60 - 10.76.0.61" }],
          "option-data": [
            { name: "routers", data: "10.76.0.1" },
            { name: "domain-name-servers", data: "10.76.0.53, 10.76.0.54" },
            { name: "ntp-servers", data: "10.76.0.55" },
            { name: "interface-mtu", data: "1400" },
          ],
        },
      ],
      loggers: [{ name: "kea-dhcp4", severity: "INFO", output_options: [{ output: log }] }],
    };
    writeFileSync(config, JSON.stringify({ Dhcp4: settings }));
    sudo("env", `KEA_PIDFILE_DIR=${folder}`, `KEA_LOCKFILE_DIR=${folder}`, "kea-dhcp4", "-c", config);
    await stack.ready;
    const known = stack.dhcp();
    assert.deepEqual([known.address, known.server, known.gateway], ["10.76.0.60/24", "10.76.0.1", "10.76.0.1"]);
    assert.deepEqual(
      [known.dns, known.ntp, known.lease, stack.interfaces()[0]?.mtu],
      [["10.76.0.53", "10.76.0.54"], ["10.76.0.55"], 60, 1400],
    );
    await stack.ping("10.76.0.1", { timeout: PATIENCE });
    await until(() => seen(log, /DHCP4_LEASE_ALLOC/g) >= 2 && stack.dhcp().state === "BOUND", "renewed", PATIENCE);
    await stack.close();
    await until(() => seen(log, /DHCP4_RELEASE /g) >= 1, "released");
    judged(file, 7);
  });

  test("udhcpc gets, renews and releases a lease of our server", { skip: needs("busybox", "tshark") }, async () => {
    const [stack, file] = await stackOn({ addresses: ["10.76.0.2/24"] });
    assert.equal(stack.serveDhcp({ first: "10.76.0.70", last: "10.76.0.79", lease: 10, router: "10.76.0.2", dns: ["10.76.0.2"] }), 10);
    const script = join(folder, "udhcpc.sh");
    const said = join(folder, "udhcpc.said");
    writeFileSync(
      script,
      `#!/bin/sh\necho "$1 $ip/$mask $router $dns $lease" >> ${said}\n[ "$1" = bound ] && ip addr add "$ip/$mask" dev "$interface"\nexit 0\n`,
    );
    chmodSync(script, 0o755);
    const client = sudo("busybox", "udhcpc", "-f", "-n", "-t", TRIES, "-R", "-a", "-i", "rw0", "-s", script);
    await until(() => seen(said, /^bound 10\.76\.0\.70\/24 10\.76\.0\.2 10\.76\.0\.2 10$/gm) >= 1, "bound", PATIENCE);
    assert.equal(stack.leases()[0]?.state, "BOUND");
    const { status } = await lab.run("ping", ["-c", "1", "-W", "20", "10.76.0.2"]);
    assert.equal(status, 0);
    const left = () => stack.leases()[0]?.seconds ?? 0;
    await until(
      () => seen(said, /^renew 10\.76\.0\.70/gm) >= 1 && left() > 5,
      () => `renewed: ${left()} s are left`,
      PATIENCE,
    );
    client.kill("SIGTERM");
    await until(() => stack.leases()[0]?.seconds === 0, "released");
    await stack.close();
    judged(file, 7);
  });

  test("ringwire up --dhcp and ringwire dhcpd configure each other's side: an address by dnsmasq; a lease to udhcpc", {
    skip: needs("dnsmasq", "busybox"),
  }, async () => {
    lab.ip("tuntap", "add", "rw1", "mode", "tap");
    lab.ip("addr", "add", "10.76.1.1/24", "dev", "rw1");
    lab.ip("link", "set", "rw1", "up");
    sudo(
      "dnsmasq",
      "--no-daemon",
      "--conf-file=/dev/null",
      "--port=0",
      "--user=root",
      "--no-ping",
      "--interface=rw1",
      "--bind-dynamic",
      `--dhcp-leasefile=${join(folder, "up.leases")}`,
      "--dhcp-range=10.76.1.50,10.76.1.50,255.255.255.0,2m",
    );
    const up = await lab.up("--tap", "rw1", "--netns", lab.netns, "--dhcp", "--json");
    const { devices } = JSON.parse(await up.ready) as { devices: { addresses: string[]; gateway: string }[] };
    assert.deepEqual([devices[0]?.addresses, devices[0]?.gateway], [["10.76.1.50/24"], "10.76.1.1"]);
    assert.equal((await lab.run("ping", ["-c", "1", "-W", "20", "10.76.1.50"])).status, 0);
    assert.equal((await up.down()).status, 0);
    const said: string[] = [];
    const served = lab.ringwire(
      "dhcpd",
      "--tap",
      "rw2",
      "--netns",
      lab.netns,
      "--ip",
      "10.76.2.2/24",
      "--range",
      "10.76.2.70-10.76.2.169",
      "--lease",
      "60",
    );
    served.stdout?.on("data", (text) => said.push(String(text)));
    await until(() => said.join("").startsWith("ready rw2; 100 addresses from 10.76.2.70"), "dhcpd is ready", PATIENCE);
    lab.ip("link", "set", "rw2", "up");
    const { stderr } = await lab.run("busybox", ["udhcpc", "-f", "-q", "-n", "-t", TRIES, "-i", "rw2", "-s", "/bin/true"]);
    assert.match(stderr, /lease of 10\.76\.2\.70 obtained/);
    await until(() => /10\.76\.2\.70 leased to [0-9a-f:]{17}\n/.test(said.join("")), "it is told");
  });
});
