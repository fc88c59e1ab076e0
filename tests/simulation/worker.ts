// A thread that runs seeds: it is asked for a range and answers with a sum.
import { parentPort, workerData } from "node:worker_threads";
import { Instances } from "./module.js";
import { add, nothing, runSeed, STACKS_MOST } from "./seeds.js";

const { wasm } = workerData as { wasm: string };
const instances = await Instances.of(new URL(wasm), STACKS_MOST);
parentPort?.on("message", ({ from, to }: { from: number; to: number }) => {
  const sum = nothing();
  for (let seed = from; seed < to; seed++) add(sum, runSeed(seed, instances));
  parentPort?.postMessage(sum);
});
