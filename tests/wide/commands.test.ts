// What the command reaches of the stack beside plain connections: groups, raw IP, other hosts' addresses, VLANs, loopback, link-local addresses.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { type Lab, inLab, missing, needs } from "../interop/lab.js";
import { endAll, Running } from "../interop/running.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));

function ringwire(...args: string[]): Running {
  return new Running(spawn(process.execPath, [MAIN, ...args]));
}
/** Runs JavaScript in the namespace: its sockets are the kernel's. */
async function kernel(lab: Lab, script: string): Promise<string> {
  const { status, stdout, stderr } = await lab.run(process.execPath, ["--input-type=module", "-e", script]);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

describe("commands", { skip: missing, timeout: 300_000, concurrency: 2 }, () => {
  after(endAll);

  test(
    "up --dhcp --link-local takes an address of its own where no server answers, and announces it",
    inLab(async (lab) => {
      const up = ringwire(
        "up",
        "--tap",
        "rw0",
        "--netns",
        lab.netns,
        "--dhcp",
        "--link-local",
        "--host-ip",
        "169.254.0.1/16",
        "--service",
        "echo",
        "--trace",
      );
      const [, address] = await up.until("stdout", /^ready tap rw0 (169\.254\.\d+\.\d+)\/16 /);
      await up.until("stderr", new RegExp(`-> {2}ARP probe: who has ${address?.replaceAll(".", "\\.")}\\?`));
      await up.until("stderr", new RegExp(`-> {2}ARP announcement: ${address?.replaceAll(".", "\\.")} is at `));
      up.child.kill("SIGTERM");
      assert.equal(await up.ended, 0);
    }),
  );
  test(
    "nc -l -u --group hears what the kernel sends to the group, and without the option does not",
    inLab(async (lab) => {
      const { options, kernel: host } = lab.device();
      const send = `import { createSocket } from "node:dgram"; const s = createSocket("udp4"); s.bind(0, () => { s.setMulticastInterface("${host}");
        s.send("to the group", 7000, "239.1.2.3", () => s.close()); });`;
      const listener = ringwire("nc", "-l", "-u", "7000", "--group", "239.1.2.3", "-v", ...options);
      await listener.until("stderr", /listening/);
      await kernel(lab, send);
      await listener.until("stdout", /^to the group$/);
      listener.child.kill("SIGTERM");
      await listener.ended;
      const other = ringwire("nc", "-l", "-u", "7000", "-v", ...options);
      await other.until("stderr", /listening/);
      await kernel(lab, send);
      await kernel(
        lab,
        `import { createSocket } from "node:dgram"; const s = createSocket("udp4"); s.send("to us", 7000, "10.76.0.2", () => s.close());`,
      );
      await other.until("stdout", /to us/);
      assert.equal(other.stdout, "to us");
    }),
  );
  test(
    "nc --protocol sends packets of any protocol, hears that nobody takes them, and receives those of one",
    { skip: needs("ping") },
    inLab(async (lab) => {
      const { options, us, kernel: host } = lab.device();
      const sender = ringwire("nc", "--protocol", "253", host, "--trace", ...options);
      sender.child.stdin.end("hello");
      await sender.until("stderr", /-> {2}protocol 253 10\.76\.0\.2 > 10\.76\.0\.1, 5 octets\n/);
      await sender.until("stderr", /<- {2}ICMP unreachable \(protocol\) 10\.76\.0\.1 > 10\.76\.0\.2/);
      await sender.ended;
      const listener = ringwire("nc", "-l", "--protocol", "1", "-v", ...options);
      await listener.until("stderr", /listening for protocol 1/);
      await lab.run("ping", ["-n", "-c", "1", "-p", "72696e67", us]);
      await listener.until("stdout", /ringring/);
    }),
  );
  test(
    "nc -l with --transparent takes a connection to an address of somebody else, and tells whose",
    inLab(async (lab) => {
      const { options, us } = lab.device();
      const listener = ringwire("nc", "-l", "7000", "-v", ...options, "--transparent");
      await listener.until("stderr", /listening/);
      lab.ip("route", "add", "10.99.0.0/16", "via", us);
      listener.child.stdin.end("pong\n");
      const answer = await kernel(
        lab,
        `import { connect } from "node:net"; let text = ""; const s = connect({ host: "10.99.1.2", port: 7000, allowHalfOpen: true }); s.end("ping\\n");
        for await (const part of s) text += part; console.log(text);`,
      );
      assert.equal(answer, "pong");
      assert.equal(await listener.ended, 0, listener.stderr);
      assert.equal(listener.stdout, "ping\n");
      assert.match(listener.stderr, /connection from 10\.76\.0\.1:\d+ to 10\.99\.1\.2:7000/);
    }),
  );
  test(
    "up --mdns probes for its name and answers who asks for it",
    inLab(async (lab) => {
      const { options, us } = lab.device();
      const up = ringwire("up", "--mdns", "box", "--service", "http", "--trace", ...options);
      await up.until("stdout", /^ready /);
      await up.until("stderr", /-> {2}UDP 10\.76\.0\.2:5353 > 224\.0\.0\.251:5353 \(mdns\)/);
      const answer = await kernel(
        lab,
        `import { createSocket } from "node:dgram"; const s = createSocket("udp4");
        const ask = () => s.send(Buffer.from("000700000001000000000000" + "03626f78056c6f63616c00" + "00010001", "hex"), 5353, "${us}");
        const again = setInterval(ask, 300);
        s.on("message", (m) => { clearInterval(again); s.close(); console.log(m.toString("hex")); });`,
      );
      assert.match(answer, /^0007.*0a4c0002$/, "our id, and 10.76.0.2");
      up.child.kill("SIGTERM");
      assert.equal(await up.ended, 0);
    }),
  );
  test(
    "--vlan puts a tag on every frame; the kernel, which has none, does not answer it",
    inLab(async (lab) => {
      const { options, kernel: host } = lab.device();
      const tagged = ringwire("ping", host, "-c", "1", "-W", "1", "--trace", ...options, "--vlan", "5");
      assert.equal(await tagged.ended, 1);
      assert.match(tagged.stderr, /-> {2}vlan 5 ARP who has 10\.76\.0\.1\? asks 10\.76\.0\.2\n/);
      assert.doesNotMatch(tagged.stderr, /-> {2}ARP/);
      assert.equal(await ringwire("ping", host, "-c", "1", ...options).ended, 0);
    }),
  );
  test(
    "--loopback: we ping ourselves by 127.0.0.1 and by our address, and no frame of it leaves",
    inLab(async (lab) => {
      const { options, us } = lab.device();
      for (const host of ["127.0.0.1", us]) {
        const ping = ringwire("ping", host, "-c", "1", "--loopback", "--trace", ...options);
        assert.equal(await ping.ended, 0, ping.stderr);
        assert.match(ping.stdout, /1 sent, 1 answered/);
        assert.doesNotMatch(ping.stderr, /rw0 -> {2}ICMP/);
      }
      const without = ringwire("ping", "127.0.0.1", "-c", "1", ...options);
      assert.equal(await without.ended, 2);
      assert.match(without.stderr, /loopback/);
    }),
  );
});
