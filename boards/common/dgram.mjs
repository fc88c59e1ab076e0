// A wire made of UDP datagrams on 127.0.0.1, one frame each, as `-netdev dgram` of QEMU has it: a driver for a stack in Node.
import { createSocket } from "node:dgram";

const HOST = "127.0.0.1";

/** Two ports that nobody uses at the moment; whoever asks binds them at once. */
export async function freePorts() {
  const sockets = await Promise.all([bound(0), bound(0)]);
  const ports = sockets.map((socket) => socket.address().port);
  await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.close(resolve))));
  return ports;
}

function bound(port) {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(port, HOST, () => resolve(socket));
  });
}

/** Opens the end of such a wire that is bound to `local` and sends to `remote`. */
export async function openDatagrams(local, remote) {
  return new Datagrams(await bound(local), remote);
}

class Datagrams {
  kind = "ethernet";
  #socket;
  #remote;
  #port = null;
  #isOpen = true;

  constructor(socket, remote) {
    this.#socket = socket;
    this.#remote = remote;
    socket.on("error", () => {}); // nobody at the other end yet
    socket.on("message", (frame) => this.#arrived(frame));
  }
  start(port) {
    this.#port = port;
    port.setLink(true);
  }
  #arrived(frame) {
    if (this.#port?.input(frame)) this.#port.wake(true);
  }
  pump() {
    const port = this.#port;
    if (!port || !this.#isOpen) return;
    for (let frame = port.peek(); frame; frame = port.peek()) {
      this.#socket.send(Buffer.from(frame.subarray(0, port.length)), this.#remote, HOST); // a copy: it leaves after the slot is free
      port.take();
    }
  }
  async stop() {
    this.#port = null;
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await new Promise((resolve) => this.#socket.close(resolve));
  }
}
