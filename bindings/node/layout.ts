// What follows from the generated offsets, and the few numbers that no offset tells. docs/abi.md sections 2, 4 and 7.
import { CLASSES, CONTROL, INTERFACE } from "./constants.js";

/** Octets of the seed, of a buffer class's words, of an interface record, of an address in it, and of a WebAssembly page. */
export const OCTETS = {
  seed: CONTROL.local - CONTROL.seed,
  bufferClass: (CONTROL.listeners - CONTROL.classes) / CLASSES,
  interface: INTERFACE.octets,
  address: 8,
  page: 65536,
} as const;
/** Where prefix and state lie in an address of an interface. */
export const ADDRESS = { prefix: 4, state: 5 } as const;
/** What `poll` answers when nothing is armed. */
export const NOTHING_ARMED = 2 ** 30;
