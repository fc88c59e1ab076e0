// What a transparent interface and the option DECIDE add to listening: connections to other hosts' addresses, and a SYN that is
// answered only when the application says so.
import { Endpoint, Interface, InterfaceFlag } from "../../memory/control";
import { count, Counter } from "../../memory/counters";
import * as deadlines from "../../memory/deadlines";
import { Err, Event } from "../../memory/errors";
import { Link } from "../../memory/list";
import { Kind } from "../../memory/pool";
import { root, state } from "../../memory/root";
import { Instant } from "../../memory/time";
import { IPV4_HEADER, Protocol } from "../../wire/ipv4";
import { Ctl, TCP_HEADER, TcpHeader } from "../../wire/tcp";
import { SLOT_IP } from "../../link/device";
import { numberOf } from "../../link/interfaces";
import { packet } from "../../link/packet";
import * as ipv4 from "../../internet/ipv4";
import * as ready from "../ready";
import { handleOf, recordOf } from "../socket";
import { listenerOf } from "./calls";
import { Ask, HalfOpen } from "./halfopen";
import { forget } from "./listener";
import { Listener } from "./listening";
import { Segment } from "./segment";
import { find, mark } from "./tcb";

/** How long a SYN waits for a verdict; then it is forgotten, and the peer's next one asks anew. */
const WAIT: u32 = 30000;

/** Whether a listener may take connections to all ports at this endpoint: by a transparent interface, to any address. */
export function takesAll(at: Endpoint): bool {
  return !at.a0 && at.interface != 0 && (root.interface(at.interface - 1).flags & InterfaceFlag.TRANSPARENT) != 0;
}
/** The listener for a segment to another host's address: `found`, when it names the interface, else the one for all ports there. */
export function listenerAt(found: Listener | null): Listener | null {
  const number = numberOf(packet().via);
  if (found && <u32>found.only == number) return found;
  const all = changetype<Listener | null>(find(0, 0, 0));
  return all && <u32>all.only == number ? all : null;
}

/** A SYN came to a listener that decides: it waits. */
export function ask(it: HalfOpen, now: Instant): void {
  it.ask = <u8>Ask.NEW;
  it.next = now + WAIT;
  deadlines.arm(it, it.next);
  ready.raise(it.parent, Event.ASKED);
}
/** Nothing that comes while it waits changes anything, but a RST that ends it. */
export function segmentArrives(it: HalfOpen, seg: Segment): void {
  if (!seg.has(Ctl.RST)) return count(Counter.TCP_UNACCEPTABLE);
  count(Counter.TCP_RST_IN);
  if (seg.seq == it.irs.plus(1)) forget(it);
}
/** The oldest SYN to a listener that it was not told of yet; `remote` and `local` hold its ends. Errors: BAD_HANDLE, WOULD_BLOCK. */
export function asked(handle: i32): i32 {
  const listener = listenerOf(handle);
  if (!listener) return Err.BAD_HANDLE;
  for (let link = Link.at(listener.opening.next); link != listener.opening; link = Link.at(link.next)) {
    const it = HalfOpen.ofSibling(link);
    if (it.ask != <u8>Ask.NEW) continue;
    it.ask = <u8>Ask.TOLD;
    root.local.set(it.local, it.localPort, it.only);
    root.remote.set(it.remote, it.remotePort, it.only);
    return handleOf(it);
  }
  return Err.WOULD_BLOCK;
}
/** Decides on a SYN: 1, it is answered; 0, it is refused by a RST; -1, it is forgotten in silence. Errors: BAD_HANDLE, BAD_ARGUMENT. */
export function decide(handle: i32, verdict: i32): i32 {
  const it = changetype<HalfOpen | null>(recordOf(handle, Kind.HALF_OPEN));
  if (!it || !it.ask || it.ask == <u8>Ask.REFUSED) return Err.BAD_HANDLE;
  if (verdict < -1 || verdict > 1) return Err.BAD_ARGUMENT;
  if (verdict < 0) forget(it);
  else {
    it.ask = verdict ? <u8>Ask.NONE : <u8>Ask.REFUSED;
    it.next = state.now + WAIT;
    mark(it);
  }
  return 0;
}
/** Writes the RST that refuses into the slot, and sends it. */
export function refuse(it: HalfOpen, via: Interface, slot: usize, mac: usize): void {
  const header = TcpHeader.at(slot + SLOT_IP + IPV4_HEADER);
  header.write(it.ports, 0, it.irs.plus(1).u32, TCP_HEADER, Ctl.RST | Ctl.ACK, 0);
  header.seal(it.local, it.remote, TCP_HEADER);
  ipv4.close(via, slot, mac, it.local, it.remote, Protocol.TCP, TCP_HEADER, 0, root.ttl, true);
  count(Counter.TCP_OUT);
  count(Counter.TCP_RST_OUT);
}
