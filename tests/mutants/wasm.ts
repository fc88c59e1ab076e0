// Just enough of the WebAssembly binary format to find the instructions of named functions and to change them.

/** An instruction: where its opcode stands in the file, how long it is, and its immediate where it has a single one. */
export interface Instruction {
  at: number;
  length: number;
  opcode: number;
  /** The constant of i32.const and i64.const, the offset of a load or store, the number of a local that is read or set; else 0. */
  value: bigint;
}

/** A function body. */
export interface Body {
  name: string;
  /** Its place among the functions. */
  index: number;
  /** Where its size stands in the file, and where the octets behind that begin and end. */
  sizeAt: number;
  start: number;
  end: number;
  instructions: Instruction[];
}

const SECTION = { CUSTOM: 0, TYPE: 1, IMPORT: 2, FUNCTION: 3, CODE: 10, DATA: 11 } as const;
const I32_CONST = 0x41;
const NAMES_OF_FUNCTIONS = 1;
const HEADER = 8;

/** Reads along a module. */
class Reader {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  u8(): number {
    return this.bytes[this.at++] ?? 0;
  }
  /** Unsigned LEB128. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = this.u8();
      value += (octet & 127) * 2 ** shift;
      if (octet < 128) return value;
    }
  }
  /** Signed LEB128 of up to 64 bits. */
  signed(): bigint {
    let value = 0n;
    let shift = 0n;
    for (;;) {
      const octet = this.u8();
      value |= BigInt(octet & 127) << shift;
      shift += 7n;
      if (octet >= 128) continue;
      return octet & 64 ? value - (1n << shift) : value;
    }
  }
  text(): string {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.bytes.subarray(this.at - length, this.at));
  }
}

/** A section of a module: where its size stands, and where its content begins and ends. */
interface Section {
  id: number;
  sizeAt: number;
  start: number;
  end: number;
}

function sections(bytes: Uint8Array): Section[] {
  const found: Section[] = [];
  const reader = new Reader(bytes, HEADER);
  while (reader.at < bytes.length) {
    const id = reader.u8();
    const sizeAt = reader.at;
    const size = reader.u32();
    found.push({ id, sizeAt, start: reader.at, end: reader.at + size });
    reader.at += size;
  }
  return found;
}

function codeOf(bytes: Uint8Array): Section {
  const all = sections(bytes);
  const code = all.find(({ id }) => id === SECTION.CODE);
  if (!code || all.some(({ id }) => id === SECTION.IMPORT)) throw new Error("a module with code and without imports is expected");
  return code;
}

/** Every function of a module without imports, with its name from the name section. */
export function bodies(bytes: Uint8Array): Body[] {
  const code = codeOf(bytes);
  const names = functionNames(bytes);
  const reader = new Reader(bytes, code.start);
  const count = reader.u32();
  return Array.from({ length: count }, (_, index) => {
    const sizeAt = reader.at;
    const size = reader.u32();
    const body = { name: names.get(index) ?? `${index}`, index, sizeAt, start: reader.at, end: reader.at + size };
    const instructions = instructionsOf(bytes, body.start, body.end);
    reader.at = body.end;
    return { ...body, instructions };
  });
}

function functionNames(bytes: Uint8Array): Map<number, string> {
  for (const { id, start, end } of sections(bytes)) {
    const reader = new Reader(bytes, start);
    if (id !== SECTION.CUSTOM || reader.text() !== "name") continue;
    while (reader.at < end) {
      const kind = reader.u8();
      const next = reader.u32() + reader.at;
      if (kind === NAMES_OF_FUNCTIONS) return namesFrom(reader);
      reader.at = next;
    }
  }
  throw new Error("the module has no names of functions");
}

function namesFrom(reader: Reader): Map<number, string> {
  const names = new Map<number, string>();
  for (let count = reader.u32(); count; count--) {
    const index = reader.u32();
    names.set(index, reader.text());
  }
  return names;
}

function instructionsOf(bytes: Uint8Array, start: number, end: number): Instruction[] {
  const reader = new Reader(bytes, start);
  for (let groups = reader.u32(); groups; groups--) {
    reader.u32();
    reader.u8();
  }
  const found: Instruction[] = [];
  while (reader.at < end) {
    const at = reader.at;
    const opcode = reader.u8();
    const value = immediate(reader, opcode);
    found.push({ at, length: reader.at - at, opcode, value });
  }
  return found;
}

/** Steps over what follows an opcode; answers the constant, the offset or the local. */
function immediate(reader: Reader, opcode: number): bigint {
  if (opcode >= 0x20 && opcode <= 0x22) return BigInt(reader.u32());
  if (opcode >= 0x28 && opcode <= 0x3e) return offsetOf(reader);
  if (opcode === 0x41 || opcode === 0x42) return reader.signed();
  for (let operands = operandsOf(reader, opcode); operands; operands--) reader.u32();
  return 0n;
}

/** Of a load or store, behind its alignment. */
function offsetOf(reader: Reader): bigint {
  reader.u32();
  return BigInt(reader.u32());
}

/** How many numbers follow an opcode that is neither a constant nor a load or store. */
function operandsOf(reader: Reader, opcode: number): number {
  switch (opcode) {
    case 0x02: // block, loop, if: their type
    case 0x03:
    case 0x04:
    case 0x0c: // br, br_if
    case 0x0d:
    case 0x10: // call
    case 0x3f: // memory.size, memory.grow
    case 0x40:
      return 1;
    case 0x0e: // br_table
      return reader.u32() + 1;
    case 0x11: // call_indirect
      return 2;
    case 0xfc:
      return bulkOperands(reader.u32());
    default:
      return opcode >= 0x20 && opcode <= 0x26 ? 1 : plain(opcode);
  }
}

function plain(opcode: number): number {
  const isKnown = opcode <= 0x1b || (opcode >= 0x45 && opcode <= 0xc4);
  if (!isKnown) throw new Error(`unknown instruction 0x${opcode.toString(16)}`);
  return 0;
}

/** Saturating conversions and bulk memory. */
function bulkOperands(kind: number): number {
  if (kind <= 7) return 0;
  if (kind === 9 || kind === 11) return 1;
  if (kind === 8 || kind === 10) return 2;
  throw new Error(`unknown instruction 0xfc ${kind}`);
}

/** A copy of the module in which one instruction of a body is replaced by other octets. */
export function spliced(bytes: Uint8Array, body: Body, { at, length }: Instruction, replacement: Uint8Array): Uint8Array {
  const code = codeOf(bytes);
  const inner = joined(bytes.subarray(body.start, at), replacement, bytes.subarray(at + length, body.end));
  const content = joined(bytes.subarray(code.start, body.sizeAt), unsigned(inner.length), inner, bytes.subarray(body.end, code.end));
  return joined(bytes.subarray(0, code.sizeAt), unsigned(content.length), content, bytes.subarray(code.end));
}

/** A copy of the module in which bodies, known by where their size stands, are replaced by others. */
export function rebuilt(bytes: Uint8Array, fresh: Map<number, Uint8Array>): Uint8Array {
  const code = codeOf(bytes);
  const reader = new Reader(bytes, code.start);
  const pieces = [unsigned(reader.u32())];
  while (reader.at < code.end) {
    const inner = fresh.get(reader.at);
    const size = reader.u32();
    const body = inner ?? bytes.subarray(reader.at, reader.at + size);
    pieces.push(unsigned(body.length), body);
    reader.at += size;
  }
  const content = joined(...pieces);
  return joined(bytes.subarray(0, code.sizeAt), unsigned(content.length), content, bytes.subarray(code.end));
}

/** What a body has besides instructions: how many parameters, its groups of locals (how many, of which type), and where those end. */
export function arity(bytes: Uint8Array, body: Body): { parameters: number; groups: [number, number][]; locals: number } {
  const reader = new Reader(bytes, body.start);
  const groups = Array.from({ length: reader.u32() }, (): [number, number] => [reader.u32(), reader.u8()]);
  return { parameters: parametersOf(bytes, body.index), groups, locals: reader.at };
}
function parametersOf(bytes: Uint8Array, index: number): number {
  const at = (id: number) => new Reader(bytes, sections(bytes).find((section) => section.id === id)?.start ?? 0);
  const functions = at(SECTION.FUNCTION);
  functions.u32();
  for (let i = 0; i < index; i++) functions.u32();
  const types = at(SECTION.TYPE);
  types.u32();
  for (let rest = functions.u32(); ; rest--) {
    types.u8();
    const parameters = types.u32();
    types.at += parameters;
    const results = types.u32();
    types.at += results;
    if (!rest) return parameters;
  }
}

/** One past the last octet of memory that a module fills in; segments must have plain places. */
export function dataEnd(bytes: Uint8Array): number {
  const data = sections(bytes).find(({ id }) => id === SECTION.DATA);
  if (!data) return 0;
  const reader = new Reader(bytes, data.start);
  const ends = Array.from({ length: reader.u32() }, () => {
    if (reader.u32() || reader.u8() !== I32_CONST) throw new Error("a segment of data without a plain place");
    const place = Number(reader.signed());
    reader.u8(); // end
    const length = reader.u32();
    reader.at += length;
    return place + length;
  });
  return Math.max(0, ...ends);
}

function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** Unsigned LEB128. */
export function unsigned(value: number): Uint8Array {
  const octets: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...octets, rest]);
    octets.push((rest % 128) | 128);
  }
}

/** Signed LEB128. */
export function signed(value: bigint): Uint8Array {
  const octets: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const octet = Number(rest & 127n);
    if (rest >= -64n && rest < 64n) return Uint8Array.from([...octets, octet]);
    octets.push(octet | 128);
  }
}
