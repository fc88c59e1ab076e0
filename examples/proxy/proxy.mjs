// A proxy as tun2socks is one: what a device wants of anybody out there comes in by a transparent interface, and is fetched with
// the sockets of the operating system. A connection is accepted only when the other end has accepted ours.
//   sudo node examples/proxy/proxy.mjs rw0      then: ip route add 198.51.100.0/24 dev rw0
import net from "node:net";
import { createStack, openTun } from "ringwire";

/** Serves what comes by this driver; `dial` opens a connection to the outside. */
export async function proxy(driver, dial = (port, host) => net.connect({ port, host, allowHalfOpen: true })) {
  const stack = await createStack({ interfaces: [{ driver, addresses: ["10.255.0.1/30"], transparent: true }] });
  const outside = new Map();
  const key = ({ address, port }) => `${address}:${port}`;
  const decide = ({ local, remote }) =>
    new Promise((resolve) => {
      const far = dial(local.port, local.address);
      far.once("connect", () => {
        outside.set(key(remote), far);
        resolve(true);
      });
      far.on("error", () => resolve(false));
    });
  stack.listen({ transparent: true, allowHalfOpen: true, decide }).on("connection", (near) => {
    const far = outside.get(`${near.remoteAddress}:${near.remotePort}`);
    outside.delete(`${near.remoteAddress}:${near.remotePort}`);
    if (!far) return near.destroy();
    near.on("error", () => far.destroy());
    far.on("error", () => near.destroy());
    near.pipe(far).pipe(near);
  });
  return stack;
}

const [name] = process.argv.slice(2);
if (name) {
  try {
    const stack = await proxy(openTun({ name, up: true, hostAddress: "10.255.0.2/30" }));
    process.once("SIGINT", () => stack.close().then(() => process.exit()));
  } catch (error) {
    console.error(`proxy: ${error.message}`);
    process.exitCode = 1;
  }
}
