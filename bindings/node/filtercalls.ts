import { type Endpoint, ipv4Number, ipv4Text } from "./address.js";
import { Base } from "./base.js";
import { type Action, CONTROL, type Direction, Err, type Standing } from "./constants.js";

/** Two ports, the first and the last of a range. */
export type Ports = readonly [first: number, last: number];

/** A rule of the packet filter; what is missing fits anything. */
export interface FilterRule {
  direction: Direction;
  action: Action;
  state?: Standing;
  /** Index of the interface it comes in by or, going out, leaves by. */
  interface?: number;
  /** Protocol of the IP header. */
  protocol?: number;
  source?: { address: string; prefix: number };
  destination?: { address: string; prefix: number };
  /** Of TCP and UDP only. */
  sourcePorts?: Ports;
  destinationPorts?: Ports;
  /** What it has decided since it was added; of no meaning for a new one. */
  packets?: number;
  octets?: number;
}

const NO_PREFIX = { address: "0.0.0.0", prefix: 0 };

/** The calls of packet filter and address translation, under the ABI's names. NOT_SUPPORTED in a module without them. */
export class FilterCalls extends Base {
  /** Adds a rule at place `at` among those there are, 0 the first. */
  filter_add(rule: FilterRule, at: number): number {
    if (!this.exports.filter_add) return Err.NOT_SUPPORTED;
    const { source = NO_PREFIX, destination = NO_PREFIX, sourcePorts = [0, 0], destinationPorts = [0, 0] } = rule;
    const from = ipv4Number(source.address);
    const to = ipv4Number(destination.address);
    if (from < 0 || to < 0) return Err.BAD_ADDRESS;
    const view = new DataView(this.exchange.buffer, this.exchange.byteOffset);
    const { direction, action, state = 0, interface: index = -1, protocol = 0 } = rule;
    [direction, action, state, index + 1, protocol, source.prefix, destination.prefix, 0].forEach((octet, i) => {
      view.setUint8(i, octet);
    });
    view.setUint32(8, from);
    view.setUint32(12, to);
    [...sourcePorts, ...destinationPorts].forEach((port, i) => {
      view.setUint16(16 + i * 2, port, true);
    });
    view.setUint32(24, 0, true);
    view.setUint32(28, 0, true);
    return this.exports.filter_add(at);
  }
  /** Takes the rule at place `at` out. */
  filter_remove(at: number): number {
    return this.exports.filter_remove?.(at) ?? Err.NOT_SUPPORTED;
  }
  /** The rule at place `at` with what it has counted; BAD_ARGUMENT behind the last. */
  filter_at(at: number): FilterRule | number {
    const wrong = this.exports.filter_at?.(at) ?? Err.NOT_SUPPORTED;
    if (wrong) return wrong;
    const view = new DataView(this.exchange.buffer, this.exchange.byteOffset);
    const [direction, action, state, index, protocol, sourcePrefix, destinationPrefix] = this.exchange as unknown as number[];
    const ports = (offset: number): Ports => [view.getUint16(offset, true), view.getUint16(offset + 2, true)];
    return {
      direction: direction as Direction,
      action: action as Action,
      ...(state ? { state: state as Standing } : {}),
      ...(index ? { interface: index - 1 } : {}),
      ...(protocol ? { protocol } : {}),
      ...(sourcePrefix ? { source: { address: ipv4Text(view.getUint32(8)), prefix: sourcePrefix } } : {}),
      ...(destinationPrefix ? { destination: { address: ipv4Text(view.getUint32(12)), prefix: destinationPrefix } } : {}),
      ...(ports(16)[1] ? { sourcePorts: ports(16) } : {}),
      ...(ports(20)[1] ? { destinationPorts: ports(20) } : {}),
      packets: view.getUint32(24, true),
      octets: view.getUint32(28, true),
    };
  }
  /** What becomes of datagrams that no rule fits; accepted, to begin with. */
  filter_policy(direction: Direction, action: Action): number {
    return this.exports.filter_policy?.(direction, action) ?? Err.NOT_SUPPORTED;
  }
  /** Translates what leaves by an interface to its address, or no more. */
  napt_enable(index: number, on: boolean): number {
    return this.exports.napt_enable?.(index + 1, Number(on)) ?? Err.NOT_SUPPORTED;
  }
  /** Forwards a port of the interfaces that translate to `inner`; `protocol` is TCP's or UDP's number. */
  napt_forward(protocol: number, port: number, inner: Endpoint): number {
    if (!this.exports.napt_forward) return Err.NOT_SUPPORTED;
    return this.endpoint(CONTROL.remote, inner) || this.exports.napt_forward(protocol, port);
  }
  /** Forwards it no more; connections that came by it end. */
  napt_unforward(protocol: number, port: number): number {
    return this.exports.napt_unforward?.(protocol, port) ?? Err.NOT_SUPPORTED;
  }
}
