// What tests of attacks share: raw segments, and the honest client that must be served in spite of them.
import assert from "node:assert/strict";
import { checksum, ip, ipv4 } from "./frames.js";
import { Peer, type PeerOptions, type Sends } from "./peer.js";
import { STACK, type Wire } from "./wire.js";

const CHECKSUM_AT = 16;

/** The segment with its checksum made right again, for an alteration of its header. */
export function resealed(segment: Uint8Array, source: string, destination = STACK.address): Uint8Array {
  if (segment.length < CHECKSUM_AT + 2) return segment;
  const view = new DataView(segment.buffer, segment.byteOffset, segment.length);
  view.setUint16(CHECKSUM_AT, 0);
  const pseudo = Uint8Array.from([...ip(source), ...ip(destination), 0, 6, segment.length >> 8, segment.length & 255]);
  view.setUint16(CHECKSUM_AT, checksum(pseudo, segment));
  return segment;
}
/** Puts a segment that `alter` has changed on the wire; the checksum is right, the stack is not polled. */
export function putAltered(peer: Peer, given: Sends, alter: (segment: Uint8Array) => Uint8Array | undefined): void {
  const segment = peer.segment(given);
  const altered = resealed(alter(segment) ?? segment, peer.address);
  peer.wire.put(ipv4({ source: peer.address, destination: STACK.address, protocol: 6 }, altered));
}
/** Another client of the same listener; nothing is sent yet. */
export function another(peer: Peer, port: number, options: PeerOptions = {}): Peer {
  const other = new Peer(peer.wire, { ...options, port });
  other.listener = peer.listener;
  return other;
}
/** An honest client connects, is heard, hears, and closes. */
export function assertServes(peer: Peer, port = 60_000): void {
  const honest = another(peer, port);
  honest.handshake();
  honest.send({ data: 100 });
  assert.equal(honest.read(), 100);
  assert.equal(honest.write(100), 100);
  assert.equal(octetsOf(honest), 100);
  honest.send();
  honest.abort();
}
/** This connection still carries octets both ways. */
export function assertCarries(peer: Peer): void {
  peer.take();
  peer.send({ data: 50 });
  assert.equal(peer.read(), 50);
  const before = peer.seen;
  assert.equal(peer.write(50), 50);
  peer.advance(1000);
  assert.equal(peer.seen, before + 50);
  peer.send();
  peer.take();
}
/** Octets of text that the stack has sent since somebody last looked. */
export function octetsOf(peer: Peer): number {
  return peer.take().reduce((sum, { data }) => sum + data.length, 0);
}
/** Acknowledges what comes, `rtt` milliseconds later each time, until nothing is outstanding; answers how many segments came. */
export function drain(peer: Peer, rtt = 10, rounds = 5000): number {
  let count = 0;
  for (let i = 0; i < rounds && peer.status.unacknowledged + peer.status.unsent > 0; i++) {
    peer.advance(rtt);
    count += peer.take().length;
    peer.send();
  }
  assert.equal(peer.status.unacknowledged + peer.status.unsent, 0, "all is acknowledged");
  return count;
}
/** Drops what a wire has seen of others. */
export function forgetOthers(wire: Wire): void {
  wire.others.length = 0;
}
