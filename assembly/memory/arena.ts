import { root, state } from "./root";

/** As far as is counted: what would end beyond stays there, so that no address wraps round. A multiple of every alignment. */
const BEYOND: u32 = 0xffffffc0;

/** Takes `octets` from the arena, aligned to `align`; only `init` calls it. The address may lie beyond the end: `init` compares. */
export function take(octets: u32, align: u32): u32 {
  const at = (state.cursor + align - 1) & ~(align - 1);
  const end = <u64>at + <u64>octets;
  state.cursor = end > <u64>BEYOND ? BEYOND : <u32>end;
  return at;
}

/** Where the arena ends: never beyond the memory there is, whatever the host claims. */
export function end(): u32 {
  const all: u64 = (<u64>memory.size()) << 16;
  const claimed: u64 = root.arenaEnd ? <u64>root.arenaEnd : all;
  const limit = claimed < all ? claimed : all;
  return limit < <u64>BEYOND ? <u32>limit : BEYOND - 1;
}
