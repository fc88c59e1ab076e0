// The syslog sender: one datagram a message, as RFC 5424 writes it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Err } from "../../bindings/node/core.js";
import { PROTOCOL, type Seen, udp } from "./packets.js";
import { frame, GATEWAY, PEER, Tester, US } from "./tester.js";

const LOG = { address: PEER.ip };
const messages = (sent: Seen[]) => sent.flatMap(({ udp: it }) => (it ? [`${it.toPort}: ${new TextDecoder().decode(it.data)}`] : []));

test("RFC 5424 section 6: a message, with the time once SNTP has told it", async () => {
  const t = await Tester.make();
  assert.equal(t.core.syslog_send(13, "too early"), Err.BAD_STATE);
  assert.equal(t.core.syslog_start(LOG, "lamp"), 0);
  assert.equal(t.core.syslog_send(13, "on — 5 °C"), 0);
  assert.deepEqual(messages(t.poll()), [`514: <13>1 - ${US.ip} lamp - - - on — 5 °C`]);
  t.core.sntp_start({ address: GATEWAY.ip });
  const [asked] = t.poll().flatMap(({ udp: it }) => (it ? [it] : []));
  assert.ok(asked);
  const answer = new Uint8Array(48);
  answer[0] = 0x24;
  answer[1] = 1;
  answer.set(asked.data.slice(40, 48), 24);
  new DataView(answer.buffer).setUint32(40, 2208988800 + Date.UTC(2028, 1, 29, 23, 59, 58) / 1000);
  t.inject(frame(udp(GATEWAY.ip, 123, US.ip, asked.fromPort, answer), { protocol: PROTOCOL.UDP, from: GATEWAY.ip }));
  t.pass(1507);
  assert.equal(t.core.syslog_send(191, ""), 0);
  assert.deepEqual(messages(t.poll()), [`514: <191>1 2028-02-29T23:59:59.507Z ${US.ip} lamp - - - `]);
  assert.equal(t.core.syslog_send(0, "x".repeat(1024)), 0);
  assert.equal(messages(t.poll())[0]?.length, "514: <0>1 2028-02-29T23:59:59.507Z 10.0.0.1 lamp - - - ".length + 1024);
});

test("syslog refuses what is no priority, no name, too long, to nobody; and waits for room", async () => {
  const t = await Tester.make({ capacities: { udpSend: 2, udpOctets: 512 } });
  assert.equal(t.core.syslog_start(LOG, ""), Err.BAD_ARGUMENT);
  assert.equal(t.core.syslog_start(LOG, "two words"), Err.BAD_ARGUMENT);
  assert.equal(t.core.syslog_start(LOG, "x".repeat(49)), Err.BAD_ARGUMENT);
  assert.equal(t.core.syslog_start({ address: "255.255.255.255" }, "a"), Err.BROADCAST_OFF);
  assert.equal(t.core.syslog_start({ address: PEER.ip, port: 1514 }, "x".repeat(48)), 0);
  assert.equal(t.core.syslog_send(192, "a"), Err.BAD_ARGUMENT);
  assert.equal(t.core.syslog_send(0, "x".repeat(1025)), Err.TOO_LONG);
  assert.equal(t.core.syslog_send(0, "x".repeat(500)), Err.TOO_LONG);
  assert.equal(t.core.syslog_send(0, "0"), 0);
  assert.equal(messages(t.poll()).length, 1, "the neighbour is known from now on");
  assert.equal(t.core.syslog_send(0, "1"), 0);
  assert.equal(t.core.syslog_send(0, "2"), 0);
  assert.equal(t.core.syslog_send(0, "3"), Err.WOULD_BLOCK);
  assert.deepEqual(
    messages(t.poll()).map((line) => line.at(-1)),
    ["1", "2"],
  );
  assert.equal(t.core.syslog_send(0, "3"), 0);
  assert.equal(t.core.syslog_stop(), 0);
  assert.equal(t.core.syslog_send(0, "4"), Err.BAD_STATE);
  assert.deepEqual(
    messages(t.poll()).map((line) => line.at(-1)),
    ["3"],
    "what was sent before the end still leaves",
  );
  assert.equal(t.core.pools().UDP.used, 0);
});
