// The module with a flag for each of some changes, set as soon as the changed instruction would do otherwise than it does: what sets
// no flag cannot notice the change, so it need not run.
import type { Change } from "./automatic.js";
import { arity, type Body, dataEnd, rebuilt, signed, unsigned } from "./wasm.js";

/** Where the flags lie, a bit each: behind the static data of the module, before the arena. */
const FLAGS_AT = 4032;
const FLAGS_OCTETS = 64;
/** How many there may be. */
const FLAGS_MOST = FLAGS_OCTETS * 8;

const I32 = { type: 0x7f, eq: 0x46, ne: 0x47 };
const I64 = { type: 0x7e, eq: 0x51, ne: 0x52 };
const I32_AND = 0x71;
const I32_OR = 0x72;
const I32_SHL = 0x74;
/** Of each store: its type, the load of the same octets, and the mask of what is stored. */
const LOADS = new Map([
  [0x36, { kind: I32, load: 0x28, mask: [] }],
  [0x37, { kind: I64, load: 0x29, mask: [] }],
  [0x3a, { kind: I32, load: 0x2d, mask: [0x41, 0xff, 0x01, I32_AND] }],
  [0x3b, { kind: I32, load: 0x2f, mask: [0x41, 0xff, 0xff, 0x03, I32_AND] }],
  [0x3e, { kind: I64, load: 0x35, mask: [0x42, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x83] }],
]);

const set = (local: number) => [0x21, ...unsigned(local)];
const get = (local: number) => [0x20, ...unsigned(local)];

/** The flags that are set in the memory of a watched module. */
export function flagsIn({ buffer }: WebAssembly.Memory): number[] {
  const octets = new Uint8Array(buffer, FLAGS_AT, FLAGS_OCTETS);
  return Array.from({ length: FLAGS_MOST }, (_, flag) => flag).filter((flag) => ((octets[flag >> 3] ?? 0) >> (flag & 7)) & 1);
}
/** The module that watches the changes, in their order. */
export function watched(module: Uint8Array, changes: Change[]): Uint8Array {
  if (changes.length > FLAGS_MOST) throw new Error(`more than ${FLAGS_MOST} changes cannot be watched`);
  const end = dataEnd(module);
  if (end > FLAGS_AT) throw new Error(`the module's static data ends at ${end}, where flags lie from ${FLAGS_AT} on`);
  const byBody = new Map<Body, Map<number, number>>();
  for (const [flag, { body, instruction }] of changes.entries()) {
    byBody.set(body, (byBody.get(body) ?? new Map()).set(instruction.at, flag));
  }
  const fresh = [...byBody].map(([body, flags]) => [body.sizeAt, withFlags(module, body, flags, changes)] as const);
  return rebuilt(module, new Map(fresh));
}

/** A body with two locals of each type more, and watchers before some of its instructions. */
function withFlags(module: Uint8Array, body: Body, flags: Map<number, number>, changes: Change[]): Uint8Array {
  const { parameters, groups, locals } = arity(module, body);
  const first = parameters + groups.reduce((sum, [count]) => sum + count, 0);
  const all = [...groups, [2, I32.type], [2, I64.type]] as const;
  const pieces: Uint8Array[] = [Uint8Array.from([...unsigned(all.length), ...all.flatMap(([count, type]) => [...unsigned(count), type])])];
  let from = locals;
  for (const [at, flag] of [...flags].sort(([a], [b]) => a - b)) {
    pieces.push(module.subarray(from, at), watcher(module, changes[flag] as Change, flag, first));
    from = at;
  }
  pieces.push(module.subarray(from, body.end));
  return new Uint8Array(Buffer.concat(pieces));
}

/** What comes before an instruction: leaves the operands as they were. */
function watcher(module: Uint8Array, { kind, instruction, isBound }: Change, flag: number, first: number): Uint8Array {
  const { at, length, opcode } = instruction;
  const store = LOADS.get(opcode);
  if (kind === "store" && store) {
    const [place, value] = [first, store.kind === I32 ? first + 1 : first + 2];
    const had = [...get(place), store.load, ...module.subarray(at + 1, at + length)];
    const differs = [...had, ...get(value), ...store.mask, store.kind.ne];
    return Uint8Array.from([...set(value), ...set(place), ...noted(flag, differs), ...get(place), ...get(value)]);
  }
  if (!isBound) return Uint8Array.from(noted(flag, [0x41, 1]));
  const type = opcode < I64.eq ? I32 : I64;
  const [left, right] = type === I32 ? [first, first + 1] : [first + 2, first + 3];
  const operands = [...get(left), ...get(right)];
  return Uint8Array.from([...set(right), ...set(left), ...noted(flag, [...operands, type.eq]), ...operands]);
}
/** The flag stays set once it was. */
function noted(flag: number, truth: number[]): number[] {
  const address = [0x41, ...signed(BigInt(FLAGS_AT + (flag >> 3)))];
  return [...address, ...address, 0x2d, 0, 0, ...truth, 0x41, flag & 7, I32_SHL, I32_OR, 0x3a, 0, 0];
}
