// TCP for applications inside the module: no closures, no allocation. The entry file of a board or an example gives each
// application an owner number and serves its sockets between receive and transmit.
import { Family } from "./memory/control";
import * as ring from "./memory/ring";
import { root } from "./memory/root";
import { next } from "./transport/ready";
import * as calls from "./transport/tcp/calls";
import { Tcb } from "./transport/tcp/tcb";

/** A connection as its application sees it. Good for the length of one `serve`. */
@unmanaged
@final
export class Socket {
  private get tcb(): Tcb {
    return changetype<Tcb>(this);
  }
  /** The port of this side: tells apart what listens on several. */
  get port(): u32 {
    return this.tcb.localPort;
  }
  /** Octets that can be read in one piece, at `input`. */
  get readable(): u32 {
    const rcv = this.tcb.rcv;
    return ring.contiguous(rcv.mask, rcv.read.u32, this.tcb.readable);
  }
  get input(): usize {
    const rcv = this.tcb.rcv;
    return rcv.ring + (rcv.read.u32 & rcv.mask);
  }
  /** The first `octets` at `input` were read. */
  release(octets: u32): void {
    calls.release(this.tcb, octets);
  }
  /** Octets that can be written in one piece, at `output`. When there are none, the next room is an event. */
  get writable(): u32 {
    return max(calls.spaceOf(this.tcb), 0);
  }
  /** Whether so many octets can be written, be it in two pieces. If not, the next room is an event. */
  hasRoom(octets: u32): bool {
    if (this.writable && this.tcb.writable >= octets) return true;
    this.tcb.wants = 1;
    return false;
  }
  get output(): usize {
    const snd = this.tcb.snd;
    return snd.ring + (snd.end.u32 & snd.mask);
  }
  /** The first `octets` at `output` are the next of the stream. */
  send(octets: u32): void {
    calls.commit(this.tcb, octets, true);
  }
  /** Whether the peer has closed and everything was read; what is written still arrives. */
  get isFinished(): bool {
    return !this.tcb.readable && this.tcb.isFinished;
  }
  /** Whether the connection is over, by a reset or a timeout: nothing that is written arrives. */
  get isGone(): bool {
    return !this.tcb.attached;
  }
  /** Lets go: what was sent still arrives; the socket must not be used any more. */
  close(): void {
    calls.drop(this.tcb);
  }
  /** The application's own octets in this connection, zero at its start; as many as the control block's `record`. */
  record<T>(): T {
    return changetype<T>(this.tcb.record);
  }
}

/** Half-open connections of one port; the control block's synQueue bounds them all. */
export const BACKLOG: i32 = 128;

/** Listens on a port of all addresses; connections belong to `owner`, an application's number from 1 on. Negative: an error of tcp_listen. */
export function listen(port: u32, owner: u32): i32 {
  root.local.set(0, port, 0);
  root.local.family = <u16>Family.ANY;
  return calls.listen(0, BACKLOG, owner);
}
/** Begins to connect; what is written meanwhile follows. Null: an error of tcp_connect. */
export function connect(ip: u32, port: u32, owner: u32): Socket | null {
  root.remote.set(ip, port, 0);
  root.local.family = <u16>Family.ANY;
  const handle = calls.connect(0, owner);
  return handle < 0 ? null : changetype<Socket>(calls.connectionOf(handle));
}
/** The next connection of an owner to which something happened; null when none. */
export function ready(owner: u32): Socket | null {
  return changetype<Socket | null>(next(owner));
}
