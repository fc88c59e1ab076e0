// A Unix domain socket that tells `ringwire netstat` of a running stack. Only its user may open it.
import { chmodSync, lstatSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CONTROL, Service } from "../constants.js";
import type { NeighbourStatus, Pool, RouteStatus, Status } from "../index.js";
import { oneLine } from "./failure.js";
import type { InterfaceStatus } from "./services/status.js";
import type { Session } from "./session.js";
import { version } from "./version.js";

/** What a running stack tells of itself. */
export interface Report {
  readonly pid: number;
  /** The command line behind `ringwire`, without the seed: who knows it knows the sequence numbers to come. */
  readonly command: string;
  readonly version: string;
  /** Seconds since start. */
  readonly uptime: number;
  readonly interfaces: readonly InterfaceStatus[];
  /** With the name of the owner of each. */
  readonly sockets: readonly (Status & { ownerName: string })[];
  readonly routes: readonly RouteStatus[];
  readonly neighbours: readonly NeighbourStatus[];
  readonly counters: Readonly<Record<string, number>>;
  readonly pools: Readonly<Record<string, Pool>>;
}

/** Milliseconds a stack may take to tell. */
const PATIENCE = 3000;
const NAME = /^ringwire-(\d+)\.sock$/;

/** The folder of a user's status sockets. */
export function statusFolder(): string {
  return process.env.XDG_RUNTIME_DIR || tmpdir();
}

/** Tells everybody of this user who asks; answers what ends it. A folder that takes no socket is no error: then nobody can ask. */
export async function offerStatus(session: Session): Promise<() => Promise<void>> {
  const path = join(statusFolder(), `ringwire-${process.pid}.sock`);
  const remove = () => rmSync(path, { force: true });
  const server = createServer((socket) => {
    socket.on("error", () => {}); // it has gone without waiting
    socket.end(`${JSON.stringify(report(session))}\n`);
  });
  try {
    mkdirSync(statusFolder(), { recursive: true });
    await Promise.all(entries().map(forgetEnded));
    if (isOurSocket(path)) remove(); // of an earlier process with our number
    const mask = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    } finally {
      process.umask(mask);
    }
    chmodSync(path, 0o600);
  } catch {
    return async () => {};
  }
  server.unref();
  process.on("exit", remove);
  return async () => {
    await new Promise((resolve) => server.close(resolve));
    process.off("exit", remove);
    remove();
  };
}

function report({ stack, started, interfaces }: Session): Report {
  const { core } = stack;
  const owners = core.view.getUint32(core.control + CONTROL.owners, true);
  return {
    pid: process.pid,
    command: shownCommand(process.argv.slice(2)),
    version: version(),
    uptime: (performance.now() - started) / 1000,
    interfaces,
    sockets: core.sockets().map((each) => ({ ...each, ownerName: ownerName(each.owner, owners) })),
    routes: core.routes(),
    neighbours: core.neighbours(),
    counters: core.counters(),
    pools: core.pools(),
  };
}

/** A command line as others may see it. */
export function shownCommand(args: readonly string[]): string {
  const shown = args.map((arg, i) => (args[i - 1] === "--seed" ? "..." : arg.replace(/^--seed=.*/s, "--seed=...")));
  return shown.join(" ");
}

/** Who a socket belongs to: the host, an application inside the module, or a service. */
export function ownerName(owner: number, owners: number): string {
  if (owner === 0) return "host";
  if (owner < owners) return `application ${owner}`;
  const name = Object.entries(Service).find(([, number]) => number === owner - owners)?.[0];
  return name ? name.toLowerCase() : `service ${owner - owners}`;
}

/** What all running stacks of this user tell, by process id; those that have ended without removing their socket are forgotten. */
export async function reports(pid?: number): Promise<Report[]> {
  const found = entries().filter((each) => pid === undefined || each.pid === pid);
  const told = await Promise.all(found.map(({ path }) => ask(path)));
  return told.flatMap((each) => (each ? [each] : [])).sort((a, b) => a.pid - b.pid);
}

function entries(): { path: string; pid: number }[] {
  let names: string[] = [];
  try {
    names = readdirSync(statusFolder());
  } catch {
    return []; // nobody has made it yet
  }
  return names.flatMap((name) => {
    const pid = Number(NAME.exec(name)?.[1]);
    const path = join(statusFolder(), name);
    return pid && isOurSocket(path) ? [{ path, pid }] : [];
  });
}
/** Removes a socket that a process left behind which was killed: nobody has its number, and nobody listens. */
function forgetEnded({ path, pid }: { path: string; pid: number }): Promise<void> | undefined {
  if (isRunning(pid)) return;
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = () => {
      socket.destroy(); // of a process in another namespace of process ids, perhaps
      resolve();
    };
    socket.once("connect", done).once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") rmSync(path, { force: true });
      done();
    });
  });
}
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
function isOurSocket(path: string): boolean {
  try {
    const { uid, isSocket } = statOf(path);
    return isSocket && uid === (process.getuid?.() ?? uid);
  } catch {
    return false;
  }
}
function statOf(path: string): { uid: number; isSocket: boolean } {
  const stat = lstatSync(path);
  return { uid: stat.uid, isSocket: stat.isSocket() };
}

async function ask(path: string): Promise<Report | null> {
  const socket = connect(path);
  const late = setTimeout(() => socket.destroy(new Error("it does not answer")), PATIENCE);
  try {
    return JSON.parse(await text(socket)) as Report;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ECONNREFUSED") rmSync(path, { force: true });
    else console.error(`ringwire: ${path}: ${oneLine(error)}`);
    return null;
  } finally {
    clearTimeout(late);
  }
}
