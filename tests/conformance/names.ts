// Messages of the DNS, built part by part, so that each can be wrong; and read back.
import assert from "node:assert/strict";
import { PROTOCOL, type Seen, udp } from "./packets.js";
import { frame, PEER, US } from "./tester.js";

export const TYPE = { A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, NSEC: 47, ANY: 255 } as const;
export const DNS_PORT = 53;

const octets = (...parts: (Iterable<number> | number)[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === "number" ? [part] : [...part])));
/** Two octets, four octets. */
export const u16 = (n: number) => [(n >>> 8) & 255, n & 255];
export const u32 = (n: number) => [...u16(n >>> 16), ...u16(n & 0xffff)];

/** A name, label by label; nothing is checked. */
export function name(text: string): Uint8Array {
  const labels = text.split(/(?<!\\)\./).filter(Boolean);
  return octets(
    ...labels.map((label) => {
      const plain = Buffer.from(label.replaceAll(/\\(.)/g, "$1"));
      return octets(plain.length, plain);
    }),
    0,
  );
}
/** A pointer to an offset in the message. */
export const pointer = (offset: number) => octets(...[u16(0xc000 | offset)]);
/** The data of an A record. */
export const address = (ip: string) => Uint8Array.from(ip.split(".").map(Number));

/** A record; a class, a TTL and a length of data can be given. */
export function record(
  owner: Uint8Array | string,
  type: number,
  data: Uint8Array,
  { ttl = 300, cls = 1, length = data.length }: { ttl?: number; cls?: number; length?: number } = {},
): Uint8Array {
  return octets(typeof owner === "string" ? name(owner) : owner, u16(type), u16(cls), u32(ttl), u16(length), data);
}
/** The data of a SOA record. */
export const soa = (minimum: number) => octets(name("ns.example"), name("root.example"), u32(1), u32(2), u32(3), u32(4), u32(minimum));

/** Parts of a message; what is missing is as in a good answer. */
export interface MessageFields {
  id: number;
  flags?: number;
  question?: Uint8Array;
  answers?: Uint8Array[];
  authorities?: Uint8Array[];
  additionals?: Uint8Array[];
  /** Counts of the header, where they shall lie. */
  counts?: [number, number, number, number];
}
export function message({
  id,
  flags = 0x8180,
  question,
  answers = [],
  authorities = [],
  additionals = [],
  counts,
}: MessageFields): Uint8Array {
  const right = [question ? 1 : 0, answers.length, authorities.length, additionals.length];
  const parts = [...answers, ...authorities, ...additionals];
  return octets(u16(id), u16(flags), ...(counts ?? right).map(u16), question ?? [], ...parts);
}
/** A question. */
export const question = (owner: string, type: number, cls = 1) => octets(name(owner), u16(type), u16(cls));

/** A record as it was read. */
export interface ReadRecord {
  name: string;
  type: number;
  cls: number;
  ttl: number;
  data: Uint8Array;
}
/** A message as it was read. */
export interface ReadMessage {
  id: number;
  flags: number;
  questions: { name: string; type: number; cls: number }[];
  answers: ReadRecord[];
  authorities: ReadRecord[];
  additionals: ReadRecord[];
}

/** Reads a message without compression; fails when it is malformed. */
export function readMessage(data: Uint8Array): ReadMessage {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let at = 12;
  const readName = () => {
    const labels: string[] = [];
    for (;;) {
      const size = view.getUint8(at++);
      assert.ok(size < 64, "a label of more than 63 octets");
      if (!size) return labels.join(".");
      labels.push(
        Buffer.from(data.slice(at, at + size))
          .toString()
          .replaceAll(/[.\\]/g, "\\$&"),
      );
      at += size;
    }
  };
  const head = () => {
    const owner = readName();
    at += 4;
    return { name: owner, type: view.getUint16(at - 4), cls: view.getUint16(at - 2) };
  };
  const one = (): ReadRecord => {
    const start = head();
    const [ttl, length] = [view.getUint32(at), view.getUint16(at + 4)];
    at += 6 + length;
    assert.ok(at <= data.length, "a record beyond the end");
    return { ...start, ttl, data: data.slice(at - length, at) };
  };
  const list = <T>(count: number, each: () => T) => Array.from({ length: count }, each);
  const read = {
    id: view.getUint16(0),
    flags: view.getUint16(2),
    questions: list(view.getUint16(4), head),
    answers: list(view.getUint16(6), one),
    authorities: list(view.getUint16(8), one),
    additionals: list(view.getUint16(10), one),
  };
  assert.equal(at, data.length, "octets behind the message");
  return read;
}

/** Where mDNS speaks. */
export const GROUP = { ip: "224.0.0.251", mac: "01:00:5e:00:00:fb", port: 5353 } as const;
/** Class IN with the bit that says "flush the cache", or "answer me alone". */
export const FLUSH = 0x8001;
/** What the stack has said on the link, each message with where it went. Each must leave as mDNS asks: TTL 255, from port 5353. */
export function spoken(sent: Seen[]): (ReadMessage & { to: string; port: number; mac: string })[] {
  return sent.flatMap(({ udp: datagram, ip, to }) => {
    if (datagram?.fromPort !== GROUP.port || !ip) return [];
    assert.equal(ip.ttl, 255);
    if (ip.to === GROUP.ip) assert.deepEqual([to, datagram.toPort], [GROUP.mac, GROUP.port]);
    return [{ ...readMessage(datagram.data), to: ip.to, port: datagram.toPort, mac: to }];
  });
}
/** Records in short: name, type, class and TTL. */
export const short = (records: ReadRecord[]) =>
  records.map(({ name: owner, type, cls, ttl }) => `${owner} ${type} ${cls & 0x8000 ? "flush " : ""}${ttl}`);
/** A message on the link, from a host at port 5353 unless another is given. */
export function onLink(data: Uint8Array, from: { ip: string; mac: string; port?: number }, to: string = GROUP.ip): Uint8Array {
  const datagram = udp(from.ip, from.port ?? GROUP.port, to, GROUP.port, data);
  return frame(
    datagram,
    { protocol: PROTOCOL.UDP, from: from.ip, to, ttl: 255 },
    { from: from.mac, to: to === GROUP.ip ? GROUP.mac : US.mac },
  );
}

/** A question that the stack has sent to a server. */
export interface Asked {
  server: string;
  port: number;
  id: number;
  name: string;
  type: number;
  /** The question as it stands in the message. */
  octets: Uint8Array;
}
/** The questions among what was sent to a port of servers; each must be well formed. */
export function asked(sent: Seen[], toPort: number = DNS_PORT): Asked[] {
  return sent.flatMap(({ udp: datagram, ip }) => {
    if (datagram?.toPort !== toPort || !ip) return [];
    return [askedIn(datagram.data, ip.to, datagram.fromPort)];
  });
}
export function askedIn(data: Uint8Array, server: string, port: number): Asked {
  const { id, flags, questions, answers, authorities, additionals } = readMessage(data);
  const [only, ...more] = questions;
  assert.ok(only && !more.length && !answers.length && !authorities.length && !additionals.length, "one question, no records");
  assert.equal(flags, 0x0100, "a query, and recursion is desired");
  assert.equal(only.cls, 1);
  return { server, port, id, name: only.name, type: only.type, octets: data.slice(12) };
}
/** A datagram to the port that asked, from the server unless another end is given. */
export function fromServer(to: Asked, data: Uint8Array, from: { ip?: string; port?: number } = {}): Uint8Array {
  const ip = from.ip ?? to.server;
  return frame(udp(ip, from.port ?? DNS_PORT, US.ip, to.port, data), { protocol: PROTOCOL.UDP, from: ip }, { from: PEER.mac });
}
/** The answer to a question with these records. */
export function answer(to: Asked, answers: Uint8Array[], more: Partial<MessageFields> = {}): Uint8Array {
  return fromServer(to, message({ id: to.id, question: to.octets, answers, ...more }));
}
