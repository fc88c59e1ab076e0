// `npm run replay -- LOG MODULE.wasm`: runs a module with what an input log (bindings/c/ringwire_log.h) says it was given, and compares every
// frame that it makes, and every answer of `init` and `poll`, with those of the log.
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { moduleNumber } from "./build.mjs";

const BUILT = fileURLToPath(new URL("../../build/js/bindings/node/constants.js", import.meta.url));
const HEADER = 8;
const PAGE = 65536;
const FRAME_AT = 10;
const Kind = { START: 1, WRITE: 2, INIT: 3, RECEIVED: 4, LINK: 5, MAIL: 6, POLL: 7, SENT: 8 };
/** Words with which a record of each kind begins. */
const WORDS = { 1: 3, 2: 1, 3: 3, 4: 1, 5: 2, 6: 2, 7: 4, 8: 1 };
/** What a call answers that trapped, as RINGWIRE_TRAPPED. */
const TRAPPED = -64;

/** Records of a log one after another; one that was cut off at the end (a power cut) is left out. */
export function* records(log) {
  for (let at = 0, number = 0; at + HEADER <= log.length; number++) {
    const kind = log.readUInt32LE(at);
    const octets = log.readUInt32LE(at + 4);
    const words = WORDS[kind];
    if (!words || octets < 4 * words) throw new Error(`this is no input log: octets ${at} to ${at + HEADER} begin no record`);
    at += HEADER;
    if (at + octets > log.length) return;
    yield {
      number,
      kind,
      words: Array.from({ length: words }, (_, i) => log.readInt32LE(at + 4 * i)),
      octets: log.subarray(at + 4 * words, at + octets),
    };
    at += octets;
  }
}

/** Runs a module with a log. Answers what was replayed; throws at the first difference. */
export async function replay(log, wasm) {
  if (!existsSync(BUILT)) throw new Error("the constants are not built: npm run build");
  const player = new Player(await import(pathToFileURL(BUILT)), await WebAssembly.compile(wasm), moduleNumber(wasm));
  for (const record of records(log)) {
    try {
      player.play(record);
    } catch (error) {
      throw new Error(`record ${record.number}, at ${player.ms} ms, poll ${player.sum.polls}: ${error.message}`);
    }
  }
  if (!player.sum.starts) throw new Error("the log is empty");
  return { ...player.sum, counters: player.counters() };
}

class Player {
  sum = { starts: 0, polls: 0, received: 0, sent: 0, mails: 0 };
  ms = 0;
  #names;
  #module;
  #number;
  #exports;
  #view;
  #octets;
  #control;
  #seen;
  #total = {};

  constructor(names, module, number) {
    this.#names = names;
    this.#module = module;
    this.#number = number;
  }
  /** Counters by their names, of all starts together. */
  counters() {
    this.#gather();
    return this.#total;
  }
  play({ kind, words, octets }) {
    if (kind !== Kind.START && !this.#exports) throw new Error("the log does not begin with a start");
    if (kind === Kind.START) this.#start(...words);
    else if (kind === Kind.WRITE) this.#octets.set(octets, words[0] >>> 0);
    else if (kind === Kind.INIT) this.#init(...words);
    else if (kind === Kind.RECEIVED) this.#received(words[0], octets);
    else if (kind === Kind.LINK) this.#link(...words);
    else if (kind === Kind.MAIL) this.#mail(...words);
    else if (kind === Kind.POLL) this.#poll(...words);
    else this.#sent(octets);
  }
  #start(memory, control, number) {
    const found = `0x${this.#number.toString(16)}`;
    if (number >>> 0 !== this.#number)
      throw new Error(`the log is of another module: it says 0x${(number >>> 0).toString(16)}, this one is ${found}`);
    this.#gather();
    this.#exports = new WebAssembly.Instance(this.#module, {}).exports;
    const missing = Math.ceil((memory >>> 0) / PAGE) - this.#exports.memory.buffer.byteLength / PAGE;
    if (missing > 0) this.#exports.memory.grow(missing);
    this.#octets = new Uint8Array(this.#exports.memory.buffer);
    this.#view = new DataView(this.#exports.memory.buffer);
    this.#control = this.#exports.control();
    same("address of the control block", control, this.#control);
    this.#seen = 0;
    this.sum.starts++;
  }
  #init(ms, us, answer) {
    this.ms = ms >>> 0;
    same("answer of init", answer, this.#exports.init(ms, us));
  }
  #device(field) {
    return this.#control + this.#names.CONTROL.deviceTable + this.#names.DEVICE[field];
  }
  #get(field) {
    return this.#view.getUint32(this.#device(field), true);
  }
  #set(field, value) {
    this.#view.setUint32(this.#device(field), value, true);
  }
  #slot(ring, slots, number) {
    return this.#get(ring) + ((number & (this.#get(slots) - 1)) >>> 0) * this.#get("slotOctets");
  }
  #received(length, frame) {
    const written = this.#get("rxWritten");
    if ((written - this.#get("rxTaken")) >>> 0 >= this.#get("rxSlots"))
      throw new Error("the log has a frame for which there is no receive slot");
    const at = this.#slot("rxRing", "rxSlots", written);
    this.#octets.fill(0, at, at + FRAME_AT);
    this.#view.setUint32(at, length, true);
    this.#octets.set(frame, at + FRAME_AT);
    this.#set("rxWritten", written + 1);
    this.sum.received++;
  }
  #link(isDown, changes) {
    this.#octets[this.#device("linkDown")] = isDown;
    this.#set("linkChanges", changes);
  }
  #mail(place, value) {
    this.#view.setInt32(this.#control + this.#names.CONTROL.mailbox + 4 * place, value, true);
    this.sum.mails++;
  }
  #poll(ms, us, taken, answer) {
    this.ms = ms >>> 0;
    this.#set("txTaken", taken);
    this.sum.polls++;
    same("answer of poll", answer, this.#trappable(ms, us));
  }
  #trappable(ms, us) {
    try {
      return this.#exports.poll(ms, us);
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) return TRAPPED;
      throw error;
    }
  }
  #sent(frame) {
    if (this.#seen === this.#get("txWritten")) throw new Error(`the log has a frame of ${frame.length} octets more than the replay`);
    const at = this.#slot("txRing", "txSlots", this.#seen);
    this.#seen = (this.#seen + 1) >>> 0;
    same(`length of frame ${this.sum.sent} out`, frame.length, this.#view.getUint32(at, true));
    const made = this.#octets.subarray(at + FRAME_AT, at + FRAME_AT + frame.length);
    if (Buffer.compare(frame, made)) {
      const i = frame.findIndex((octet, at) => octet !== made[at]);
      same(`octet ${i} of frame ${this.sum.sent} out`, frame[i], made[i]);
    }
    this.sum.sent++;
  }
  #gather() {
    if (!this.#view) return;
    const at = this.#view.getUint32(this.#control + this.#names.CONTROL.counters, true);
    for (const [name, place] of Object.entries(this.#names.Counter))
      if (at && typeof place === "number") this.#total[name] = (this.#total[name] ?? 0) + this.#view.getUint32(at + 4 * place, true);
  }
}

function same(what, inLog, inReplay) {
  if (inLog !== inReplay) throw new Error(`${what}: ${inLog} in the log, ${inReplay} in the replay`);
}

function read(what, path) {
  if (!existsSync(path)) throw new Error(`no ${what} ${path}`);
  return readFileSync(path);
}

async function main(paths) {
  if (paths.length !== 2) throw new Error("expected: npm run replay -- LOG MODULE.wasm (build/boards has the modules of the boards)");
  const [log, wasm] = [read("log", paths[0]), read("module", paths[1])];
  if (wasm.readUInt32BE(0) !== 0x0061736d) throw new Error(`${paths[1]} is no module`);
  const { starts, polls, received, sent, counters } = await replay(log, wasm);
  console.log(
    `the same, octet for octet: ${received} frames in, ${sent} frames out, ${polls} polls, ${starts} ${starts === 1 ? "start" : "starts"}`,
  );
  console.log(`segments sent again: ${counters.TCP_RETRANSMITTED}`);
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await main(process.argv.slice(2)).catch((error) => {
    console.error(`replay: ${error.message}`);
    process.exitCode = 1;
  });
