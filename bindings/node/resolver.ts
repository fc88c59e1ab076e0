import { parseAddress } from "./address.js";
import { Err } from "./constants.js";
import { check, errorOf, RingwireError } from "./error.js";
import type { Host } from "./host.js";
import type { NameAnswer, RecordType } from "./namecalls.js";

interface Waiting {
  readonly query: number;
  readonly what: string;
  readonly resolve: (answer: NameAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** Whether a text is the name of a host, not an address nor a mistake in one. */
export function isHostName(text: unknown): text is string {
  return typeof text === "string" && /[^\d.]/.test(text);
}

/** Names that no server is asked for. */
const ELSEWHERE = /(^|\.)(local|localhost)\.?$/i;

/** Questions to the resolver inside the stack, and who waits for their answers. */
export class Resolver {
  readonly #host: Host;
  #waiting: Waiting[] = [];

  /** @internal */
  constructor(host: Host) {
    this.#host = host;
  }

  /** Asks for records of a name; rejects with NO_NAME, TIMED_OUT, REFUSED, ..., and with BAD_ADDRESS when there is no server to ask. */
  async lookup(name: string, type: RecordType = "A"): Promise<NameAnswer> {
    const { core } = this.#host;
    const what = `${name} ${type}`;
    if (!ELSEWHERE.test(name) && isHostName(name) && core.dns_server_at(0) === Err.BAD_ARGUMENT)
      throw new RingwireError(
        "BAD_ADDRESS",
        `${name}: no name server is known (give one: --dns A.B.C.D, or dns: ["A.B.C.D"] of createStack)`,
      );
    const query = core.dns_query(type, name);
    if (query === Err.BAD_ARGUMENT) throw new RingwireError("BAD_ARGUMENT", `${what}: no name, or no type that can be asked for`);
    if (query === Err.TOO_LONG)
      throw new RingwireError("TOO_LONG", `${name}: a label has more than 63 octets, or the name more than 255 with its dots`);
    check(query, what);
    this.#host.schedule();
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, what, resolve, reject });
    });
  }
  /** The addresses of a host. */
  async addresses(name: string): Promise<string[]> {
    const { records } = await this.lookup(name);
    if (records.length) return records as string[];
    throw new RingwireError("NO_NAME", `${name}: it has no IPv4 address`);
  }
  /** The address that a text is, or the first one of the name that it is. */
  async address(host: string, name: string): Promise<string> {
    if (isHostName(host)) return (await this.addresses(host))[0] as string;
    parseAddress(host, name);
    return host;
  }
  /** Tells those who wait what has come. */
  look(): void {
    if (!this.#waiting.length) return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const each of waiting) {
      const result = this.#host.core.dns_result(each.query);
      if (result === Err.WOULD_BLOCK) this.#waiting.push(each);
      else if (typeof result === "number") each.reject(errorOf(result, each.what));
      else each.resolve(result);
    }
  }
  /** Gives everything up. */
  shut(): void {
    for (const { query, what, reject } of this.#waiting.splice(0)) {
      this.#host.core.dns_cancel(query);
      reject(new RingwireError("ABORTED", `${what}: the stack was closed`));
    }
  }
}
