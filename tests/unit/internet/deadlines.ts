import { state } from "../../../assembly/memory/root";

/** Records that have a deadline. */
export function deadlines(): u32 {
  return state.heapCount;
}
