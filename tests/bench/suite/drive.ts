// drive MODULE WORKLOAD CONNECTIONS SECONDS: one figure of a WebAssembly module in V8, as a line of JSON. drive.c takes the same for a native peer.
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { lwipPair } from "./lwip.js";
import { ringwirePair } from "./ringwire.js";
import type { Pair, Shape } from "./side.js";
import { Bench, measure } from "./workloads.js";

/** Octets of buffers where much is moved, and where little is. */
const LARGE = 65_536;
const SMALL = 1024;

async function pairOf(module: string, shape: Omit<Shape, "host">): Promise<Pair> {
  const compiled = await WebAssembly.compile(readFileSync(module));
  const isOurs = WebAssembly.Module.exports(compiled).some(({ name }) => name === "control");
  return isOurs ? ringwirePair(module, shape) : lwipPair(compiled, shape);
}

async function benchOf(module: string, connections: number, buffer: number): Promise<Bench> {
  const bench = new Bench(await pairOf(module, { connections, buffer, timeWait: 32 }));
  bench.connect(connections);
  return bench;
}

/** Nanoseconds for a unit; for `memory` octets for an end of a connection, for `start` nanoseconds until a stack could poll. */
async function figure(module: string, workload: string, connections: number, seconds: number): Promise<number> {
  switch (workload) {
    case "bulk":
    case "both":
      return measure((await benchOf(module, connections, LARGE)).bulk(workload === "both"), seconds);
    case "ping":
    case "spread":
      return measure((await benchOf(module, connections, SMALL)).ping(workload === "spread"), seconds);
    case "udp":
      return measure((await benchOf(module, connections, SMALL)).udp(), seconds);
    case "idle":
      return measure((await benchOf(module, connections, SMALL)).idle(), seconds);
    case "short":
      return measure(new Bench(await pairOf(module, { connections: 256, buffer: SMALL, timeWait: connections })).short(), seconds);
    case "memory": {
      const bench = new Bench(await pairOf(module, { connections, buffer: SMALL, timeWait: 32 }));
      const before = process.memoryUsage.rss();
      bench.connect(connections);
      return (process.memoryUsage.rss() - before) / connections / 2;
    }
    case "start": {
      const began = performance.now();
      const pair = await pairOf(module, { connections, buffer: LARGE, timeWait: 32 });
      pair.client.receive(0);
      return (performance.now() - began) * 1e6;
    }
    default:
      throw new Error(`no workload "${workload}"`);
  }
}

const [module = "", workload = "", connections = "1", seconds = "1"] = process.argv.slice(2);
try {
  console.log(JSON.stringify({ value: await figure(module, workload, Number(connections), Number(seconds)) }));
} catch (error) {
  console.error(`drive: ${(error as Error).message}`);
  process.exitCode = 1;
}
