import { ipv4Text } from "./address.js";
import { CONTROL, DnsType, ENDPOINT, Err } from "./constants.js";
import { LinkCalls } from "./linkcalls.js";

/** Types of records that can be asked for. */
export type RecordType = Exclude<keyof typeof DnsType, "SOA" | "ANY">;

/** What an answer holds for each record: `A`, `AAAA`: an address; `PTR`, `CNAME`, `NS`: a name; others in parts. */
export type RecordData =
  | string
  | string[]
  | { preference: number; name: string }
  | { priority: number; weight: number; port: number; name: string };

/** An answer. A dot or a backslash within a label of a name has a backslash in front. */
export interface NameAnswer {
  /** Seconds the answer is good for. */
  ttl: number;
  /** The name at the end of all aliases. */
  name: string;
  /** None: the name has no records of this type. */
  records: RecordData[];
}

/** A service to be announced. */
export interface Service {
  /** What people read, as `Front door`. */
  name: string;
  /** As `_http._tcp`. */
  type: string;
  port: number;
  /** Keys with their values; true: no value. All of them together have at most 256 octets. */
  txt?: Record<string, string | true>;
}

/** The calls of the resolver and of the mDNS responder, under the ABI's names. NOT_SUPPORTED in a module without it. */
export class NameCalls extends LinkCalls {
  /** Adds a server to those that are asked; answers how many there are. */
  dns_server_add(address: string): number {
    if (!this.exports.dns_server_add) return Err.NOT_SUPPORTED;
    return this.endpoint(CONTROL.remote, { address }) || this.exports.dns_server_add();
  }
  /** Address of the server in a place of the list; BAD_ARGUMENT beyond its end. */
  dns_server_at(place: number): string | number {
    const wrong = this.exports.dns_server_at?.(place) ?? Err.NOT_SUPPORTED;
    return wrong || ipv4Text(this.view.getUint32(this.control + CONTROL.remote + ENDPOINT.address));
  }
  /** Forgets all servers. */
  dns_server_clear(): number {
    return this.exports.dns_server_clear?.() ?? Err.NOT_SUPPORTED;
  }
  /** Asks for records of a name; answers the number of the question. */
  dns_query(type: RecordType, name: string): number {
    if (!this.exports.dns_query) return Err.NOT_SUPPORTED;
    const octets = this.#exchanged(name);
    return octets < 0 ? octets : this.exports.dns_query(DnsType[type] ?? 0, octets);
  }
  /** The answer, or an error: WOULD_BLOCK while it is asked for, NO_NAME, TIMED_OUT, ... */
  dns_result(query: number): NameAnswer | number {
    const count = this.exports.dns_result?.(query) ?? Err.NOT_SUPPORTED;
    return count < 0 ? count : answerIn(this.exchange, count);
  }
  /** Nobody waits for the answer any more. */
  dns_cancel(query: number): number {
    return this.exports.dns_cancel?.(query) ?? Err.NOT_SUPPORTED;
  }

  /** Wants `name`.local for this host, and answers for it on the link. */
  mdns_start(name: string): number {
    if (!this.exports.mdns_start) return Err.NOT_SUPPORTED;
    const octets = this.#exchanged(name);
    return octets < 0 ? octets : this.exports.mdns_start(octets);
  }
  /** Takes leave of all. */
  mdns_stop(): number {
    return this.exports.mdns_stop?.() ?? Err.NOT_SUPPORTED;
  }
  /** Announces a service; answers its number. */
  mdns_advertise({ name, type, port, txt = {} }: Service): number {
    if (!this.exports.mdns_advertise) return Err.NOT_SUPPORTED;
    const texts = Object.entries(txt).map(([key, value]) => Buffer.from(value === true ? key : `${key}=${value}`));
    const parts = [Buffer.from(name), Buffer.from(type), ...texts];
    if (parts.some(({ length }) => length > 255)) return Err.BAD_ARGUMENT;
    const octets = Buffer.concat(parts.flatMap((part) => [Buffer.of(part.length), part]));
    if (octets.length > this.exchange.length) return Err.BAD_ARGUMENT;
    this.exchange.set(octets);
    return this.exports.mdns_advertise(port, octets.length);
  }
  /** Takes leave of a service. */
  mdns_withdraw(service: number): number {
    return this.exports.mdns_withdraw?.(service) ?? Err.NOT_SUPPORTED;
  }
  /** The name of a service, or of the host (0); WOULD_BLOCK while it is not ours yet. */
  mdns_name(service: number): string | number {
    const octets = this.exports.mdns_name?.(service) ?? Err.NOT_SUPPORTED;
    return octets < 0 ? octets : Buffer.from(this.exchange.slice(0, octets)).toString();
  }

  /** Puts a text into the exchange; answers its octets, or TOO_LONG. */
  #exchanged(text: string): number {
    const octets = new TextEncoder().encode(text);
    if (octets.length > this.exchange.length) return Err.TOO_LONG;
    this.exchange.set(octets);
    return octets.length;
  }
}

/** Reads what `dns_result` left in the exchange. */
function answerIn(exchange: Uint8Array, count: number): NameAnswer {
  const view = new DataView(exchange.buffer, exchange.byteOffset, exchange.byteLength);
  const type = view.getUint16(4, true);
  let at = 6;
  const piece = () => {
    const length = view.getUint16(at, true);
    at += 2 + length;
    return Buffer.from(exchange.slice(at - length, at));
  };
  const name = piece().toString();
  return { ttl: view.getUint32(0, true), name, records: Array.from({ length: count }, () => dataOf(piece(), type)) };
}
function dataOf(data: Buffer, type: number): RecordData {
  switch (type) {
    case DnsType.A:
      return ipv4Text(data.readUInt32BE(0));
    case DnsType.AAAA:
      return (data.toString("hex").match(/.{4}/g) ?? []).map((group) => Number.parseInt(group, 16).toString(16)).join(":");
    case DnsType.TXT:
      return textsIn(data);
    case DnsType.MX:
      return { preference: data.readUInt16BE(0), name: data.toString("utf8", 2) };
    case DnsType.SRV:
      return { priority: data.readUInt16BE(0), weight: data.readUInt16BE(2), port: data.readUInt16BE(4), name: data.toString("utf8", 6) };
    default:
      return data.toString();
  }
}
/** The texts of a TXT record, each behind its length. */
function textsIn(data: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < data.length; at += 1 + (data[at] as number))
    texts.push(data.toString("utf8", at + 1, at + 1 + (data[at] as number)));
  return texts;
}
