import { ipv4Text, macText } from "./address.js";
import {
  ADDRESSES_MAX,
  AddressState,
  CONTROL,
  Counter,
  DEVICE,
  DeviceKind,
  INTERFACE,
  Kind,
  NEIGHBOUR,
  NeighbourState,
  POOL,
  PoolIndex,
  ROUTE,
} from "./constants.js";
import { RingwireError } from "./error.js";
import { ADDRESS, OCTETS } from "./layout.js";
import type { Exports } from "./module.js";
import { namesOf } from "./names.js";
import { readStatus, type Status } from "./statusrecord.js";

export { type Address, type Protocol, readEndpoint, type Status, writeEndpoint } from "./statusrecord.js";

/** An interface, as the stack has it. */
export interface InterfaceStatus {
  /** Index of the device. */
  device: number;
  /** `02:00:00:00:00:01`; null but on Ethernet devices. */
  mac: string | null;
  /** 802.1Q identifier; 0: untagged. */
  vlan: number;
  mtu: number;
  /** As `10.0.0.2/24`, tentative ones too. */
  addresses: string[];
  /** What each of them is: only a `VALID` one is in use. */
  states: (keyof typeof AddressState)[];
  /** Raised when an address, its state or the gateway changes. */
  generation: number;
  /** As `10.0.0.1`; null when there is none. */
  gateway: string | null;
}

/** A host on link, as ARP knows it. */
export interface NeighbourStatus {
  /** Dotted IPv4 address. */
  address: string;
  /** `02:00:00:00:00:01`; null while it has never answered. */
  mac: string | null;
  /** `ASKED`: a request is out, `VALID`: it answered, `FAILED`: it did not. */
  state: keyof typeof NeighbourState;
  /** Index of the interface. */
  interface: number;
  /** Connections that keep it. */
  pins: number;
  /** Milliseconds since its MAC address was last confirmed, on the stack's clock; null while it has never answered. */
  age: number | null;
}

/** A route besides those of the interfaces. */
export interface RouteStatus {
  /** As `192.0.2.0/24`. */
  network: string;
  /** As `10.0.0.1`; null: the network is on link. */
  gateway: string | null;
  /** Index of the interface. */
  interface: number;
  /** The least is taken. */
  metric: number;
}

/** A pool of records: how many there are and how many are taken. */
export interface Pool {
  capacity: number;
  /** Taken now. */
  used: number;
  /** Ever taken at the same time, at most. */
  mark: number;
}

const ADDRESS_STATES = namesOf(AddressState);
const NEIGHBOUR_STATES = namesOf(NeighbourState);
const COUNTERS = Object.entries(Counter).filter(([name]) => name !== "COUNT");
const POOLS = Object.entries(PoolIndex).filter(([name]) => name !== "COUNT");
const SOCKET_POOLS = [
  PoolIndex.TCP0,
  PoolIndex.TCP1,
  PoolIndex.TCP2,
  PoolIndex.TCP3,
  PoolIndex.LISTENER,
  PoolIndex.HALF_OPEN,
  PoolIndex.TIME_WAIT,
  PoolIndex.UDP,
];

/** Reads what the stack shows of itself. */
export class Inspector {
  readonly #exports: Exports;
  readonly #view: DataView;
  readonly #control: number;

  constructor(exports: Exports, view: DataView, control: number) {
    this.#exports = exports;
    this.#view = view;
    this.#control = control;
  }

  /** All counters by name. */
  counters(): Record<keyof typeof Counter, number> {
    const at = this.#word(CONTROL.counters);
    const counted = COUNTERS.map(([name, index]) => [name, this.#view.getUint32(at + index * 4, true)]);
    return Object.fromEntries(counted);
  }
  /** One counter. */
  counter(name: keyof typeof Counter): number {
    if (!Object.hasOwn(Counter, name) || name === ("COUNT" as string)) {
      throw new RingwireError("BAD_ARGUMENT", `counter: "${String(name)}" is not known (docs/abi.md lists them under Counter)`);
    }
    return this.#view.getUint32(this.#word(CONTROL.counters) + Counter[name] * 4, true);
  }
  /** All pools by name. */
  pools(): Record<keyof typeof PoolIndex, Pool> {
    return Object.fromEntries(POOLS.map(([name, index]) => [name, this.pool(index)])) as Record<keyof typeof PoolIndex, Pool>;
  }
  /** One pool. */
  pool(index: number): Pool {
    const at = this.#word(CONTROL.pools) + index * POOL.octets;
    const mark = this.#view.getUint32(at + POOL.mark, true);
    const free = this.#view.getUint32(at + POOL.free, true);
    return { capacity: this.#view.getUint32(at + POOL.capacity, true), used: mark - free, mark };
  }
  /** The interfaces with their addresses. */
  interfaces(): InterfaceStatus[] {
    return Array.from({ length: this.#word(CONTROL.interfaces) }, (_, i) =>
      this.#interface(this.#control + CONTROL.interfaceTable + i * OCTETS.interface),
    );
  }
  #interface(at: number): InterfaceStatus {
    const device = this.#view.getUint8(at + INTERFACE.device);
    const kind = this.#view.getUint8(this.#control + CONTROL.deviceTable + device * DEVICE.octets + DEVICE.kind);
    const gateway = this.#view.getUint32(at + INTERFACE.gateway);
    const mac = new Uint8Array(this.#view.buffer, at + INTERFACE.mac, 6);
    const addresses: string[] = [];
    const states: InterfaceStatus["states"] = [];
    for (let i = 0; i < ADDRESSES_MAX; i++) {
      const place = at + INTERFACE.addresses + i * OCTETS.address;
      const state = this.#view.getUint8(place + ADDRESS.state);
      if (!state) continue;
      states.push(ADDRESS_STATES[state] ?? "NONE");
      addresses.push(`${ipv4Text(this.#view.getUint32(place))}/${this.#view.getUint8(place + ADDRESS.prefix)}`);
    }
    return {
      device,
      mac: kind === DeviceKind.ETHERNET ? macText(mac) : null,
      vlan: this.#view.getUint16(at + INTERFACE.vlan, true),
      mtu: this.#view.getUint32(at + INTERFACE.mtu, true),
      addresses,
      states,
      generation: this.#view.getUint32(at + INTERFACE.generation, true),
      gateway: gateway ? ipv4Text(gateway) : null,
    };
  }
  /** The hosts on link that the stack knows or asks for. `now` is the stack's clock, milliseconds. */
  neighbours(now: number): NeighbourStatus[] {
    return this.#records(PoolIndex.NEIGHBOUR).map((at) => this.#neighbour(at, now));
  }
  /** The routes that were added, by their places. */
  routes(): RouteStatus[] {
    const word = (at: number) => this.#view.getUint32(at, true);
    return this.#records(PoolIndex.ROUTE).map((at) => ({
      network: `${ipv4Text(word(at + ROUTE.network))}/${word(at + ROUTE.prefix)}`,
      gateway: word(at + ROUTE.gateway) ? ipv4Text(word(at + ROUTE.gateway)) : null,
      interface: word(at + ROUTE.interface) - 1,
      metric: word(at + ROUTE.metric),
    }));
  }
  /** Addresses of the records of a pool that are taken. */
  #records(index: PoolIndex): number[] {
    const pool = this.#word(CONTROL.pools) + index * POOL.octets;
    const [base, stride, mark] = [POOL.base, POOL.stride, POOL.mark].map((offset) => this.#view.getUint32(pool + offset, true));
    const places = Array.from({ length: mark as number }, (_, i) => (base as number) + i * (stride as number));
    return places.filter((at) => this.#view.getUint8(at + NEIGHBOUR.taken));
  }
  #neighbour(at: number, now: number): NeighbourStatus {
    const mac = new Uint8Array(this.#view.buffer, at + NEIGHBOUR.mac, 6);
    const hasAnswered = mac.some((octet) => octet !== 0);
    const interface_ = this.#view.getUint32(at + NEIGHBOUR.interface, true) - this.#control - CONTROL.interfaceTable;
    return {
      address: ipv4Text(this.#view.getUint32(at + NEIGHBOUR.ip, true)),
      mac: hasAnswered ? macText(mac) : null,
      state: NEIGHBOUR_STATES[this.#view.getUint8(at + NEIGHBOUR.state)] ?? "ASKED",
      interface: interface_ / OCTETS.interface,
      pins: this.#view.getUint32(at + NEIGHBOUR.pins, true),
      age: hasAnswered ? (now - this.#view.getUint32(at + NEIGHBOUR.confirmed, true)) >>> 0 : null,
    };
  }
  /** Every socket there is, half-open connections and TIME-WAIT records too. */
  sockets(): Status[] {
    const found: Status[] = [];
    for (const pool of SOCKET_POOLS) {
      const { mark } = this.pool(pool);
      for (let i = 0; i < mark; i++) {
        const handle = this.#exports.socket_at(pool, i);
        const status = handle > 0 ? this.status(handle) : null;
        if (status) found.push(status);
      }
    }
    return found;
  }
  /** The status of one socket; null when the handle is stale. */
  status(handle: number): Status | null {
    const kind = handle >>> 28;
    const result = kind === Kind.UDP ? this.#exports.udp_status(handle) : this.#exports.tcp_status(handle);
    if (result < 0) return null;
    return readStatus(this.#view, this.#word(CONTROL.status), handle);
  }
  #word(offset: number): number {
    return this.#view.getUint32(this.#control + offset, true);
  }
}
