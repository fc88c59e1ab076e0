import { RingwireError } from "./error.js";
import { errnoName, libc } from "./libc.js";

const CLONE_NEWNET = 0x40000000;

/**
 * Runs `work` with the calling thread in a network namespace, and returns to where it was. `namespace` is a name made by `ip netns add`, or a
 * path such as `/proc/PID/ns/net`. Descriptors opened by `work` stay in that namespace. Throws LINK when there is none or no right to enter.
 */
export function inNamespace<T>(namespace: string | undefined, work: () => T): T {
  if (namespace === undefined) return work();
  const c = libc();
  const home = openNamespace("/proc/thread-self/ns/net", "the present namespace");
  const target = openTarget(namespace, home);
  try {
    if (c.setns(target, CLONE_NEWNET) < 0) {
      throw new RingwireError("LINK", `network namespace "${namespace}": cannot be entered: ${reason(c.errno())}`);
    }
    try {
      return work();
    } finally {
      comeBack(home, namespace);
    }
  } finally {
    c.close(target);
    c.close(home);
  }
}

/** Where nobody can tell in which namespace the process is, it must not go on. */
function comeBack(home: number, namespace: string): void {
  if (libc().setns(home, CLONE_NEWNET) < 0) throw new RingwireError("LINK", `cannot return from network namespace "${namespace}"`);
}

function openTarget(namespace: string, home: number): number {
  try {
    const path = namespace.includes("/") ? namespace : `/var/run/netns/${namespace}`;
    return openNamespace(path, `network namespace "${namespace}"`);
  } catch (error) {
    libc().close(home);
    throw error;
  }
}

function openNamespace(path: string, name: string): number {
  const c = libc();
  const fd = c.open(path, c.O_RDONLY | c.O_CLOEXEC);
  if (fd < 0) throw new RingwireError("LINK", `${name}: ${reason(c.errno())}`);
  return fd;
}

function reason(errno: number): string {
  const name = errnoName(errno);
  if (name === "ENOENT" || name === "ENOTDIR") return "there is no such namespace";
  if (name === "EPERM" || name === "EACCES") return "no rights (CAP_SYS_ADMIN is needed)";
  if (name === "EINVAL") return "it is no network namespace";
  return name;
}
