// read RFC 2018 §4-§5, RFC 2883 and RFC 6675 first
// What SACK blocks say about the segments we have sent.
import { Segment } from "./segment";
import { later, Seq } from "./seq";
import { Mark, Sent } from "./sent";
import * as rack from "./rack";
import { Tcb } from "./tcb";

/** Whether the first block of a segment tells of octets that arrived twice. RFC 2883 §4. */
export function isDuplicate(tcb: Tcb, seg: Segment): bool {
  if (!seg.sackBlocks) return false;
  const left = seg.sackLeft(0);
  const right = seg.sackRight(0);
  if (left >= right) return false;
  if (right <= seg.ack) return left >= tcb.snd.una.minus(tcb.snd.maxWnd);
  return seg.sackBlocks > 1 && left >= seg.sackLeft(1) && right <= seg.sackRight(1);
}
/** Takes note of all that `seg` says has arrived, SND.UNA included. */
export function take(tcb: Tcb, seg: Segment): void {
  tcb.board.originals = 0;
  if (tcb.board.count) rack.began(tcb);
  for (let i: u32 = 0; i < seg.sackBlocks; i++) takeBlock(tcb, seg, later(seg.sackLeft(i), tcb.snd.una), seg.sackRight(i));
  takeAcknowledged(tcb, seg);
}
/** One block. What it tells of octets never sent is not believed; a segment of which it tells only a part counts as missing, so that no peer can cut what we send into crumbs. */
function takeBlock(tcb: Tcb, seg: Segment, left: Seq, right: Seq): void {
  const board = tcb.board;
  if (right > tcb.snd.nxt || left >= right) return;
  for (let i = board.find(left); i != board.next && board.at(i).start < right; i++) {
    const it = board.at(i);
    const isTextOnly = right == tcb.snd.end && it.end > right; // and the FIN is missing
    if (it.end > right && !(isTextOnly && board.split(i, right))) return;
    if (it.has(Mark.SACKED) || it.start < left) continue;
    hasArrived(tcb, it, seg);
    board.deliver(it);
  }
}
/** A segment is new among those that the peer has. */
function hasArrived(tcb: Tcb, it: Sent, seg: Segment): void {
  rack.delivered(tcb, it, seg);
  if (!it.has(Mark.AGAIN) && it.end <= tcb.congestion.recover) tcb.board.originals += it.octets;
}
/** Everything before SND.UNA. */
function takeAcknowledged(tcb: Tcb, seg: Segment): void {
  const board = tcb.board;
  const una = tcb.snd.una;
  while (board.count && board.at(board.first).end <= una) {
    const it = board.at(board.first);
    if (!it.has(Mark.SACKED)) hasArrived(tcb, it, seg);
    board.drop();
  }
  if (board.count && board.at(board.first).start < una) board.trim(una);
}
