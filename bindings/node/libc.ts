import { createRequire } from "node:module";
import { constants as os } from "node:os";
import { RingwireError } from "./error.js";

type Pointer = Uint8Array | null;

/** The few calls of the C library that devices need. Each answers as in C; `errno` holds until the next call. */
export interface Libc {
  open(path: string, flags: number): number;
  close(fd: number): number;
  read(fd: number, octets: Pointer, length: number): number;
  write(fd: number, octets: Pointer, length: number): number;
  ioctl(fd: number, request: number, argument: Pointer): number;
  /** The same call with a number as argument. */
  ioctlNumber(fd: number, request: number, argument: number): number;
  socket(domain: number, type: number, protocol: number): number;
  setns(fd: number, type: number): number;
  eventfd(value: number, flags: number): number;
  tcgetattr(fd: number, settings: Pointer): number;
  tcsetattr(fd: number, when: number, settings: Pointer): number;
  cfmakeraw(settings: Pointer): void;
  cfsetspeed(settings: Pointer, speed: number): number;
  poll: { async(records: Uint8Array, count: number, ms: number, done: (error: unknown, result: number) => void): void };
  errno(): number;
  readonly O_RDONLY: number;
  readonly O_RDWR: number;
  readonly O_NONBLOCK: number;
  readonly O_CLOEXEC: number;
  readonly O_NOCTTY: number;
}

let loaded: Libc | undefined;

/** The C library; throws LINK where there is none that can be used. */
export function libc(): Libc {
  loaded ??= bind();
  return loaded;
}

/** Of two names of one number, as `EAGAIN` and `EWOULDBLOCK`, the first counts. */
const ERRNO_NAMES = new Map(
  Object.entries(os.errno)
    .map(([name, value]) => [value, name] as const)
    .reverse(),
);

/** Name of an error number, as `EBUSY`. */
export function errnoName(errno: number): string {
  return ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
}

function bind(): Libc {
  if (process.platform !== "linux") throw new RingwireError("LINK", `TAP and TUN devices need Linux (this is ${process.platform})`);
  const koffi = loadKoffi();
  const library = koffi.load(null);
  return {
    open: library.func("int open(const char *path, int flags)"),
    close: library.func("int close(int fd)"),
    read: library.func("intptr_t read(int fd, void *octets, size_t length)"),
    write: library.func("intptr_t write(int fd, void *octets, size_t length)"),
    ioctl: library.func("int ioctl(int fd, unsigned long request, void *argument)"),
    ioctlNumber: library.func("int ioctl(int fd, unsigned long request, unsigned long argument)"),
    socket: library.func("int socket(int domain, int type, int protocol)"),
    setns: library.func("int setns(int fd, int type)"),
    eventfd: library.func("int eventfd(unsigned int value, int flags)"),
    tcgetattr: library.func("int tcgetattr(int fd, void *settings)"),
    tcsetattr: library.func("int tcsetattr(int fd, int when, void *settings)"),
    cfmakeraw: library.func("void cfmakeraw(void *settings)"),
    cfsetspeed: library.func("int cfsetspeed(void *settings, unsigned int speed)"),
    poll: library.func("int poll(void *records, unsigned long count, int ms)") as unknown as Libc["poll"],
    errno: () => koffi.errno(),
    O_RDONLY: 0,
    O_RDWR: 2,
    O_NONBLOCK: 0o4000,
    O_CLOEXEC: 0o2000000,
    O_NOCTTY: 0o400,
  };
}

/** koffi is loaded only when a device is opened: virtual wires do without. */
function loadKoffi(): typeof import("koffi") {
  try {
    return createRequire(import.meta.url)("koffi");
  } catch (error) {
    throw new RingwireError("LINK", `koffi cannot be loaded: ${(error as Error).message.split("\n")[0]}`);
  }
}
