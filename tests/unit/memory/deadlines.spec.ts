import { arm, disarm, first, firstDeadline } from "../../../assembly/memory/deadlines";
import { Timed } from "../../../assembly/memory/pool";
import { state } from "../../../assembly/memory/root";
import { before } from "../../../assembly/memory/time";

const HEAP: usize = memory.data(4096, 8);
const RECORDS: usize = memory.data(8192, 8);
const RECORD_COUNT: u32 = 512;
const WANTED: StaticArray<u32> = new StaticArray<u32>(512);

function record(i: u32): Timed {
  return changetype<Timed>(RECORDS + i * 16);
}
function fresh(): void {
  memory.fill(RECORDS, 0, 8192);
  state.heap = <u32>HEAP;
  state.heapCount = 0;
}
/** Which record comes first. */
function firstIndex(): u32 {
  return (<u32>changetype<usize>(first()) - <u32>RECORDS) / 16;
}
/** Whether every entry knows its place and no child is before its parent. */
function isHeap(): bool {
  for (let place: u32 = 1; place <= state.heapCount; place++) {
    const at = HEAP + ((place - 1) << 3);
    if (changetype<Timed>(<usize>load<u32>(at, 4)).heapPlace != place) return false;
    if (place > 1 && before(load<u32>(at), load<u32>(HEAP + (((place >> 1) - 1) << 3)))) return false;
  }
  return true;
}
function next(random: u32): u32 {
  return random * 1664525 + 1013904223;
}

describe("memory/deadlines", () => {
  it("holds nothing at first", () => {
    fresh();
    expect<bool>(first() == null).toBe(true);
  });
  it("has the earliest first, across the wrap of the clock", () => {
    fresh();
    arm(record(1), 20);
    arm(record(2), 0xfffffff0);
    arm(record(3), 10);
    expect<u32>(firstIndex()).toBe(2);
    expect<u32>(firstDeadline()).toBe(0xfffffff0);
    disarm(record(2));
    expect<u32>(firstIndex()).toBe(3);
  });
  it("moves a deadline only earlier, so that an entry stays a lower bound", () => {
    fresh();
    arm(record(1), 100);
    arm(record(2), 50);
    arm(record(1), 200);
    expect<u32>(state.heapCount).toBe(2);
    arm(record(1), 40);
    expect<u32>(firstIndex()).toBe(1);
    expect<u32>(firstDeadline()).toBe(40);
    expect<u32>(state.heapCount).toBe(2);
  });
  it("forgets a record once, and takes it again", () => {
    fresh();
    arm(record(1), 100);
    disarm(record(1));
    disarm(record(1));
    expect<u32>(state.heapCount).toBe(0);
    expect<u32>(record(1).heapPlace).toBe(0);
    arm(record(1), 300);
    expect<u32>(firstDeadline()).toBe(300);
  });
  it("stays a heap through 20,000 random changes", () => {
    fresh();
    let random: u32 = 1;
    let broken = 0;
    for (let step = 0; step < 20000; step++) {
      random = next(random);
      const which = record((random >> 8) % RECORD_COUNT);
      random = next(random);
      if (random >> 30) arm(which, 0xffff0000 + (random >> 15));
      else disarm(which);
      if (step % 97 == 0 && !isHeap()) broken++;
    }
    expect<i32>(broken).toBe(0);
    expect<bool>(isHeap()).toBe(true);
  });
  it("gives up its entries in order", () => {
    fresh();
    let random: u32 = 7;
    for (let i: u32 = 0; i < RECORD_COUNT; i++) {
      random = next(random);
      WANTED[i] = random >> 8;
      arm(record(i), WANTED[i]);
    }
    let wrong = 0;
    let last: u32 = 0;
    for (let i: u32 = 0; i < RECORD_COUNT; i++) {
      const index = firstIndex();
      if (firstDeadline() < last || firstDeadline() != WANTED[index]) wrong++;
      last = firstDeadline();
      disarm(record(index));
    }
    expect<i32>(wrong).toBe(0);
    expect<u32>(state.heapCount).toBe(0);
  });
});
