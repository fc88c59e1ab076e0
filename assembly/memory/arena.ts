import { CANARIES } from "./config";
import { root, state } from "./root";

/** As far as is counted: what would end beyond stays there, so that no address wraps round. A multiple of every alignment. */
const BEYOND: u32 = 0xffffffc0;

/** A canary stands right behind each piece: where the one before stands, and a word that tells when either was overwritten. */
const CANARY_OCTETS: u32 = CANARIES ? 8 : 0;
const PATTERN: u32 = 0xca9a51e5;
/** Before the first canary, where none can be. */
const NONE: u32 = 1;

/** Takes `octets` from the arena, aligned to `align`; only `init` calls it. The address may lie beyond the end: `init` compares. */
export function take(octets: u32, align: u32): u32 {
  const at = (state.cursor + align - 1) & ~(align - 1);
  const end = <u64>at + <u64>octets + <u64>CANARY_OCTETS;
  state.cursor = end > <u64>BEYOND ? BEYOND : <u32>end;
  if (CANARIES && state.canary) place(at + octets);
  return at;
}

/** From now on `take` writes canaries: everything is known to fit, and is taken once more. */
export function beginCanaries(): void {
  state.canary = NONE;
}
function place(at: u32): void {
  store<u32>(at, state.canary);
  store<u32>(at, PATTERN ^ at ^ state.canary, 4);
  state.canary = at;
}
/** Whether nothing was written behind the end of a piece. */
export function isIntact(): bool {
  for (let at = state.canary; at > NONE; at = load<u32>(at)) {
    if (load<u32>(at, 4) != (PATTERN ^ at ^ load<u32>(at))) return false;
  }
  return true;
}

/** Where the arena ends: never beyond the memory there is, whatever the host claims. */
export function end(): u32 {
  const all: u64 = (<u64>memory.size()) << 16;
  const claimed: u64 = root.arenaEnd ? <u64>root.arenaEnd : all;
  const limit = claimed < all ? claimed : all;
  return limit < <u64>BEYOND ? <u32>limit : BEYOND - 1;
}
