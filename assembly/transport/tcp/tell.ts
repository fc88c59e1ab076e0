import * as ready from "../ready";
import { Tcb } from "./tcb";

/** Something happened to a connection. One that still waits to be accepted keeps it to itself until then. */
export function tell(tcb: Tcb, events: u32): void {
  if (tcb.accept.linked) tcb.events |= <u16>events;
  else ready.raise(tcb, events);
}
