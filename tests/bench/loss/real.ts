// The benchmark in real time: the kernel receives in a namespace of its own, behind the link simulator. It sends in another one, or we do.
import { createHash } from "node:crypto";
import { pipeline } from "node:stream/promises";
import { octetStream } from "../../../bindings/node/cli/demo/octets.js";
import { capture, createStack, type Driver, Link, type LinkOptions, openTap, type Stack } from "../../../bindings/node/index.js";
import { Lab } from "../../interop/lab.js";
import { bridge } from "./bridge.js";
import { countsOfKernel, countsOfStack, duplicatesAtKernel, type Measured } from "./counts.js";
import type { Setting } from "./transfer.js";

/** A transfer to the kernel. */
export interface RealOptions {
  octets: number;
  link: LinkOptions;
  /** Octets of the buffers, at both ends. */
  buffer: number;
  /** Options of our sender's socket; missing: the kernel sends. */
  settings?: Setting[];
  /** A capture of what the sender sends and receives. */
  pcap?: string;
}

const PORT = 9;
const SENDER = "10.76.0.2";
const RECEIVER = "10.76.0.1";

/** Runs one transfer; throws when the receiver got something else. */
export async function realTransfer(options: RealOptions): Promise<Measured> {
  const receiver = lab(options.buffer);
  try {
    await receiver.kernel("expect", { port: PORT });
    return await (options.settings ? sendByUs(options, options.settings, receiver) : sendByKernel(options, receiver));
  } finally {
    await receiver.close();
  }
}

/** A namespace whose kernel does as the benchmark wants. */
function lab(buffer: number): Lab {
  const made = new Lab();
  const sizes = `4096 ${buffer} ${buffer}`;
  made.sysctl(
    "net.ipv4.tcp_congestion_control=reno",
    "net.ipv4.tcp_sack=1",
    "net.ipv4.tcp_timestamps=1",
    "net.ipv4.tcp_window_scaling=1",
    "net.ipv4.tcp_ecn=0",
    "net.ipv4.tcp_no_metrics_save=1",
    `net.ipv4.tcp_rmem=${sizes}`,
    `net.ipv4.tcp_wmem=${sizes}`,
  );
  return made;
}

async function sendByKernel({ octets, link: faults, buffer, pcap }: RealOptions, receiver: Lab): Promise<Measured> {
  const sender = lab(buffer);
  const link = new Link(faults);
  const near = openTap({ name: "rw0", netns: sender.netns, up: true, hostAddress: `${SENDER}/24` });
  const far = openTap({ name: "rw0", netns: receiver.netns, up: true, hostAddress: `${RECEIVER}/24` });
  const apart = bridge(link, captured(near, pcap), far);
  try {
    const sending = sender.kernel("send", { host: RECEIVER, port: PORT, octets });
    const measured = await measure(receiver, octets);
    await sending;
    const counts = await countsOfKernel(sender, link.stats.forward.lost, await duplicatesAtKernel(receiver));
    return { ...measured, counts };
  } finally {
    await apart();
    await sender.close();
  }
}

async function sendByUs({ octets, link: faults, buffer, pcap }: RealOptions, settings: Setting[], receiver: Lab): Promise<Measured> {
  const link = new Link(faults);
  const far = openTap({ name: "rw0", netns: receiver.netns, up: true, hostAddress: `${RECEIVER}/24` });
  const driver = captured(link.attach(far), pcap);
  const stack = await createStack({
    interfaces: [{ driver, addresses: [`${SENDER}/24`], rxSlots: 1024, txSlots: 1024 }],
    tcp: { sockets: 4, send: buffer, receive: buffer },
  });
  try {
    const sending = send(stack, octets, settings);
    const measured = await measure(receiver, octets);
    await sending;
    const counts = countsOfStack(stack.counters(), link.stats.forward.lost, await duplicatesAtKernel(receiver));
    return { ...measured, counts };
  } finally {
    await stack.close();
  }
}

async function send(stack: Stack, octets: number, settings: Setting[]): Promise<void> {
  const socket = stack.createConnection({ host: RECEIVER, port: PORT });
  const handle = stack.sockets().find(({ protocol }) => protocol === "tcp")?.handle ?? 0;
  for (const [option, value] of settings) {
    if (stack.core.socket_set(handle, option, value) < 0) throw new Error(`socket option ${option} cannot be ${value}`);
  }
  await pipeline(octetStream(octets, 1), socket.resume());
}

async function measure(receiver: Lab, octets: number): Promise<{ ms: number; goodput: number }> {
  const { ms, sha256 } = await receiver.kernel("arrived", { port: PORT });
  if (sha256 !== digestOf(octets)) throw new Error("the octets that arrived are not those that were sent");
  return { ms, goodput: (octets * 1000) / ms };
}

function digestOf(octets: number): string {
  const hash = createHash("sha256");
  for (const part of octetStream(octets, 1)) hash.update(part);
  return hash.digest("hex");
}

function captured(driver: Driver, pcap: string | undefined): Driver {
  return pcap ? capture(driver, pcap) : driver;
}
