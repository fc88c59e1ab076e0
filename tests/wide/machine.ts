// A Debian kernel of its own in QEMU, with busybox for a userland and a second serial line that ends in this process.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { dirname, join } from "node:path";
import { installed } from "../../bindings/node/cli/demo/children.js";

const PROGRAMS = ["qemu-system-x86_64", "busybox", "slattach", "apt-get", "apt-cache", "dpkg-deb", "tar", "ldd"];
const PACKAGE = "linux-image-amd64";
/** Seconds after which the machine is ended, or ends itself when this process is gone. */
const LIFE = 780;
/** Precedes the status of a command on the console. */
const MARK = "\x1e";
/** Process 1: runs line after line of the console as commands and says how each ended. */
const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox --install -s /bin
export PATH=/opt:/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec </dev/ttyS0 >/dev/ttyS0 2>&1
stty -echo -onlcr
(sleep ${LIFE}; poweroff -f) &
printf '${MARK}%d\\n' 0
while read -r line; do
  eval "$line" </dev/null
  printf '${MARK}%d\\n' $?
done
`;

/** Files of an unpacked kernel: the image, and modules in the order in which they are loaded. */
export interface Kernel {
  image: string;
  modules: string[];
}

/** Debian's newest kernel, unpacked below a folder with these modules of a folder of its drivers, or why there is none. Nothing is installed. */
export function fetchKernel(folder: string, drivers: string, modules: string[]): Kernel | string {
  const absent = PROGRAMS.filter((program) => !installed(program));
  if (absent.length) return `needs ${absent.join(" and ")}`;
  const run = (program: string, ...args: string[]) => execFileSync(program, args, { cwd: folder, encoding: "utf8", stdio: "pipe" });
  try {
    const name = /Depends: (linux-image-\S+)/.exec(run("apt-cache", "depends", PACKAGE))?.[1];
    if (!name) return `apt knows no ${PACKAGE}`;
    run("apt-get", "-qq", "-o", "APT::Sandbox::User=root", "download", name);
  } catch (error) {
    return `${PACKAGE} cannot be fetched: ${String((error as { stderr?: unknown }).stderr).trim()}`;
  }
  run("sh", "-c", 'dpkg-deb --fsys-tarfile *.deb | tar -x --wildcards "./boot/vmlinuz-*" "*/$1/*" && rm *.deb', "sh", drivers);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const find = (what: string) => join(folder, files.find((path) => path.includes(what)) ?? what);
  return { image: find("boot/vmlinuz-"), modules: modules.map((module) => find(`${drivers}/${module}.ko`)) };
}

/** A machine that runs until `off` or `kill`. */
export class Machine {
  /** The other end of its second serial line, `/dev/ttyS1`. */
  readonly line: Promise<Socket>;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number | null>;
  #said = "";
  #waiting: { resolve: (said: string) => void; reject: (error: Error) => void } | null = null;

  private constructor(child: ChildProcess, line: Promise<Socket>) {
    this.#child = child;
    this.line = line;
    child.stdout?.setEncoding("latin1").on("data", (text: string) => this.#hear(text));
    child.stderr?.setEncoding("latin1").on("data", (text: string) => this.#hear(text));
    this.#ended = once(child, "close").then(([status]) => status as number | null);
    void this.#ended.then(() => this.#waiting?.reject(new Error(`the machine has ended: ${this.#said.slice(-2000)}`)));
  }

  /** Boots a kernel with programs of this machine and more files, all below a folder; settles when its shell is there and the modules are loaded. */
  static async boot(kernel: Kernel, folder: string, programs: string[], files: Record<string, Uint8Array>): Promise<Machine> {
    const disk = join(folder, "initramfs");
    writeFileSync(disk, packed(join(folder, "root"), kernel, programs, files));
    const server = createServer().listen(join(folder, "line"));
    await once(server, "listening");
    const line = once(server, "connection").then(([socket]) => {
      server.close();
      return socket as Socket;
    });
    line.catch(() => {});
    const options = [
      ...["-accel", "tcg", "-m", "256", "-nodefaults", "-no-reboot", "-display", "none"],
      ...["-kernel", kernel.image, "-initrd", disk, "-append", "console=ttyS0 quiet loglevel=1 panic=-1 mitigations=off"],
      ...["-serial", "stdio", "-chardev", `socket,id=line,path=${join(folder, "line")}`, "-serial", "chardev:line"],
    ];
    const machine = new Machine(spawn("qemu-system-x86_64", options, { timeout: LIFE * 1000, killSignal: "SIGKILL" }), line);
    try {
      await machine.#answer();
      for (const at of kernel.modules.keys()) await machine.run(`insmod /${at}.ko`);
      return machine;
    } catch (error) {
      await machine.kill();
      server.close();
      throw error;
    }
  }
  /** Runs a command in its shell; answers what it printed, and throws that when it failed. */
  async run(command: string): Promise<string> {
    if (this.#waiting) throw new Error("the command before has not ended");
    const answer = this.#answer();
    this.#child.stdin?.write(`${command}\n`);
    return answer;
  }
  /** Switches it off; answers the exit status of QEMU. */
  async off(): Promise<number | null> {
    this.#child.stdin?.write("poweroff -f\n");
    return this.#ended;
  }
  /** Ends it at once, if it still runs. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async #answer(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }
  #hear(text: string): void {
    this.#said += text;
    const [, said = "", status] = new RegExp(`^([^]*)${MARK}(\\d+)\n`).exec(this.#said) ?? [];
    if (!status || !this.#waiting) return;
    if (status === "0") this.#waiting.resolve(said);
    else this.#waiting.reject(new Error(`ended with ${status}: ${said}`));
    this.#waiting = null;
    this.#said = "";
  }
}

/** The first file system of the machine, as the kernel wants it. */
function packed(root: string, kernel: Kernel, programs: string[], files: Record<string, Uint8Array>): Uint8Array {
  const put = (path: string, octets: Uint8Array | string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), octets, { mode: 0o755 });
  };
  put("init", INIT);
  for (const [path, octets] of Object.entries(files)) put(path, octets);
  for (const [at, module] of kernel.modules.entries()) put(`${at}.ko`, unpacked(module));
  for (const program of ["busybox", ...programs]) {
    const path = execFileSync("sh", ["-c", 'PATH="$PATH:/usr/sbin:/sbin" && command -v "$1"', "sh", program], { encoding: "utf8" }).trim();
    put(join(program === "busybox" ? "bin" : "opt", program), readFileSync(path));
    for (const library of execFileSync("ldd", [path], { encoding: "utf8" }).match(/\/\S+\.so\S*/g) ?? [])
      cpSync(library, join(root, library), { dereference: true });
  }
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).sort().join("\n");
  return execFileSync("busybox", ["cpio", "-o", "-H", "newc"], { cwd: root, input: `${names}\n`, maxBuffer: 2 ** 28, stdio: "pipe" });
}

/** A module, which newer kernel packages compress. */
function unpacked(module: string): Uint8Array {
  if (!module.endsWith(".xz")) return readFileSync(module);
  return execFileSync("busybox", ["xzcat", module], { maxBuffer: 2 ** 28 });
}
