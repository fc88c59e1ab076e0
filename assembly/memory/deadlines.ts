import { state } from "./root";
import { Timed } from "./pool";
import { before, Instant } from "./time";

// An indexed binary heap of (deadline, record). The entry of a record is a lower bound of its real deadline: it is moved
// only earlier; whoever surfaces says when it really wants to be called.

function deadlineAt(place: u32): Instant {
  return load<u32>(state.heap + ((place - 1) << 3));
}
function recordAt(place: u32): Timed {
  return changetype<Timed>(<usize>load<u32>(state.heap + ((place - 1) << 3), 4));
}
function put(place: u32, deadline: Instant, record: Timed): void {
  const at = state.heap + ((place - 1) << 3);
  store<u32>(at, deadline);
  store<u32>(at, record.address, 4);
  record.heapPlace = place;
}
function rise(from: u32, deadline: Instant, record: Timed): void {
  let place = from;
  while (place > 1) {
    const parent = place >> 1;
    if (!before(deadline, deadlineAt(parent))) break;
    put(place, deadlineAt(parent), recordAt(parent));
    place = parent;
  }
  put(place, deadline, record);
}
function sink(from: u32, deadline: Instant, record: Timed): void {
  let place = from;
  while (true) {
    let child = place << 1;
    if (child > state.heapCount) break;
    if (child < state.heapCount && before(deadlineAt(child + 1), deadlineAt(child))) child++;
    if (!before(deadlineAt(child), deadline)) break;
    put(place, deadlineAt(child), recordAt(child));
    place = child;
  }
  put(place, deadline, record);
}

/** Has the record called at `deadline` or before. */
export function arm(record: Timed, deadline: Instant): void {
  if (!record.heapPlace) rise(++state.heapCount, deadline, record);
  else if (before(deadline, deadlineAt(record.heapPlace))) rise(record.heapPlace, deadline, record);
}

/** Forgets the record. */
export function disarm(record: Timed): void {
  const place = record.heapPlace;
  if (!place) return;
  record.heapPlace = 0;
  const last = state.heapCount--;
  if (place == last) return;
  const deadline = deadlineAt(last);
  const moved = recordAt(last);
  if (place > 1 && before(deadline, deadlineAt(place >> 1))) rise(place, deadline, moved);
  else sink(place, deadline, moved);
}

/** The record whose deadline comes first, null when none. */
export function first(): Timed | null {
  return state.heapCount ? recordAt(1) : null;
}
/** Its deadline; only when there is one. */
export function firstDeadline(): Instant {
  return deadlineAt(1);
}
