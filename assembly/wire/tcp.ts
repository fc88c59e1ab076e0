// read RFC 9293 §3.1 first
import { get16, get32, get8, put16, put32, put8 } from "../memory/bytes";
import { fold, pseudo, sum } from "../memory/checksum";
import { Protocol } from "./ipv4";

/** Octets of a TCP header without options. */
export const TCP_HEADER: u32 = 20;
/** Octets of the longest option area. */
export const TCP_OPTIONS_MAX: u32 = 40;
/** Control bits. */
export enum Ctl {
  FIN = 1,
  SYN = 2,
  RST = 4,
  PSH = 8,
  ACK = 16,
  URG = 32,
  ECE = 64,
  CWR = 128,
}

/** A TCP header in place. Fields are big-endian in memory, host order here. */
@unmanaged
@final
export class TcpHeader {
  static at(address: usize): TcpHeader {
    return changetype<TcpHeader>(address);
  }
  get sourcePort(): u32 {
    return get16(this, 0);
  }
  set sourcePort(v: u32) {
    put16(this, 0, v);
  }
  get destinationPort(): u32 {
    return get16(this, 2);
  }
  set destinationPort(v: u32) {
    put16(this, 2, v);
  }
  get seq(): u32 {
    return get32(this, 4);
  }
  set seq(v: u32) {
    put32(this, 4, v);
  }
  get ack(): u32 {
    return get32(this, 8);
  }
  set ack(v: u32) {
    put32(this, 8, v);
  }
  /** Octets of header and options. */
  get headerLength(): u32 {
    return (get8(this, 12) >> 4) << 2;
  }
  set headerLength(v: u32) {
    put8(this, 12, v << 2);
  }
  get control(): u32 {
    return get8(this, 13);
  }
  set control(v: u32) {
    put8(this, 13, v);
  }
  get window(): u32 {
    return get16(this, 14);
  }
  set window(v: u32) {
    put16(this, 14, v);
  }
  /** Memory order. */
  set checksum(v: u32) {
    store<u16>(changetype<usize>(this) + 16, <u16>v);
  }
  get urgent(): u32 {
    return get16(this, 18);
  }
  set urgent(v: u32) {
    put16(this, 18, v);
  }
  /** Writes all fields but the checksum. `ports`: source * 65,536 + destination. */
  write(ports: u32, seq: u32, ack: u32, headerLength: u32, control: u32, window: u32): void {
    put32(this, 0, ports);
    this.seq = seq;
    this.ack = ack;
    put32(this, 12, (headerLength << 26) | (control << 16) | window);
    put32(this, 16, 0);
  }
  /** Fills in the checksum of a segment of `length` octets. MUST-2 */
  seal(source: u32, destination: u32, length: u32): void {
    this.checksum = fold(sum(changetype<usize>(this), length, pseudo(source, destination, Protocol.TCP, length)));
  }
  /** The same where the sum of the text is known. `headerLength`: octets of header and options. */
  sealAround(text: u64, source: u32, destination: u32, headerLength: u32, length: u32): void {
    this.checksum = fold(sum(changetype<usize>(this), headerLength, pseudo(source, destination, Protocol.TCP, length) + text));
  }
  /** Leaves the checksum to the NIC: the field holds the sum of the pseudo header, not complemented. */
  sealInPart(source: u32, destination: u32, length: u32): void {
    this.checksum = ~fold(pseudo(source, destination, Protocol.TCP, length));
  }
  get options(): usize {
    return changetype<usize>(this) + TCP_HEADER;
  }
}
