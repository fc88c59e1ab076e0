// The boards' tools (boards/common) with types, and a board that runs with a stack of our own at the other end of its wire.
import assert from "node:assert/strict";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createStack } from "../../bindings/node/create.js";
import type { Driver } from "../../bindings/node/driver.js";
import { Link, type LinkOptions } from "../../bindings/node/link.js";
import { capture } from "../../bindings/node/pcap.js";
import type { TcpOptions } from "../../bindings/node/options.js";
import type { Stack } from "../../bindings/node/stack.js";
import { noise } from "../node/network.js";

export const ROOT = process.cwd();
export const ADDRESS = "10.9.0.2";

/** An engine by which a board runs the module. */
export type Engine = "wasm2c" | "wasm3";

/** What a board.json says, as far as tests need it. */
export interface Board {
  name: string;
  about: string;
  module: string;
  memory: Record<Engine, number>;
  store?: { at: string; octets: number };
}

/** What a program has besides, or in place of the application. */
interface Kind {
  app?: string;
  log?: boolean;
  account?: boolean;
}

/** A board that runs in QEMU. */
export interface Running {
  text: string;
  said: string;
  pid: number;
  ended: Promise<number | string | null>;
  prints(line: string, within?: number): Promise<void>;
  stop(): Promise<void>;
}

interface Tools {
  boardNames(root: string): string[];
  boardOf(root: string, name: string): Board;
  enginesOf(board: Board): Engine[];
  buildBoard(root: string, name: string, engine: Engine, program?: string, more?: Kind): string;
  buildOther(
    root: string,
    name: string,
    other: string,
    program: "main" | "measure",
    from: { own: string[]; files: string[]; include: string[]; version: string },
  ): string;
  sizeOf(root: string, name: string, elf: string): { flash: number; ram: number };
  appNames(root: string): string[];
  buildModule(root: string, name: string, app?: string): string;
  records(log: Buffer): Iterable<{ kind: number; octets: Buffer }>;
  replay(log: Buffer, wasm: Buffer): Promise<{ received: number; sent: number; starts: number; counters: Record<string, number> }>;
  whyNoBoard(board: Board): string;
  commandOf(
    board: Board,
    elf: string,
    link?: { tap?: string; dgram?: number[] },
    more?: { words?: string[]; options?: string[]; seed?: string },
  ): string[];
  Running: new (command: string[], prefix?: string[]) => Running;
  freePorts(): Promise<[number, number]>;
  openDatagrams(local: number, remote: number): Promise<Driver>;
  whyNoWasm3(root: string): string;
  wasm3Sources(root: string): string;
  smallWasm3Sources(root: string): string;
}

const FILES = [
  "boards/common/build.mjs",
  "boards/common/run.mjs",
  "boards/common/dgram.mjs",
  "boards/common/replay.mjs",
  "bindings/c/wasm3.mjs",
];
/** Everything that boards/common and bindings/c/wasm3.mjs offer. */
export const tools = Object.assign({}, ...(await Promise.all(FILES.map((file) => import(pathToFileURL(join(ROOT, file)).href))))) as Tools;

/** Every board with every engine it runs with, and why it cannot run here. */
export function rigs(): { board: Board; engine: Engine; skip: string | false }[] {
  return tools.boardNames(ROOT).flatMap((name) => {
    const board = tools.boardOf(ROOT, name);
    return tools.enginesOf(board).map((engine) => {
      const missing = tools.whyNoBoard(board) || (engine === "wasm3" ? tools.whyNoWasm3(ROOT) : "");
      return { board, engine, skip: missing || false };
    });
  });
}

/** What runs on the board, with which words and seed, what the wire does to frames, and settings of the stack at its other end. */
export interface RigOptions extends Kind {
  faults?: LinkOptions;
  words?: string[];
  seed?: string;
  tcp?: TcpOptions;
  /** A program that was built already, in place of the board's own. */
  elf?: string;
  /** What is done with the stack before the board starts. */
  prepare?: (stack: Stack) => void;
  /** More options of QEMU. */
  options?: string[];
  /** Where frames are recorded, as pcap. */
  record?: string;
}

/** A board and a stack in Node on one wire, with faults when they are given. */
export class Rig {
  private constructor(
    public running: Running,
    readonly stack: Stack,
    private readonly link: Link | null,
    private readonly command: string[],
  ) {}

  static async start(
    board: Board,
    engine: Engine,
    { faults, words = [], seed, tcp = {}, options = [], record, prepare, elf: given, ...kind }: RigOptions = {},
  ): Promise<Rig> {
    const elf = given ?? tools.buildBoard(ROOT, board.name, engine, "main", kind);
    const [here, there] = await tools.freePorts();
    const bare = await tools.openDatagrams(here, there);
    const wire = record ? capture(bare, record) : bare;
    const link = faults ? new Link(faults) : null;
    const command = tools.commandOf(board, elf, { dgram: [there, here] }, { words, options, ...(seed === undefined ? {} : { seed }) });
    const stack = await createStack({ interfaces: [{ driver: link ? link.attach(wire) : wire, addresses: ["10.9.0.1/24"] }], tcp });
    prepare?.(stack);
    const running = new tools.Running(command);
    const rig = new Rig(running, stack, link, command);
    try {
      await running.prints("ready");
      return rig;
    } catch (error) {
      await rig.stop();
      throw error;
    }
  }
  /** Power is cut: the emulator ends at once, whatever the board was doing. */
  async cut(): Promise<void> {
    process.kill(this.running.pid, "SIGKILL");
    await this.running.ended;
  }
  /** Power is back: the same program with the same words, on the same wire. */
  async restart(): Promise<void> {
    this.running = new tools.Running(this.command);
    await this.running.prints("ready");
  }
  /** Frames that the simulated link lost, both ways. */
  get lost(): number {
    return this.link ? this.link.stats.forward.lost + this.link.stats.backward.lost : 0;
  }
  /** Sends octets to the echo port, half closes, and answers what came back. */
  async echo(octets: Uint8Array, host = ADDRESS): Promise<Buffer> {
    const socket = await this.stack.connect({ host, port: 7 });
    socket.end(octets);
    const chunks: Buffer[] = [];
    for await (const data of socket) chunks.push(data as Buffer);
    return Buffer.concat(chunks);
  }
  /** The same on several connections at once, each with octets of its own: they come back as they were sent. */
  async echoesAtOnce(connections: number, octets: number): Promise<void> {
    const sent = Array.from({ length: connections }, (_, i) => noise(octets, i + 1));
    const came = await Promise.all(sent.map((each) => this.echo(each)));
    came.forEach((each, i) => {
      assert.ok(sent[i]?.equals(each), `connection ${i}`);
    });
  }
  /** Sends octets to port 9, closes, and answers how many came back. */
  async thrownAway(octets: Uint8Array): Promise<number> {
    const socket = await this.stack.connect({ host: ADDRESS, port: 9 });
    socket.end(octets);
    let came = 0;
    for await (const data of socket) came += (data as Buffer).length;
    return came;
  }
  /** A page, with its head. */
  async page(path = "/"): Promise<Buffer> {
    const socket = await this.stack.connect({ host: ADDRESS, port: 80 });
    socket.end(`GET ${path} HTTP/1.1\r\nHost: board\r\n\r\n`);
    const chunks: Buffer[] = [];
    for await (const data of socket) chunks.push(data as Buffer);
    return Buffer.concat(chunks);
  }
  /** The page on port 80 as text. */
  async text(): Promise<string> {
    return String(await this.page());
  }
  async stop(): Promise<void> {
    await this.stack.close();
    await this.running.stop();
  }
}
