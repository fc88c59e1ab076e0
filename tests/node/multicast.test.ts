import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { PingError, RingwireError } from "../../bindings/node/index.js";
import { network, until } from "./network.js";

const GROUP = "239.1.2.3";

describe("multicast by the Node API", () => {
  test("members of a group hear what is sent to it, until they leave", async () => {
    const { a, b, close } = await network();
    const sender = a.bindUdp();
    const [first, second] = [b.bindUdp({ port: 5353, reuse: true }), b.bindUdp({ port: 5353 })];
    const heard: string[] = [];
    first.on("message", (data, { to }) => heard.push(`first ${data} ${to}`));
    second.on("message", (data) => heard.push(`second ${data}`));
    first.addMembership(GROUP);
    second.addMembership(GROUP, 0);
    await sender.send("one", 5353, GROUP);
    await until(() => heard.length === 2, "both hear");
    assert.deepEqual(heard.sort(), [`first one ${GROUP}`, "second one"]);
    first.dropMembership(GROUP);
    await sender.send("two", 5353, GROUP);
    await until(() => heard.length === 3, "one hears");
    assert.equal(heard[2], "second two");
    assert.throws(() => first.dropMembership(GROUP), { code: "BAD_STATE" });
    assert.throws(() => first.addMembership("10.0.0.9"), { code: "BAD_ADDRESS" });
    await close();
    const small = await network(null, { udp: { groups: 1, sources: 1 }, ip: { portFirst: 2000, portLast: 2000 } });
    const only = small.a.bindUdp().addMembership(GROUP);
    assert.equal(only.port, 2000);
    assert.throws(() => only.addMembership("239.9.9.9"), { code: "NO_ROOM" });
    await small.close();
  });

  test("sources are added and dropped one by one, and a socket hears itself unless that is off", async () => {
    const { a, b, close } = await network();
    const sender = a.bindUdp().setMulticastTTL(2);
    const socket = b.bindUdp({ port: 5353 });
    const heard: string[] = [];
    socket.on("message", (data, { address }) => heard.push(`${data} from ${address}`));
    socket.addSourceSpecificMembership("10.0.0.9", GROUP);
    const unwanted = (times: number) => until(() => b.counters().UDP_NO_SOCKET === times, "it is not wanted");
    await sender.send("not for you", 5353, GROUP);
    await unwanted(1);
    socket.addSourceSpecificMembership("10.0.0.1", GROUP);
    await sender.send("for you", 5353, GROUP);
    await until(() => heard.length === 1, "the included source is heard");
    socket.dropSourceSpecificMembership("10.0.0.1", GROUP);
    socket.addSourceSpecificMembership("10.0.0.2", GROUP);
    await sender.send("not any more", 5353, GROUP);
    await unwanted(2);
    await socket.send("myself", 5353, GROUP);
    await until(() => heard.length === 2, "it hears itself");
    socket.setMulticastLoopback(false);
    await socket.send("silence", 5353, GROUP);
    await until(() => a.counters().IP_NOT_OURS > 1, "it has left");
    socket.setMembership(GROUP, { exclude: ["10.0.0.2"] });
    await sender.send("end", 5353, GROUP);
    await until(() => heard.length === 3, "the one not excluded is heard");
    assert.deepEqual(heard, ["for you from 10.0.0.1", "myself from 10.0.0.2", "end from 10.0.0.1"]);
    await close();
  });
});

describe("ping and traceroute by the Node API", () => {
  test("a host on link is reached with the first hop, and an absent one is told by each probe", async () => {
    const { a, close } = await network();
    const hops = [];
    for await (const hop of a.traceroute("10.0.0.2", { probes: 2 })) hops.push(hop);
    assert.equal(hops.length, 1);
    assert.deepEqual([hops[0]?.hop, hops[0]?.reached], [1, true]);
    assert.deepEqual(
      hops[0]?.probes.map(({ address, type }) => [address, type]),
      [
        ["10.0.0.2", 0],
        ["10.0.0.2", 0],
      ],
    );
    const silent = a.traceroute("10.0.0.9", { probes: 1, timeout: 50, maxHops: 2 });
    const { value } = await silent.next();
    assert.deepEqual(
      value?.probes.map(({ address }) => address),
      [null],
    );
    await silent.return();
    await assert.rejects(
      async () => {
        for await (const hop of a.traceroute("10.0.0.9", { probes: 1, timeout: 9000 })) assert.ok(hop);
      },
      { code: "UNREACHABLE" },
    );
    await assert.rejects(a.traceroute("nowhere").next(), RingwireError);
    await close();
  });

  test("a ping fails with who said why, and its TTL must be one", async () => {
    const { a, close } = await network();
    await assert.rejects(a.ping("10.0.0.9"), (error) => {
      assert.ok(error instanceof PingError);
      assert.deepEqual([error.code, error.from, error.type, error.mtu], ["UNREACHABLE", null, -1, 0]);
      return true;
    });
    await assert.rejects(a.ping("10.0.0.2", { ttl: 0 }), { code: "BAD_ARGUMENT" });
    assert.equal((await a.ping("10.0.0.2", { ttl: 1 })).intact, true);
    await close();
  });
});
