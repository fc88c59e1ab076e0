// A minimum or maximum in compiled code: `select` between two values by a comparison of the same two. When they are equal either is the answer,
// so that nobody can ever see the bound of that comparison moved.
import type { Instruction } from "./wasm.js";

const SELECT = 0x1b;
const LOCAL_GET = 0x20;
const LOCAL_TEE = 0x22;
const I32_CONST = 0x41;
const I64_CONST = 0x42;
const I32_SUB = 0x6b;
/** How many operands take the opcodes from the first to the second; each of them puts one value in their place. */
const OPERANDS: readonly (readonly [number, number, number])[] = [
  [SELECT, SELECT, 3],
  [LOCAL_GET, LOCAL_GET, 0],
  [LOCAL_TEE, LOCAL_TEE, 1],
  [0x28, 0x35, 1], // loads
  [I32_CONST, I64_CONST, 0],
  [0x45, 0x45, 1], // i32.eqz
  [0x46, 0x4f, 2], // comparisons
  [0x50, 0x50, 1], // i64.eqz
  [0x51, 0x5a, 2],
  [0x67, 0x69, 1], // i32.clz, ctz, popcnt
  [0x6a, 0x78, 2], // arithmetic
  [0x79, 0x7b, 1],
  [0x7c, 0x8a, 2],
  [0xa7, 0xa7, 1], // i32.wrap_i64
  [0xac, 0xad, 1], // i64.extend_i32
];

/** Whether the comparison at `index` chooses the smaller or the larger of its operands, or of those whose difference it compares with 0, as sequence numbers are. */
export function isChoice(code: readonly Instruction[], index: number): boolean {
  if (code[index + 1]?.opcode !== SELECT) return false;
  const zero = code[index - 1];
  const isDifference = code[index - 2]?.opcode === I32_SUB && zero?.opcode === I32_CONST && !zero.value;
  const operands = index - (isDifference ? 4 : 2);
  const [left, right] = [code[operands], code[operands + 1]];
  if (!left || !right) return false;
  const second = operands - 1;
  const first = beginOf(code, second) - 1;
  const [one, other] = [code[first], code[second]];
  if (!one || !other) return false;
  return (isSame(one, left) && isSame(other, right)) || (isSame(one, right) && isSame(other, left));
}

/** Where the computation of the value begins that the instruction at `index` leaves; -1 where that is not plain arithmetic. */
function beginOf(code: readonly Instruction[], index: number): number {
  let at = index;
  for (let wanted = 1; ; at--) {
    const opcode = code[at]?.opcode ?? -1;
    const [, , operands] = OPERANDS.find(([from, to]) => opcode >= from && opcode <= to) ?? [];
    if (operands === undefined) return -1;
    wanted += operands - 1;
    if (!wanted) return at;
  }
}

/** Whether the value that an instruction leaves is the one that the other reads: of the same local, or the same constant. */
function isSame(value: Instruction, read: Instruction): boolean {
  if (value.value !== read.value) return false;
  if (read.opcode === LOCAL_GET) return value.opcode === LOCAL_GET || value.opcode === LOCAL_TEE;
  return value.opcode === read.opcode && (read.opcode === I32_CONST || read.opcode === I64_CONST);
}
