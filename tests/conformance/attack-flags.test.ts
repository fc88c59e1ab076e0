// Every combination of control bits in every state: TCP-29.
import assert from "node:assert/strict";
import { test } from "node:test";
import { another, assertServes, putAltered } from "./attack.js";
import { Peer } from "./peer.js";
import { Wire } from "./wire.js";

const [FIN, SYN, RST, ACK] = [1, 2, 4, 16];
const RESERVED = 256;
const COMBINATIONS = 512;

/** A state: how a connection comes to it, and the state a segment at RCV.NXT with valid numbers leaves behind. */
interface Row {
  state: string;
  lead: (peer: Peer) => void;
  after: (bits: number) => string;
}

/** RFC 9293 §3.10.7.4 for the synchronized states; RFC 5961 §4 for a SYN. */
function synchronized(state: string, onAck: string, onFin: string, onReset = "CLOSED") {
  return (bits: number) => {
    if (bits & RST) return onReset;
    if (bits & SYN || !(bits & ACK)) return state;
    return bits & FIN ? onFin : onAck;
  };
}
const accepted = (then: (peer: Peer) => void) => (peer: Peer) => {
  peer.handshake();
  then(peer);
};
const ROWS: Row[] = [
  {
    state: "CLOSED",
    lead: (peer) => {
      peer.stackPort = 81;
    },
    after: () => "none",
  },
  { state: "LISTEN", lead: () => {}, after: (bits) => ((bits & (SYN | ACK | RST)) === SYN ? "SYN_RECEIVED" : "none") },
  {
    state: "SYN_SENT",
    lead: (peer) => {
      peer.connect();
      peer.nxt = 0;
    },
    after: (bits) => {
      if (bits & RST) return bits & ACK ? "CLOSED" : "SYN_SENT";
      if (!(bits & SYN)) return "SYN_SENT";
      if (!(bits & ACK)) return "SYN_RECEIVED";
      return bits & FIN ? "CLOSE_WAIT" : "ESTABLISHED";
    },
  },
  {
    state: "SYN_RECEIVED",
    lead: (peer) => peer.syn(),
    after: (bits) => {
      if (bits & (RST | SYN)) return "none";
      if (!(bits & ACK)) return "SYN_RECEIVED";
      return bits & FIN ? "CLOSE_WAIT" : "ESTABLISHED";
    },
  },
  { state: "ESTABLISHED", lead: accepted(() => {}), after: synchronized("ESTABLISHED", "ESTABLISHED", "CLOSE_WAIT") },
  {
    state: "FIN_WAIT_1",
    lead: accepted((peer) => {
      peer.close();
      peer.seen--;
    }),
    after: synchronized("FIN_WAIT_1", "FIN_WAIT_1", "CLOSING"),
  },
  {
    state: "FIN_WAIT_2",
    lead: accepted((peer) => {
      peer.close();
      peer.send();
    }),
    after: synchronized("FIN_WAIT_2", "FIN_WAIT_2", "TIME_WAIT"),
  },
  {
    state: "CLOSE_WAIT",
    lead: accepted((peer) => peer.send({ ctl: "FIN,ACK" })),
    after: synchronized("CLOSE_WAIT", "CLOSE_WAIT", "CLOSE_WAIT"),
  },
  {
    state: "CLOSING",
    lead: accepted((peer) => {
      peer.close();
      peer.send({ ctl: "FIN,ACK", ack: 1 });
    }),
    after: synchronized("CLOSING", "TIME_WAIT", "TIME_WAIT"),
  },
  {
    state: "LAST_ACK",
    lead: accepted((peer) => {
      peer.send({ ctl: "FIN,ACK" });
      peer.close();
    }),
    after: synchronized("LAST_ACK", "CLOSED", "CLOSED"),
  },
  {
    state: "TIME_WAIT",
    lead: accepted((peer) => {
      peer.close();
      peer.send({ ctl: "FIN,ACK" });
    }),
    after: synchronized("TIME_WAIT", "TIME_WAIT", "TIME_WAIT", "TIME_WAIT"),
  },
];

/** The state of what the stack holds for this peer. */
function stateOf(peer: Peer): string {
  const found = peer.core.sockets().filter(({ remote }) => remote.port === peer.port);
  return found.find(({ state }) => state !== "CLOSED")?.state ?? found[0]?.state ?? "none";
}
function expected({ state, after }: Row, bits: number): string {
  const isNewIncarnation = state === "TIME_WAIT" && (bits & (SYN | RST | ACK)) === SYN;
  return isNewIncarnation ? "any" : after(bits);
}

for (const row of ROWS) {
  test(`TCP-29: all 512 combinations of control bits in ${row.state}`, async () => {
    const first = new Peer(await Wire.make({ capacities: { timeWait: 600 }, settings: { errorRate: 1_000_000 } }));
    first.listen();
    for (let bits = 0; bits < COMBINATIONS; bits++) {
      const peer = another(first, 10_000 + bits);
      row.lead(peer);
      peer.take();
      putAltered(peer, {}, (segment) => {
        segment[13] = bits & 255;
        segment[12] = (segment[12] ?? 0) | (bits & RESERVED ? 1 : 0);
        return segment;
      });
      peer.wire.run();
      const want = expected(row, bits);
      const text = `${row.state}, control bits ${bits.toString(2)}`;
      if (want !== "any") assert.equal(stateOf(peer), want, text);
      const answers = peer.take();
      assert.ok(answers.length <= 2, `${text}: ${answers.length} answers`);
      if (bits & RST) assert.deepEqual(answers, [], `${text}: an answer to a RST`);
      clear(peer);
    }
    assert.equal(first.core.pools().TCP0.used, 0);
    assertServes(first);
  });
}
/** Removes what is left of a connection. */
function clear(peer: Peer): void {
  const { core } = peer;
  if (stateOf(peer) === "SYN_RECEIVED" && !peer.handle) peer.send({ ctl: "RST", seq: 1 });
  if (!peer.handle) peer.handle = Math.max(core.tcp_accept(peer.listener), 0);
  if (peer.handle) core.tcp_abort(peer.handle);
  peer.wire.run();
  peer.wire.peers.length = 0;
}
