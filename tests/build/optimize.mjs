// What follows the compiler for modules that are shipped: binaryen at its highest level, but with a measured limit on
// inlining. asc's own -O3 copies every function of up to 70 nodes into its callers: half as much code again.
import { readFileSync, writeFileSync } from "node:fs";
import binaryen from "binaryen";

/**
 * Nodes up to which a function is always inlined, is inlined when that seems worth it, and is when it has one caller. Firmware is compiled once more
 * or interpreted: there a call is dear, and a function takes RAM.
 */
const INLINING = { speed: [7, 10, 10_000], size: [4, 4, 20], firmware: [7, 10, 1000] };
/** Rounds after which nothing shrinks any more. */
const ROUNDS = 3;
/**
 * Small functions on the way of every packet: for speed they are inlined wherever they are called, which V8 does not do by itself. All together
 * they make the module 3 % larger, and a UDP packet and a segment a sixth cheaper. A name that ends in `<` stands for all types.
 */
const HOT = [
  "~lib/polyfills/bswap<",
  ...["get16<", "get32<", "put16<", "put32<", "sameMac"].map((name) => `assembly/memory/bytes/${name}`),
  ...["counters/bump", "counters/count", "checksum/pseudo", "checksum/sumOfHeader", "checksum/throughVectors", "table/bucketOf"].map(
    (name) => `assembly/memory/${name}`,
  ),
  "assembly/link/interfaces/deviceOf",
  "assembly/internet/arp/isUsable",
  ...["calls/socketOf", "socket/UdpSocket#inSlot", "socket/UdpSocket#outSlot"].map((name) => `assembly/transport/udp/${name}`),
  ...["output/offered", "output/fullSegment", "window/step", "window/furthest", "timers/start", "owe/oweAck"].map(tcp),
  ...["tcb/Tcb#get:writable", "sent/Scoreboard#at"].map(tcp),
];
const HOT_NODES = 400;
/** The same three limits as above for every other function, in all places but the cold ones: what packets pass becomes a few long functions. */
const WARM = [20, 70, 70];
/** Where speed does not matter, by the beginnings of names. */
const COLD = [
  ...["application", "init", "carve", "examine", "statehash", "services", "fullabi", "serviceabi", "link/slip"].map(
    (name) => `assembly/${name}`,
  ),
  ...["igmp", "group", "napt", "filter", "flow", "fragments", "forward", "claim", "configure", "carrier", "icmp", "hold"].map(
    (name) => `assembly/internet/${name}/`,
  ),
  ...["decide", "listener", "halfopen", "cookie", "timewait", "reset", "settings", "open", "pmtu"].map((name) => tcp(`${name}/`)),
  ...["raw", "join", "direct", "pieces"].map((name) => `assembly/transport/udp/${name}/`),
  ...["status", "sweep", "ports"].map((name) => `assembly/transport/${name}/`),
];
/** Before the name under which a function is exported while others are inlined, so that it stays. */
const KEPT = "kept:";

const { Features } = binaryen;
const FEATURES = Features.MutableGlobals | Features.BulkMemory | Features.BulkMemoryOpt | Features.SignExt | Features.NontrappingFPToInt;

function tcp(name) {
  return `assembly/transport/tcp/${name}`;
}

/**
 * Optimizes a module that knows its functions' names in place, for "speed", "size" or "firmware"; the names go, unless `keepNames`. `simd`: it may have
 * vectors, and gets some.
 */
export function optimize(path, aim, { keepNames = false, simd = false } = {}) {
  const features = simd ? FEATURES | Features.SIMD128 : FEATURES;
  const read = (octets) => binaryen.readBinaryWithFeatures(octets, features);
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  // Offsets are folded into loads and stores: addresses near the end of memory are never a base to which one is added.
  binaryen.setLowMemoryUnused(true);
  const octets = readFileSync(path);
  const module = read(aim === "speed" ? withHotInlined(octets, read) : octets);
  setLimits(INLINING[aim], aim === "firmware");
  for (let round = 0; round < ROUNDS; round++) {
    module.runPasses(["inlining-optimizing", "optimize-added-constants-propagate"]);
    module.optimize();
  }
  // Last, the functions that are called most get the short numbers.
  module.runPasses(["reorder-functions", ...(keepNames ? [] : ["strip-debug"])]);
  if (!module.validate()) throw new Error(`${path}: not valid after optimization`);
  binaryen.setDebugInfo(keepNames);
  writeFileSync(path, module.emitBinary());
  module.dispose();
}

function setLimits([always, flexible, oneCaller], loops) {
  binaryen.setAlwaysInlineMaxSize(always);
  binaryen.setFlexibleInlineMaxSize(flexible);
  binaryen.setOneCallerInlineMaxSize(oneCaller);
  binaryen.setAllowInliningFunctionsWithLoops(loops);
}

/** The module with the hot functions in the places of their calls, and then those of middle size, but in functions that are cold, and nothing else changed. */
function withHotInlined(octets, read) {
  const isHot = (name) => HOT.some((hot) => (hot.endsWith("<") ? name.startsWith(hot) : name === hot));
  const isCold = (name) => COLD.some((cold) => name.startsWith(cold));
  const hot = inlined(octets, read, isHot, isCold, [HOT_NODES, HOT_NODES, HOT_NODES]);
  return inlined(hot, read, (name) => !isCold(name), isCold, WARM);
}
/** The module with functions that `mayMove` in the places of their calls, within the limits, but in functions that are cold. */
function inlined(octets, read, mayMove, isCold, limits) {
  const before = read(octets);
  const module = read(octets);
  const names = Array.from({ length: module.getNumFunctions() }, (_, i) => binaryen.getFunctionInfo(module.getFunctionByIndex(i)).name);
  for (const name of names) {
    module.addFunctionExport(name, KEPT + name); // the cold go on calling it
    if (mayMove(name)) continue;
    binaryen.setPassArgument("no-inline", name);
    module.runPasses(["no-inline"]);
  }
  setLimits(limits, true);
  module.runPasses(["inlining"]);
  for (const name of names.filter(isCold)) {
    const body = module.copyExpression(binaryen.Function(before.getFunction(name)).body);
    binaryen.Function(module.getFunction(name)).body = body;
  }
  for (const name of names) module.removeExport(KEPT + name);
  binaryen.setDebugInfo(true);
  const out = module.emitBinary();
  module.dispose();
  before.dispose();
  return out;
}
