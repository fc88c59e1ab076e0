// Truncated answers: the same server is asked again over TCP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err, instantiate, type Core } from "../../bindings/node/core.js";
import { address, answer, type Asked, asked, askedIn, message, record, TYPE } from "./names.js";
import { CTL, PROTOCOL, type Seen, tcp } from "./packets.js";
import { frame, PEER, SEED, Tester, US } from "./tester.js";

const WWW = "www.example.com";
const TC = 0x8380;

/** The other host as a stack of its own, with a listener on the port of servers. */
class Server {
  readonly connections: number[] = [];
  private constructor(
    readonly core: Core,
    readonly listener: number,
  ) {}
  static async make(): Promise<Server> {
    const core = await instantiate({
      seed: SEED.slice().reverse(),
      devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 64 }],
      interfaces: [{ mac: PEER.mac, addresses: [`${PEER.ip}/24`] }],
    });
    return new Server(core, core.tcp_listen({ port: 53 }));
  }
  /** Lets both stacks talk for a while. */
  talk(t: Tester, ms = 50): Seen[] {
    const sent: Seen[] = [];
    for (const end = t.ms + ms; t.ms < end; t.ms++) {
      for (const seen of t.poll()) {
        sent.push(seen);
        if (seen.tcp) this.core.input(seen.frame);
        if (seen.arp?.targetIp === PEER.ip) this.core.input(seen.frame);
      }
      this.core.poll(t.ms);
      this.core.drain((octets) => t.core.input(octets.slice()));
      for (let each = this.core.tcp_accept(this.listener); each > 0; each = this.core.tcp_accept(this.listener))
        this.connections.push(each);
    }
    return sent;
  }
  /** What came over the last connection: a message behind its length. */
  question(): Asked {
    const data = this.core.tcp_read(this.connections.at(-1) as number);
    assert.ok(data instanceof Uint8Array, `tcp_read: ${data}`);
    assert.equal(((data[0] as number) << 8) | (data[1] as number), data.length - 2);
    return askedIn(data.slice(2), PEER.ip, 0);
  }
  /** Sends a message behind its length, in pieces of so many octets. */
  answer(t: Tester, octets: Uint8Array, piece = 100_000, length = octets.length): void {
    const all = Uint8Array.from([length >>> 8, length & 255, ...octets]);
    for (let at = 0; at < all.length; at += piece) {
      this.core.tcp_write(this.connections.at(-1) as number, all.slice(at, at + piece));
      this.talk(t, 3);
    }
  }
}
/** Asks, is told over UDP that the answer is truncated, and answers the question that comes over TCP. */
async function truncated(): Promise<{ t: Tester; server: Server; query: number; sent: Asked }> {
  const t = await Tester.make();
  const server = await Server.make();
  t.core.dns_server_add(PEER.ip);
  const query = t.core.dns_query("A", WWW);
  const [first] = asked(t.poll());
  assert.ok(first);
  t.core.input(answer(first, [record(WWW, TYPE.A, address("192.0.2.66"))], { flags: TC }));
  const seen = server.talk(t);
  assert.deepEqual(asked(seen), [], "not over UDP again");
  const sent = server.question();
  assert.deepEqual([sent.name, sent.type], [WWW, TYPE.A]);
  assert.equal(t.core.dns_result(query), Err.WOULD_BLOCK, "what the truncated answer held is not used");
  return { t, server, query, sent };
}
const many = (count: number) => Array.from({ length: count }, (_, i) => record(WWW, TYPE.A, address(`192.0.2.${i + 1}`)));
const reply = ({ id, octets }: Asked, answers: Uint8Array[], more = {}) => message({ id, question: octets, answers, ...more });

test("1035-3: TC leads to TCP: the whole answer is taken from there, in whatever pieces it comes, and the connection closed", async () => {
  for (const piece of [1, 7, 100_000]) {
    const { t, server, query, sent } = await truncated();
    server.answer(t, reply(sent, many(30)), piece);
    server.talk(t, 100);
    const result = t.core.dns_result(query);
    assert.ok(typeof result === "object" && result.records.length === 30, `pieces of ${piece}`);
    assert.equal(result.records[29], "192.0.2.30");
    server.talk(t, 50);
    assert.equal(server.core.tcp_receive_ready(server.connections[0] as number), Err.END);
    server.core.tcp_close(server.connections[0] as number);
    server.talk(t, 50);
    assert.equal(t.core.pools().TCP0.used, 0);
  }
});

test("1035-3: of a message longer than is read, the records that came whole are the answer", async () => {
  const { t, server, query, sent } = await truncated();
  const long = [...many(20), ...Array.from({ length: 200 }, (_, i) => record(`filler${i}.example`, TYPE.A, address("192.0.2.1")))];
  server.answer(t, reply(sent, long));
  const result = t.core.dns_result(query);
  assert.ok(typeof result === "object" && result.records.length === 20);
});

test("1035-3: another id, TC again, a reset, an early end, silence: the server has failed", async () => {
  const cases: [string, (server: Server, t: Tester, sent: Asked) => void, number][] = [
    ["another id", (server, t, sent) => server.answer(t, reply({ ...sent, id: sent.id ^ 1 }, many(1))), Err.REFUSED],
    ["TC again", (server, t, sent) => server.answer(t, reply(sent, many(1), { flags: TC })), Err.REFUSED],
    ["cut off", (server, t, sent) => server.answer(t, reply(sent, many(3)).slice(0, -2)), Err.REFUSED],
    ["SERVFAIL", (server, t, sent) => server.answer(t, reply(sent, [], { flags: 0x8182 })), Err.REFUSED],
    ["a reset", (server) => server.core.tcp_abort(server.connections[0] as number), Err.TIMED_OUT],
    ["an early end", (server) => server.core.tcp_close(server.connections[0] as number), Err.TIMED_OUT],
    ["length 0", (server, t) => server.answer(t, new Uint8Array()), Err.REFUSED],
    ["silence", () => {}, Err.TIMED_OUT],
  ];
  for (const [what, happens, error] of cases) {
    const { t, server, query, sent } = await truncated();
    happens(server, t, sent);
    server.talk(t, 20);
    if (error === Err.TIMED_OUT) {
      assert.equal(t.core.dns_result(query), Err.WOULD_BLOCK, what);
      const again = asked(server.talk(t, 7100));
      assert.equal(again.length > 0, true, `${what}: it is asked again`);
      server.talk(t, 23_000);
    }
    assert.equal(t.core.dns_result(query), error, what);
    assert.equal(t.core.pools().UDP.used, 0, what);
  }
});

test("1035-3: where nobody listens, or no connection is left, the question goes on to fail in its own time", async () => {
  const t = await Tester.make();
  t.core.dns_server_add(PEER.ip);
  const query = t.core.dns_query("A", WWW);
  const [first] = asked(t.poll());
  const syn = t.inject(answer(first as Asked, [], { flags: TC })).find((seen) => seen.tcp)?.tcp;
  assert.ok(syn && syn.ctl === CTL.SYN && syn.toPort === 53);
  const refused = tcp(PEER.ip, 53, US.ip, syn.fromPort, { ctl: CTL.RST | CTL.ACK, ack: syn.seq + 1 });
  t.inject(frame(refused, { protocol: PROTOCOL.TCP }));
  const [again] = asked(t.pass(2000));
  assert.ok(again, "asked again over UDP");
  t.inject(answer(again, many(1)));
  assert.ok(typeof t.core.dns_result(query) === "object");
});
