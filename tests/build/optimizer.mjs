// Optimizes one module in place: `node tests/build/optimizer.mjs PATH speed|size|firmware [simd]`.
import { optimize } from "./optimize.mjs";

const [path, aim, simd] = process.argv.slice(2);
optimize(path, aim, { simd: simd === "simd" });
