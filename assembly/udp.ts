// UDP for applications inside the module, beside tcp.ts: no closures, no allocation. Addresses and ports in host order.
import { Family } from "./memory/control";
import { root } from "./memory/root";
import * as ready_ from "./transport/ready";
import { recordOf } from "./transport/socket";
import { Kind } from "./memory/pool";
import * as calls from "./transport/udp/calls";
import * as groups from "./transport/udp/join";
import { UdpSocket } from "./transport/udp/socket";

/** A UDP socket as its application sees it, from `open` to `close`. */
@unmanaged
@final
export class Datagrams {
  private get handle(): i32 {
    return changetype<UdpSocket>(this).handle;
  }
  /** Octets of the oldest datagram, at `input`, with its sender in `from...`; WOULD_BLOCK when there is none, another error once when ICMP reported one. */
  get next(): i32 {
    return calls.receiveReady(this.handle);
  }
  /** Where the octets lie of which `next` or `space` spoke last. */
  get input(): usize {
    return root.span;
  }
  get output(): usize {
    return root.span;
  }
  /** Sender of the datagram of which `next` spoke: address, port, and number of the interface. */
  get from(): u32 {
    return root.remote.ip;
  }
  get fromPort(): u32 {
    return root.remote.port;
  }
  get via(): u32 {
    return root.remote.interface;
  }
  /** The oldest datagram was read. */
  release(): void {
    calls.receiveRelease(this.handle);
  }
  /** Octets that a datagram may have, to be written at `output`; 0: no room now, and the next room is an event. */
  get space(): i32 {
    return calls.sendSpace(this.handle);
  }
  /** Sends the first `octets` at `output`. Negative: an error of udp_send_commit. `interface_` 0: the one the route names. */
  send(octets: u32, to: u32, port: u32, interface_: u32): i32 {
    root.remote.set(to, port, interface_);
    return calls.sendCommit(this.handle, octets);
  }
  /** Receives only from one sender from now on. Negative: an error of udp_connect. */
  connect(to: u32, port: u32): i32 {
    root.remote.set(to, port, 0);
    return calls.connect(this.handle);
  }
  /** Sets one of the options that UDP shares with TCP; the value must be in its range. */
  set(option: u32, value: u32): void {
    changetype<UdpSocket>(this).setOption(option, value);
  }
  /** How datagrams to groups leave: their TTL, 1 to 255, and whether our own members get them, too. */
  setMulticast(ttl: u32, loops: bool): void {
    changetype<UdpSocket>(this).multicastTtl = ttl;
    changetype<UdpSocket>(this).loops = loops;
  }
  /** From now on `next` tells once of each datagram that ICMP reports as lost, to whomever it went. */
  hearErrors(): void {
    changetype<UdpSocket>(this).errors = true;
  }
  /** Receives what is sent to a group on an interface. Negative: an error of udp_join. */
  join(group: u32, interface_: u32): i32 {
    root.remote.set(group, 0, interface_);
    return groups.join(this.handle, true, 0);
  }
  /** Lets go; what was sent still leaves. */
  close(): void {
    calls.close(this.handle);
  }
}

/** The socket of an owner on a port of all our addresses (0: a port is chosen); `interface_` 0: any. Null: no socket is left, or the port is taken. */
export function open(port: u32, owner: u32, interface_: u32): Datagrams | null {
  root.local.set(0, port, interface_);
  root.local.family = <u16>Family.ANY;
  const handle = calls.bind(owner, false);
  return handle < 0 ? null : changetype<Datagrams>(recordOf(handle, Kind.UDP));
}
/** The next socket of an owner to which something happened; null when none. */
export function ready(owner: u32): Datagrams | null {
  return changetype<Datagrams | null>(ready_.next(owner));
}
/** Empties the queue of an owner who looks at all its sockets anyway. */
export function forget(owner: u32): void {
  while (ready_.next(owner)) continue;
}
