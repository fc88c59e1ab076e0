// read RFC 9293 §3.3.2 first
//
//   CLOSED --active OPEN--> SYN-SENT --SYN,ACK--> ESTABLISHED <--ACK of SYN-- SYN-RECEIVED <--SYN-- LISTEN (half-open records)
//                              '--------SYN--------> SYN-RECEIVED
//   ESTABLISHED --CLOSE--> FIN-WAIT-1 --ACK of FIN--> FIN-WAIT-2 --FIN--> TIME-WAIT (a record of its own)
//        |                    '--FIN--> CLOSING --ACK of FIN--> TIME-WAIT
//        '--FIN--> CLOSE-WAIT --CLOSE--> LAST-ACK --ACK of FIN--> CLOSED
//
// `grep become` shows where each arrow is taken.
import { Tcb } from "./tcb";

export enum State {
  CLOSED = 0,
  LISTEN = 1,
  SYN_SENT = 2,
  SYN_RECEIVED = 3,
  ESTABLISHED = 4,
  FIN_WAIT_1 = 5,
  FIN_WAIT_2 = 6,
  CLOSE_WAIT = 7,
  CLOSING = 8,
  LAST_ACK = 9,
  TIME_WAIT = 10,
}

/** The one way to change a connection's state. */
export function become(tcb: Tcb, next: State): void {
  tcb.state = next;
}
/** Whether both SYNs have been exchanged. */
export function isSynchronized(state: State): bool {
  return state >= State.ESTABLISHED;
}
/** Whether text of the peer is still expected. */
export function receives(state: State): bool {
  return state == State.ESTABLISHED || state == State.FIN_WAIT_1 || state == State.FIN_WAIT_2;
}
/** Whether the application may still send. */
export function mayQueue(state: State): bool {
  return state <= State.ESTABLISHED ? state >= State.SYN_SENT : state == State.CLOSE_WAIT;
}
/** Whether text or FIN may be in transit. */
export function transmits(state: State): bool {
  return state >= State.ESTABLISHED && state != State.FIN_WAIT_2 && state != State.TIME_WAIT;
}
