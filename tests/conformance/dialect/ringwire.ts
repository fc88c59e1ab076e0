// Ringwire as the device of a scenario: the release module, a virtual clock, and calls that take no time.
import { Counter, Option } from "../../../bindings/node/core.js";
import { errorName } from "../../../bindings/node/error.js";
import { PEER, STACK, Wire } from "../wire.js";
import type { Answer, Device } from "./device.js";
import type { Scenario } from "./parse.js";
import { Player } from "./player.js";

const PORT = 80;

/** Plays a scenario against a new stack. */
export async function playRingwire(scenario: Scenario): Promise<void> {
  const { receive, send, mtu, settings } = scenario.setup;
  const wire = await Wire.make({ receive, send, mtu, settings, ms: 1000 });
  const player = new Player(new Ringwire(wire), scenario, PEER.address, 5000);
  wire.peers.push(player);
  await player.play();
}

class Ringwire implements Device {
  readonly kind = "ringwire";
  readonly address = STACK.address;
  readonly port = PORT;
  readonly grace = 0;
  readonly quiet = 0;
  readonly #wire: Wire;
  readonly #before: Record<string, number>;
  #listener = 0;
  #handle = 0;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.#before = wire.core.counters();
  }

  now(): number {
    return this.#wire.ms;
  }
  put(packet: Uint8Array): void {
    this.#wire.put(packet);
    this.#wire.run();
  }
  async until(done: () => boolean, ms: number): Promise<void> {
    const end = this.#wire.ms + ms;
    for (let wait = this.#wire.run(); !done() && this.#wire.ms < end; wait = this.#wire.run())
      this.#wire.ms = Math.min(end, this.#wire.ms + Math.max(wait, 1));
  }
  counter(name: string): number | null {
    if (!(name in Counter)) throw new Error(`there is no counter ${name}`);
    return this.#wire.core.counter(name as keyof typeof Counter) - (this.#before[name] ?? 0);
  }
  rises(): string {
    const now = Object.entries(this.#wire.core.counters()).map(([name, value]) => [name, value - (this.#before[name] ?? 0)] as const);
    return now.flatMap(([name, rose]) => (rose ? `${name} ${rose}` : [])).join(", ");
  }
  async call(verb: string, words: string[], octets?: Uint8Array): Promise<Answer> {
    const answer = this.#call(verb, words, octets);
    this.#wire.run();
    return typeof answer === "number" && answer < 0 ? errorName(answer) : answer;
  }
  #call(verb: string, words: string[], octets: Uint8Array = new Uint8Array(0)): Answer {
    const { core } = this.#wire;
    const [first = "", second = ""] = words;
    switch (verb) {
      case "listen":
        this.#listener = core.tcp_listen({ port: PORT }, 0, first ? Number(first) : 16);
        return Math.min(0, this.#listener);
      case "accept":
        return this.#take(core.tcp_accept(this.#listener));
      case "connect":
        return this.#take(core.tcp_connect({ address: first, port: Number(second) }));
      case "send":
        return core.tcp_write(this.#handle, octets);
      case "recv":
        return core.tcp_read(this.#handle, Number(first)) ?? "NOTHING";
      case "shutdown":
        return core.tcp_close(this.#handle, true);
      case "close":
        return core.tcp_close(first === "listener" ? this.#listener : this.#handle, false);
      case "abort":
        return core.tcp_abort(this.#handle);
      case "option":
        if (first === "OOBINLINE") return 0; // urgent text is in the stream always
        return core.socket_set(this.#handle || this.#listener, optionOf(first), Number(second));
      case "state":
        return core.status(this.#handle)?.state ?? "CLOSED";
      default:
        throw new Error(`there is no call ${verb}`);
    }
  }
  #take(handle: number): number {
    if (handle > 0) this.#handle = handle;
    return Math.min(0, handle);
  }
}

function optionOf(name: string): Option {
  const option = Option[name as keyof typeof Option];
  if (option === undefined) throw new Error(`there is no option ${name}`);
  return option;
}
