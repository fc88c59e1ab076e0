// Ports of a host, looked at over a wire: what is open, closed and silent.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { portList } from "../../bindings/node/cli/scan.js";
import { WELL_KNOWN } from "../../bindings/node/cli/services/names.js";
import { type PortResult, type ScanOptions, type Stack, serviceName, servicePort } from "../../bindings/node/index.js";
import { network } from "./network.js";

async function found(stack: Stack, ports: number[], options: ScanOptions = {}): Promise<Record<number, string>> {
  const results: PortResult[] = [];
  for await (const result of stack.scan("10.0.0.2", ports, options)) results.push(result);
  assert.ok(results.every(({ ms }) => ms >= 0 && ms < 20_000));
  return Object.fromEntries(results.map(({ port, state, service, reason }) => [port, `${state} ${service} ${reason}`]));
}

describe("a scan", () => {
  test("tells open, closed and filtered TCP ports, and leaves no connection", async () => {
    const { a, b, close } = await network();
    try {
      b.listen({ port: 80 });
      b.listen({ port: 5432 });
      b.filter.add("in tcp port 23 drop");
      assert.deepEqual(await found(a, [22, 80, 23, 5432, 60_001], { timeout: 300 }), {
        22: "closed ssh reset",
        23: "filtered telnet no answer",
        80: "open http it answers",
        5432: "open postgresql it answers",
        60001: "closed null reset",
      });
      assert.deepEqual(
        a.sockets().filter(({ protocol }) => protocol === "tcp"),
        [],
      );
    } finally {
      await close();
    }
  });
  test("looks at as many ports at a time as it may, and at each once", async () => {
    const { a, b, close } = await network(null, { tcp: { sockets: 6 } });
    try {
      b.listen({ port: 1010 });
      const ports = Array.from({ length: 150 }, (_, i) => 1000 + i);
      const states = await found(a, ports, { parallel: 50, timeout: 60_000 }); // 50 RSTs a second leave: a port may want several SYNs
      assert.equal(Object.keys(states).length, 150);
      assert.deepEqual(
        Object.entries(states).flatMap(([port, state]) => (state.startsWith("closed") ? [] : [port])),
        ["1010"],
      );
      assert.ok(a.pools().TCP0.mark <= 6);
    } finally {
      await close();
    }
  });
  test("UDP: an answer is open, port unreachable closed, silence may be either", async () => {
    const { a, b, close } = await network();
    try {
      const [echo] = [b.bindUdp({ port: 7 }), b.bindUdp({ port: 514 })];
      echo?.on("message", (_, { address, port }) => echo.send("!", port, address));
      assert.deepEqual(await found(a, [7, 53, 514], { udp: true, timeout: 300 }), {
        7: "open echo it answers",
        53: "closed domain port unreachable",
        514: "open|filtered syslog no answer",
      });
    } finally {
      await close();
    }
  });
  test("a host that is not there is filtered; what is no port or option is refused", async () => {
    const { a, close } = await network();
    try {
      const results: PortResult[] = [];
      for await (const result of a.scan("10.0.0.9", [80], { timeout: 5000 })) results.push(result);
      assert.deepEqual(
        results.map(({ state, reason }) => [state, reason]),
        [["filtered", "unreachable"]],
      );
      await assert.rejects(a.scan("10.0.0.2", [0]).next(), { code: "BAD_ARGUMENT" });
      await assert.rejects(a.scan("10.0.0.2", [1], { parallel: 0 }).next(), { code: "BAD_ARGUMENT" });
    } finally {
      await close();
    }
  });
});

describe("ports", () => {
  test("lists and ranges: each port once, in order", () => {
    assert.deepEqual(portList("80,22,8000-8003,8002"), [22, 80, 8000, 8001, 8002, 8003]);
    for (const wrong of ["", "80,", "0", "1-65536", "9-8", "a", "1-2-3", "-5"]) assert.throws(() => portList(wrong), /^Failure: PORTS/);
  });
  test("the one table of names: both ways, TCP and UDP apart where they differ", () => {
    assert.deepEqual(
      [serviceName("tcp", 514), serviceName("udp", 514), serviceName("tcp", 67), serviceName("udp", 67), serviceName("tcp", 1)],
      ["shell", "syslog", undefined, "bootps", "tcpmux"],
    );
    assert.equal(servicePort("tcp", "https"), 443);
    assert.equal(servicePort("udp", "syslog"), 514);
    for (const [name, port] of Object.entries(WELL_KNOWN)) assert.equal(servicePort("tcp", name), port);
  });
});
