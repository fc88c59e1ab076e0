// read RFC 1034 §5.3.3, RFC 2308 and RFC 5452 §9.1 first
// What a message says about a question: whether it is its answer at all, and where its aliases lead.
import { get32 } from "../memory/bytes";
import {
  CLASS_IN,
  DnsFlag,
  DnsHeader,
  DnsRecord,
  DNS_HEADER,
  DnsType,
  lengthOf,
  NX_DOMAIN,
  readName,
  readQuestion,
  readRecord,
  sameName,
} from "../wire/dns";
import { Name, prefixOf } from "./names";

/** Aliases that are followed, in all answers to a question together. */
const HOPS: u32 = 8;
/** Seconds it is remembered that there is no such name, at most. RFC 2308 §5. */
const NEGATIVE_MAX: u32 = 3600;
/** The data of a SOA record: two names and five numbers, the last of which bounds how long "none" holds. */
const SOA_MIN: u32 = 22;

/** What a message is to a question. */
export enum Outcome {
  /** Not its answer: the right one may still come. */
  OTHER = 0,
  /** It did not fit: to be asked over TCP. */
  CUT = 1,
  /** The server has failed, or its message is malformed. */
  FAILED = 2,
  /** An alias leads to a name that must be asked for. */
  MOVED = 3,
  /** There is no such name. */
  NONE = 4,
  /** The records, if any, are in the answer. */
  FOUND = 5,
}

/** Reads a message about a question; `it` is changed only by its answer. `isPart`: the message goes on, records beyond its end are left out. */
export function read(it: Name, record: DnsRecord, message: usize, octets: u32, isPart: bool): Outcome {
  if (octets < DNS_HEADER) return Outcome.OTHER;
  const header = DnsHeader.at(message);
  const end = message + octets;
  const flags = header.flags;
  if (header.id != it.id || (flags & (DnsFlag.RESPONSE | DnsFlag.OPCODE)) != DnsFlag.RESPONSE) return Outcome.OTHER;
  const at = header.questions == 1 ? readQuestion(record, message, message + DNS_HEADER, end) : 0;
  if (!at || record.type != it.type || record.class != CLASS_IN || !sameName(record.name, it.data)) return Outcome.OTHER;
  const code = flags & DnsFlag.RCODE;
  if (it.isLocal) {
    if (code) return Outcome.OTHER;
  } else {
    if (flags & DnsFlag.TRUNCATED) return Outcome.CUT;
    if (code && code != NX_DOMAIN) return Outcome.FAILED;
  }
  const hops = it.hops;
  const behind = follow(it, record, message, at, end, isPart);
  if (!behind || it.hops > HOPS) return Outcome.FAILED;
  if (it.count) return Outcome.FOUND;
  if (it.isLocal) return Outcome.OTHER;
  const seconds = isPart ? -1 : negative(record, message, behind, end);
  if (!code && seconds < 0 && it.hops != hops) return Outcome.MOVED;
  it.ttl = min(it.ttl, max(seconds, 0));
  return code ? Outcome.NONE : Outcome.FOUND;
}

/** Collects the records of the name, or of what its aliases lead to, in whatever order they come. Answers the address behind the answers; 0: malformed. */
function follow(it: Name, record: DnsRecord, message: usize, from: usize, end: usize, isPart: bool): usize {
  let at: usize = 0;
  for (;;) {
    let alias: usize = 0;
    at = from;
    for (let left = DnsHeader.at(message).answers; left; left--) {
      const next = readRecord(record, message, at, end);
      if (!next && isPart) break;
      if (!next) return 0;
      at = next;
      if ((record.class & (it.isLocal ? 0x7fff : 0xffff)) != CLASS_IN || !sameName(record.name, it.data)) continue;
      if (record.type == it.type) collect(it, record, message, end);
      else if (record.type != DnsType.CNAME) continue;
      else alias = record.data;
      it.ttl = min(it.ttl, record.ttl);
    }
    if (it.count || !alias || ++it.hops > HOPS) break;
    if (!readName(record.name, message, alias, end)) return 0;
    it.clear(record.name);
  }
  return at;
}
/** Takes a record into the answer; one whose length is wrong for its type is left out. */
function collect(it: Name, record: DnsRecord, message: usize, end: usize): void {
  const prefix = prefixOf(it.type);
  if (prefix < 0) {
    const wanted: u32 = it.type == DnsType.A ? 4 : it.type == DnsType.AAAA ? 16 : record.length;
    if (record.length == wanted) it.add(record.data, 0, record.data, wanted);
    return;
  }
  const behind = record.data + record.length;
  if (record.length > <u32>prefix && readName(record.name, message, record.data + prefix, end) == behind)
    it.add(record.data, prefix, record.name, lengthOf(record.name));
}
/** Seconds for which it holds that there are none, as a SOA record behind the answers says; -1: nobody says so. RFC 2308 §3, §5. */
function negative(record: DnsRecord, message: usize, from: usize, end: usize): i32 {
  let at = from;
  for (let left = DnsHeader.at(message).authorities; left && at; left--) {
    at = readRecord(record, message, at, end);
    if (at && record.type == DnsType.SOA && record.length >= SOA_MIN)
      return min(min(record.ttl, NEGATIVE_MAX), get32(record.data, record.length - 4));
  }
  return -1;
}
