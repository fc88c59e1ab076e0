import { closeSync, openSync, writeSync } from "node:fs";
import type { Status } from "../../../bindings/node/core.js";

/** What the sender's status showed, a line of CSV whenever it changes. */
export class Trace {
  readonly #fd: number;
  #last = "";

  /** Makes or empties the file. */
  constructor(path: string) {
    this.#fd = openSync(path, "w");
    writeSync(this.#fd, "ms,cwnd,ssthresh,unacknowledged,srtt,rto,retransmissions,waits\n");
  }
  /** `now` in milliseconds. */
  note({ cwnd, ssthresh, unacknowledged, srtt, rto, retransmissions, waits }: Status, now: number): void {
    const line = [cwnd, ssthresh, unacknowledged, srtt, rto, retransmissions, waits].join(",");
    if (line === this.#last) return;
    this.#last = line;
    writeSync(this.#fd, `${now.toFixed(3)},${line}\n`);
  }
  /** Closes the file. */
  close(): void {
    closeSync(this.#fd);
  }
}
