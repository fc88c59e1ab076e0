import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createStack } from "../../bindings/node/create.js";
import { RingwireError } from "../../bindings/node/error.js";
import type { Stack } from "../../bindings/node/stack.js";
import type { UdpSocket } from "../../bindings/node/udp.js";
import { Wire } from "../../bindings/node/wire.js";
import { type Network, network, until } from "./network.js";

const PORT = 7000;
/** A host of the network that is not there. */
const NOBODY = "10.0.0.9";

async function within(work: (net: Network) => Promise<void>): Promise<void> {
  const net = await network();
  try {
    await work(net);
  } finally {
    await net.close();
  }
}
/** What arrives at a stack's socket, as text, in order. */
function inbox(stack: Stack): string[] {
  const heard: string[] = [];
  stack.bindUdp({ port: PORT }).on("message", (data: Buffer) => heard.push(String(data)));
  return heard;
}
function texts(count: number, what = ""): string[] {
  return Array.from({ length: count }, (_, i) => `${what}${i}`);
}
function send(socket: UdpSocket, list: string[], host: string): Promise<void>[] {
  return list.map((text) => socket.send(text, PORT, host));
}
async function code(sent: Promise<void>): Promise<string> {
  try {
    await sent;
  } catch (error) {
    assert.ok(error instanceof RingwireError);
    return error.code;
  }
  return "sent";
}

describe("datagrams to a neighbour that is not known yet", () => {
  test("20 in a row arrive all, in order: none takes the place of another", () =>
    within(async ({ a, b }) => {
      const heard = inbox(b);
      await Promise.all(send(a.bindUdp(), texts(20), "10.0.0.2"));
      await until(
        () => heard.length >= 20,
        () => `heard ${heard}`,
      );
      assert.deepEqual(heard, texts(20));
      assert.equal(a.core.counter("HOLD_REPLACED"), 0);
    }));
  test("of a connected socket, and of one that awaits each", () =>
    within(async ({ a, b }) => {
      const heard = inbox(b);
      const socket = a.bindUdp().connect(PORT, "10.0.0.2");
      for (const text of texts(20)) await socket.send(text);
      await until(
        () => heard.length >= 20,
        () => `heard ${heard}`,
      );
      assert.deepEqual(heard, texts(20));
    }));
  test("of several sockets", () =>
    within(async ({ a, b }) => {
      const heard = inbox(b);
      const names = ["a", "b", "c"];
      await Promise.all(names.flatMap((name) => send(a.bindUdp(), texts(5, name), "10.0.0.2")));
      await until(
        () => heard.length >= 15,
        () => `heard ${heard}`,
      );
      for (const name of names)
        assert.deepEqual(
          heard.filter((text) => text.startsWith(name)),
          texts(5, name),
        );
    }));
  test("beyond a gateway, to several hosts there", async () => {
    const wire = new Wire();
    const [near, far] = wire.ends as [Wire["ends"][number], Wire["ends"][number]];
    const hosts = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    const b = await createStack({ interfaces: [{ driver: far, addresses: ["10.0.0.2/24", ...hosts.map((host) => `${host}/32`)] }] });
    const a = await createStack({ interfaces: [{ driver: near, addresses: ["10.0.0.1/24"], gateway: "10.0.0.2" }] });
    try {
      const heard = inbox(b);
      const socket = a.bindUdp();
      await Promise.all(texts(4).flatMap((text) => hosts.map((host) => socket.send(`${host} ${text}`, PORT, host))));
      await until(
        () => heard.length >= 12,
        () => `heard ${heard}`,
      );
      for (const host of hosts)
        assert.deepEqual(
          heard.filter((text) => text.startsWith(host)),
          texts(4, `${host} `),
        );
      assert.equal(a.core.counter("HOLD_REPLACED"), 0);
    } finally {
      await Promise.all([a.close(), b.close()]);
    }
  });
  test("once it is known they go into the ring at once; before, one does", () =>
    within(async ({ a, b }) => {
      const heard = inbox(b);
      const socket = a.bindUdp();
      const room = () => socket.status()?.writable ?? 0;
      const all = room();
      const first = send(socket, texts(3), "10.0.0.2");
      assert.equal(room(), all - 1);
      await Promise.all(first);
      await until(
        () => heard.length >= 3 && room() === all,
        () => `heard ${heard}`,
      );
      send(socket, texts(3), "10.0.0.2");
      assert.equal(room(), all - 3);
    }));
  test("when it does not answer they are refused with UNREACHABLE, and the socket says so; others went past", () =>
    within(async ({ a, b }) => {
      const heard = inbox(b);
      const socket = a.bindUdp();
      const told: string[] = [];
      socket.on("error", (error: RingwireError) => told.push(error.code));
      socket.on("message", () => {});
      const sent = send(socket, texts(5), NOBODY).map(code);
      await Promise.all(send(socket, texts(5), "10.0.0.2"));
      await until(
        () => heard.length >= 5,
        () => `heard ${heard}`,
      );
      assert.deepEqual(await Promise.all(sent), ["sent", ...Array.from({ length: 4 }, () => "UNREACHABLE")]);
      await until(() => told.length > 0, "the socket was not told");
      assert.deepEqual(told, ["UNREACHABLE"]);
      assert.deepEqual(heard, texts(5));
      assert.equal(a.core.counter("HOLD_REPLACED"), 0);
    }));
  test("those that wait are bounded, and a socket that closes lets go of them", () =>
    within(async ({ a }) => {
      const socket = a.bindUdp();
      const sent = send(socket, texts(1026), NOBODY).map(code);
      assert.equal(await sent[1025], "NO_ROOM");
      socket.close();
      const ends = await Promise.all(sent);
      assert.equal(ends[0], "sent");
      assert.deepEqual(new Set(ends.slice(1, 1025)), new Set(["ABORTED"]));
    }));
  test("broadcast, and a stack on raw IP, need no neighbour", async () => {
    await within(async ({ a, b }) => {
      const heard = inbox(b);
      const socket = a.bindUdp({ broadcast: true });
      await Promise.all([...send(socket, texts(5), "255.255.255.255"), ...send(socket, texts(5, "sub"), "10.0.0.255")]);
      await until(
        () => heard.length >= 10,
        () => `heard ${heard}`,
      );
      assert.deepEqual(heard, [...texts(5), ...texts(5, "sub")]);
    });
    const ends = new Wire("ip").ends as [Wire["ends"][number], Wire["ends"][number]];
    const [a, b] = await Promise.all(ends.map((driver, i) => createStack({ interfaces: [{ driver, addresses: [`10.0.0.${i + 1}/24`] }] })));
    try {
      const heard = inbox(b as Stack);
      await Promise.all(send((a as Stack).bindUdp(), texts(20), "10.0.0.2"));
      await until(
        () => heard.length >= 20,
        () => `heard ${heard}`,
      );
      assert.deepEqual(heard, texts(20));
    } finally {
      await Promise.all([a?.close(), b?.close()]);
    }
  });
});
