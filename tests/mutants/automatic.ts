// Mutants of the compiled module: comparisons turned, stores dropped, constants off by one, in the functions of one folder.
import { createHash } from "node:crypto";
import { isChoice } from "./choice.js";
import { Lines, type Place } from "./lines.js";
import { type Body, bodies, type Instruction, signed, spliced } from "./wasm.js";

/** A change of one instruction. */
export interface Change {
  /** Function, kind and number: stays the same as long as the compiled function does. */
  name: string;
  kind: "comparison" | "store" | "constant";
  /** Name of the compiled function, without its folder. */
  function: string;
  /** The line of the function's own file, and the line of what was inlined there where that is another. */
  place: Place;
  inlined: Place | null;
  /** What became what. */
  what: string;
  body: Body;
  instruction: Instruction;
  replacement: Uint8Array;
  /** A comparison that differs only where its operands are the same. */
  isBound: boolean;
}

/** The functions that are changed: those of this folder. */
export const FOLDER = "assembly/transport/tcp/";

const NOP = 0x01;
const DROP = 0x1a;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const EQZ = new Map([
  [0x45, "i32"],
  [0x50, "i64"],
]);
/** Opcode of the first comparison of each type; ten follow each other in this order. */
const FIRST = [
  [0x46, "i32"],
  [0x51, "i64"],
] as const;
const RELATIONS = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"];
/** What a relation is turned into: its bound moved, its sense turned. */
const TURNED: Record<string, string[]> = { eq: ["ne"], ne: ["eq"], lt: ["le", "gt"], le: ["lt", "ge"], gt: ["ge", "lt"], ge: ["gt", "le"] };
const STORES = new Map([
  [0x36, "i32.store"],
  [0x37, "i64.store"],
  [0x3a, "i32.store8"],
  [0x3b, "i32.store16"],
  [0x3e, "i64.store32"],
]);

/** One way to change an instruction. */
type Variant = Pick<Change, "kind" | "what" | "replacement" | "isBound">;

/** Every change of every instruction of the folder's functions. */
export function candidates(module: Uint8Array, sourceMap: string): Change[] {
  const lines = new Lines(sourceMap);
  const all = bodies(module).filter(({ name }) => name.startsWith(FOLDER));
  return all.flatMap((body) =>
    body.instructions.flatMap((instruction, index) =>
      visible(body, index).map((variant, number) => {
        const name = body.name.slice(FOLDER.length);
        const inner = lines.at(instruction.at);
        const file = `${body.name.split("/").slice(0, 4).join("/")}.ts`;
        const place = inner.file === file ? inner : (lines.nearest(file, instruction.at, body.start, body.end) ?? inner);
        return {
          ...variant,
          name: `${name}@${index}.${number}`,
          function: name,
          place,
          inlined: place === inner ? null : inner,
          body,
          instruction,
        };
      }),
    ),
  );
}

/** Of the bound of a minimum or maximum nobody could tell. */
function visible({ instructions }: Body, index: number): Variant[] {
  const all = variants(instructions[index] as Instruction);
  return isChoice(instructions, index) ? all.filter(({ isBound }) => !isBound) : all;
}

function variants(instruction: Instruction): Variant[] {
  const { opcode, length, value } = instruction;
  const store = STORES.get(opcode);
  if (store) {
    const replacement = Uint8Array.from([DROP, DROP, ...new Array<number>(Math.max(length - 2, 0)).fill(NOP)]);
    return [{ kind: "store", what: `${store} offset=${value} dropped`, replacement, isBound: false }];
  }
  if (opcode === I32_CONST || opcode === I64_CONST) return steps(value).map((step) => offByOne(opcode, value, step));
  return comparisons(opcode);
}

/** A truth value is turned: 2 and -1 would mean the same as 1. */
function steps(value: bigint): bigint[] {
  return value === 0n ? [1n] : value === 1n ? [-1n] : [1n, -1n];
}

function offByOne(opcode: number, value: bigint, step: bigint): Variant {
  const bits = opcode === I32_CONST ? 32 : 64;
  const fresh = BigInt.asIntN(bits, value + step);
  const type = opcode === I32_CONST ? "i32" : "i64";
  const replacement = Uint8Array.from([opcode, ...signed(fresh)]);
  return { kind: "constant", what: `${type}.const ${value} became ${fresh}`, replacement, isBound: false };
}

function comparisons(opcode: number): Variant[] {
  const zero = EQZ.get(opcode);
  if (zero) {
    const test = zero === "i32" ? [I32_CONST, 0, 0x47] : [I64_CONST, 0, 0x52];
    return [{ kind: "comparison", what: `${zero}.eqz became != 0`, replacement: Uint8Array.from(test), isBound: false }];
  }
  for (const [first, type] of FIRST) {
    const relation = RELATIONS[opcode - first];
    if (!relation || opcode < first) continue;
    const [root = "", sign] = relation.split("_");
    const turned = (TURNED[root] ?? []).map((other) => (sign ? `${other}_${sign}` : other));
    return turned.map((other) => ({
      kind: "comparison",
      what: `${type}.${relation} became ${other}`,
      replacement: Uint8Array.of(first + RELATIONS.indexOf(other)),
      isBound: root.length === 2 && root !== "eq" && root !== "ne" && other[0] === root[0],
    }));
  }
  return [];
}

/** `count` of the changes, by a seed: the kinds in turn, in each the functions in turn, one change of an instruction at most. */
export function chosen(all: Change[], count: number, seed: number): Change[] {
  const drawn = inDrawnOrder(all, seed);
  const kinds = (["comparison", "store", "constant"] as const).map((kind) => inTurn(drawn.filter((change) => change.kind === kind)));
  const found: Change[] = [];
  const used = new Set<Instruction>();
  for (let round = 0; found.length < count && kinds.some((queue) => queue.length); round++) {
    const change = kinds[round % kinds.length]?.shift();
    if (!change || used.has(change.instruction)) continue;
    used.add(change.instruction);
    found.push(change);
  }
  return found.sort((a, b) => a.body.start - b.body.start || a.instruction.at - b.instruction.at);
}

/** One change of every function, then a second one, and so on: long functions have the more of them. */
function inTurn(changes: Change[]): Change[] {
  const groups = new Map<string, Change[]>();
  for (const change of changes) groups.set(change.function, [...(groups.get(change.function) ?? []), change]);
  const rounds = [...groups.values()].flatMap((group) => group.map((change, round) => ({ change, round: round / group.length })));
  return rounds.sort((a, b) => a.round - b.round).map(({ change }) => change);
}

/** By a hash of the seed and each one's name: in functions that stay the same the order stays the same too. */
function inDrawnOrder(changes: Change[], seed: number): Change[] {
  const lot = ({ name }: Change) => createHash("sha256").update(`${seed} ${name}`).digest("hex");
  return changes
    .map((change) => ({ change, drawn: lot(change) }))
    .sort((a, b) => (a.drawn < b.drawn ? -1 : 1))
    .map(({ change }) => change);
}

/** The module with one change. */
export function applied(module: Uint8Array, change: Change): Uint8Array {
  return spliced(module, change.body, change.instruction, change.replacement);
}
