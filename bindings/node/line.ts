import { Duplex } from "node:stream";
import { RingwireError } from "./error.js";
import { errnoName, type Libc, libc } from "./libc.js";
import { poller, type Watch } from "./poller.js";

/** Octets that a `read` takes at most. */
const CHUNK = 4096;
/** More than any `struct termios` has. */
const TERMIOS = 256;

/** Opens a terminal device that must not become ours, with every octet going through as it is. Throws LINK. */
export function openLine(path: string, baud?: number): Duplex {
  const c = libc();
  const fd = c.open(path, c.O_RDWR | c.O_NONBLOCK | c.O_CLOEXEC | c.O_NOCTTY);
  if (fd < 0) throw new RingwireError("LINK", `${path}: ${errnoName(c.errno())}`);
  const settings = Buffer.alloc(TERMIOS);
  const wrong = c.tcgetattr(fd, settings);
  if (!wrong) c.cfmakeraw(settings);
  const refused = wrong || (baud !== undefined && c.cfsetspeed(settings, baud)) || c.tcsetattr(fd, 0, settings);
  if (!refused) return lineOver(fd);
  const error = new RingwireError(
    "LINK",
    `${path}: no serial line${wrong || baud === undefined ? "" : `, or not one of ${baud} bits a second`}`,
  );
  c.close(fd);
  throw error;
}

/** A stream over a descriptor that does not block; it is closed with the stream. */
export function lineOver(fd: number): Duplex {
  return new Line(fd, libc());
}

class Line extends Duplex {
  readonly fd: number;
  readonly #c: Libc;
  readonly #watch: Watch;
  readonly #chunk = Buffer.alloc(CHUNK);
  #rest: Buffer | null = null;
  #done: ((error?: Error | null) => void) | null = null;

  constructor(fd: number, c: Libc) {
    super();
    this.fd = fd;
    this.#c = c;
    this.#watch = { fd, readable: false, writable: false, ready: () => this.ready() };
    poller.add(this.#watch);
  }

  override _read(): void {
    this.#watch.readable = true;
    poller.arm(this.#watch);
  }
  override _write(octets: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#rest = octets;
    this.#done = done;
    this.#flush();
  }
  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void poller.remove(this.#watch).then(() => {
      this.#c.close(this.fd);
      done(error);
    });
  }

  /** The descriptor can be read or written. */
  ready(): void {
    if (this.#watch.readable) this.#take();
    if (this.#rest) this.#flush();
    if (this.#watch.readable || this.#watch.writable) poller.arm(this.#watch);
  }
  #take(): void {
    const count = this.#c.read(this.fd, this.#chunk, CHUNK);
    if (count > 0) this.#watch.readable = this.push(Buffer.from(this.#chunk.subarray(0, count)));
    else if (count === 0) this.destroy();
    else this.#fail("read");
  }
  #flush(): void {
    while (this.#rest?.length) {
      const count = this.#c.write(this.fd, this.#rest, this.#rest.length);
      if (count < 0 && this.#fail("write")) return;
      if (count <= 0) {
        this.#watch.writable = true;
        return poller.arm(this.#watch);
      }
      this.#rest = this.#rest.subarray(count);
    }
    this.#watch.writable = false;
    const done = this.#done;
    this.#rest = null;
    this.#done = null;
    done?.();
  }
  /** Whether it is over; "try again" is no failure. */
  #fail(what: string): boolean {
    const name = errnoName(this.#c.errno());
    if (name === "EAGAIN" || name === "EINTR" || name === "EWOULDBLOCK") return false;
    this.destroy(new RingwireError("LINK", `${what}: ${name}`));
    return true;
  }
}
