import type { Endpoint } from "./address.js";
import { CONTROL, Err, EXCHANGE_OCTETS } from "./constants.js";
import { HttpCalls } from "./httpcalls.js";
import { octetsOf } from "./validate.js";

/** The calls of addresses and links that change at run time, under the ABI's names. NOT_SUPPORTED in a module without them. */
export class LinkCalls extends HttpCalls {
  /** Puts an address on its interface (missing: 0), with this prefix length; answers its place there. Where `probing` is on it is tentative first. */
  address_add(local: Endpoint, prefix: number): number {
    return this.endpoint(CONTROL.local, { interface: 0, ...local }) || (this.exports.address_add?.(prefix) ?? Err.NOT_SUPPORTED);
  }
  /** Takes an address from its interface (missing: 0). */
  address_remove(local: Endpoint): number {
    return this.endpoint(CONTROL.local, { interface: 0, ...local }) || (this.exports.address_remove?.() ?? Err.NOT_SUPPORTED);
  }
  /** Sets the gateway of its interface (missing: 0); without an address there is none. */
  gateway_set(remote: Endpoint): number {
    return this.endpoint(CONTROL.remote, { interface: 0, ...remote }) || (this.exports.gateway_set?.() ?? Err.NOT_SUPPORTED);
  }
  /** Takes up to 1,024 octets of a serial line (SLIP, RFC 1055) for a device of kind `ip`; answers how many, fewer while its receive ring is full. */
  slip_input(octets: Uint8Array, device = 0): number {
    if (octetsOf(octets, "slip_input").length > EXCHANGE_OCTETS) return Err.BAD_ARGUMENT;
    this.exchange.set(octets.subarray(0, this.exchange.length));
    return this.exports.slip_input?.(device, octets.length) ?? Err.NOT_SUPPORTED;
  }
  /** Octets for the serial line of such a device, up to 1,024, none when nothing waits; or the error. */
  slip_output(device = 0): Uint8Array | number {
    const count = this.exports.slip_output?.(device) ?? Err.NOT_SUPPORTED;
    return count < 0 ? count : this.exchange.slice(0, count);
  }
}
