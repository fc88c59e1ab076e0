import { ipv4Number, ipv4Text, macText } from "./address.js";
import { CONTROL, DHCP_STATUS, DhcpStart, DhcpState, Err, LEASE, LeaseState } from "./constants.js";
import { FilterCalls } from "./filtercalls.js";
import { namesOf } from "./names.js";

/** How a DHCP client begins. */
export interface DhcpOptions {
  /** Begin at once, and not after one to ten seconds. Default false. */
  now?: boolean;
  /** Use the address without asking by ARP whether another host has it. Default false. */
  unchecked?: boolean;
  /** Take a link-local address (169.254/16) while no server answers. Default false. */
  linkLocal?: boolean;
  /** An address from before, to be asked for first. */
  address?: string;
}
/** What a DHCP client knows. Times are seconds from now; Infinity: never. */
export interface DhcpStatus {
  state: keyof typeof DhcpState;
  /** With the length of its prefix; null: none. */
  address: string | null;
  server: string | null;
  /** The gateway that the lease has set. */
  gateway: string | null;
  dns: string[];
  ntp: string[];
  /** How long the lease lasts in all, and how long it still does; when it is renewed and rebound. */
  lease: number;
  ends: number;
  renews: number;
  rebinds: number;
  /** The link-local address. */
  linkLocal: string | null;
  /** Classless routes in use. */
  routes: number;
}
/** What a DHCP server leases. */
export interface DhcpdOptions {
  /** First and last address of the pool. */
  first: string;
  last: string;
  /** Seconds of a lease, at least 10; Infinity: for ever. Default 3600. */
  lease?: number;
  router?: string;
  /** Up to two. */
  dns?: string[];
  /** Further options as RFC 2132 writes them: code, length, octets; up to 250 octets. */
  options?: Uint8Array;
}
/** One address of the pool. */
export interface Lease {
  /** Its place in the pool. */
  place: number;
  address: string;
  state: keyof typeof LeaseState;
  /** Seconds it is still kept; 0: it is free. */
  seconds: number;
  /** Of its last client. */
  mac: string;
}

const FOR_EVER = 0xffffffff;
const NEVER = 2n ** 64n - 1n;
const STATES = namesOf(DhcpState);
const LEASE_STATES = namesOf(LeaseState);
/** Where further options begin in the exchange. */
const FURTHER = 32;

/** The calls of DHCP client and server, under the ABI's names. NOT_SUPPORTED in a module without them. */
export class DhcpCalls extends FilterCalls {
  /** Configures an interface by DHCP. */
  dhcp_start(index = 0, { now, unchecked, linkLocal, address = "0.0.0.0" }: DhcpOptions = {}): number {
    const bits = (now ? DhcpStart.NOW : 0) | (unchecked ? DhcpStart.UNCHECKED : 0) | (linkLocal ? DhcpStart.LINK_LOCAL : 0);
    return this.endpoint(CONTROL.local, { address }) || (this.exports.dhcp_start?.(index, bits) ?? Err.NOT_SUPPORTED);
  }
  /** Ends it; the address goes. */
  dhcp_stop(index = 0): number {
    return this.exports.dhcp_stop?.(index) ?? Err.NOT_SUPPORTED;
  }
  /** Ends it, and tells the server that the address is free. */
  dhcp_release(index = 0): number {
    return this.exports.dhcp_release?.(index) ?? Err.NOT_SUPPORTED;
  }
  /** The host name that servers are told; null: none. */
  dhcp_name(name: string | null, index = 0): number {
    const octets = new TextEncoder().encode(name ?? "");
    if (name === "" || octets.length > this.exchange.length) return Err.BAD_ARGUMENT;
    this.exchange.set(octets);
    return this.exports.dhcp_name?.(index, octets.length) ?? Err.NOT_SUPPORTED;
  }
  /** What the client of an interface knows, or an error. */
  dhcp_status(index = 0): DhcpStatus | number {
    const state = this.exports.dhcp_status?.(index) ?? Err.NOT_SUPPORTED;
    if (state < 0) return state;
    const at = this.word(CONTROL.exchange);
    const isInstalled = this.octets[at + DHCP_STATUS.isInstalled] !== 0;
    const word = (offset: number) => this.view.getUint32(at + offset, true);
    const address = (offset: number) => (word(offset) ? ipv4Text(word(offset)) : null);
    const list = (offset: number, count: number) =>
      Array.from({ length: count }, (_, i) => address(offset + 4 * i)).filter((ip) => ip !== null);
    const seconds = (offset: number) => (isInstalled ? this.#seconds(at + offset, at + DHCP_STATUS.now) : 0);
    return {
      state: STATES[state] ?? "OFF",
      address: isInstalled ? `${address(DHCP_STATUS.address)}/${this.octets[at + DHCP_STATUS.prefix]}` : null,
      server: isInstalled ? address(DHCP_STATUS.server) : null,
      gateway: address(DHCP_STATUS.gateway),
      dns: list(DHCP_STATUS.dns, 3),
      ntp: list(DHCP_STATUS.ntp, 2),
      lease: !isInstalled ? 0 : word(DHCP_STATUS.lease) === FOR_EVER ? Number.POSITIVE_INFINITY : word(DHCP_STATUS.lease),
      ends: seconds(DHCP_STATUS.ends),
      renews: seconds(DHCP_STATUS.renews),
      rebinds: seconds(DHCP_STATUS.rebinds),
      linkLocal: address(DHCP_STATUS.local),
      routes: this.octets[at + DHCP_STATUS.routes] as number,
    };
  }
  /** Leases addresses on an interface; answers how many. */
  dhcpd_start(options: DhcpdOptions, index = 0): number {
    const { first, last, lease = 3600, router = "0.0.0.0", dns = [], options: further = new Uint8Array() } = options;
    const addresses = [first, last, router, ...dns].map(ipv4Number);
    if (addresses.some((address) => address < 0)) return Err.BAD_ADDRESS;
    if (!this.exports.dhcpd_start) return Err.NOT_SUPPORTED;
    if (dns.length > 2 || further.length > this.exchange.length - FURTHER) return Err.BAD_ARGUMENT;
    const seconds = lease === Number.POSITIVE_INFINITY ? FOR_EVER : lease;
    if (!Number.isInteger(seconds) || seconds < 0 || seconds > FOR_EVER) return Err.BAD_ARGUMENT;
    const at = this.word(CONTROL.exchange);
    const [from, to, gateway, dns0 = 0, dns1 = 0] = addresses as [number, number, number, number?, number?];
    [from, to, 0, gateway, dns0, dns1].forEach((value, i) => {
      this.view.setUint32(at + 4 * i, value);
    });
    this.view.setUint32(at + 8, seconds, true);
    this.exchange.set(further, FURTHER);
    return this.exports.dhcpd_start(index, further.length);
  }
  /** Leases no more. */
  dhcpd_stop(): number {
    return this.exports.dhcpd_stop?.() ?? Err.NOT_SUPPORTED;
  }
  /** Every address of the pool that somebody has or had. */
  dhcpd_leases(): Lease[] {
    const count = this.exports.dhcpd_leases?.() ?? 0;
    const at = this.word(CONTROL.exchange);
    const [table, first] = [this.view.getUint32(at, true), this.view.getUint32(at + 4, true)];
    const leases: Lease[] = [];
    for (let place = 0; place < count; place++) {
      const lease = table + place * LEASE.octets;
      const state = LEASE_STATES[this.octets[lease + LEASE.state] as number] ?? "NEW";
      const mac = this.octets.subarray(lease + LEASE.mac, lease + LEASE.mac + 6);
      if (state === "NEW") continue;
      leases.push({
        place,
        address: ipv4Text(first + place),
        state,
        seconds: this.#seconds(lease + LEASE.until, at + 8),
        mac: macText(mac),
      });
    }
    return leases;
  }
  /** Forgets the lease of a place of the pool. */
  dhcpd_forget(place: number): number {
    return this.exports.dhcpd_forget?.(place) ?? Err.NOT_SUPPORTED;
  }
  /** Whole seconds from one instant of the stack's clock, at an address, to another; 0 when that is past. */
  #seconds(to: number, from: number): number {
    const instant = this.view.getBigUint64(to, true);
    if (instant === NEVER) return Number.POSITIVE_INFINITY;
    return Math.max(0, Math.floor(Number(instant - this.view.getBigUint64(from, true)) / 1000));
  }
}
