// DHCP messages built field by field, read back, and a server whose every answer a test can bend.
import assert from "node:assert/strict";
import { arp, dotted, ETHER, EVERYBODY, ethernet, ip, ipv4, mac, PROTOCOL, type Seen, udp } from "./packets.js";
import { OTHER, options as stackOptions, Tester, US } from "./tester.js";
import { CONTROL, type CoreOptions, DEVICE, type DhcpOptions } from "../../bindings/node/core.js";

export const TYPE = { DISCOVER: 1, OFFER: 2, REQUEST: 3, DECLINE: 4, ACK: 5, NAK: 6, RELEASE: 7, INFORM: 8 } as const;
export const SERVER = { ip: "10.0.0.200", mac: "02:00:00:00:00:c8" } as const;
/** What the scripted server leases. */
export const LEASED = "10.0.0.50";
const COOKIE = [0x63, 0x82, 0x53, 0x63];

/** Four octets of an address or a number. */
export const quad = (value: string | number) => {
  const n = typeof value === "string" ? ip(value) : value;
  return [24, 16, 8, 0].map((shift) => (n >>> shift) & 255);
};
/** An option: code, then what it carries. */
export type Option = [code: number, ...octets: number[]];
const encode = (options: Option[]) => options.flatMap(([code, ...octets]) => [code, octets.length, ...octets]);

/** Fields of a message; what is missing is zero or right. */
export interface MessageFields {
  op?: number;
  htype?: number;
  hlen?: number;
  xid?: number;
  secs?: number;
  flags?: number;
  ciaddr?: string;
  yiaddr?: string;
  giaddr?: string;
  chaddr?: string;
  cookie?: number[];
  options?: Option[];
  /** Octets of the options as they are, instead of `options` and END. */
  raw?: number[];
  sname?: number[];
  file?: number[];
}
/** A DHCP message. */
export function build(fields: MessageFields): Uint8Array {
  const raw = fields.raw ?? [...encode(fields.options ?? []), 255];
  const data = new Uint8Array(240 + raw.length);
  const view = new DataView(data.buffer);
  data.set([fields.op ?? 2, fields.htype ?? 1, fields.hlen ?? 6]);
  view.setUint32(4, fields.xid ?? 0);
  view.setUint16(8, fields.secs ?? 0);
  view.setUint16(10, fields.flags ?? 0);
  data.set(quad(fields.ciaddr ?? 0), 12);
  data.set(quad(fields.yiaddr ?? 0), 16);
  data.set(quad(fields.giaddr ?? 0), 24);
  data.set(mac(fields.chaddr ?? US.mac), 28);
  data.set(fields.sname ?? [], 44);
  data.set(fields.file ?? [], 108);
  data.set(fields.cookie ?? COOKIE, 236);
  data.set(raw, 240);
  return data;
}

/** A message that the stack sent. */
export interface Message {
  seen: Seen;
  octets: Uint8Array;
  op: number;
  xid: number;
  secs: number;
  flags: number;
  ciaddr: string;
  yiaddr: string;
  giaddr: string;
  type: number;
  options: Map<number, number[]>;
  /** An option as an address or addresses. */
  addresses(code: number): string[];
  number(code: number): number;
}
/** Reads a message; fails when anything in it is malformed. */
export function parse(seen: Seen): Message {
  const octets = seen.udp?.data as Uint8Array;
  assert.ok(octets.length >= 300, `a message of ${octets.length} octets is shorter than BOOTP's`);
  const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
  assert.deepEqual([...octets.subarray(1, 4)], [1, 6, 0], "Ethernet, no hops");
  assert.deepEqual([...octets.subarray(236, 240)], COOKIE);
  assert.ok(
    octets.subarray(44, 236).every((octet) => octet === 0),
    "sname and file are not used",
  );
  const options = new Map<number, number[]>();
  let at = 240;
  for (; octets[at] !== 255; at += 2 + (octets[at + 1] as number)) {
    assert.ok(at < octets.length && octets[at] !== 0, "no END");
    const value = [...octets.subarray(at + 2, at + 2 + (octets[at + 1] as number))];
    assert.ok(!options.has(octets[at] as number), `option ${octets[at]} twice`);
    options.set(octets[at] as number, value);
  }
  assert.ok(
    octets.subarray(at + 1).every((octet) => octet === 0),
    "zeros behind END",
  );
  const addresses = (code: number) => {
    const value = options.get(code) ?? [];
    return Array.from({ length: value.length / 4 }, (_, i) => value.slice(4 * i, 4 * i + 4).join("."));
  };
  return {
    seen,
    octets,
    op: octets[0] as number,
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: dotted(view.getUint32(12)),
    yiaddr: dotted(view.getUint32(16)),
    giaddr: dotted(view.getUint32(24)),
    type: options.get(53)?.[0] ?? 0,
    options,
    addresses,
    number: (code) => (options.get(code) ?? []).reduce((sum, octet) => sum * 256 + octet, 0),
  };
}
/** The messages to a port among what was sent. */
export const messagesTo = (port: number, sent: Seen[]) => sent.filter((seen) => seen.udp?.toPort === port).map(parse);
/** What a client sent. */
export const asked = (sent: Seen[]) => messagesTo(67, sent);

/** A frame with a message to the client: by broadcast, or as told. */
export function toClient(
  data: Uint8Array,
  { to = "255.255.255.255", from = SERVER.ip as string, link = EVERYBODY, source = 67 } = {},
): Uint8Array {
  const packet = ipv4({ from, to, protocol: PROTOCOL.UDP }, udp(from, source, to, 68, data));
  return ethernet(link, SERVER.mac, ETHER.IPV4, packet);
}
/** The usual options of an offer or an acknowledgement; those of `more` take the place of the same code, or go with no octets. */
export function lease(type: number, more: Option[] = []): Option[] {
  const usual: Option[] = [
    [53, type],
    [54, ...quad(SERVER.ip)],
    [51, ...quad(3600)],
    [1, ...quad("255.255.255.0")],
    [3, ...quad("10.0.0.254")],
    [6, ...quad("10.0.0.53")],
  ];
  const codes = new Set(more.map(([code]) => code));
  return [...usual.filter(([code]) => !codes.has(code)), ...more.filter((option) => option.length > 1)];
}
/** An offer in answer to a message, bent by fields and options. */
export const offer = (to: Message, options: Option[] = [], fields: MessageFields = {}) =>
  toClient(build({ xid: to.xid, yiaddr: LEASED, options: lease(TYPE.OFFER, options), ...fields }));
/** An acknowledgement likewise. */
export const ack = (to: Message, options: Option[] = [], fields: MessageFields = {}) =>
  toClient(build({ xid: to.xid, yiaddr: LEASED, ciaddr: to.ciaddr, options: lease(TYPE.ACK, options), ...fields }));
/** A refusal. */
export const nak = (to: Message, from: string = SERVER.ip) =>
  toClient(
    build({
      xid: to.xid,
      options: [
        [53, TYPE.NAK],
        [54, ...quad(from)],
      ],
    }),
    { from },
  );

/** A stack without an address. */
export async function bare(more: Partial<CoreOptions> = {}): Promise<Tester> {
  return Tester.make({ interfaces: [{ device: 0, mac: US.mac }], ...more });
}
/** Lets time pass until the client sends a message; it, and what else was sent meanwhile. */
export function next(t: Tester, most = 100_000): Message {
  const end = t.ms + most;
  for (let found = asked(t.poll()); ; found = asked(t.poll())) {
    if (found[0]) return found[0];
    assert.ok(t.ms < end, `no message for ${most} ms`);
    t.ms = Math.min(end, t.ms + Math.max(1, Math.min(t.wait, 500)));
  }
}
/** Starts a client and takes it as far as the request. */
export function request(t: Tester, options: DhcpOptions = { now: true }, offered: Option[] = []): Message {
  assert.equal(t.core.dhcp_start(0, options), 0);
  const discover = next(t);
  assert.equal(discover.type, TYPE.DISCOVER);
  const [sent, ...more] = asked(t.inject(offer(discover, offered)));
  assert.ok(sent && !more.length, "one request");
  assert.equal(sent.type, TYPE.REQUEST);
  return sent;
}
/** A client that is bound, ARP having been asked. */
export async function bound(options: Option[] = [], more: Partial<CoreOptions> = {}, start: DhcpOptions = { now: true }): Promise<Tester> {
  const t = await bare(more);
  t.inject(ack(request(t, start), options));
  if (!start.unchecked) t.pass(8_000);
  assert.equal(status(t).state, "BOUND");
  return t;
}
/** What the client says of itself. */
export function status(t: Tester) {
  const known = t.core.dhcp_status();
  assert.ok(typeof known === "object", `${known}`);
  return known;
}
/** Whether the stack answers a ping to an address. */
export function answersTo(t: Tester, address: string): boolean {
  return t.inject(pingTo(address)).some((seen) => seen.icmp?.type === 0);
}
function pingTo(address: string): Uint8Array {
  const echo = Uint8Array.from([8, 0, 0xf7, 0xfd, 0, 1, 0, 1]);
  const from = address.startsWith("169.254.") ? "169.254.7.8" : OTHER.ip;
  return ethernet(US.mac, OTHER.mac, ETHER.IPV4, ipv4({ from, to: address, protocol: PROTOCOL.ICMP }, echo));
}
/** A host says that an address is its own. */
export const claims = (address: string) =>
  ethernet(EVERYBODY, OTHER.mac, ETHER.ARP, arp({ operation: 2, senderMac: OTHER.mac, senderIp: address, targetIp: address }));
export const announcements = (sent: ReturnType<Tester["poll"]>, address: string) =>
  sent.filter((seen) => seen.arp?.senderIp === address && seen.arp.targetIp === address);
/** Sets the carrier of device 0. */
export function carrier(t: Tester, isUp: boolean): void {
  const at = t.core.control + CONTROL.deviceTable;
  t.core.view.setUint8(at + DEVICE.linkDown, isUp ? 0 : 1);
  t.core.view.setUint32(at + DEVICE.linkChanges, t.core.view.getUint32(at + DEVICE.linkChanges, true) + 1, true);
}
export const interface_ = (t: Tester) => t.core.interfaces()[0];
export { stackOptions };
