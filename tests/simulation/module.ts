// Instances of a module that are used again from run to run: compiled once, with memory that is made dirty before each start.
import { ARENA_START, CONTROL, Core, type CoreOptions } from "../../bindings/node/core.js";
import { type Exports, load } from "../../bindings/node/module.js";

/** Control words that not every version of the module has. */
const CONTROL_WORDS: Record<string, number> = CONTROL;
const MEMORY_LIMIT = 2 ** 30;

/** Instances of one module, by place. */
export class Instances {
  private constructor(
    private readonly exports: readonly Exports[],
    private readonly recordsByDefault: number,
  ) {}

  /** `count` instances of the module at a path or URL. */
  static async of(wasm: string | URL, count: number): Promise<Instances> {
    const exports: Exports[] = [];
    for (let i = 0; i < count; i++) exports.push(await load(wasm));
    return new Instances(exports, recordsOf(exports[0]));
  }

  /** Whether the module has what `tiny` leaves out: records of what was sent, CUBIC. */
  get isFull(): boolean {
    return this.recordsByDefault > 0;
  }
  /** How many there are. */
  get count(): number {
    return this.exports.length;
  }
  /** Starts the stack in a place anew. `words`: control words by name; those that the module does not know are left out. `dirt`: the octet its memory is full of. */
  start(place: number, options: CoreOptions, words: Record<string, number>, dirt: number): Core {
    const exports = this.exports[place];
    if (!exports) throw new Error(`no instance ${place}`);
    const control = exports.control();
    const view = new DataView(exports.memory.buffer);
    const end = ARENA_START + view.getUint32(control + CONTROL.memoryNeeded, true);
    new Uint8Array(exports.memory.buffer, ARENA_START, Math.min(end, exports.memory.buffer.byteLength) - ARENA_START).fill(dirt);
    for (const [name, value] of Object.entries(words)) {
      const offset = CONTROL_WORDS[name];
      if (offset !== undefined) view.setUint32(control + offset, value, true);
    }
    return new Core(exports, options, MEMORY_LIMIT);
  }
}

/** The records of sent segments that a module keeps where nothing is said. */
function recordsOf(exports: Exports | undefined): number {
  const offset = CONTROL_WORDS.sentRecords;
  if (!exports || offset === undefined) return 0;
  const control = exports.control();
  return new DataView(exports.memory.buffer).getUint32(control + offset, true);
}
