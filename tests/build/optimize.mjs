// What follows the compiler for modules that are shipped: binaryen at its highest level, but with a measured limit on
// inlining. asc's own -O3 copies every function of up to 70 nodes into its callers: half as much code again, and no faster.
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

/**
 * Nodes up to which a function is always inlined, is inlined when that seems worth it, and is when it has one caller. Firmware is compiled once more
 * or interpreted: there a call is dear, and a function takes RAM.
 */
const INLINING = { speed: [7, 10, 30], size: [4, 4, 20], firmware: [7, 10, 1000] };
/** Rounds after which nothing shrinks any more. */
const ROUNDS = 3;

const { Features } = binaryen;
const FEATURES = Features.MutableGlobals | Features.BulkMemory | Features.BulkMemoryOpt | Features.SignExt | Features.NontrappingFPToInt;

/** Optimizes a module in place, for "speed", "size" or "firmware". */
export function optimize(path, aim) {
  const module = binaryen.readBinaryWithFeatures(readFileSync(path), FEATURES);
  const [always, flexible, oneCaller] = INLINING[aim];
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  // Offsets are folded into loads and stores: addresses near the end of memory are never a base to which one is added.
  binaryen.setLowMemoryUnused(true);
  binaryen.setAlwaysInlineMaxSize(always);
  binaryen.setFlexibleInlineMaxSize(flexible);
  binaryen.setOneCallerInlineMaxSize(oneCaller);
  binaryen.setAllowInliningFunctionsWithLoops(aim === "firmware");
  for (let round = 0; round < ROUNDS; round++) {
    module.runPasses(["inlining-optimizing", "optimize-added-constants-propagate"]);
    module.optimize();
  }
  // Last, the functions that are called most get the short numbers.
  module.runPasses(["reorder-functions"]);
  if (!module.validate()) throw new Error(`${path}: not valid after optimization`);
  writeFileSync(path, module.emitBinary());
  module.dispose();
}
