// read RFC 2236 §2 and RFC 3376 §4 first
import { get16, get32, get8, put32 } from "../memory/bytes";

/** Octets of a message of versions 1 and 2, and of a version 3 report without group records. */
export const IGMP_HEADER: u32 = 8;
/** Octets of a version 3 query without sources. */
export const IGMP_QUERY: u32 = 12;
/** Octets of a group record without sources. */
export const IGMP_RECORD: u32 = 8;

export enum IgmpType {
  QUERY = 0x11,
  REPORT_V1 = 0x12,
  REPORT_V2 = 0x16,
  LEAVE = 0x17,
  REPORT_V3 = 0x22,
}

/** Types of a group record. RFC 3376 §4.2.12. */
export enum RecordType {
  IS_INCLUDE = 1,
  IS_EXCLUDE = 2,
  TO_INCLUDE = 3,
  TO_EXCLUDE = 4,
  ALLOW = 5,
}

/** An IGMP message in place; a report of version 3 with one group record. */
@unmanaged
@final
export class IgmpHeader {
  static at(address: usize): IgmpHeader {
    return changetype<IgmpHeader>(address);
  }
  get type(): u32 {
    return get8(this, 0);
  }
  /** The first word but for its checksum. */
  start(type: IgmpType): void {
    put32(this, 0, (<u32>type) << 24);
  }
  /** Max Resp Code of a query. */
  get code(): u32 {
    return get8(this, 1);
  }
  /** Memory order, as checksums are computed. */
  set checksum(v: u32) {
    store<u16>(changetype<usize>(this) + 2, <u16>v);
  }
  get group(): u32 {
    return get32(this, 4);
  }
  set group(v: u32) {
    put32(this, 4, v);
  }
  /** Querier's Robustness Variable of a version 3 query. */
  get robustness(): u32 {
    return get8(this, 8) & 7;
  }
  /** Sources of a version 3 query. */
  get sources(): u32 {
    return get16(this, 10);
  }
  source(i: u32): u32 {
    return load<u32>(changetype<usize>(this) + IGMP_QUERY + i * 4);
  }
  /** Says that a report holds one group record, and writes that record's head. */
  record(type: RecordType, sources: u32, group: u32): void {
    put32(this, 4, 1);
    put32(this, 8, ((<u32>type) << 24) | sources);
    put32(this, 12, group);
  }
  /** Where the sources of that record begin. */
  get recordSources(): usize {
    return changetype<usize>(this) + IGMP_HEADER + IGMP_RECORD;
  }
}

/** Milliseconds that a version 3 Max Resp Code means: tenths of a second, above 127 as a floating-point number. RFC 3376 §4.1.1. */
export function maxResponse(code: u32): u32 {
  return (code < 128 ? code : ((code & 15) | 16) << (((code >> 4) & 7) + 3)) * 100;
}
