// The TAP driver with a stack above it, and below it a descriptor of the test in place of a device: it needs no rights.
import assert from "node:assert/strict";
import { constants as os } from "node:os";
import { describe, test } from "node:test";
import { createStack } from "../../bindings/node/index.js";
import { libc } from "../../bindings/node/libc.js";
import { TapDriver } from "../../bindings/node/tap.js";
import { type Seen, read } from "../conformance/packets.js";
import { arpReply, arpRequest, bytes, datagrams, PEER, ping, US } from "../conformance/tester.js";
import { until } from "./network.js";

const { EAGAIN, EIO } = os.errno;
const real = libc();

/** What the kernel does at the other end of the descriptor: frames to be read, frames that were written, and EIO while the device is down. */
class Device {
  readonly fd = real.eventfd(0, real.O_NONBLOCK | real.O_CLOEXEC);
  readonly frames: Uint8Array[] = [];
  readonly seen: Seen[] = [];
  down = false;
  #errno = 0;
  readonly #before = { ...real };

  constructor() {
    const { read: readReal, write: writeReal, errno } = this.#before;
    real.read = (fd, octets, length) => (fd === this.fd ? this.#read(octets as Uint8Array) : readReal(fd, octets, length));
    real.write = (fd, octets, length) => (fd === this.fd ? this.#write(octets as Uint8Array, length) : writeReal(fd, octets, length));
    real.errno = () => this.#errno || errno();
  }
  /** Everything is as it was. */
  remove(): void {
    Object.assign(real, this.#before);
  }
  /** Frames arrive, or the state has changed: the descriptor can be read. */
  arrive(...frames: Uint8Array[]): void {
    this.frames.push(...frames);
    this.#before.write(this.fd, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
  }
  get replies(): number {
    return this.seen.filter(({ icmp }) => icmp?.type === 0).length;
  }
  #read(octets: Uint8Array): number {
    this.#before.read(this.fd, new Uint8Array(8), 8);
    if (this.down) return this.#fails(EIO);
    const frame = this.frames.shift();
    if (!frame) return this.#fails(EAGAIN);
    octets.set(frame);
    return frame.length;
  }
  #write(octets: Uint8Array, length: number): number {
    if (this.down) return this.#fails(EIO);
    const frame = read(octets.slice(0, length));
    this.seen.push(frame);
    if (frame.arp?.operation === 1 && frame.arp.targetIp === PEER.ip) this.arrive(arpReply(PEER));
    return length;
  }
  #fails(errno: number): number {
    this.#errno = errno;
    queueMicrotask(() => {
      this.#errno = 0;
    });
    return -1;
  }
}

describe("a TAP device that goes down", () => {
  test("A027: the stack lives on, what it has to send waits, and traffic goes on when the device is up again", async () => {
    const device = new Device();
    const driver = new TapDriver(device.fd, { name: "rw0", offload: 0 }, "ethernet", 1500);
    const stack = await createStack({ interfaces: [{ driver, mac: US.mac, addresses: [`${US.ip}/24`] }] });
    try {
      device.arrive(arpRequest(PEER), ping());
      await until(() => device.replies === 1, "the first answer");
      device.down = true;
      device.arrive();
      await until(() => !stack.core.device(0).link, "no carrier");
      assert.ok(stack.core.udp_write(stack.core.udp_bind({ port: 7 }), bytes("later"), { address: PEER.ip, port: 9 }) > 0);
      device.down = false;
      device.arrive(ping());
      await until(() => device.replies === 2, "the second answer");
      await until(() => datagrams(device.seen).length === 1, "what waited");
      assert.equal(stack.core.device(0).link, true);
      assert.equal(driver.refused, 0);
    } finally {
      await stack.close();
      device.remove();
    }
  });
});
