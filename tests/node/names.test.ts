import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { lines, question, shortLines } from "../../bindings/node/cli/dig.js";
import { hostOrName } from "../../bindings/node/cli/addresses.js";
import { createStack } from "../../bindings/node/create.js";
import { createWire } from "../../bindings/node/wire.js";
import { address, askedIn, message, name, record, TYPE } from "../conformance/names.js";
import { type Network, network, until } from "./network.js";

const SERVER = "10.0.0.2";
/** What the server knows; everything else there is not. */
const ZONE: Record<string, Uint8Array[]> = {
  "b.example": [record("b.example", TYPE.A, address(SERVER))],
  "www.example": [record("www.example", TYPE.CNAME, name("b.example")), record("b.example", TYPE.A, address(SERVER))],
  "2.0.0.10.in-addr.arpa": [record("2.0.0.10.in-addr.arpa", TYPE.PTR, name("b.example"))],
  "silent.example": [],
};

/** Two stacks; the second is the first one's name server. Answers whom it was asked for. */
async function withServer(): Promise<Network & { asked: string[] }> {
  const both = await network(null, { dns: [SERVER] });
  const asked: string[] = [];
  const socket = both.b.bindUdp({ port: 53 });
  socket.on("message", (data: Buffer, { address: from, port }: { address: string; port: number }) => {
    const query = askedIn(data, SERVER, port);
    asked.push(query.name);
    const known = ZONE[query.name];
    if (query.name === "silent.example") return;
    void socket.send(message({ id: query.id, question: query.octets, answers: known ?? [], flags: known ? 0x8180 : 0x8183 }), port, from);
  });
  return { ...both, asked };
}

describe("names on a stack", () => {
  test("resolve, reverse and lookup tell what the server says", async () => {
    const { a, asked, close } = await withServer();
    assert.deepEqual(await a.resolve("b.example"), [SERVER]);
    assert.deepEqual(await Promise.all([a.resolve("b.example"), a.resolve("B.example")]), [[SERVER], [SERVER]]);
    assert.deepEqual(await a.reverse(SERVER), ["b.example"]);
    assert.deepEqual(await a.lookup("www.example"), { ttl: 300, name: "b.example", records: [SERVER] });
    assert.deepEqual(asked, ["b.example", "2.0.0.10.in-addr.arpa", "www.example"], "what is known is not asked for again");
    await assert.rejects(a.resolve("gone.example"), { code: "NO_NAME" });
    assert.deepEqual(await a.resolve("localhost"), ["127.0.0.1"]);
    await assert.rejects(a.resolve("x".repeat(64)), { code: "TOO_LONG" });
    await assert.rejects(a.resolve(""), { code: "BAD_ARGUMENT" });
    await assert.rejects(a.reverse("b.example"), { code: "BAD_ADDRESS" });
    await close();
  });
  test("connect and ping take names", async () => {
    const { a, b, close } = await withServer();
    b.listen({ port: 7 }).on("connection", (socket) => socket.pipe(socket));
    const socket = await a.connect({ host: "www.example", port: 7 });
    assert.equal(socket.remoteAddress, SERVER);
    socket.write("hello");
    assert.equal(String((await once(socket, "data"))[0]), "hello");
    const early = a.createConnection({ host: "b.example", port: 7, noDelay: true });
    early.end("written before it was resolved");
    assert.equal(String((await once(early, "data"))[0]), "written before it was resolved");
    assert.equal((await a.ping("b.example")).address, SERVER);
    await assert.rejects(a.connect({ host: "gone.example", port: 7 }), { code: "NO_NAME" });
    await assert.rejects(a.ping("gone.example"), { code: "NO_NAME" });
    await close();
  });
  test("what waits when the stack closes, or is given up, ends; without a server it ends at once", async () => {
    const { a, close } = await withServer();
    const waiting = assert.rejects(a.resolve("silent.example"), { code: "ABORTED" });
    const aborted = new AbortController();
    const connecting = assert.rejects(a.connect({ host: "silent.example", port: 7, signal: aborted.signal }), { name: "AbortError" });
    aborted.abort();
    await connecting;
    await close();
    await waiting;
    const [driver] = createWire();
    const alone = await createStack({ interfaces: [{ driver, addresses: ["10.0.0.1/24"] }] });
    await assert.rejects(alone.resolve("b.example"), { code: "BAD_ADDRESS" });
    await alone.close();
    for (const dns of [["nowhere"], ["127.0.0.1"], ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5"]]) {
      const [other] = createWire();
      await assert.rejects(createStack({ dns, interfaces: [{ driver: other, addresses: ["10.0.0.1/24"] }] }), /dns/);
    }
  });
});

describe("names on the link", () => {
  test("a host and its services are found by name, by type, and gone after their goodbye", async () => {
    const wire = createWire();
    const make = (end: 0 | 1, mdns?: string) =>
      createStack({ ...(mdns && { mdns }), interfaces: [{ driver: wire[end], addresses: [`10.0.0.${end + 1}/24`] }] });
    const [a, b] = [await make(0), await make(1, "box")];
    assert.equal(a.hostName, null);
    assert.throws(() => a.advertise({ name: "x", type: "_http._tcp", port: 80 }), { code: "BAD_STATE" });
    assert.throws(() => b.advertise({ name: "", type: "_http._tcp", port: 80 }), { code: "BAD_ARGUMENT" });
    const door = b.advertise({ name: "Front door", type: "_http._tcp", port: 8080, txt: { path: "/" } });
    assert.equal(door.name, null);
    await until(() => door.name !== null && b.hostName !== null, "names are won");
    assert.deepEqual([b.hostName, door.name], ["box.local", "Front door._http._tcp.local"]);
    assert.deepEqual(await a.resolve("box.local"), ["10.0.0.2"]);
    assert.equal((await a.ping("box.local")).address, "10.0.0.2");
    assert.deepEqual((await a.lookup("_http._tcp.local", "PTR")).records, [door.name]);
    assert.deepEqual((await a.lookup(String(door.name), "SRV")).records, [{ priority: 0, weight: 0, port: 8080, name: "box.local" }]);
    assert.deepEqual((await a.lookup(String(door.name), "TXT")).records, [["path=/"]]);
    door.withdraw();
    assert.equal(door.name, null);
    await Promise.all([a.close(), b.close()]);
  });
});

describe("ringwire dig", () => {
  test("reads NAME, TYPE and @SERVER in any order", () => {
    assert.deepEqual(question(["a.example"]), { name: "a.example", type: "A" });
    assert.deepEqual(question(["@10.0.0.1", "a.example", "srv"]), { name: "a.example", type: "SRV", server: "10.0.0.1" });
    for (const wrong of [[], ["@10.0.0.1"], ["a", "A", "A"], ["a", "SOA"], ["a", "@b"], ["a", "@10.0.0.1", "@10.0.0.2"]]) {
      assert.throws(() => question(wrong), { status: 2 }, String(wrong));
    }
  });
  test("prints records as dig does", () => {
    const answer = { ttl: 7, name: "b.example", records: ["10.0.0.2"] };
    assert.deepEqual(lines("A.example", "A", answer), ["A.example.\t7\tIN\tCNAME\tb.example.", "b.example.\t7\tIN\tA\t10.0.0.2"]);
    assert.deepEqual(shortLines({ ...answer, records: [{ preference: 10, name: "mx" }] }), ["10 mx."]);
    assert.deepEqual(
      shortLines({ ...answer, records: [{ priority: 1, weight: 2, port: 3, name: "h" }, ["a=1", "b"], "h", "2001:db8:0:0:0:0:0:1"] }),
      ["1 2 3 h.", '"a=1" "b"', "h.", "2001:db8:0:0:0:0:0:1"],
    );
  });
  test("hosts are addresses or names", () => {
    assert.equal(hostOrName("10.0.0.1"), "10.0.0.1");
    assert.equal(hostOrName("my-host.local"), "my-host.local");
    for (const wrong of ["", "10.0.0", "127.0.0.1", "a b", "a..b"]) assert.throws(() => hostOrName(wrong), Error, wrong);
  });
});
