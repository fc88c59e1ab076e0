import { CONTROL, INTERFACE } from "./constants.js";
import type { Core, DhcpOptions, DhcpStatus } from "./core.js";
import { check, RingwireError } from "./error.js";
import { only } from "./validate.js";

/** How an interface is configured by DHCP. */
export interface DhcpWish extends DhcpOptions {
  /** The host name that servers are told. */
  hostname?: string;
}

const KNOWN = ["now", "unchecked", "linkLocal", "address", "hostname"];

/** The interfaces of a stack that DHCP configures: starts their clients, and looks after each round whether anything has changed. */
export class Configuring {
  /** Settles when each of them has an address; rejects when the stack is closed before. */
  readonly ready: Promise<void>;
  readonly #core: Core;
  readonly #generations = new Map<number, number>();
  readonly #tell: (index: number, status: DhcpStatus) => void;
  #settle: () => void = () => {};
  #reject: (error: RingwireError) => void = () => {};

  /** `wishes` by index of the interface; `tell` hears of each change of an interface. Throws RingwireError. */
  constructor(core: Core, wishes: ReadonlyMap<number, DhcpWish>, tell: (index: number, status: DhcpStatus) => void) {
    this.#core = core;
    this.#tell = tell;
    this.ready = new Promise((resolve, reject) => {
      this.#settle = resolve;
      this.#reject = reject;
    });
    this.ready.catch(() => {}); // whoever waits for it is told
    for (const [index, wish] of wishes) {
      const name = `interfaces[${index}].dhcp`;
      only(wish, KNOWN, name);
      if (wish.hostname !== undefined) check(core.dhcp_name(wish.hostname, index), `${name}.hostname`);
      check(core.dhcp_start(index, wish), name);
      this.#generations.set(index, this.#generation(index));
    }
    if (!wishes.size) this.#settle();
  }
  /** Tells of interfaces that are not as they were. */
  look(): void {
    let changed = false;
    for (const [index, before] of this.#generations) {
      const generation = this.#generation(index);
      if (generation === before) continue;
      changed = true;
      this.#generations.set(index, generation);
      const status = this.#core.dhcp_status(index);
      if (typeof status === "object") this.#tell(index, status);
    }
    if (!changed) return;
    const interfaces = this.#core.interfaces();
    if ([...this.#generations.keys()].every((index) => interfaces[index]?.states.includes("VALID"))) this.#settle();
  }
  /** Gives the leases back. */
  close(): void {
    for (const index of this.#generations.keys()) this.#core.dhcp_release(index);
    this.#generations.clear();
    this.#reject(new RingwireError("NOT_READY", "the stack was closed"));
  }
  #generation(index: number): number {
    const { view, control } = this.#core;
    return view.getUint32(control + CONTROL.interfaceTable + index * INTERFACE.octets + INTERFACE.generation, true);
  }
}
