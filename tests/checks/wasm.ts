// Just enough of the WebAssembly binary format to see what a module holds. Core specification 2.0, chapter 5.

/** What a module holds, as far as the promises speak of it. */
export interface WasmFacts {
  /** `module.name` of every import. */
  imports: string[];
  /** For each global of the module's own, whether it is mutable. */
  mutableGlobals: boolean[];
  exports: { name: string; kind: number; index: number }[];
  /** Indices of functions that grow the memory. */
  growing: number[];
  /** For each function of the module's own, whether its parameters and results are all i32. */
  plainFunctions: boolean[];
  /** Names of functions, where the module carries a name section. */
  functionNames: string[];
  memory: { pages: number; hasMaximum: boolean } | null;
}

/** Kind of an export or import: a global. */
export const GLOBAL = 3;
/** Kind of an export or import: a function. */
export const FUNCTION = 0;
const MEMORY_GROW = 0x40;
const I32 = 0x7f;

/** Reads a module. Throws on what it does not know, so that nothing passes unseen. */
export function readWasm(bytes: Uint8Array): WasmFacts {
  const facts: WasmFacts = {
    imports: [],
    mutableGlobals: [],
    exports: [],
    growing: [],
    plainFunctions: [],
    functionNames: [],
    memory: null,
  };
  const reader = new Reader(bytes, 0, bytes.length);
  if (reader.fixed(4) !== 0x6d736100 || reader.fixed(4) !== 1) throw new Error("not a WebAssembly module of version 1");
  const types: boolean[] = [];
  while (!reader.done) {
    const id = reader.octet();
    readSection(id, reader.part(reader.u32()), facts, types);
  }
  return facts;
}

function readSection(id: number, section: Reader, facts: WasmFacts, types: boolean[]): void {
  switch (id) {
    case 0:
      return readCustom(section, facts);
    case 1:
      return section.vector(() => types.push(isPlain(section)));
    case 3:
      return section.vector(() => facts.plainFunctions.push(types[section.u32()]));
    case 2:
      return section.vector(() => facts.imports.push(readImport(section)));
    case 5:
      return section.vector(() => {
        facts.memory = readLimits(section);
      });
    case 6:
      return section.vector(() => facts.mutableGlobals.push(readGlobal(section)));
    case 7:
      return section.vector(() => facts.exports.push({ name: section.name(), kind: section.octet(), index: section.u32() }));
    case 10:
      return readCode(section, facts);
  }
}

/** Whether a function type is of i32 only. */
function isPlain(section: Reader): boolean {
  if (section.octet() !== 0x60) throw new Error("a type that is no function");
  let plain = true;
  const see = () => {
    if (section.octet() !== I32) plain = false;
  };
  section.vector(see);
  section.vector(see);
  return plain;
}

function readImport(section: Reader): string {
  const name = `${section.name()}.${section.name()}`;
  const kind = section.octet();
  if (kind === 0) section.u32();
  else if (kind === 1) {
    section.octet();
    readLimits(section);
  } else if (kind === 2) readLimits(section);
  else if (kind === GLOBAL) section.skip(2);
  else throw new Error(`import of unknown kind ${kind}`);
  return name;
}

function readLimits(section: Reader): { pages: number; hasMaximum: boolean } {
  const hasMaximum = (section.octet() & 1) === 1;
  const pages = section.u32();
  if (hasMaximum) section.u32();
  return { pages, hasMaximum };
}

function readGlobal(section: Reader): boolean {
  section.octet();
  const mutable = section.octet() === 1;
  while (instruction(section) !== 0x0b) continue;
  return mutable;
}

function readCode(section: Reader, facts: WasmFacts): void {
  let index = 0;
  section.vector(() => {
    const body = section.part(section.u32());
    body.vector(() => {
      body.u32();
      body.octet();
    });
    while (!body.done) if (instruction(body) === MEMORY_GROW) facts.growing.push(index);
    index++;
  });
}

function readCustom(section: Reader, facts: WasmFacts): void {
  if (section.name() !== "name") return;
  while (!section.done) {
    const id = section.octet();
    const part = section.part(section.u32());
    if (id !== 1) continue;
    part.vector(() => {
      part.u32();
      facts.functionNames.push(part.name());
    });
  }
}

/** Reads one instruction with what follows it; answers its first octet. */
function instruction(code: Reader): number {
  const opcode = code.octet();
  if (opcode === 0xfc) afterBulk(code, code.u32());
  else if (opcode === 0xfd) afterVector(code, code.u32());
  else afterPlain(code, opcode);
  return opcode;
}

function afterPlain(code: Reader, opcode: number): void {
  const one = [0x02, 0x03, 0x04, 0x0c, 0x0d, 0x10, 0x12, 0x3f, 0x40, 0x41, 0x42, 0xd0, 0xd2];
  const none = [0x00, 0x01, 0x05, 0x0b, 0x0f, 0x1a, 0x1b, 0xd1];
  if (none.includes(opcode) || (opcode >= 0x45 && opcode <= 0xc4)) return;
  if (one.includes(opcode) || (opcode >= 0x20 && opcode <= 0x26)) return code.leb();
  if (opcode === 0x11 || opcode === 0x13 || (opcode >= 0x28 && opcode <= 0x3e)) return code.leb(2);
  if (opcode === 0x43) return code.skip(4);
  if (opcode === 0x44) return code.skip(8);
  if (opcode === 0x1c) return code.vector(() => code.octet());
  if (opcode !== 0x0e) throw new Error(`unknown instruction 0x${opcode.toString(16)}`);
  code.vector(() => code.leb());
  code.leb();
}

function afterBulk(code: Reader, opcode: number): void {
  if (opcode <= 7) return;
  if (opcode > 17) throw new Error(`unknown instruction 0xfc ${opcode}`);
  code.leb([8, 10, 12, 14].includes(opcode) ? 2 : 1);
}

function afterVector(code: Reader, opcode: number): void {
  if (opcode <= 11 || opcode === 92 || opcode === 93) return code.leb(2);
  if (opcode === 12 || opcode === 13) return code.skip(16);
  if (opcode >= 21 && opcode <= 34) return code.skip(1);
  if (opcode < 84 || opcode > 91) return;
  code.leb(2);
  code.skip(1);
}

/** Reads forward over a part of a module. */
class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    private at: number,
    private readonly end: number,
  ) {}
  get done(): boolean {
    return this.at >= this.end;
  }
  octet(): number {
    if (this.done) throw new Error("the module ends too early");
    return this.bytes[this.at++];
  }
  /** `octets` octets, little-endian. */
  fixed(octets: number): number {
    let value = 0;
    for (let i = 0; i < octets; i++) value += this.octet() * 256 ** i;
    return value;
  }
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const octet = this.octet();
      value += (octet & 127) * 2 ** shift;
      if (octet < 128) return value;
    }
  }
  /** Passes over `count` numbers in LEB128. */
  leb(count = 1): void {
    for (let i = 0; i < count; i++) while (this.octet() >= 128) continue;
  }
  skip(octets: number): void {
    this.at += octets;
  }
  /** The next `octets` octets by themselves. */
  part(octets: number): Reader {
    const part = new Reader(this.bytes, this.at, Math.min(this.at + octets, this.end));
    this.at += octets;
    return part;
  }
  vector(each: () => unknown): void {
    for (let count = this.u32(); count > 0; count--) each();
  }
  name(): string {
    const length = this.u32();
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }
}
