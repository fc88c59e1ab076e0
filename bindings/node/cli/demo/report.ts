import { columns } from "../services/status.js";

/** One line of the closing table. */
interface Result {
  readonly what: string;
  readonly held: boolean;
  readonly detail: string;
}

/** Milliseconds between two progress lines: on a terminal one line is written over, elsewhere lines follow each other. */
const PROGRESS_TTY = 100;
const PROGRESS_LOG = 2000;

/** Tells on stdout what a demonstration does as it goes, and keeps the results for a table. */
export class Report {
  private readonly results: Result[] = [];
  private readonly tty = process.stdout.isTTY === true;
  private last = 0;
  private open = false;

  /** A line of text. */
  say(text: string): void {
    this.endProgress();
    console.log(text);
  }

  /** How far a long part is, in octets. */
  progress(what: string, done: number, total: number): void {
    const now = performance.now();
    if (done < total && now - this.last < (this.tty ? PROGRESS_TTY : PROGRESS_LOG)) return;
    this.last = now;
    const text = `  ${what}: ${megabytes(done)} of ${megabytes(total)} MB (${Math.floor((done * 100) / total)} %)`;
    process.stdout.write(this.tty ? `\r${text}\u001b[K` : `${text}\n`);
    this.open = this.tty;
  }

  /** Runs one part and notes whether it held; a failure of the part is its result, not the end of the rest. When `stop` came it has none. */
  async part(what: string, run: () => Promise<string>, stop: AbortSignal): Promise<void> {
    this.last = performance.now();
    try {
      this.note({ what, held: true, detail: await run() });
    } catch (error) {
      if (stop.aborted) return this.say("  interrupted");
      const detail = error instanceof Error ? error.message : String(error);
      this.note({ what, held: false, detail: detail.replace(/\s*\n\s*/g, "; ") });
    }
  }

  private note(result: Result): void {
    this.results.push(result);
    this.say(`  ${result.held ? "held" : "FAILED"}: ${result.what}: ${result.detail}`);
  }

  /** Prints the table; answers whether all parts held. */
  close(): boolean {
    const held = this.results.filter((result) => result.held).length;
    const all = held > 0 && held === this.results.length;
    const rows = this.results.map(({ what, held, detail }) => [what, held ? "held" : "FAILED", detail]);
    this.say(`\n${columns([["What", "Result", "Detail"], ...rows])}\n`);
    this.say(all ? "All held." : `Not everything held: ${held} of ${this.results.length}.`);
    return all;
  }

  private endProgress(): void {
    if (this.open) process.stdout.write("\n");
    this.open = false;
  }
}

function megabytes(octets: number): string {
  return (octets / 1e6).toFixed(octets < 1e7 ? 1 : 0);
}
