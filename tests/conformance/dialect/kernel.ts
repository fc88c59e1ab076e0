// The Linux kernel as the device of scenarios: its sockets, and frames over a TAP device that this process reads and writes raw.
import { execFileSync } from "node:child_process";
import { openTap, type TapDriver } from "../../../bindings/node/tap.js";
import type { Port } from "../../../bindings/node/driver.js";
import { arp, ethernet, type Host, parse } from "../frames.js";
import type { Answer, Device } from "./device.js";
import type { Scenario } from "./parse.js";
import { Player } from "./player.js";
import { KernelSocket } from "./sockets.js";

/** The kernel's end of the TAP, and the MAC address of everybody else on it. */
const KERNEL: Host = { address: "10.77.0.1", mac: "02:00:00:00:77:01" };
const OTHERS = "02:00:00:00:77:02";
const SHORTEST = 60;
const PEER_PORT = 5000;
const SEND_RING = 131_072;

/** The TAP device: frames of the kernel go to whoever plays the address. */
export class Tap {
  readonly players = new Map<string, Player>();
  readonly #driver: TapDriver;
  readonly #slot = new Uint8Array(70_000);
  readonly #waiting: Uint8Array[] = [];
  readonly #wakes = new Set<() => void>();

  constructor(name: string, mtu: number) {
    this.#driver = openTap({ name, up: true, hostAddress: `${KERNEL.address}/16`, mtu });
    execFileSync("ip", ["link", "set", name, "address", KERNEL.mac]);
    execFileSync("ip", ["link", "set", name, "gso_max_segs", "1"]); // the kernel does not wait for more to send at once
    this.#driver.start(this.#port());
  }
  close(): Promise<void> {
    return this.#driver.stop();
  }
  /** Puts an IP packet of a host on the wire. */
  put(packet: Uint8Array): void {
    this.#write(ethernet(OTHERS, KERNEL.mac, 0x0800, packet));
  }
  /** Settles when a frame came or after `ms`. */
  news(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wakes.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wakes.add(wake);
    });
  }

  #write(frame: Uint8Array): void {
    this.#waiting.push(frame);
    this.#driver.pump();
  }
  #port(): Port {
    const waiting = this.#waiting;
    return {
      get length() {
        return waiting[0]?.length ?? 0;
      },
      txFull: false,
      slot: () => this.#slot,
      commit: (length) => this.#arrives(this.#slot.slice(0, length)),
      input: () => false,
      peek: () => waiting[0] ?? null,
      take: () => void waiting.shift(),
      wake: () => {
        for (const wake of [...this.#wakes]) wake();
      },
      setLink: () => {},
      fail: (error) => {
        throw error;
      },
    };
  }
  #arrives(frame: Uint8Array): void {
    const type = ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
    if (type !== 0x0800 && type !== 0x0806) return;
    const padded = new Uint8Array(Math.max(SHORTEST, frame.length));
    padded.set(frame);
    const parsed = parse(padded);
    if (parsed.kind === "arp" && parsed.operation === 1 && parsed.target.address !== KERNEL.address) {
      const reply = arp(2, { address: parsed.target.address, mac: OTHERS }, parsed.sender);
      this.#write(ethernet(OTHERS, parsed.sender.mac, 0x0806, reply));
    }
    if (parsed.kind === "tcp") this.players.get(parsed.segment.destination)?.arrives(parsed.segment, performance.now());
  }
}

/** Plays a scenario against the kernel; `number` gives it an address and a port of its own. */
export async function playLinux(scenario: Scenario, tap: Tap, number: number): Promise<void> {
  const address = `10.77.${1 + (number >> 7)}.${1 + (number & 127)}`;
  const device = new Kernel(tap, scenario, 10_000 + number);
  const player = new Player(device, scenario, address, PEER_PORT);
  tap.players.set(address, player);
  try {
    await player.play();
  } finally {
    tap.players.delete(address);
    device.end();
  }
}

class Kernel implements Device {
  readonly kind = "linux";
  readonly address = KERNEL.address;
  readonly grace = 36;
  readonly quiet = 25;
  readonly port: number;
  readonly #tap: Tap;
  readonly #scenario: Scenario;
  readonly #made: KernelSocket[] = [];
  #listener: KernelSocket | undefined;
  #socket: KernelSocket | undefined;

  constructor(tap: Tap, scenario: Scenario, port: number) {
    this.#tap = tap;
    this.#scenario = scenario;
    this.port = port;
  }

  now(): number {
    return performance.now();
  }
  put(packet: Uint8Array): void {
    this.#tap.put(packet);
  }
  async until(done: () => boolean, ms: number): Promise<void> {
    const end = this.now() + ms;
    while (!done() && this.now() < end) await this.#tap.news(Math.max(1, end - this.now()));
  }
  counter(): null {
    return null;
  }
  rises(): string {
    return "";
  }
  async call(verb: string, words: string[], octets: Uint8Array = new Uint8Array(0)): Promise<Answer> {
    const [first = "", second = ""] = words;
    switch (verb) {
      case "listen":
        this.#listener = this.#make();
        return this.#listener.bind(this.port) || this.#listener.listen(first ? Number(first) : 16);
      case "accept":
        return this.#accept();
      case "connect":
        this.#socket = this.#make();
        return this.#socket.connect(first, Number(second));
      default:
        return this.#act(verb, first, second, octets);
    }
  }
  #act(verb: string, first: string, second: string, octets: Uint8Array): Answer {
    const socket = first === "listener" ? this.#listener : (this.#socket ?? this.#listener);
    if (!socket) throw new Error("there is no socket");
    switch (verb) {
      case "send":
        return socket.send(octets);
      case "recv":
        return socket.recv(Number(first));
      case "shutdown":
        return socket.shutdown();
      case "close":
        return socket.close();
      case "abort":
        return socket.abort();
      case "option":
        return socket.option(first, Number(second));
      case "state":
        return socket.state === "CLOSED" && first === "TIME_WAIT" ? first : socket.state;
      default:
        throw new Error(`Linux has no call ${verb}`);
    }
  }
  /** Lets go of all sockets, without a word more than needed. */
  end(): void {
    for (const socket of this.#made) socket.abort();
  }
  #make(): KernelSocket {
    const socket = new KernelSocket();
    const { receive, send } = this.#scenario.setup;
    if (receive !== undefined) socket.option("RCVBUF", receive);
    socket.option("SNDBUF", send ?? SEND_RING);
    this.#made.push(socket);
    return socket;
  }
  #accept(): number | string {
    const socket = this.#listener?.accept() ?? "NOTHING";
    if (typeof socket === "string") return socket;
    this.#made.push(socket);
    this.#socket = socket;
    return 0;
  }
}
