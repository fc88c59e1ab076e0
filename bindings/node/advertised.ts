import { check } from "./error.js";
import type { Host } from "./host.js";
import type { Service } from "./namecalls.js";

/** A service that is announced on the link until it is withdrawn or the stack closes. */
export class Advertised {
  readonly #host: Host;
  #number: number;

  /** @internal */
  constructor(host: Host, service: Service) {
    this.#host = host;
    this.#number = check(host.core.mdns_advertise(service), `advertise ${service.name} ${service.type}`);
    host.schedule();
  }

  /** Its name on the link, which is another than wanted when somebody else had that; null while that is found out, and when it was withdrawn. */
  get name(): string | null {
    const name = this.#number ? this.#host.core.mdns_name(this.#number) : null;
    return typeof name === "string" ? name : null;
  }
  /** Says goodbye. */
  withdraw(): void {
    if (this.#number) this.#host.core.mdns_withdraw(this.#number);
    this.#number = 0;
    this.#host.schedule();
  }
}
