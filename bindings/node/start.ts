import { ARENA_START, CONTROL, DEVICE, Err, INTERFACE, MORE } from "./constants.js";
import { errorName, errorOf, RingwireError } from "./error.js";
import { OCTETS } from "./layout.js";
import type { Exports, WasmMemory } from "./module.js";

/** The end of an arena that is more than a 32-bit memory can hold, as the stack tells it. */
const BEYOND = 0xffffffc0;

/** What the start needs of a core's options. */
export interface StartOptions {
  ms?: number;
  us?: number;
  arena?: { start?: number; end?: number };
}

/** What the stack expects of the words that only it examines. */
const EXPECTED: Record<string, string> = {
  addresses: "addresses of one host each: not the subnet's own or broadcast address, none of 0/8, 127/8 and 224/3, none twice",
  gateway: "another host: not our own address, nor the subnet's own or broadcast address",
  mac: "a unicast address that is not zero",
  mtu: "68 to 65,535, and no more than the slots of the device hold",
  device: "a device of the table, with one interface for each VLAN",
  vlan: "1 to 4,094 on Ethernet, or 0",
  probing: "0 or 1, or 0 where the module has no probing",
  slotOctets: "a multiple of 64 up to 131,072",
  rxSlots: "a power of two from 1 to 32,768",
  txSlots: "a power of two from 1 to 32,768",
  udpReceive: "a power of two from 1 to 32,768",
  udpSend: "a power of two from 1 to 32,768",
  udpOctets: "at most 65,535",
  record: "at most 4,096 octets",
  owners: "1 to 240",
  ttl: "1 to 255",
  msl: "1 to 536,870,912 ms",
  delayedAck: "1 to 499 ms",
  keepCount: "1 to 255",
  offer: "offer bits, 0 to 31",
  congestion: "newreno (0) or, where the module has it, cubic (1)",
  sentRecords: "0 to 65,536, or 0 where the module has no RACK",
  arenaStart: "4096 or more",
  portFirst: "1 up to portLast, which is at most 65,535",
};

/** Calls `init`, grows the memory by what is needed where the arena's end is free, and calls it again. Throws what `init` answers, with the word that was refused. */
export function start(exports: Exports, control: number, options: StartOptions, limit: number): void {
  const word = (offset: number) => new DataView(exports.memory.buffer).getUint32(control + offset, true);
  let result = exports.init(options.ms ?? 0, options.us ?? 0);
  if (result === Err.NO_MEMORY && !options.arena?.end) {
    grow(exports.memory, (options.arena?.start || ARENA_START) + word(CONTROL.memoryNeeded), limit);
    result = exports.init(options.ms ?? 0, options.us ?? 0);
  }
  if (result === Err.NO_MEMORY) {
    const before = options.arena?.start || ARENA_START;
    const given = (options.arena?.end ?? exports.memory.buffer.byteLength) - before;
    throw new RingwireError(
      "NO_MEMORY",
      `arena too small: ${neededText(word(CONTROL.memoryNeeded), before)} needed, ${Math.max(given, 0)} are given`,
    );
  }
  if (result < 0) {
    const where = wordName(word(CONTROL.detail), word(CONTROL.more) - control);
    const expected = EXPECTED[where.split(", ").at(-1) ?? ""];
    throw new RingwireError(errorName(result), `init: ${errorOf(result).message}: ${where}${expected ? ` (expected ${expected})` : ""}`);
  }
}

function grow(memory: WasmMemory, octets: number, limit: number): void {
  const given = memory.buffer.byteLength;
  if (octets > limit || octets >= BEYOND)
    throw new RingwireError("NO_MEMORY", `memory: ${neededText(octets)} needed, the limit is ${limit}`);
  try {
    memory.grow(Math.max(0, Math.ceil((octets - given) / OCTETS.page)));
  } catch {
    throw new RingwireError("NO_MEMORY", `memory: ${octets} octets are needed, the engine does not give them`);
  }
}

/** What lies at an offset of the control block, in words; from `more` on there are more capacities and settings. */
function wordName(offset: number, more: number): string {
  const field = (table: Record<string, number>, at: number) =>
    Object.entries(table).find(([, where]) => where === at)?.[0] ?? `octet ${at}`;
  if (offset >= more) return field(MORE, offset - more);
  if (offset >= CONTROL.interfaceTable) {
    const at = offset - CONTROL.interfaceTable;
    return `interface ${Math.floor(at / OCTETS.interface)}, ${field(INTERFACE, at % OCTETS.interface)}`;
  }
  if (offset >= CONTROL.deviceTable) {
    const at = offset - CONTROL.deviceTable;
    return `device ${Math.floor(at / DEVICE.octets)}, ${field(DEVICE, at % DEVICE.octets)}`;
  }
  if (offset >= CONTROL.classes && offset < CONTROL.listeners)
    return `buffer class ${Math.floor((offset - CONTROL.classes) / OCTETS.bufferClass)}`;
  return field(CONTROL, offset);
}

/** Octets that are needed, behind those that lie before the arena and are not told of; the stack counts no further than to `BEYOND`. */
function neededText(octets: number, before = 0): string {
  return octets + before >= BEYOND ? "more than 4 GB are" : `${octets} octets are`;
}
