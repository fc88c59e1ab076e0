import { ipv4Text, macText } from "./address.js";
import {
  ADDRESSES_MAX,
  AddressState,
  CONTROL,
  Counter,
  DEVICE,
  DeviceKind,
  ENDPOINT,
  Family,
  INTERFACE,
  Kind,
  NEIGHBOUR,
  NeighbourState,
  Offer,
  Phase,
  POOL,
  PoolIndex,
  ROUTE,
  STATUS,
  State,
  Waits,
} from "./constants.js";
import { type ErrorCode, errorName, RingwireError } from "./error.js";
import type { Offers } from "./extensions.js";
import { ADDRESS, OCTETS } from "./layout.js";
import type { Exports } from "./module.js";

/** An endpoint read from the stack. */
export interface Address {
  /** Dotted IPv4 address; `0.0.0.0`: any. */
  address: string;
  port: number;
  /** Index of the interface; -1: any. */
  interface: number;
}

/** What a socket is. */
export type Protocol = "tcp" | "listener" | "half-open" | "time-wait" | "udp";

/** The status record of a socket, docs/abi.md section 7. Octets, and microseconds or milliseconds as said there. */
export interface Status {
  handle: number;
  protocol: Protocol;
  /** Name of the TCP state; `CLOSED` for UDP. */
  state: keyof typeof State;
  local: Address;
  remote: Address;
  /** Why the connection ended; null while nothing is wrong. */
  error: ErrorCode | null;
  /** Octets (UDP: datagrams) that can be read. */
  readable: number;
  /** Free octets (UDP: datagrams) for sending. */
  writable: number;
  unacknowledged: number;
  unsent: number;
  /** Microseconds. */
  srtt: number;
  /** Microseconds. */
  rttvar: number;
  /** Milliseconds. */
  rto: number;
  cwnd: number;
  ssthresh: number;
  sndWnd: number;
  rcvWnd: number;
  mss: number;
  retransmissions: number;
  /** What sending waits for. */
  waits: keyof typeof Waits;
  /** ICMP type * 256 + code of the last one reported; 0: none. */
  softError: number;
  owner: number;
  /** Connections that wait to be accepted. */
  backlog: number;
  /** What loss recovery does: `OPEN` nothing, `RECOVERY` repairs what was found lost, `LOSS`: the retransmission timer ran out. */
  phase: keyof typeof Phase;
  /** Octets in the network. */
  pipe: number;
  /** Octets the peer has, behind some that it has not. */
  sacked: number;
  /** Segments taken for lost and not yet sent again. */
  lost: number;
  /** The smallest round-trip time, microseconds. */
  minRtt: number;
  /** Timeouts in a row. */
  backoff: number;
  /** Timeouts in all. */
  timeouts: number;
  /** Reductions of the congestion window that were taken back. */
  undone: number;
  /** The TCP extensions that both sides agreed on. */
  agreed: Required<Omit<Offers, "cookies">>;
  /** Shift of the peer's windows. */
  sndShift: number;
  /** Shift of ours. */
  rcvShift: number;
  /** Unread octets up to the end of urgent data. */
  urgent: number;
  /** TOS octet of the last segment that arrived; UDP: of the oldest unread datagram. */
  receivedTos: number;
  /** Text octets of a full segment as link and peer allow; `mss` may be less for the path. */
  mssMax: number;
  /** UDP: TTL of the oldest unread datagram. */
  receivedTtl: number;
  /** UDP: octets of it that arrived; those beyond what a socket holds are gone. */
  receivedOctets: number;
}

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

const STATES = Object.fromEntries(Object.entries(State).map(([name, value]) => [value, name])) as Record<number, keyof typeof State>;
const PHASES = Object.fromEntries(Object.entries(Phase).map(([name, value]) => [value, name])) as Record<number, keyof typeof Phase>;
const WAITS = Object.fromEntries(Object.entries(Waits).map(([name, value]) => [value, name])) as Record<number, keyof typeof Waits>;
const ADDRESS_STATES = Object.fromEntries(Object.entries(AddressState).map(([name, value]) => [value, name])) as Record<
  number,
  keyof typeof AddressState
>;
const NEIGHBOUR_STATES = Object.fromEntries(Object.entries(NeighbourState).map(([name, value]) => [value, name])) as Record<
  number,
  keyof typeof NeighbourState
>;
const PROTOCOLS: Record<number, Protocol> = {
  [Kind.TCP]: "tcp",
  [Kind.LISTENER]: "listener",
  [Kind.UDP]: "udp",
  [Kind.HALF_OPEN]: "half-open",
  [Kind.TIME_WAIT]: "time-wait",
};
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
    const at = this.#word(CONTROL.status);
    const u32 = (offset: number) => this.#view.getUint32(at + offset, true);
    const error = this.#view.getInt32(at + STATUS.error, true);
    return {
      handle,
      protocol: PROTOCOLS[kind] ?? "tcp",
      state: STATES[u32(STATUS.state)] ?? "CLOSED",
      local: readEndpoint(this.#view, at + STATUS.local),
      remote: readEndpoint(this.#view, at + STATUS.remote),
      error: error < 0 ? errorName(error) : null,
      readable: u32(STATUS.readable),
      writable: u32(STATUS.writable),
      unacknowledged: u32(STATUS.unacknowledged),
      unsent: u32(STATUS.unsent),
      srtt: u32(STATUS.srtt),
      rttvar: u32(STATUS.rttvar),
      rto: u32(STATUS.rto),
      cwnd: u32(STATUS.cwnd),
      ssthresh: u32(STATUS.ssthresh),
      sndWnd: u32(STATUS.sndWnd),
      rcvWnd: u32(STATUS.rcvWnd),
      mss: u32(STATUS.mss),
      retransmissions: u32(STATUS.retransmissions),
      waits: WAITS[u32(STATUS.waits)] ?? "NOTHING",
      softError: u32(STATUS.softError),
      owner: u32(STATUS.owner),
      backlog: u32(STATUS.backlog),
      ...recoveryOf(u32),
    };
  }
  #word(offset: number): number {
    return this.#view.getUint32(this.#control + offset, true);
  }
}

/** The second part of a status record: loss recovery, and what both sides agreed on. */
function recoveryOf(u32: (offset: number) => number) {
  const agreed = u32(STATUS.agreed);
  return {
    phase: PHASES[u32(STATUS.phase)] ?? "OPEN",
    pipe: u32(STATUS.pipe),
    sacked: u32(STATUS.sacked),
    lost: u32(STATUS.lost),
    minRtt: u32(STATUS.minRtt),
    backoff: u32(STATUS.backoff),
    timeouts: u32(STATUS.timeouts),
    undone: u32(STATUS.undone),
    agreed: {
      windowScaling: (agreed & Offer.SCALE) !== 0,
      sack: (agreed & Offer.SACK) !== 0,
      timestamps: (agreed & Offer.TIMESTAMPS) !== 0,
      ecn: (agreed & Offer.ECN) !== 0,
    },
    sndShift: u32(STATUS.sndShift),
    rcvShift: u32(STATUS.rcvShift),
    urgent: u32(STATUS.urgent),
    receivedTos: u32(STATUS.receivedTos),
    mssMax: u32(STATUS.mssMax),
    receivedTtl: u32(STATUS.receivedTtl),
    receivedOctets: u32(STATUS.receivedOctets),
  };
}

/** Reads the endpoint record at `at`. */
export function readEndpoint(view: DataView, at: number): Address {
  const address = view.getUint16(at + ENDPOINT.family, true) === Family.IPV4 ? view.getUint32(at + ENDPOINT.address) : 0;
  return {
    address: ipv4Text(address),
    port: view.getUint16(at + ENDPOINT.port, true),
    interface: view.getUint32(at + ENDPOINT.interface, true) - 1,
  };
}

/** Writes the endpoint record at `at`: address 0 stands for any, and with port 0 for none given. `ip` in host byte order; `interface` -1: any. */
export function writeEndpoint(view: DataView, at: number, ip: number, port: number, interface_: number): void {
  view.setUint16(at + ENDPOINT.family, ip || port ? Family.IPV4 : Family.ANY, true);
  view.setUint16(at + ENDPOINT.port, port, true);
  view.setUint32(at + ENDPOINT.address, ip);
  for (let rest = at + ENDPOINT.address + 4; rest < at + ENDPOINT.interface; rest += 4) view.setUint32(rest, 0);
  view.setUint32(at + ENDPOINT.interface, interface_ + 1, true);
}
