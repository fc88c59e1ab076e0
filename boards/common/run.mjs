// Starts QEMU with a board's program, and tells when it says `ready`.
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";

/** Milliseconds that a machine with much to do may take to start a board. */
const READY_WITHIN = 120_000;

/** Debian packages of the programs that boards need. */
const PACKAGES = {
  "qemu-system-arm": "qemu-system-arm",
  "qemu-system-riscv32": "qemu-system-misc",
  "arm-none-eabi-gcc": "gcc-arm-none-eabi libnewlib-arm-none-eabi",
  "riscv64-unknown-elf-gcc": "gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf",
};

/** One line that says what is missing for a board, and what to install; empty when all is there. */
export function whyNoBoard(board) {
  const missing = [board.machine[0], `${board.tools}gcc`].filter((name) => spawnSync(name, ["--version"]).error);
  const packages = missing.map((name) => PACKAGES[name] ?? name).join(" ");
  return missing.length ? `no ${missing.join(" and no ")}: install ${packages} (apt-get install ${packages})` : "";
}

/** How QEMU is started. `link`: { tap: NAME }, { dgram: [local, remote] } or nothing. */
export function commandOf(board, elf, link = {}, { words = [], options = [], seed = randomBytes(32).toString("hex") } = {}) {
  const args = ["ringwire", `seed=${seed}`, ...words].map((word) => `,arg=${word}`).join("");
  return [
    ...board.machine,
    "-display",
    "none",
    "-serial",
    "stdio",
    "-monitor",
    "none",
    "-semihosting-config",
    `enable=on,target=native${args}`,
  ].concat(["-kernel", elf], network(board, link), options);
}

function network(board, { tap, dgram }) {
  if (!tap && !dgram) return ["-nic", "none"];
  const address = (side, port) => `${side}.type=inet,${side}.host=127.0.0.1,${side}.port=${port}`;
  const netdev = tap
    ? `tap,id=n0,ifname=${tap},script=no,downscript=no`
    : `dgram,id=n0,${address("local", dgram[0])},${address("remote", dgram[1])}`;
  return ["-netdev", netdev, ...(board.nic ?? ["-net", "nic,netdev=n0"])];
}

/** A board that runs. */
export class Running {
  /** Everything it has printed. */
  text = "";
  /** Everything QEMU itself has said. */
  said = "";
  /** Resolves with the exit status of QEMU. */
  ended;
  #child;

  /** `prefix`: a command that runs others, such as ip netns exec NAME. */
  constructor(command, prefix = []) {
    const [program, ...args] = [...prefix, ...command];
    this.#child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child.stdout.on("data", (data) => {
      this.text += data;
    });
    this.#child.stderr.on("data", (data) => {
      this.said += data;
    });
    this.ended = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("exit", (code) => resolve(code));
    });
  }
  get pid() {
    return this.#child.pid;
  }
  /** Waits until it has printed a line. */
  async prints(line, within = READY_WITHIN) {
    const began = performance.now();
    let isOver = false;
    this.ended.then(() => {
      isOver = true;
    });
    while (!this.text.includes(`${line}\n`)) {
      const what = isOver ? "has ended" : performance.now() - began > within ? "is silent" : "";
      if (what) throw new Error(`the board ${what} before it said "${line}": ${(this.text + this.said).slice(-1000)}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  /** Is told what it prints from now on. */
  onText(told) {
    this.#child.stdout.on("data", told);
  }
  async stop() {
    this.#child.kill();
    await this.ended;
  }
}
