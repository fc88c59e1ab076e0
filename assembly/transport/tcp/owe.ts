import { mark, Owes, Tcb } from "./tcb";

/** An ACK is owed after this batch. */
export function oweAck(tcb: Tcb): void {
  tcb.owes |= Owes.ACK;
  mark(tcb);
}
