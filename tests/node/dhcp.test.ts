// DHCP by the Node API: one stack serves, another is configured.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createStack, createWire, type DhcpStatus, RingwireError, type StackInterface } from "../../bindings/node/index.js";
import { until } from "./network.js";

const QUICK = { now: true, unchecked: true } as const;

/** A server at 10.0.0.1 and the other end of its wire. */
async function served() {
  const wire = createWire();
  const server = await createStack({ interfaces: [{ driver: wire[0], addresses: ["10.0.0.1/24"] }] });
  return { server, end: wire[1] };
}
const client = (driver: StackInterface["driver"], dhcp: StackInterface["dhcp"]) => createStack({ interfaces: [{ driver, dhcp }] });

describe("dhcp", () => {
  test("ready settles with the lease, configured tells of it, close gives it back", async () => {
    const { server, end } = await served();
    assert.equal(server.serveDhcp({ first: "10.0.0.100", last: "10.0.0.101", lease: 600, router: "10.0.0.1", dns: ["10.0.0.53"] }), 2);
    const stack = await client(end, { ...QUICK, hostname: "thing" });
    const told: [number, DhcpStatus][] = [];
    stack.on("configured", (index: number, status: DhcpStatus) => told.push([index, status]));
    assert.equal(stack.dhcp().state, "INIT");
    await stack.ready;
    const { state, address, gateway, dns, lease } = stack.dhcp();
    assert.deepEqual([state, address, gateway, dns, lease], ["BOUND", "10.0.0.100/24", "10.0.0.1", ["10.0.0.53"], 600]);
    await until(() => told.length > 0, "configured");
    assert.deepEqual([told.at(-1)?.[0], told.at(-1)?.[1].address], [0, "10.0.0.100/24"]);
    assert.ok((await stack.ping("10.0.0.1")).ms < 1000);
    assert.equal(server.leases()[0]?.state, "BOUND");
    await stack.close();
    await until(() => server.leases()[0]?.seconds === 0, "released");
    await server.close();
  });
  test("ready rejects when the stack is closed before, and settles at once where nobody asks for DHCP", async () => {
    const { server, end } = await served();
    await server.ready;
    const stack = await client(end, true);
    const ready = assert.rejects(stack.ready, (error: RingwireError) => error.code === "NOT_READY");
    await stack.close();
    await ready;
    await server.close();
  });
  test("wrong wishes are refused: an unknown key, a host name of none, an address of none, no addresses without dhcp", async () => {
    const cases: [StackInterface["dhcp"], string, RegExp][] = [
      [{ fast: true } as never, "BAD_ARGUMENT", /dhcp/],
      [{ hostname: "-" }, "BAD_ARGUMENT", /dhcp\.hostname/],
      [{ address: "10.0.0" }, "BAD_ADDRESS", /dhcp/],
      [undefined, "BAD_INTERFACE", /addresses/],
      [false, "BAD_INTERFACE", /addresses/],
    ];
    for (const [dhcp, code, says] of cases) {
      await assert.rejects(client(createWire()[0], dhcp), (error: RingwireError) => {
        assert.ok(error instanceof RingwireError);
        assert.equal(error.code, code, error.message);
        assert.match(error.message, says);
        return true;
      });
    }
    const { server } = await served();
    assert.throws(() => server.serveDhcp({ first: "10.0.1.1", last: "10.0.1.9" }), /BAD_ADDRESS|10\.0|address/);
    assert.throws(() => server.serveDhcp({ first: "10.0.0.9" } as never), RingwireError);
    await server.close();
  });
});
