// What a run is told and what it tells.
import type { Fault } from "./faults.js";
import type { Tamper } from "./host.js";

/** How a run ended. */
export interface Verdict {
  seed: number;
  /** What did not hold, "" when all did; and the particulars. */
  failed: string;
  detail: string;
  faults: Fault[];
  frames: number;
  events: number;
  octets: number;
  connections: number;
  /** Virtual seconds. */
  seconds: number;
  /** How often each rare state was reached. */
  sometimes: Map<string, number>;
  /** A hash over all frames and their times. */
  digest: number;
  /** The state hash of each stack at the end, 0 where a module has none. */
  states: number[];
}

/** What a run is told besides its plan. */
export interface RunOptions {
  /** Only these faults happen. */
  kept?: readonly Fault[] | null;
  tampers?: readonly Tamper[];
  /** Events that a run may take; more are a livelock. */
  eventsMost?: number;
  /** Called with every frame that a stack writes, in words. */
  trace?: (line: string) => void;
}

/** Something did not hold: the run ends. */
export class Failure extends Error {
  constructor(
    readonly what: string,
    detail: string,
  ) {
    super(detail);
  }
}
