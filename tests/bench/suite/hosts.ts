// Stacks over devices, and streams: each figure is a process of its own, with helpers of its own, and is told by the wall clock.
import { buildPump, buildSmoltcp, installed } from "./build.js";
import type { Stack } from "./stacks.js";

const SUITE = "build/js/tests/bench/suite";
const DEVICES = ["receive", "send"];

/** One that `network` starts. */
function over(name: string, about: string, workloads: readonly string[], build: Stack["build"]): Stack {
  return {
    name,
    about,
    isOurs: name.startsWith("ringwire"),
    build,
    command: (_path, { workload }, seconds) =>
      workloads.includes(workload) ? ["node", `${SUITE}/network.js`, name, workload, String(seconds)] : null,
  };
}
function streams(name: string, about: string, kind: string): Stack {
  const program = `${SUITE}/streams.js`;
  return {
    name,
    about,
    isOurs: name.startsWith("ringwire"),
    build: () => program,
    command: (_path, { workload }, seconds) => (workload === "streams" ? ["node", program, kind, String(seconds)] : null),
  };
}

/** All of them. */
export const HOSTS: readonly Stack[] = [
  over("ringwire-tap", "Ringwire's Node host on a TAP device of plain frames", [...DEVICES, "http"], buildPump),
  over("ringwire-offload", "the same with checksums and the cutting of segments left to Linux", [...DEVICES, "http"], buildPump),
  over("smoltcp-tap", "smoltcp as above on a TAP device of plain frames", DEVICES, () => {
    buildSmoltcp();
    return "build/bench/smoltcp/target/release/tap";
  }),
  over("linux", "the Linux kernel over veth, iperf3 with one stream, at least 1 s", DEVICES, () => installed("iperf3")),
  over("linux-pump", "the same with the program that stands at the kernel's end of the TAP devices", DEVICES, buildPump),
  over("node-http", "the code of Ringwire's web page over the kernel's sockets and veth", ["http"], () => installed("wrk")),
  streams("ringwire-streams", "streams of two stacks, joined by a wire", "ringwire"),
  streams("node-net", "node:net over loopback", "node"),
];
