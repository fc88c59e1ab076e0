import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import type { Core } from "./core.js";
import { Err, FlashWhat, FlashWord } from "./constants.js";

/** Octets that a host keeps for an application inside the module, which asks for some at a time. */
export interface FlashStore {
  /** How many there are. */
  size(): number;
  /** Copies those from `offset` on into `to`; answers how many. */
  read(offset: number, to: Uint8Array): number;
  /** Keeps those of `octets` from `offset` on; answers how many. Missing: it cannot be written. */
  write?(offset: number, octets: Uint8Array): number;
}

/** Answers what applications ask of these stores, by their numbers, between two polls. What is answered stops that. */
export function keepFlash(core: Core, stores: ReadonlyMap<number, FlashStore>): () => void {
  const answered = (wait: number) => (answer(core, stores) ? 0 : wait);
  return core.around((inner) => ({
    poll: (ms: number, us: number) => answered(inner.poll(ms, us)),
    transmit: () => answered(inner.transmit()),
  }));
}

/** A store in memory, that can only be read. */
export function octetStore(octets: Uint8Array): FlashStore {
  return {
    size: () => octets.length,
    read(offset, to) {
      const part = octets.subarray(offset, offset + to.length);
      to.set(part);
      return part.length;
    },
  };
}

/** A file as a store; one that is `writable` is made, and begins empty. */
export function fileStore(path: string, writable = false): FlashStore & { close(): void } {
  const file = openSync(path, writable ? "w+" : "r");
  return {
    size: () => fstatSync(file).size,
    read: (offset, to) => readSync(file, to, 0, to.length, offset),
    ...(writable ? { write: (offset: number, octets: Uint8Array) => writeSync(file, octets, 0, octets.length, offset) } : {}),
    close: () => closeSync(file),
  };
}

/** Whether there was a request, which is answered now. */
function answer(core: Core, stores: ReadonlyMap<number, FlashStore>): boolean {
  const what = core.mail(FlashWord.WHAT);
  if (!what) return false;
  const at = core.mail(FlashWord.ADDRESS);
  const span = core.octets.subarray(at, at + core.mail(FlashWord.OCTETS));
  core.setMail(FlashWord.ANSWER, done(stores.get(core.mail(FlashWord.STORE)), what, core.mail(FlashWord.OFFSET), span) >>> 0);
  core.setMail(FlashWord.WHAT, FlashWhat.NOTHING);
  return true;
}

function done(store: FlashStore | undefined, what: number, offset: number, span: Uint8Array): number {
  if (!store) return Err.BAD_ARGUMENT;
  try {
    if (what === FlashWhat.SIZE) return store.size();
    if (what === FlashWhat.READ) return store.read(offset, span);
    if (what === FlashWhat.WRITE && store.write) return store.write(offset, span);
    return Err.NOT_SUPPORTED;
  } catch {
    return Err.NO_ROOM;
  }
}
