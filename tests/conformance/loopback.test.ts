// The stack speaks with itself through a device that has no host.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type CoreOptions, Err, State } from "../../bindings/node/core.js";
import { stream } from "./peer.js";
import { bytes, datagram, PEER, ping, Tester, US } from "./tester.js";

const LOCALHOST = "127.0.0.1";
const inside = (txSlots = 16, more: Partial<CoreOptions> = {}): Partial<CoreOptions> => ({
  devices: [
    { kind: "ethernet", rxSlots: 64, txSlots: 64 },
    { kind: "loopback", txSlots },
  ],
  interfaces: [
    { device: 0, mac: US.mac, addresses: [`${US.ip}/24`] },
    { device: 1, mtu: 1500, addresses: [`${LOCALHOST}/8`] },
  ],
  ...more,
});

describe("loopback", () => {
  test("TCP to 127.0.0.1 and to our own address: octets both ways, and nothing leaves", async () => {
    for (const address of [LOCALHOST, US.ip]) {
      for (const slots of [4, 8, 64]) {
        const t = await Tester.make(inside(slots, { settings: { msl: 1000 } }));
        const listener = t.core.tcp_listen({ port: 80 });
        const client = t.core.tcp_connect({ address, port: 80 });
        assert.deepEqual(t.pass(500), []);
        const server = t.core.tcp_accept(listener);
        assert.ok(server > 0, `${address} with ${slots} slots`);
        assert.deepEqual([t.core.remote.address, t.core.local.address], [address, address]);
        let [sent, got] = [0, 0];
        for (let round = 0; round < 3000 && got < 100_000; round++) {
          sent += t.core.tcp_write(client, stream(sent, Math.min(8000, 100_000 - sent)));
          assert.deepEqual(t.pass(10), []);
          for (let octets = t.core.tcp_read(server); octets instanceof Uint8Array; octets = t.core.tcp_read(server)) {
            assert.deepEqual(octets, stream(got, octets.length));
            got += octets.length;
          }
        }
        assert.equal(got, 100_000, `${address} with ${slots} slots`);
        t.core.tcp_close(client);
        t.pass(100);
        t.core.tcp_close(server);
        t.pass(5000);
        assert.deepEqual([t.core.pools().TCP0.used, t.core.pools().TIME_WAIT.used], [0, 0]);
      }
    }
  });

  test("UDP and ping to ourselves; a closed port refuses", async () => {
    const t = await Tester.make(inside());
    const [one, other] = [t.bind(1000), t.bind(2000, LOCALHOST)];
    for (const address of [LOCALHOST, US.ip]) {
      t.send(other, `to ${address}`, address, 1000);
      assert.deepEqual(t.poll(), []);
      assert.equal(t.receive(one), `to ${address}`);
      assert.equal(t.core.remote.address, LOCALHOST);
    }
    t.send(one, "there", US.ip, 1000);
    t.poll();
    assert.equal(t.receive(one), "there");
    assert.equal(t.core.remote.address, US.ip, "the source is the address that is spoken to");
    const echo = t.core.ping_open();
    t.core.udp_write(echo, bytes("hello"), { address: LOCALHOST, port: 7 });
    assert.deepEqual(t.poll(), []);
    assert.equal(t.receive(echo), "hello");
    assert.equal(t.core.udp_connect(one, { address: LOCALHOST, port: 9 }), 0);
    t.core.udp_write(one, bytes("x"));
    t.poll();
    assert.equal(t.receive(one), Err.REFUSED);
    const refused = t.core.tcp_connect({ address: LOCALHOST, port: 9 });
    assert.deepEqual(t.poll(), []);
    assert.equal(t.core.tcp_receive_ready(refused), Err.REFUSED);
  });

  test("127/8 on the wire is a lie, whatever we have inside", async () => {
    const t = await Tester.make(inside());
    t.bind(7);
    for (const to of [LOCALHOST, "127.0.0.2", "127.255.255.255"]) {
      t.drops(ping({ to }), "IP_NOT_OURS", to);
      t.drops(datagram(7, "x", { to }), "IP_NOT_OURS", to);
    }
    for (const from of [LOCALHOST, "127.1.2.3", US.ip]) t.drops(ping({ from }), "IP_BAD_SOURCE", from);
    t.isAlive();
  });

  test("what is not ours in 127/8 is refused, and without a loopback device so are we", async () => {
    const t = await Tester.make(inside());
    assert.equal(t.core.tcp_connect({ address: "127.0.0.2", port: 80 }), Err.BAD_ADDRESS);
    assert.equal(t.send(t.bind(), "x", "127.0.0.2"), Err.BAD_ADDRESS);
    const without = await Tester.make();
    for (const address of [LOCALHOST, US.ip]) {
      assert.equal(without.core.tcp_connect({ address, port: 80 }), Err.BAD_ADDRESS);
      assert.equal(without.send(without.bind(), "x", address), Err.BAD_ADDRESS);
    }
    await assert.rejects(Tester.make(inside(2)), /txSlots/, "no slots for answers");
    const wrong = { device: 0, mac: US.mac, addresses: [`${LOCALHOST}/8`] };
    await assert.rejects(Tester.make({ interfaces: [wrong] }), /BAD_INTERFACE|addresses/);
    assert.equal(t.core.address_add({ address: "127.0.0.9" }, 8), Err.BAD_ADDRESS);
    assert.equal(t.core.address_add({ address: "127.0.0.9", interface: 1 }, 8), 1);
    assert.ok(t.core.tcp_connect({ address: "127.0.0.9", port: 80 }) > 0);
  });

  test("two sockets that answer each other for ever stay within the budget of each poll, and others are served", async () => {
    const t = await Tester.make(inside(16, { settings: { frameBudget: 2 } }));
    t.resolve(PEER);
    const listener = t.core.tcp_listen({ port: 80 });
    const client = t.core.tcp_connect({ address: LOCALHOST, port: 80 });
    t.pass(100);
    const server = t.core.tcp_accept(listener);
    assert.equal(t.core.tcp_status(client), State.ESTABLISHED);
    let most = 0;
    for (let i = 0; i < 500; i++) {
      t.core.tcp_write(client, new Uint8Array(4000));
      while (t.core.tcp_read(server) instanceof Uint8Array);
      most = Math.max(most, t.core.receive(t.ms));
      t.core.transmit();
    }
    assert.equal(most, 2);
    t.isAlive();
  });
});
