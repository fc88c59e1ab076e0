// Reads what node:test prints in TAP as far as failures go.

/** A test that failed. */
export interface Failed {
  /** Its compiled file; empty when none was named. */
  file: string;
  test: string;
}

/** Finds failed tests. A group fails when a test in it does: that one was told before. */
export class Tap {
  #rest = "";
  #depth = 0;
  /** A failure whose file is not known yet. */
  #open: string | null = null;
  /** Name of the last test that ended. */
  last = "";

  constructor(readonly tell: (failed: Failed) => void) {}

  /** Takes a piece of output. */
  take(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }
  /** The output is over. */
  close(): void {
    this.#told("");
  }

  #line(line: string): void {
    const place = /^\s*location: '(.*?):\d+:\d+'$/.exec(line)?.[1];
    if (place !== undefined) return this.#told(place);
    const match = /^(\s*)(not )?ok \d+ - (.*)$/.exec(line);
    if (!match) return;
    this.#told("");
    const [, indent = "", failed, name = ""] = match;
    const isGroup = failed !== undefined && indent.length < this.#depth;
    this.#depth = failed ? indent.length : 0;
    this.last = name.replace(/\\(.)/g, "$1");
    if (failed && !isGroup && !/ # (SKIP|TODO)/.test(name)) this.#open = this.last;
  }
  #told(file: string): void {
    const test = this.#open;
    this.#open = null;
    if (test !== null) this.tell({ file, test });
  }
}
