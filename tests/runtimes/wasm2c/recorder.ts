import { type Core, type CoreOptions, instantiate } from "../../../bindings/node/core.js";
import { CONTROL, ENDPOINT, Family, INTERFACE, INTERFACES_MAX } from "../../../bindings/node/constants.js";
import { load } from "../../../bindings/node/module.js";
import { writeControl } from "../../../bindings/node/settings.js";

/**
 * A stack in V8. Each input is noted as a line for `host replay` (the format stands in host.c), with the line that the replay must
 * print for it.
 */
export class Recorder {
  readonly steps: string[] = [];
  readonly expected: string[] = [];
  readonly core: Core;

  private constructor(core: Core) {
    this.core = core;
  }

  /** Instantiates `options.wasm`, and notes what it had in its control block before `init`, and `init`. */
  static async start(options: CoreOptions & { wasm: Uint8Array }): Promise<Recorder> {
    const configured = await load(options.wasm);
    const control = configured.control();
    writeControl(new DataView(configured.memory.buffer), control, options);
    const octets = new Uint8Array(configured.memory.buffer, control, CONTROL.interfaceTable + INTERFACES_MAX * INTERFACE.octets);
    const recorder = new Recorder(await instantiate(options));
    const fresh = await load(options.wasm);
    fresh.control();
    for (const [from, to] of [[CONTROL.arenaStart, CONTROL.pools] as const, [CONTROL.seed, octets.length] as const]) {
      new Uint8Array(fresh.memory.buffer).set(octets.subarray(from, to), control + from);
      recorder.steps.push(`control ${from} ${hex(octets.subarray(from, to))}`);
      recorder.expected.push(`${word(fresh.state_hash?.() ?? 0)} ${word(to - from)}`);
    }
    recorder.#note(`init ${options.ms ?? 0} ${options.us ?? 0}`, 0);
    return recorder;
  }

  /** Writes a frame into the receive ring; throws when it is full. */
  frame(octets: Uint8Array): void {
    if (!this.core.input(octets)) throw new Error("the receive ring is full");
    this.#note(`frame 0 ${hex(octets)}`, octets.length);
  }
  /** `poll`, at a time in microseconds. */
  poll(time: number): number {
    const [ms, us] = [Math.floor(time / 1000), Math.floor(time % 1000)];
    return this.#note(`poll ${ms} ${us}`, this.core.poll(ms, us));
  }
  /** Takes all frames out of the transmit ring. */
  take(): Uint8Array[] {
    const frames = this.core.output();
    if (frames.length) this.#note(`take 0 ${frames.length}`, fnv(frames));
    return frames;
  }
  /** Calls an exported function. */
  call(name: string, ...args: number[]): number {
    const answer = (this.core.exports[name] as (...args: number[]) => number)(...args);
    return this.#note(["call", name, ...args].join(" "), answer);
  }
  /** Writes an endpoint record; `octets` are the address, none for any. */
  endpoint(record: "local" | "remote", octets: number[], port: number): void {
    const at = this.core.control + CONTROL[record];
    this.core.octets.fill(0, at, at + ENDPOINT.octets);
    this.core.view.setUint16(at + ENDPOINT.family, octets.length ? Family.IPV4 : Family.ANY, true);
    this.core.view.setUint16(at + ENDPOINT.port, port, true);
    this.core.octets.set(octets, at + ENDPOINT.address);
    this.#note(`endpoint ${record} ${hex(this.core.octets.subarray(at, at + ENDPOINT.octets))}`, ENDPOINT.octets);
  }
  /** Writes octets where the last span call pointed. */
  write(octets: Uint8Array): void {
    this.core.octets.set(octets, this.core.span);
    this.#note(`write ${hex(octets)}`, octets.length);
  }
  /** Copies octets from where the last span call pointed: no input, so nothing is noted. */
  read(octets: number): Buffer {
    return Buffer.from(this.core.octets.slice(this.core.span, this.core.span + octets));
  }

  #note(line: string, answer: number): number {
    this.steps.push(line);
    this.expected.push(`${word(this.core.stateHash())} ${word(answer)}`);
    return answer;
  }
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString("hex");
}

/** A 32-bit word as eight digits. */
function word(value: number): string {
  return (value >>> 0).toString(16).padStart(8, "0");
}

/** FNV-1a over all octets of all frames, as in host.c. */
function fnv(frames: Uint8Array[]): number {
  let hash = 0x811c9dc5;
  for (const frame of frames) for (const octet of frame) hash = Math.imul(hash ^ octet, 0x01000193);
  return hash;
}
