/** Something that is due at a time; of two that are due at once the lower `order` goes first. */
export interface Due {
  due: number;
  order: number;
}
function before(a: Due, b: Due): boolean {
  return a.due < b.due || (a.due === b.due && a.order < b.order);
}

/** What is due, the earliest first: a binary heap. */
export class Schedule<T extends Due> {
  readonly #heap: T[] = [];

  /** How many there are. */
  get size(): number {
    return this.#heap.length;
  }
  /** The earliest. */
  get first(): T | undefined {
    return this.#heap[0];
  }
  /** When the earliest is due; infinity when there is none. */
  get due(): number {
    return this.#heap[0]?.due ?? Number.POSITIVE_INFINITY;
  }
  /** Takes in one more. */
  push(it: T): void {
    const heap = this.#heap;
    let at = heap.push(it) - 1;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!before(it, heap[parent] as T)) break;
      heap[at] = heap[parent] as T;
      at = parent;
    }
    heap[at] = it;
  }
  /** Takes out the earliest. */
  pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (!last || !heap.length) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as T, heap[child] as T)) child++;
      if (!before(heap[child] as T, last)) break;
      heap[at] = heap[child] as T;
      at = child;
    }
    heap[at] = last;
  }
  /** Forgets all. */
  clear(): void {
    this.#heap.length = 0;
  }
}
