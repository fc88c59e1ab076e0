// A network namespace with Ringwire on TAP or TUN devices and the kernel's sockets at the other end of them.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  type Driver,
  type Stack,
  type StackInterface,
  type StackOptions,
  type TapDriver,
  createStack,
  openTap,
  openTun,
} from "../../bindings/node/index.js";
import { installed } from "../../bindings/node/cli/demo/children.js";
import type { Status } from "../../bindings/node/cli/services/status.js";
import type { Order, Outcome } from "./kernel.js";
import type * as tasks from "./tasks.js";

type Tasks = typeof tasks;
type Argument<Name extends keyof Tasks> = Parameters<Tasks[Name]>[0];
type Result<Name extends keyof Tasks> = Awaited<ReturnType<Tasks[Name]>>;

/** A device: its name, our address on it, the kernel's, and the options of `ringwire` that make it. */
export interface LabDevice {
  name: string;
  us: string;
  kernel: string;
  options: string[];
}

/** What a program said and how it ended. */
export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));
const KERNEL = fileURLToPath(new URL("./kernel.js", import.meta.url));
let made = 0;

/** Why tests in namespaces cannot run here; false when they can. */
export const missing: string | false = whyNot();

/** Why a test that needs these programs cannot run here; false when it can. */
export function needs(...programs: string[]): string | false {
  const absent = programs.filter((program) => !installed(program));
  return missing || (absent.length > 0 && `needs ${absent.join(" and ")}`);
}

/** A namespace of its own, with all that runs in it. `close` removes everything. */
export class Lab {
  readonly netns = `rwlab-${process.pid}-${made++}`;
  readonly #children = new Set<ChildProcess>();
  readonly #closing: (() => Promise<unknown>)[] = [];
  readonly #waiting = new Map<number, { resolve: (result: never) => void; reject: (error: Error) => void }>();
  #kernel: ChildProcess | undefined;
  #orders = 0;

  constructor() {
    execFileSync("ip", ["netns", "add", this.netns]);
    this.ip("link", "set", "lo", "up");
  }

  /** Device number `n` of the namespace, and the options that make it. */
  device(n = 0, kind: "tap" | "tun" = "tap"): LabDevice {
    const [name, us, kernel] = [`rw${n}`, `10.76.${n}.2`, `10.76.${n}.1`];
    return { name, us, kernel, options: [`--${kind}`, name, "--netns", this.netns, "--ip", `${us}/24`, "--host-ip", `${kernel}/24`] };
  }
  /** Runs a task of tasks.ts in the namespace. */
  async kernel<Name extends keyof Tasks>(name: Name, argument: Argument<Name>): Promise<Result<Name>> {
    this.#kernel ??= this.#startKernel();
    const order: Order = { id: this.#orders++, name, argument };
    return new Promise<Result<Name>>((resolve, reject) => {
      this.#waiting.set(order.id, { resolve, reject });
      this.#kernel?.send(order);
    });
  }
  /** `ringwire up` with these options, once it is ready. */
  async up(...options: string[]): Promise<Up> {
    const child = this.spawn(process.execPath, [MAIN, "up", ...options]);
    const up = new Up(child);
    await up.ready;
    return up;
  }
  /** Starts another command of `ringwire`. */
  ringwire(...args: string[]): ChildProcess {
    return this.spawn(process.execPath, [MAIN, ...args]);
  }
  /** Opens device `n` of the namespace for a stack in this process. `between` puts something before the device. */
  interface(n = 0, kind: "tap" | "tun" = "tap", between = same): StackInterface {
    const { name, us, kernel } = this.device(n, kind);
    const open = kind === "tap" ? openTap : openTun;
    const driver = between(open({ name, netns: this.netns, up: true, hostAddress: `${kernel}/24` }));
    return { driver, addresses: [`${us}/24`] };
  }
  /** A stack in this process, on device 0 if no interfaces are given. */
  async stack(options: Omit<StackOptions, "interfaces"> = {}, ...interfaces: StackInterface[]): Promise<Stack> {
    const stack = await createStack({ ...options, interfaces: interfaces.length ? interfaces : [this.interface()] });
    this.#closing.push(() => stack.close());
    return stack;
  }
  /** Runs a program in the namespace to its end. */
  async run(program: string, args: string[], input?: Uint8Array): Promise<Ended> {
    const child = this.spawn("ip", ["netns", "exec", this.netns, program, ...args]);
    const [stdout, stderr] = [collected(child.stdout), collected(child.stderr)];
    child.stdin?.on("error", () => {}); // it has ended without reading all
    child.stdin?.end(input);
    const [status] = (await once(child, "close")) as [number | null];
    return { status, stdout: stdout(), stderr: stderr() };
  }
  /** Waits until somebody listens on a UDP port of the namespace. */
  async listens(port: number): Promise<void> {
    for (let left = 300; left; left--) {
      const { stdout } = await this.run("ss", ["-Huln", `sport = :${port}`]);
      if (stdout) return;
      await sleep(100);
    }
    throw new Error(`nobody listens on port ${port}`);
  }
  /** Starts a program that `close` ends. */
  spawn(program: string, args: string[]): ChildProcess {
    const child = spawn(program, args, { stdio: "pipe" });
    return this.#add(child);
  }
  /** `ip` for the namespace. */
  ip(...args: string[]): string {
    return execFileSync("ip", ["-n", this.netns, ...args], { encoding: "utf8" });
  }
  /** `bridge` for the namespace. */
  bridge(...args: string[]): string {
    return execFileSync("bridge", ["-n", this.netns, ...args], { encoding: "utf8" });
  }
  /** Sets kernel parameters of the namespace, as `net.ipv4.tcp_sack=0`. */
  sysctl(...settings: string[]): void {
    for (const setting of settings) {
      const [name = "", value = ""] = setting.split("=");
      this.#shell('echo "$2" > "$1"', parameter(name), value);
    }
  }
  /** The value of a kernel parameter of the namespace. */
  sysctlOf(name: string): string {
    return this.#shell('cat "$1"', parameter(name)).trim();
  }
  /** The status page of a `ringwire up` on a device. */
  async status(device: LabDevice): Promise<Status> {
    const { stdout, stderr } = await this.run("curl", ["-sS", "--noproxy", "*", "--max-time", "30", `http://${device.us}/status.json`]);
    if (!stdout) throw new Error(stderr);
    return JSON.parse(stdout) as Status;
  }
  /** Ends all processes and stacks, but not the namespace: for the end of a test. */
  async clear(): Promise<void> {
    await Promise.all(this.#closing.splice(0).map((close) => close()));
    const left = [...this.#children];
    for (const child of left) child.kill("SIGKILL");
    await Promise.all(left.map((child) => once(child, "close")));
    this.#kernel = undefined;
  }
  /** Ends everything and removes the namespace. */
  async close(): Promise<void> {
    await this.clear();
    execFileSync("ip", ["netns", "del", this.netns]);
  }

  #shell(script: string, ...args: string[]): string {
    return execFileSync("ip", ["netns", "exec", this.netns, "sh", "-c", script, "sh", ...args], { encoding: "utf8" });
  }
  #startKernel(): ChildProcess {
    const child = this.#add(
      spawn("ip", ["netns", "exec", this.netns, process.execPath, KERNEL], { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
    );
    child.on("message", (outcome: Outcome) => {
      const waiter = this.#waiting.get(outcome.id);
      this.#waiting.delete(outcome.id);
      if ("error" in outcome) waiter?.reject(new Error(outcome.error));
      else waiter?.resolve(outcome.result as never);
    });
    child.on("close", () => {
      for (const { reject } of this.#waiting.values()) reject(new Error("the kernel's side has ended"));
      this.#waiting.clear();
    });
    return child;
  }
  #add<Child extends ChildProcess>(child: Child): Child {
    this.#children.add(child);
    child.on("close", () => this.#children.delete(child));
    return child;
  }
}

/** A test in a namespace of its own, for tests that run at the same time. */
export function inLab(work: (lab: Lab) => Promise<void>): () => Promise<void> {
  return async () => {
    const lab = new Lab();
    try {
      await work(lab);
    } finally {
      await lab.close();
    }
  };
}

/** A running `ringwire up`. */
export class Up {
  /** Settles with the line that it prints when it serves; rejects when it ends before. */
  readonly ready: Promise<string>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  readonly #stderr: () => string;

  constructor(child: ChildProcess) {
    this.#child = child;
    this.#stderr = collected(child.stderr);
    this.#ended = once(child, "close").then(([status]) => status as number | null);
    const line = once(child.stdout as NodeJS.ReadableStream, "data").then(([text]) => String(text));
    const early = this.#ended.then((status) => {
      throw new Error(`ringwire up ended with ${status}: ${this.#stderr()}`);
    });
    early.catch(() => {});
    this.ready = Promise.race([line, early]);
  }
  /** Ends it by SIGTERM; answers its exit status and what it wrote to stderr. */
  async down(): Promise<{ status: number | null; stderr: string }> {
    this.#child.kill("SIGTERM");
    return { status: await this.#ended, stderr: this.#stderr() };
  }
}

function parameter(name: string): string {
  return `/proc/sys/${name.replaceAll(".", "/")}`;
}

function same(driver: TapDriver): Driver {
  return driver;
}

function collected(stream: NodeJS.ReadableStream | null): () => string {
  let text = "";
  stream?.setEncoding("latin1");
  stream?.on("data", (part: string) => {
    text += part;
  });
  return () => text;
}

function whyNot(): string | false {
  if (process.platform !== "linux") return "TAP devices need Linux";
  if (process.geteuid?.() !== 0) return "making network namespaces needs root";
  if (!installed("ip")) return "needs ip of iproute2";
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
    return false;
  } catch {
    return "there is no /dev/net/tun";
  }
}
