// Who has something to do: one queue of sockets for each owner, each socket in it at most once.
import { Link } from "../memory/list";
import { root, state } from "../memory/root";
import { SERVICES } from "./service";
import { Socket } from "./socket";

function queue(owner: u32): Link {
  return Link.at(state.owners + owner * 8);
}

/** Empties all queues. */
export function start(): void {
  for (let i: u32 = 0; i < root.owners + SERVICES; i++) queue(i).clear();
}

/** Something happened to a socket. */
export function raise(socket: Socket, events: u32): void {
  socket.events |= <u16>events;
  if (!socket.ready.linked) queue(socket.owner).push(socket.ready);
}
/** Forgets what happened. */
export function forget(socket: Socket): void {
  socket.events = 0;
  socket.ready.unlink();
}
/** Whether something happened to a socket of this owner. */
export function isDue(owner: u32): bool {
  return !queue(owner).isEmpty;
}
/** The next socket of an owner, null when none; its events go to the control block and are cleared. */
export function next(owner: u32): Socket | null {
  const head = queue(owner);
  if (head.isEmpty) return null;
  const socket = Socket.ofReady(Link.at(head.next));
  socket.ready.unlink();
  root.events = socket.events;
  socket.events = 0;
  return socket;
}
