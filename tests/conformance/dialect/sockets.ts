// Sockets of the Linux kernel through the C library, non-blocking, with the answers that Ringwire's calls give.
import { errnoName } from "../../../bindings/node/libc.js";
import koffi from "koffi";

interface Calls {
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: null, length: null, flags: number): number;
  connect(fd: number, address: Uint8Array, length: number): number;
  send(fd: number, octets: Uint8Array, length: number, flags: number): number;
  recv(fd: number, octets: Uint8Array, length: number, flags: number): number;
  shutdown(fd: number, how: number): number;
  close(fd: number): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array, length: number): number;
  getsockopt(fd: number, level: number, name: number, value: Uint8Array, length: Uint8Array): number;
}

const AF_INET = 2;
const STREAM_NONBLOCK = 1 | 0o4000 | 0o2000000;
const NO_SIGNAL = 0x4000;
const SHUT_WR = 1;
const SOL_SOCKET = 1;
const IPPROTO_IP = 0;
const IPPROTO_TCP = 6;
const TCP_INFO = 11;
/** Level and name of socket options: those of Ringwire by its names, and the kernel's own. */
const OPTIONS: Record<string, [number, number]> = {
  NODELAY: [IPPROTO_TCP, 1],
  KEEPALIVE: [SOL_SOCKET, 9],
  KEEP_IDLE: [IPPROTO_TCP, 4],
  KEEP_INTERVAL: [IPPROTO_TCP, 5],
  KEEP_COUNT: [IPPROTO_TCP, 6],
  USER_TIMEOUT: [IPPROTO_TCP, 18],
  TTL: [IPPROTO_IP, 2],
  TOS: [IPPROTO_IP, 1],
  OOBINLINE: [SOL_SOCKET, 10],
  RCVBUF: [SOL_SOCKET, 8],
  SNDBUF: [SOL_SOCKET, 7],
  REUSEADDR: [SOL_SOCKET, 2],
};
const SECONDS = ["KEEP_IDLE", "KEEP_INTERVAL"];
/** States by number, include/net/tcp_states.h. */
const STATES = "- ESTABLISHED SYN_SENT SYN_RECEIVED FIN_WAIT_1 FIN_WAIT_2 TIME_WAIT CLOSED CLOSE_WAIT LAST_ACK LISTEN CLOSING".split(" ");
const ERRORS: Record<string, string> = {
  EAGAIN: "NOTHING",
  ECONNRESET: "RESET",
  ECONNREFUSED: "REFUSED",
  ETIMEDOUT: "TIMED_OUT",
  EPIPE: "BAD_STATE",
  ENOTCONN: "BAD_STATE",
  EBADF: "BAD_HANDLE",
  EHOSTUNREACH: "UNREACHABLE",
  ENETUNREACH: "UNREACHABLE",
  EPROTO: "UNREACHABLE",
  ENOPROTOOPT: "REFUSED",
  EADDRINUSE: "IN_USE",
};

const c = calls();

function calls(): Calls {
  const library = koffi.load(null);
  return {
    socket: library.func("int socket(int domain, int type, int protocol)"),
    bind: library.func("int bind(int fd, void *address, unsigned int length)"),
    listen: library.func("int listen(int fd, int backlog)"),
    accept4: library.func("int accept4(int fd, void *address, void *length, int flags)"),
    connect: library.func("int connect(int fd, void *address, unsigned int length)"),
    send: library.func("intptr_t send(int fd, void *octets, size_t length, int flags)"),
    recv: library.func("intptr_t recv(int fd, void *octets, size_t length, int flags)"),
    shutdown: library.func("int shutdown(int fd, int how)"),
    close: library.func("int close(int fd)"),
    setsockopt: library.func("int setsockopt(int fd, int level, int name, void *value, unsigned int length)"),
    getsockopt: library.func("int getsockopt(int fd, int level, int name, void *value, void *length)"),
  };
}

/** The name by which Ringwire knows the last error. */
function lastError(): string {
  const name = errnoName(koffi.errno());
  return ERRORS[name] ?? name;
}

function address(host: string, port: number): Buffer {
  const octets = Buffer.alloc(16);
  octets.writeUInt16LE(AF_INET, 0);
  octets.writeUInt16BE(port, 2);
  octets.set(host.split(".").map(Number), 4);
  return octets;
}

/** One socket of the kernel. Calls answer 0 or octets, or the name of an error. */
export class KernelSocket {
  readonly #fd: number;
  #isOpen = true;

  constructor(fd = c.socket(AF_INET, STREAM_NONBLOCK, 0)) {
    if (fd < 0) throw new Error(`socket: ${lastError()}`);
    this.#fd = fd;
  }
  bind(port: number): string | number {
    this.option("REUSEADDR", 1);
    return c.bind(this.#fd, address("0.0.0.0", port), 16) < 0 ? lastError() : 0;
  }
  listen(backlog: number): string | number {
    return c.listen(this.#fd, backlog) < 0 ? lastError() : 0;
  }
  accept(): KernelSocket | string {
    const fd = c.accept4(this.#fd, null, null, STREAM_NONBLOCK & ~1);
    return fd < 0 ? lastError() : new KernelSocket(fd);
  }
  connect(host: string, port: number): string | number {
    if (c.connect(this.#fd, address(host, port), 16) >= 0) return 0;
    return errnoName(koffi.errno()) === "EINPROGRESS" ? 0 : lastError();
  }
  send(octets: Uint8Array): string | number {
    const sent = c.send(this.#fd, octets, octets.length, NO_SIGNAL);
    return sent < 0 ? lastError() : sent;
  }
  /** Octets, `END` after the last one, `NOTHING` while there are none. */
  recv(most: number): string | Uint8Array {
    const octets = Buffer.alloc(most);
    const length = c.recv(this.#fd, octets, most, 0);
    if (length < 0) return lastError();
    return length === 0 ? "END" : new Uint8Array(octets.subarray(0, length));
  }
  shutdown(): string | number {
    return c.shutdown(this.#fd, SHUT_WR) < 0 ? lastError() : 0;
  }
  /** Resets the connection. */
  abort(): number {
    c.setsockopt(this.#fd, SOL_SOCKET, 13, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]), 8);
    return this.close();
  }
  close(): number {
    if (this.#isOpen) c.close(this.#fd);
    this.#isOpen = false;
    return 0;
  }
  /** Sets an option; times in milliseconds, as Ringwire's. */
  option(name: string, value: number): string | number {
    const option = OPTIONS[name];
    if (!option) throw new Error(`Linux has no option ${name}`);
    const octets = Buffer.alloc(4);
    octets.writeInt32LE(SECONDS.includes(name) ? value / 1000 : value);
    return c.setsockopt(this.#fd, option[0], option[1], octets, 4) < 0 ? lastError() : 0;
  }
  /** Name of the TCP state. */
  get state(): string {
    const info = Buffer.alloc(256);
    const length = Buffer.from([0, 1, 0, 0]);
    if (!this.#isOpen || c.getsockopt(this.#fd, IPPROTO_TCP, TCP_INFO, info, length) < 0) return "CLOSED";
    return STATES[info[0] ?? 0] ?? "-";
  }
}
