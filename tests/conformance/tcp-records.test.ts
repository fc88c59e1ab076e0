// What the records of sent segments say after particular turns: SACKs of a FIN, undone recoveries, pieces, times.
import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, Peer, type PeerOptions, tells } from "./peer.js";

const MSS = 1000;
const RTT = 100;
const HOUR = 3_600_000;

/** A connection over a path of 100 ms. */
function opened(more: PeerOptions = {}, permits = true): Promise<Peer> {
  return Peer.client({ settings: { congestion: 0 }, mss: MSS, sack: permits, rtt: RTT, ...more });
}
/** So many segments have been on their way for a round trip; what was sent meanwhile does not count. */
function fly(peer: Peer, segments: number): void {
  peer.write(segments * MSS);
  peer.take();
  peer.advance(RTT);
  peer.take();
}
/** An acknowledgement of so many octets in all, with blocks of positions in units of a segment behind `base`. */
function says(peer: Peer, base: number, acked: number, ...edges: number[]): void {
  const options = edges.length ? blocks(peer, ...edges.map((edge) => base + edge * MSS)) : [];
  peer.send({ ack: base + acked * MSS, options });
}
function seqs(peer: Peer): number[] {
  return peer.take().map(({ seq }) => seq);
}

for (const [control, tenths] of [
  [0, 5],
  [1, 7],
] as const) {
  test(`RFC5681-3, RFC5681-4: a timeout leaves ${tenths} tenths of the flight, and never less than two segments, with congestion control ${control}`, async () => {
    for (const permits of [false, true]) {
      for (const segments of [1, 2, 3, 10]) {
        const peer = await opened({ settings: { congestion: control } }, permits);
        peer.write(segments * MSS);
        while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
        assert.deepEqual([peer.status.ssthresh, peer.status.cwnd], [Math.max(segments * tenths * 100, 2 * MSS), MSS]);
      }
    }
  });
}

test("RFC8985-1: a copy that arrives shows that what left before it is lost, though nothing is SACKed any more: no timeout", async () => {
  const peer = await opened();
  peer.write(6 * MSS);
  peer.take();
  peer.advance(RTT);
  says(peer, 1, 0, 1, 5);
  assert.deepEqual(seqs(peer), [1]);
  peer.advance(RTT);
  says(peer, 1, 5);
  assert.deepEqual(seqs(peer), [1 + 5 * MSS]);
  says(peer, 1, 6);
  peer.advance(HOUR);
  assert.deepEqual([seqs(peer), peer.counter("TCP_TIMEOUTS")], [[], 0]);
});

test("RFC8985-1: a recovery that a DSACK shows to be in vain makes the next one wait for half the round trip", async () => {
  const peer = await opened();
  fly(peer, 6);
  says(peer, 1, 0, 1, 4);
  assert.equal(peer.expectSegment({ data: MSS }).seq, 1);
  says(peer, 1, 4);
  says(peer, 1, 4, 0, 1);
  assert.deepEqual([peer.counter("TCP_UNDONE"), peer.status.phase], [1, "OPEN"]);
  says(peer, 1, 6);
  peer.write(5 * MSS);
  peer.take();
  peer.advance(RTT);
  says(peer, 1, 6, 7, 10);
  peer.advance(49);
  peer.expectSilence();
  peer.advance(1);
  peer.expectSegment({ seq: 1 + 6 * MSS, data: MSS });
});

test("RFC5682-1: a timeout that turns out to be in vain is no sign of reordering: three SACKed segments mean a loss at once", async () => {
  const peer = await opened();
  peer.write(3 * MSS);
  peer.take();
  while (!peer.counter("TCP_TIMEOUTS")) peer.advance(1);
  peer.take();
  peer.write(6 * MSS);
  says(peer, 1, 1);
  says(peer, 1, 2);
  assert.deepEqual([peer.counter("TCP_UNDONE"), peer.status.phase], [1, "OPEN"]);
  peer.take();
  peer.advance(RTT);
  assert.equal(peer.seen, 1 + 9 * MSS);
  peer.take();
  says(peer, 1, 3);
  says(peer, 1, 3, 4, 7);
  peer.expectSegment({ seq: 1 + 3 * MSS, data: MSS });
});

test("a segment with a FIN that is SACKed whole, and then only its text, counts as two that have arrived", async () => {
  const peer = await opened();
  peer.write(2 * MSS + 500);
  peer.close();
  assert.deepEqual(
    peer.take().map(({ ctl, data }) => [ctl.includes("FIN"), data.length]),
    [
      [false, MSS],
      [false, MSS],
      [true, 500],
    ],
  );
  peer.advance(RTT);
  says(peer, 1, 0, 1, 2.501);
  assert.deepEqual([peer.status.sacked, peer.status.pipe], [MSS + 501, MSS]);
  peer.expectSilence();
  says(peer, 1, 0, 1, 2.5);
  assert.deepEqual([peer.status.sacked, peer.status.phase], [MSS + 501, "RECOVERY"]);
  peer.expectSegment({ seq: 1, data: MSS });
});

test("RFC9937-1: an acknowledgement that moves on and tells of no new loss lets one segment more out", async () => {
  const peer = await opened();
  fly(peer, 10);
  says(peer, 1, 0, 6, 10);
  const { ssthresh, cwnd, pipe } = peer.status;
  assert.deepEqual([ssthresh, cwnd, pipe], [5 * MSS, 4 * MSS, 4 * MSS]);
  assert.deepEqual(
    seqs(peer),
    [0, 1, 2, 3].map((i) => 1 + i * MSS),
  );
  peer.advance(RTT);
  says(peer, 1, 1, 6, 10);
  assert.deepEqual([peer.status.cwnd, peer.status.pipe], [5 * MSS, 5 * MSS]);
  assert.deepEqual(
    seqs(peer),
    [4, 5].map((i) => 1 + i * MSS),
  );
});

test("RFC9438-1: while the application leaves the window unused the cubic function stands still, to the octet", async () => {
  const windows: number[] = [];
  for (const pause of [0, 1, 100]) {
    const peer = await opened({ settings: { congestion: 1 } });
    let end = 1;
    const flight = (segments: number) => {
      peer.write(segments * MSS);
      peer.advance(RTT);
      end += segments * MSS;
      peer.send({ ack: end });
    };
    peer.write(10 * MSS);
    peer.advance(RTT);
    says(peer, 1, 0, 1, 10);
    end += 10 * MSS;
    peer.send({ ack: end });
    assert.equal(Math.floor(peer.status.cwnd / MSS), 7);
    flight(7);
    for (let i = 0; i < pause; i++) flight(1);
    flight(7);
    windows.push(peer.status.cwnd);
  }
  assert.deepEqual(windows, Array(3).fill(windows[0]));
});

test("segments that no longer fit the path, and for whose pieces there is no room, are forgotten, and what a peer says of them too", async () => {
  const peer = await opened({ settings: { congestion: 0, sentRecords: 8 } });
  peer.write(8 * MSS);
  assert.equal(peer.take().length, 8);
  peer.advance(RTT);
  peer.take();
  peer.win = 0;
  says(peer, 1, 0, 5, 6);
  assert.equal(peer.status.sacked, MSS);
  tells(peer, 800, 1);
  const { pipe, sacked, lost } = peer.status;
  assert.deepEqual([pipe, sacked, lost], [0, 0, 0]);
  says(peer, 1, 0, 2, 4);
  says(peer, 1, 0, 5, 8);
  assert.deepEqual([peer.status.pipe, peer.status.sacked], [0, 0]);
  peer.win = 65_535;
  says(peer, 1, 8);
  peer.take();
  assert.deepEqual([peer.status.pipe, peer.status.sacked, peer.status.unacknowledged], [0, 0, 0]);
  peer.write(500);
  peer.expectSegment({ data: 500 });
  peer.advance(2 * RTT + 250);
  assert.equal(peer.counter("TCP_LOSS_PROBES"), 1);
});

test("after a probe of a closed window the first segment SACKed is measured, and then, as forty minutes later, those SACKed while another is mended", async () => {
  const peer = await opened();
  let base = 1;
  const episode = (segments: number, took: number) => {
    peer.write(segments * MSS);
    peer.advance(took);
    says(peer, base, 0, 1, 4);
    const { srtt } = peer.status;
    says(peer, base, 0, 1, 5);
    const measured = peer.status.srtt;
    says(peer, base, segments);
    base += segments * MSS;
    return [measured, srtt];
  };
  peer.write(MSS);
  peer.send({ ack: 1, win: 0 });
  while (!peer.counter("TCP_PROBES")) peer.advance(1);
  says(peer, base, 1);
  base += MSS;
  const [first, before = 0] = episode(10, 60);
  assert.deepEqual([first, before], [(before * 7 + 60_000) >> 3, (RTT * 7000 + 60_000) >> 3]);
  peer.advance((HOUR / 3) * 2);
  const [second, known = 0] = episode(5, 50);
  assert.equal(second, (known * 7 + 50_000) >> 3);
});
