// Octets that the host keeps outside linear memory, as in flash: an application asks for some of them, or has some of its own kept, by the
// last words of the mailbox, and the host does it between two polls. Nothing is copied on the way: addresses are those of rings.
import { Err } from "../memory/errors";
import { root } from "../memory/root";

/** The mailbox words of a request, the last of all. */
export enum FlashWord {
  /** Who asks, a number of the application's own; 0: nobody. */
  ASKER = 57,
  /** FlashWhat. The host writes 0 when it is done. */
  WHAT = 58,
  /** Number of the store, as host and application have agreed. */
  STORE = 59,
  /** The first octet of it that is meant. */
  OFFSET = 60,
  OCTETS = 61,
  /** Where they are to be put, or lie. */
  ADDRESS = 62,
  /** How many octets it was, or an error; for SIZE how many the store has. Host. */
  ANSWER = 63,
}
/** What is asked of the host. */
export enum FlashWhat {
  NOTHING = 0,
  SIZE = 1,
  READ = 2,
  WRITE = 3,
}

/** Asks the host, who answers before the next poll. False: another asker's request stands. */
export function ask(asker: u32, what: FlashWhat, store: u32, offset: u32, octets: u32, at: usize): bool {
  if (root.mail(FlashWord.ASKER)) return false;
  root.setMail(FlashWord.ASKER, asker);
  root.setMail(FlashWord.WHAT, what);
  root.setMail(FlashWord.STORE, store);
  root.setMail(FlashWord.OFFSET, offset);
  root.setMail(FlashWord.OCTETS, octets);
  root.setMail(FlashWord.ADDRESS, <u32>at);
  return true;
}
/** In a poll after that: the host's answer, once. NOT_SUPPORTED: it did not answer; WOULD_BLOCK: this asker has asked nothing. */
export function answer(asker: u32): i32 {
  if (root.mail(FlashWord.ASKER) != asker) return Err.WOULD_BLOCK;
  const isUnanswered = root.mail(FlashWord.WHAT) != FlashWhat.NOTHING;
  forget(asker);
  return isUnanswered ? Err.NOT_SUPPORTED : <i32>root.mail(FlashWord.ANSWER);
}
/** The asker wants no answer any more. */
export function forget(asker: u32): void {
  if (root.mail(FlashWord.ASKER) != asker) return;
  root.setMail(FlashWord.ASKER, 0);
  root.setMail(FlashWord.WHAT, FlashWhat.NOTHING);
}
