import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";

const running = new Set<Running>();

/** A process whose output is collected. */
export class Running {
  stdout = "";
  stderr = "";
  readonly ended: Promise<number | null>;

  constructor(readonly child: ChildProcessWithoutNullStreams) {
    running.add(this);
    child.stdout.setEncoding("latin1").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = once(child, "close").then(([code]) => {
      running.delete(this);
      return code;
    });
  }

  /** Waits until the output holds a pattern; fails when the process ends without. */
  async until(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const found = this[stream].match(pattern);
      if (found) return found;
      const code = await Promise.race([this.ended, once(this.child[stream], "data").then(() => undefined)]);
      if (code !== undefined && !pattern.test(this[stream]))
        throw new Error(`ended with ${code} before ${pattern}: ${this.stdout}${this.stderr}`);
    }
  }
}

/** Ends every process that still runs. */
export async function endAll(): Promise<void> {
  const left = [...running];
  for (const { child } of left) child.kill("SIGKILL");
  await Promise.all(left.map(({ ended }) => ended));
}
