// read RFC 9293 §3.1 and §3.3.1 (current segment variables) first
import { fold, pseudo, sum } from "../../memory/checksum";
import { TIMESTAMPS, TRAINS } from "../../memory/config";
import { count, Counter } from "../../memory/counters";
import { root } from "../../memory/root";
import { Ipv4Header, Protocol } from "../../wire/ipv4";
import { nextOption, option16, option32, option8, optionKind, OptionKind, optionLength, WINDOW_SHIFT_MAX } from "../../wire/options";
import { Ctl, TCP_HEADER, TcpHeader } from "../../wire/tcp";
import { Packet } from "../../link/packet";
import { Seq } from "./seq";

/** The segment under examination. RFC 9293 §3.3.1; `len` counts SYN and FIN, `textLength` does not. */
@unmanaged
@final
export class Segment {
  seq: Seq;
  ack: Seq;
  len: u32;
  /** As on the wire, not scaled. */
  wnd: u32;
  up: u32;
  ctl: u32;
  text: u32;
  textLength: u32;
  /** What the options of a SYN say: MSS (0: none), shift (-1: none), SACK permitted. */
  mss: u32;
  shift: i32;
  sackPermitted: u32;
  /** Address of a SACK option with whole blocks, 0: none; and how many. */
  sack: u32;
  sackBlocks: u32;
  /** 1: TSval and TSecr are there. */
  stamped: u32;
  tsVal: u32;
  tsEcr: u32;
  /** TOS octet of the IP header. */
  tos: u32;
  local: u32;
  remote: u32;
  ports: u32;

  has(bits: u32): bool {
    return (this.ctl & bits) != 0;
  }
  /** One past the last position it occupies. */
  get end(): Seq {
    return this.seq.plus(this.len);
  }
  /** The window in octets; that of a SYN is never scaled. RFC 7323 §2.2. */
  windowFor(shift: u32): u32 {
    return this.has(Ctl.SYN) ? this.wnd : this.wnd << shift;
  }
  /** Cuts off the SYN, so that the segment begins with its text. */
  stripSyn(): void {
    this.ctl &= ~Ctl.SYN;
    this.seq = this.seq.plus(1);
    this.len--;
  }
  sackLeft(i: u32): Seq {
    return Seq.of(option32(this.sack, i * 2));
  }
  sackRight(i: u32): Seq {
    return Seq.of(option32(this.sack, i * 2 + 1));
  }
}
if (offsetof<Segment>() > 96) ERROR("Segment outgrew its place");

/** The one segment in hand. */
export function segment(): Segment {
  return changetype<Segment>(root.packetAt + 128);
}

/** Reads a segment; false when its header is not whole or its checksum is wrong. */
export function read(packet: Packet): bool {
  if (packet.length < TCP_HEADER) return drop(Counter.TCP_SHORT);
  const header = TcpHeader.at(packet.payload);
  const headerLength = header.headerLength;
  if (headerLength < TCP_HEADER || headerLength > packet.length) return drop(Counter.TCP_OFFSET);
  if (
    !packet.isVerified &&
    fold(sum(packet.payload, packet.length, pseudo(packet.source, packet.destination, Protocol.TCP, packet.length)))
  )
    return drop(Counter.TCP_CHECKSUM);
  if (!header.sourcePort || !header.destinationPort) return drop(Counter.TCP_BAD_PORT);
  const seg = segment();
  seg.seq = Seq.of(header.seq);
  seg.ack = Seq.of(header.ack);
  seg.wnd = header.window;
  seg.up = header.urgent;
  seg.ctl = header.control;
  seg.text = packet.payload + headerLength;
  seg.textLength = packet.length - headerLength;
  seg.len = seg.textLength + (seg.has(Ctl.SYN) ? 1 : 0) + (seg.has(Ctl.FIN) ? 1 : 0);
  seg.tos = Ipv4Header.at(packet.ip).tos;
  seg.local = packet.destination;
  seg.remote = packet.source;
  seg.ports = (header.destinationPort << 16) | header.sourcePort;
  readOptions(seg, header.options, packet.payload + headerLength);
  return true;
}
function drop(why: Counter): bool {
  count(why);
  return false;
}

/** Options that do not make sense are as if they were not there. MUST-5, MUST-6, MUST-7, MUST-64. */
function readOptions(seg: Segment, from: usize, end: usize): void {
  seg.mss = 0;
  seg.shift = -1;
  seg.sackPermitted = 0;
  seg.sack = 0;
  seg.sackBlocks = 0;
  seg.stamped = 0;
  if (TRAINS && from == end) return;
  const isSyn = seg.has(Ctl.SYN);
  for (let at = nextOption(from, end); at; at = nextOption(at + optionLength(at), end)) {
    const length = optionLength(at);
    switch (optionKind(at)) {
      case OptionKind.MSS:
        if (isSyn && length == 4) seg.mss = option16(at);
        break;
      case OptionKind.WINDOW_SCALE:
        if (isSyn && length == 3) seg.shift = min(option8(at), WINDOW_SHIFT_MAX);
        break;
      case OptionKind.SACK_PERMITTED:
        if (isSyn && length == 2) seg.sackPermitted = 1;
        break;
      case OptionKind.SACK:
        if (!isSyn && length >= 10 && (length - 2) % 8 == 0) {
          seg.sack = <u32>at;
          seg.sackBlocks = (length - 2) >> 3;
        }
        break;
      case OptionKind.TIMESTAMPS:
        if (TIMESTAMPS && length == 10) {
          seg.stamped = 1;
          seg.tsVal = option32(at, 0);
          seg.tsEcr = option32(at, 1);
        }
        break;
      default:
        break;
    }
  }
}
