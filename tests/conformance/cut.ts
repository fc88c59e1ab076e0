// Fragments as a test makes them: any part of a datagram, with any claim about where it belongs.
import { ETHER, ethernet, type Ipv4Fields, icmp, ipv4, PROTOCOL, udp } from "./packets.js";
import { PEER, US } from "./tester.js";

/** Fields of the datagram that is cut; what is missing is as from PEER to us. */
export type CutFields = Partial<Ipv4Fields> & { protocol: number };

/** A fragment with octets `from` to `to` of a payload, in a frame from PEER; `more` is as it should be when it is not told. */
export function part(
  payload: Uint8Array,
  from: number,
  to: number,
  fields: CutFields,
  more = to < payload.length,
  mac: string = PEER.mac,
): Uint8Array {
  const fragment = ((fields.fragment ?? 0) | (from >> 3)) + (more ? 0x2000 : 0);
  const packet = ipv4({ from: PEER.ip, to: US.ip, ident: 77, ...fields, fragment }, payload.slice(from, to));
  return ethernet(US.mac, mac, ETHER.IPV4, packet);
}
/** All fragments of a payload, `size` octets each; `size` is a multiple of 8. */
export function cut(payload: Uint8Array, size: number, fields: CutFields): Uint8Array[] {
  const count = Math.ceil(payload.length / size);
  return Array.from({ length: count }, (_, i) => part(payload, i * size, Math.min(payload.length, (i + 1) * size), fields));
}
/** `length` octets in which each place can be told from its neighbours. */
export function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 37 + (i >> 8) * 11 + 5) & 255);
}
/** An echo request with `length` octets of data, as IP carries it. */
export function request(length: number): Uint8Array {
  return icmp(8, 0, 0x00070001, pattern(length));
}
/** The fields of an ICMP datagram with this identification. */
export function echo(ident: number, more: Partial<Ipv4Fields> = {}): CutFields {
  return { protocol: PROTOCOL.ICMP, ident, ...more };
}
/** A UDP datagram from PEER port 5000 to our `port`, as IP carries it. */
export function letter(port: number, data: Uint8Array, from: string = PEER.ip): Uint8Array {
  return udp(from, 5000, US.ip, port, data);
}
