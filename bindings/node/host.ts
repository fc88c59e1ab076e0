import type { Core } from "./core.js";

/** Something with a handle: it is told what happened to its socket. */
export interface Client {
  /** Event bits of the host interface. */
  ready(events: number): void;
  /** The stack closes: lets go without waiting. */
  shut(): void;
}

/** What sockets need of the stack they belong to. */
export interface Host {
  readonly core: Core;
  /** Throws NOT_READY after the stack was closed. */
  ensureOpen(): void;
  /** From now on `client` is told what happens to `handle`. */
  attach(handle: number, client: Client): void;
  /** The handle is let go. */
  detach(handle: number): void;
  /** A socket call has marked something: the stack runs soon. */
  schedule(): void;
  /** From now on `look` is called whenever the stack has run, until the answer is called: for what has no events. */
  looking(look: () => void): () => void;
}
