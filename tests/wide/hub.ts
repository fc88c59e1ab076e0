// A link that many stacks share, in virtual time: a hub with outages, carriers that go, and the chores of a day on it.
import { CONTROL, type Core, type CoreOptions, DEVICE, instantiate } from "../../bindings/node/core.js";
import { Prng } from "../../bindings/node/prng.js";

const LATENCY = 1;

/** A stack on the hub: the server of the others, or a client. */
export class Station {
  isUp = true;
  private constructor(
    readonly number: number,
    readonly core: Core,
  ) {}
  static async make(number: number, addresses: string[], more: Partial<CoreOptions> = {}): Promise<Station> {
    const core = await instantiate({
      seed: Uint8Array.from({ length: 32 }, (_, i) => (i + 1) * (number + 3)),
      devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 64 }],
      interfaces: [{ mac: `02:00:00:00:01:${number.toString(16).padStart(2, "0")}`, addresses }],
      ...more,
    });
    return new Station(number, core);
  }
  /** Sets the carrier. */
  set carrier(isUp: boolean) {
    if (isUp === this.isUp) return;
    this.isUp = isUp;
    const at = this.core.control + CONTROL.deviceTable;
    this.core.view.setUint8(at + DEVICE.linkDown, isUp ? 0 : 1);
    this.core.view.setUint32(at + DEVICE.linkChanges, this.core.view.getUint32(at + DEVICE.linkChanges, true) + 1, true);
  }
  /** Records in use of every pool. */
  get used(): Record<string, number> {
    return Object.fromEntries(Object.entries(this.core.pools()).map(([name, { used }]) => [name, used]));
  }
}

/** The hub: what one says all others hear, a millisecond later; nobody does while it is out. */
export class Hub {
  ms = 0;
  isOut = false;
  frames = 0;
  /** Told of each frame that is carried. */
  hears: (frame: Uint8Array) => void = () => {};
  constructor(
    readonly stations: Station[],
    readonly random: Prng,
  ) {}
  /** Lets time pass; `each` runs after every step. */
  run(ms: number, each: () => void): void {
    for (const end = this.ms + ms; this.ms < end; ) {
      const wait = Math.min(...this.stations.map(({ core }) => core.poll(this.ms)));
      const moved = this.#carry();
      each();
      this.ms += moved ? LATENCY : Math.max(LATENCY, Math.min(wait, end - this.ms));
    }
  }
  /** Puts a frame in front of everybody. */
  say(frame: Uint8Array): void {
    for (const { core, isUp } of this.stations) if (isUp && !this.isOut) core.input(frame);
  }
  #carry(): number {
    let moved = 0;
    for (const from of this.stations) {
      for (const frame of from.core.output()) {
        moved++;
        this.frames++;
        if (this.isOut || !from.isUp) continue;
        this.hears(frame);
        for (const to of this.stations) if (to !== from && to.isUp) to.core.input(frame);
      }
    }
    return moved;
  }
}
