import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { Counter, Err, instantiate, Option } from "../../bindings/node/core.js";
import { openTap } from "../../bindings/node/tap.js";
import { CTL, EVERYBODY, PROTOCOL, tcp } from "./packets.js";
import { bytes, datagram, datagrams, frame, options, PEER, ping, Tester, US } from "./tester.js";

const ABI = readFileSync("docs/abi.md", "utf8");

describe("what the pages say", () => {
  test("A331: the MTU is without the link header: 1,500 make frames of 1,514", async () => {
    assert.match(ABI, /without the link header: a 1,500-octet MTU makes frames of 1,514/);
    const t = await Tester.make();
    assert.equal(t.send(t.bind(), new Uint8Array(1472), PEER.ip), 1472);
    assert.equal(datagrams(t.poll())[0]?.frame.length, 1514);
    assert.equal(t.send(t.bind(), new Uint8Array(1473), PEER.ip), Err.TOO_LONG);
  });

  test("A313: the smallest MTU of a link is 68", async () => {
    assert.match(ABI, /longest IP datagram, 68 to 65,535/);
    const on = (mtu: number) => instantiate(options({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"], mtu }] }));
    await assert.rejects(on(67), /mtu: 67 is out of range/);
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"], mtu: 68 }] });
    t.takesAny = true; // fragments
    const sent = t.inject(ping({}, new Uint8Array(40)), ping({}, new Uint8Array(41)));
    assert.deepEqual(
      sent.map(({ ip }) => ip?.octets.length),
      [68, 68, 21],
      "one octet more goes in pieces",
    );
  });

  test("A183+297: the calls' rows name the commonest errors: no route, table full, broadcast not allowed", async () => {
    const row = (call: string) => ABI.split("\n").find((line) => line.startsWith(`| \`${call}(`)) ?? "";
    const named: Record<string, string[]> = {
      tcp_connect: ["NO_ROUTE", "NO_SOCKET", "BAD_ADDRESS", "IN_USE"],
      tcp_listen: ["NO_SOCKET", "IN_USE", "BAD_ADDRESS"],
      udp_bind: ["NO_SOCKET", "IN_USE", "BAD_ADDRESS"],
      udp_send_commit: ["NO_ROUTE", "TOO_LONG", "BROADCAST_OFF", "BAD_ADDRESS"],
      route_add: ["NO_ROOM", "BAD_ARGUMENT"],
    };
    for (const [call, errors] of Object.entries(named))
      for (const error of errors) assert.ok(row(call).includes(error), `${call}: ${error}`);
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24"] }] });
    assert.equal(t.send(t.bind(), "x", "192.0.2.1"), Err.NO_ROUTE);
    assert.equal(t.core.tcp_connect({ address: "192.0.2.1", port: 1 }), Err.NO_ROUTE);
    const everybody = { address: "10.0.0.255", port: 9 };
    const socket = t.bind();
    assert.equal(t.core.udp_write(socket, bytes("x"), everybody), Err.BROADCAST_OFF);
    for (let i = 0; i < 8; i++) assert.equal(t.core.route_add({ address: `198.51.${i}.0` }, 24, { address: PEER.ip }), 0);
    assert.equal(t.core.route_add({ address: "198.51.8.0" }, 24, { address: PEER.ip }), Err.NO_ROOM);
    assert.deepEqual(t.poll(), [], "what is refused is not sent");
    t.core.socket_set(socket, Option.BROADCAST, 1);
    t.core.udp_write(socket, bytes("x"), everybody);
    assert.deepEqual(
      t.poll().map(({ to, ip }) => [to, ip?.to]),
      [[EVERYBODY, "10.0.0.255"]],
    );
  });

  test("A293: a socket that is bound to an address sends from it", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24", "10.0.0.9/24"] }] });
    for (const address of ["10.0.0.9", "10.0.0.1"]) {
      assert.ok(t.core.udp_write(t.bind(0, address), bytes("x"), { address: PEER.ip, port: 9 }) > 0);
      assert.deepEqual(
        datagrams(t.poll()).map((seen) => seen.ip?.from),
        [address],
      );
    }
  });

  test("1122-4.1.3.5: a socket of any address answers from the address that was asked, and asks from the route's", async () => {
    const t = await Tester.make({ interfaces: [{ device: 0, mac: US.mac, addresses: ["10.0.0.1/24", "10.0.0.9/24"] }] });
    const socket = t.bind(7);
    const from = (to = { address: PEER.ip, port: 5000 }) => {
      assert.ok(t.core.udp_write(socket, bytes("x"), to) > 0);
      return datagrams(t.poll()).map((seen) => seen.ip?.from);
    };
    assert.deepEqual(from(), ["10.0.0.1"]);
    for (const address of ["10.0.0.9", "10.0.0.1", "10.0.0.9"]) {
      t.inject(datagram(7, "who?", { to: address }));
      assert.equal(t.receive(socket), "who?");
      assert.equal(t.core.local.address, address);
      assert.deepEqual(from(), [address]);
      assert.deepEqual(from({ address: PEER.ip, port: 5001 }), ["10.0.0.1"], "who has not asked");
    }
    t.inject(datagram(7, "everybody?", { to: "10.0.0.255" }, { to: EVERYBODY }));
    assert.equal(t.receive(socket), "everybody?");
    assert.deepEqual(from(), ["10.0.0.1"], "a broadcast is no address of ours");
  });

  test("A111+112+113+221+333: every counter that is named is one, and every counter is documented", async () => {
    const t = await Tester.make();
    const names = Object.keys(Counter).filter((name) => name !== "COUNT");
    assert.deepEqual(Object.keys(t.core.counters()).sort(), names.sort());
    for (const name of names) assert.ok(ABI.includes(`\`${name}\``), name);
  });

  test("A111+112+113+221+333: every counter that is documented is raised somewhere", () => {
    const files = readdirSync("assembly", { recursive: true, encoding: "utf8" }).filter(
      (name) => name.endsWith(".ts") && !name.endsWith("counters.ts"),
    );
    const source = files.map((name) => readFileSync(join("assembly", name), "utf8")).join("\n");
    const dead = Object.keys(Counter).filter((name) => name !== "COUNT" && !new RegExp(`Counter\\.${name}\\b`).test(source));
    assert.deepEqual(dead, []);
  });
  test("A111+112+113+221+333: a frame that is dropped raises the one counter that says why, and no answer is given", async () => {
    const t = await Tester.make();
    const syn = tcp(PEER.ip, 5000, US.ip, 80, { ctl: CTL.SYN });
    const segment = (text: Uint8Array, to: string = US.ip) => frame(text, { protocol: PROTOCOL.TCP, to });
    t.drops(segment(syn.map((octet, i) => (i === 16 ? octet ^ 1 : octet))), "TCP_CHECKSUM");
    t.drops(segment(syn, "10.0.0.77"), "IP_NOT_OURS");
    t.drops(segment(syn).subarray(0, 30), "IP_SHORT");
    assert.equal(t.inject(segment(syn))[0]?.tcp?.ctl, CTL.RST | CTL.ACK, "what holds is answered");
    t.isAlive();
  });

  test("A131: the name of a device may have 15 octets: longer ones are refused in one line, and a stack that runs goes on", async () => {
    const t = await Tester.make();
    for (const name of ["a234567890123456", "a".repeat(40)]) {
      assert.throws(() => openTap({ name }), /too long for the name of a device \(at most 15 octets\)/);
      assert.equal(t.inject(ping()).length, 1);
    }
  });

  test("A109: the program in README.md does what it says when it is pasted", async (t) => {
    const [, program = ""] = /```js\n([^`]*)```/.exec(readFileSync("README.md", "utf8")) ?? [];
    const library = new URL("../../bindings/node/index.js", import.meta.url).href;
    const lines: unknown[] = [];
    t.mock.method(console, "log", (line: unknown) => lines.push(line));
    await import(`data:text/javascript,${encodeURIComponent(program.replace('"ringwire"', JSON.stringify(library)))}`);
    assert.deepEqual(lines, ["hello"]);
    assert.match(program, /console\.log\(.*\); \/\/ hello\n/);
  });
});
