// What plays a scenario's device: Ringwire in virtual time, or the Linux kernel in real time.
import type { Step } from "./parse.js";

/** A device under test. Its application makes calls, its frames arrive at the player. */
export interface Device {
  readonly kind: "ringwire" | "linux";
  readonly address: string;
  /** The port it listens on. */
  readonly port: number;
  /** How late an answer "at once" may be, and how long nothing must come before that is silence; milliseconds. */
  readonly grace: number;
  readonly quiet: number;
  /** The device's clock, milliseconds. */
  now(): number;
  /** Gives it an IP packet; it may answer at once. */
  put(packet: Uint8Array): void;
  /** Lets time pass until `done`, at most for `ms`. */
  until(done: () => boolean, ms: number): Promise<void>;
  /** Makes a call of the application; answers a number of octets, the name of an error or a state. */
  call(verb: string, words: string[], octets?: Uint8Array): Promise<Answer>;
  /** How much a counter of Ringwire rose since the start; null where there is none. */
  counter(name: string): number | null;
  /** The counters that rose, in words. */
  rises(): string;
}

/** What a call came to. */
export type Answer = number | string | Uint8Array;

/** A scenario that a device did not follow: at which line, and what it did instead. */
export class Departure extends Error {
  constructor(
    readonly step: Step,
    readonly seen: string,
  ) {
    super(`line ${step.line}, \`${step.text}\`: ${seen}`);
    this.name = "Departure";
  }
}
