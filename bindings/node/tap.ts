import { Offload } from "./constants.js";
import { Buffered, type Crossing, InSlots } from "./crossing.js";
import type { Driver, Port } from "./driver.js";
import { RingwireError } from "./error.js";
import { HostSide, ifreq } from "./ifreq.js";
import { errnoName, libc } from "./libc.js";
import { inNamespace } from "./netns.js";
import { poller } from "./poller.js";
import type { Kind } from "./settings.js";
import { integer, only } from "./validate.js";

/** Frames in the kernel's queue towards us; its default of 500 or 1,000 overflows when many connections send at once. */
const QUEUE = 10_000;

/** What `openTap` and `openTun` take. */
export interface TapOptions {
  /** Name of the device, at most 15 octets; it is made when it does not exist. A `%d` in it is replaced by the first free number. */
  name: string;
  /** Network namespace where the device is: a name made by `ip netns add`, or a path. Default: the present one. */
  netns?: string;
  /** Bring the device up. Default: true with `hostAddress`, which is of no use otherwise, else false, which leaves it as it is. */
  up?: boolean;
  /** Address that the operating system gets on this device, as `10.0.0.1/24`. Default: none is set. */
  hostAddress?: string;
  /** MTU that the operating system gets on this device. Default: left as it is. */
  mtu?: number;
  /** Leave checksums, and the cutting of long TCP segments, to the operating system where it can. Default true. */
  offload?: boolean;
}

const DEVICE = "/dev/net/tun";
const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const IFF_TUN = 1;
const IFF_TAP = 2;
const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
/** The system may hand over frames whose checksum is left to the reader, and TCP segments longer than the MTU. */
const TUN_F_CSUM = 1;
const TUN_F_TSO4 = 2;
const TUN_F_TSO_ECN = 8;
const NAME_OCTETS = 15;
/** Frames read before the stack runs. */
const BATCH = 256;
/** How soon a frame is tried again that the system did not take because the device is down, milliseconds. */
const RETRY = 50;

/** Opens a TAP device: Ethernet frames to and from the operating system. Throws LINK, in one line, when that cannot be. */
export function openTap(options: TapOptions): TapDriver {
  return openDevice(options, "ethernet");
}

/** Opens a TUN device: IP packets without a link header. Throws LINK, in one line, when that cannot be. */
export function openTun(options: TapOptions): TapDriver {
  return openDevice(options, "ip");
}

/** A TAP or TUN device as a driver. Frames go straight between the device and the slots of the stack. */
export class TapDriver implements Driver {
  readonly kind: Kind;
  /** Name of the device. */
  readonly name: string;
  readonly mtu: number;
  readonly offload: number;
  /** Frames that the operating system refused as malformed; they are dropped. */
  refused = 0;

  readonly #c = libc();
  readonly #watch: { readonly fd: number; readable: boolean; writable: boolean; ready: () => void };
  #port: Port | null = null;
  #crossing: Crossing | null = null;
  /** The receive ring was full: reading goes on when there is room. */
  #full = false;
  /** The system took no more: writing goes on when it does. */
  #blocked = false;
  #drained = false;
  #turning = false;
  #down = false;
  #retry: NodeJS.Timeout | undefined;
  #stopping: Promise<void> | undefined;

  /** @internal */
  constructor(fd: number, { name, offload }: Attached, kind: Kind, mtu: number) {
    this.offload = offload;
    this.kind = kind;
    this.name = name;
    this.mtu = mtu;
    this.#watch = { fd, readable: true, writable: false, ready: () => this.#ready() };
  }

  start(port: Port): void {
    this.#port = port;
    this.#crossing = this.#begin(port);
    poller.add(this.#watch);
  }
  /** Whether the stack leaves work to the system is known only now: what comes between them may want to see whole frames. */
  #begin(port: Port): Crossing {
    if (!this.offload) return port;
    if (!port.rings?.offload) return new Buffered(port);
    this.#c.ioctlNumber(this.#watch.fd, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO_ECN); // refused: whole frames come
    return new InSlots(port.rings);
  }
  pump(): void {
    if (!this.#port) return;
    if (!this.#blocked) this.#send(this.#port);
    if (this.#full && this.#port?.slot()) this.#turnSoon();
  }
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#port = null;
    clearTimeout(this.#retry);
    await poller.remove(this.#watch);
    this.#c.close(this.#watch.fd);
  }
  #ready(): void {
    if (!this.#port) return;
    if (this.#watch.writable) this.#unblock(this.#port);
    this.#turn();
  }
  #unblock(port: Port): void {
    this.#watch.writable = false;
    this.#blocked = false;
    this.#send(port);
    port.wake();
  }
  /** Reads a batch, lets the stack run, and goes on as long as frames come; otherwise waits in the poller. */
  #turn(): void {
    this.#turning = false;
    const port = this.#port;
    if (!port) return;
    const count = this.#receive(port);
    if (count) {
      this.#carrier(port, true);
      port.wake(true);
    }
    if (!this.#port || this.#turning) return;
    if (this.#full && !port.slot()) {
      this.#watch.readable = false;
      if (this.#watch.writable) poller.arm(this.#watch);
      return;
    }
    this.#watch.readable = true;
    if (this.#drained && !count) poller.arm(this.#watch);
    else this.#turnSoon();
  }
  #turnSoon(): void {
    if (this.#turning) return;
    this.#turning = true;
    setImmediate(() => this.#turn());
  }
  /** Reads frames until there are none, there is no room, or the batch is full; answers how many. */
  #receive(port: Port): number {
    this.#drained = false;
    this.#full = false;
    const crossing = this.#crossing as Crossing;
    for (let count = 0; count < BATCH; count++) {
      const slot = crossing.slot();
      if (!slot) {
        this.#full = true;
        return count;
      }
      const length = this.#c.read(this.#watch.fd, slot, slot.length);
      if (length > 0) {
        crossing.commit(length);
        continue;
      }
      this.#drained = true;
      if (length < 0) this.#readFailed(port, errnoName(this.#c.errno()));
      return count;
    }
    return BATCH;
  }
  #readFailed(port: Port, errno: string): void {
    if (errno === "EAGAIN" || errno === "EINTR") return;
    if (errno === "EIO") this.#carrier(port, false);
    else this.#lost(port, errno);
  }
  #send(port: Port): void {
    const crossing = this.#crossing as Crossing;
    for (let frame = crossing.peek(); frame; frame = crossing.peek()) {
      if (this.#c.write(this.#watch.fd, frame, crossing.length) < 0 && !this.#writeFailed(port, errnoName(this.#c.errno()))) {
        crossing.keep?.();
        return;
      }
      this.#carrier(port, true);
      port.take();
    }
  }
  /** Whether the frame is done with all the same. */
  #writeFailed(port: Port, errno: string): boolean {
    switch (errno) {
      case "EAGAIN":
      case "ENOBUFS":
      case "ENOMEM":
        this.#blocked = true;
        this.#watch.writable = true;
        poller.arm(this.#watch);
        return false;
      case "EINTR":
      case "EIO":
        if (errno === "EIO") this.#carrier(port, false);
        this.#blocked = true;
        this.#retry = setTimeout(() => this.#again(), errno === "EIO" ? RETRY : 0);
        return false;
      case "EINVAL":
      case "EMSGSIZE":
        this.refused++;
        return true;
      default:
        this.#lost(port, errno);
        return false;
    }
  }
  #again(): void {
    this.#blocked = false;
    if (this.#port) this.#send(this.#port);
    this.#port?.wake();
  }
  #carrier(port: Port, up: boolean): void {
    if (this.#down !== up) return;
    this.#down = !up;
    port.setLink(up);
  }
  #lost(port: Port, errno: string): void {
    this.#carrier(port, false);
    void this.stop();
    port.fail(new RingwireError("LINK", `${this.name}: the device is gone (${errno})`));
  }
}

function openDevice(options: TapOptions, kind: Kind): TapDriver {
  only(options, ["name", "netns", "up", "hostAddress", "mtu", "offload"], kind === "ip" ? "tun" : "tap");
  const { name } = options;
  if (typeof name !== "string" || !/^[^\s/]+$/.test(name)) throw new RingwireError("LINK", `"${String(name)}" is no name of a device`);
  if (Buffer.byteLength(name) > NAME_OCTETS) {
    throw new RingwireError("LINK", `"${name}" is too long for the name of a device (at most ${NAME_OCTETS} octets)`);
  }
  if (options.mtu !== undefined) integer(options.mtu, 68, 65535, "mtu");
  return inNamespace(options.netns, () => {
    const fd = openTunFile();
    try {
      const given = attach(fd, name, kind, options.offload ?? true);
      return new TapDriver(fd, given, kind, configure(given.name, options));
    } catch (error) {
      libc().close(fd);
      throw error;
    }
  });
}

function openTunFile(): number {
  const c = libc();
  const fd = c.open(DEVICE, c.O_RDWR | c.O_NONBLOCK | c.O_CLOEXEC);
  if (fd >= 0) return fd;
  const errno = errnoName(c.errno());
  if (errno === "ENOENT" || errno === "ENODEV" || errno === "ENXIO") {
    throw new RingwireError("LINK", `there is no ${DEVICE} (is the tun module of the kernel loaded?)`);
  }
  if (errno === "EACCES" || errno === "EPERM")
    throw new RingwireError("LINK", `no rights to open ${DEVICE} (root, or a wider mode of that file)`);
  throw new RingwireError("LINK", `${DEVICE} cannot be opened: ${errno}`);
}

/** What the descriptor has become: its name, and the `Offload` bits that may be used. */
interface Attached {
  name: string;
  offload: number;
}

/** Makes the descriptor a device, with headers that allow for offloads if the system has them. None is used yet, and none left from another time. */
function attach(fd: number, name: string, kind: Kind, offload: boolean): Attached {
  const c = libc();
  const mode = kind === "ip" ? "tun" : "tap";
  const request = ifreq(name);
  const flags = (kind === "ip" ? IFF_TUN : IFF_TAP) | IFF_NO_PI;
  request.writeUInt16LE(flags | IFF_VNET_HDR, 16);
  const hasHeader = offload && c.ioctl(fd, TUNSETIFF, request) >= 0;
  request.writeUInt16LE(flags, 16);
  if (!hasHeader && c.ioctl(fd, TUNSETIFF, request) < 0) {
    const errno = errnoName(c.errno());
    if (errno === "EBUSY") throw new RingwireError("LINK", `${name}: the device is in use by another program`);
    if (errno === "EINVAL")
      throw new RingwireError("LINK", `${name}: the name is taken by a device that is no ${mode.toUpperCase()}, or cannot be used`);
    if (errno === "EPERM")
      throw new RingwireError("LINK", `${name}: no rights (root, CAP_NET_ADMIN, or: ip tuntap add dev ${name} mode ${mode} user YOU)`);
    throw new RingwireError("LINK", `${name}: the ${mode.toUpperCase()} device cannot be made: ${errno}`);
  }
  if (c.ioctlNumber(fd, TUNSETOFFLOAD, 0) < 0)
    throw new RingwireError("LINK", `${name}: offloads cannot be turned off: ${errnoName(c.errno())}`);
  return { name: request.toString("latin1", 0, request.indexOf(0)), offload: hasHeader ? Offload.CHECKSUM | Offload.SEGMENTATION : 0 };
}

/** Sets what the options say about the operating system's side; answers its MTU. */
function configure(name: string, options: TapOptions): number {
  const host = new HostSide(name);
  const { up = options.hostAddress !== undefined } = options;
  try {
    if (options.mtu !== undefined && options.mtu !== host.mtu) host.mtu = options.mtu;
    if (options.hostAddress !== undefined || up) host.queue = QUEUE;
    if (options.hostAddress !== undefined) host.setAddress(options.hostAddress);
    if (up) host.up();
    return host.mtu;
  } finally {
    host.close();
  }
}
