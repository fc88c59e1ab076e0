// Segments that leave in one frame, for a NIC that cuts them (TCP segmentation offload) and fills in their checksums.
import { OFFLOAD } from "../../memory/config";
import { Offload, SlotFlag } from "../../memory/control";
import { DATAGRAM_MAX } from "../../wire/ipv4";
import { TcpHeader } from "../../wire/tcp";
import { leave as leaveToNic } from "../../link/device";
import { deviceOf } from "../../link/interfaces";
import * as pace from "./pace";
import { Tcb } from "./tcb";

/** Whether the checksum of text is left to the NIC. */
export function isLeft(tcb: Tcb): bool {
  return OFFLOAD ? deviceOf(tcb.path.via).offload != 0 : false;
}
/** Says so, and how the NIC is to cut what is longer than a segment. A longer one that is on trial (RFC 4821) goes in one piece. */
export function leave(tcb: Tcb, slot: usize, header: TcpHeader, length: u32, total: u32): void {
  header.sealInPart(tcb.local, tcb.remote, total);
  const isCut = length > tcb.snd.mss && !isTrial(tcb);
  leaveToNic(slot, SlotFlag.CHECKSUM_LEFT | (isCut ? SlotFlag.SUPER_FRAME : 0), isCut ? tcb.snd.mss : 0);
}
function isTrial(tcb: Tcb): bool {
  return (tcb.mayTry | tcb.isTrying) != 0;
}
/** Whether the segment of `length` at the cursor may have others behind it in its frame: new, full, and with nothing to say that is for one alone. */
export function isPossible(tcb: Tcb, length: u32): bool {
  const snd = tcb.snd;
  if (!OFFLOAD || length != snd.mss || snd.cursor != snd.nxt || isTrial(tcb)) return false;
  return (deviceOf(tcb.path.via).offload & Offload.SEGMENTATION) != 0 && !tcb.cwr && text(tcb) > length;
}
/** How many, of `room` octets that the windows let out. One that carries the FIN goes by itself. */
export function segments(tcb: Tcb, room: u32): u32 {
  const board = tcb.board;
  const octets = min(min(room, text(tcb) - (tcb.closing ? 1 : 0)), min(pace.allowance(tcb), DATAGRAM_MAX - tcb.headers));
  const most = octets / tcb.snd.mss;
  return max<u32>(board.capacity ? min(most, board.capacity - board.count) : most, 1);
}
function text(tcb: Tcb): u32 {
  return tcb.snd.end.since(tcb.snd.cursor);
}
