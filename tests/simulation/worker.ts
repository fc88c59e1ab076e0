// A thread that runs seeds: it is asked for a range and answers with a sum.
import { parentPort, workerData } from "node:worker_threads";
import { Instances } from "./module.js";
import { add, nothing, runSeed, runTwice, STACKS_MOST } from "./seeds.js";

const { wasm, other } = workerData as { wasm: string; other?: string };
const instances = await Instances.of(new URL(wasm), STACKS_MOST);
const others = other ? await Instances.of(new URL(other), STACKS_MOST) : null;
parentPort?.on("message", ({ from, to }: { from: number; to: number }) => {
  const sum = nothing();
  for (let seed = from; seed < to; seed++) add(sum, others ? runTwice(seed, instances, others) : runSeed(seed, instances));
  parentPort?.postMessage(sum);
});
