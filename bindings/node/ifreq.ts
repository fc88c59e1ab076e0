import { ipv4Number, parsePrefix } from "./address.js";
import { RingwireError } from "./error.js";
import { errnoName, libc } from "./libc.js";

// Requests of netdevice(7). A struct ifreq is 40 octets: a name of 16, then a union.
const SIOCGIFFLAGS = 0x8913;
const SIOCSIFFLAGS = 0x8914;
const SIOCSIFADDR = 0x8916;
const SIOCSIFNETMASK = 0x891c;
const SIOCGIFMTU = 0x8921;
const SIOCSIFMTU = 0x8922;
const SIOCSIFTXQLEN = 0x8943;
const IFREQ = 40;
const UNION = 16;
const IFF_UP = 1;
const AF_INET = 2;
const SOCK_DGRAM = 2;

/** A zeroed struct ifreq with a name. */
export function ifreq(name: string): Buffer {
  const request = Buffer.alloc(IFREQ);
  request.write(name, 0, UNION - 1, "latin1");
  return request;
}

/** The operating system's side of a device in the present namespace: its address, MTU and whether it is up. */
export class HostSide {
  readonly #name: string;
  readonly #fd: number;

  constructor(name: string) {
    this.#name = name;
    this.#fd = libc().socket(AF_INET, SOCK_DGRAM | libc().O_CLOEXEC, 0);
    if (this.#fd < 0) throw this.#error("cannot be configured");
  }

  /** Octets of the longest IP datagram. */
  get mtu(): number {
    return this.#call(SIOCGIFMTU, ifreq(this.#name), "the MTU cannot be read").readInt32LE(UNION);
  }
  set mtu(octets: number) {
    const request = ifreq(this.#name);
    request.writeInt32LE(octets, UNION);
    this.#call(SIOCSIFMTU, request, `the MTU cannot be set to ${octets}`);
  }
  /** Frames that the operating system keeps for us; what comes beyond is lost. In a user namespace the queue stays as it is. */
  set queue(frames: number) {
    const request = ifreq(this.#name);
    request.writeInt32LE(frames, UNION);
    libc().ioctl(this.#fd, SIOCSIFTXQLEN, request);
  }
  /** Gives the operating system an address on this device, as `10.0.0.1/24`. */
  setAddress(text: string): void {
    const { address, prefix } = parsePrefix(text, "hostAddress");
    this.#setAddress(SIOCSIFADDR, ipv4Number(address), text);
    this.#setAddress(SIOCSIFNETMASK, prefix ? (0xffffffff << (32 - prefix)) >>> 0 : 0, text);
  }
  /** Brings the device up. */
  up(): void {
    const request = this.#call(SIOCGIFFLAGS, ifreq(this.#name), "the flags cannot be read");
    request.writeUInt16LE(request.readUInt16LE(UNION) | IFF_UP, UNION);
    this.#call(SIOCSIFFLAGS, request, "cannot be brought up");
  }
  close(): void {
    libc().close(this.#fd);
  }

  #setAddress(call: number, address: number, text: string): void {
    const request = ifreq(this.#name);
    request.writeUInt16LE(AF_INET, UNION);
    request.writeUInt32BE(address, UNION + 4);
    this.#call(call, request, `the address ${text} cannot be set`);
  }
  #call(call: number, request: Buffer, failure: string): Buffer {
    if (libc().ioctl(this.#fd, call, request) < 0) throw this.#error(failure);
    return request;
  }
  #error(failure: string): RingwireError {
    return new RingwireError("LINK", `${this.#name}: ${failure}: ${errnoName(libc().errno())}`);
  }
}
