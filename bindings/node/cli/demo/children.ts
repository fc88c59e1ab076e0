import { type ChildProcess, fork, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type { PeerMessage } from "./peer.js";

const PEER = new URL("./peer.js", import.meta.url);

/** The processes of a demonstration: all are ended when it is. */
export class Children {
  private readonly running = new Set<ChildProcess>();

  /** Runs a task of peer.ts; answers its last message. `seen` gets every message. */
  peer(task: readonly string[], seen: (message: PeerMessage) => void = () => {}): Promise<PeerMessage> {
    return new Promise((resolve, reject) => {
      const child = fork(PEER, task, { stdio: ["ignore", "inherit", "pipe", "ipc"], execArgv: [] });
      const errors = collected(child);
      let last: PeerMessage | undefined;
      child.on("message", (message: PeerMessage) => {
        last = message;
        seen(message);
      });
      this.watch(child, reject, (code) =>
        code === 0 && last ? resolve(last) : reject(new Error(errors() || `the kernel's side ended with ${code}`)),
      );
    });
  }

  /** Runs a program; answers its exit status and what it printed. */
  run(program: string, args: readonly string[]): Promise<{ status: number; output: string }> {
    return new Promise((resolve, reject) => {
      const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
      const errors = collected(child);
      let output = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
      this.watch(child, reject, (code) => resolve({ status: code ?? 1, output: output + errors() }));
    });
  }

  /** Ends all processes that still run. */
  end(): void {
    for (const child of this.running) child.kill("SIGKILL");
  }

  private watch(child: ChildProcess, failed: (error: Error) => void, closed: (code: number | null) => void): void {
    this.running.add(child);
    child.on("error", (error) => {
      this.running.delete(child);
      failed(error);
    });
    child.on("close", (code) => {
      this.running.delete(child);
      closed(code);
    });
  }
}

function collected(child: ChildProcess): () => string {
  let text = "";
  child.stderr?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  return () => text.trim();
}

/** Whether a program is installed. */
export function installed(program: string): boolean {
  const folders = `${process.env.PATH ?? ""}${delimiter}/usr/sbin${delimiter}/sbin`.split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, program)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
