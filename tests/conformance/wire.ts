// The wire between a stack and the scripted peers of a test: one core with one Ethernet device, a virtual clock, and hosts that answer ARP.
import assert from "node:assert/strict";
import { type Core, type CoreOptions, instantiate } from "../../bindings/node/core.js";
import { type Given, takeAll } from "./nic.js";
import { arp, ethernet, type Host, ipv4, type Parsed, type ParsedTcp, parse } from "./frames.js";

/** The stack under test. */
export const STACK: Host = { address: "10.0.0.1", mac: "02:00:00:00:00:01" };
/** The usual host of a scripted peer. */
export const PEER: Host = { address: "10.0.0.2", mac: "02:00:00:00:00:02" };
/** The router, when a test asks for one. */
export const ROUTER: Host = { address: "10.0.0.254", mac: "02:00:00:00:00:fe" };
export const BROADCAST_MAC = "ff:ff:ff:ff:ff:ff";

/** Offloads of a device for which nothing is said: so the tests can be played once more with a NIC. */
const OFFLOAD = Number(process.env.RINGWIRE_OFFLOAD ?? 0);
/** For tests that count slots of the transmit ring, where several segments may lie in one. */
export const oneByOne = OFFLOAD ? "segments share slots where a NIC cuts them" : false;
const SEED = Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11) & 255);
const POLLS_MAX = 100_000;

/** How a stack is set up for a test. */
export interface WireOptions {
  /** Octets of the receive and send rings of its connections. Default 16,384 and 65,536. */
  receive?: number;
  send?: number;
  /** Default 1500. */
  mtu?: number;
  seed?: Uint8Array;
  /** Slots of the transmit ring. Default 256. */
  txSlots?: number;
  gateway?: string;
  settings?: CoreOptions["settings"];
  capacities?: CoreOptions["capacities"];
  /** `Offload` bits of the device, whose frames then go through a NIC. */
  offload?: number;
  /** The clock at the start, milliseconds. */
  ms?: number;
}

/** Who takes the TCP segments that the stack sends. */
export interface Listens {
  /** True when it was one of its connection. */
  arrives(segment: ParsedTcp, ms: number): boolean;
}

export class Wire {
  /** The virtual clock, milliseconds. */
  ms: number;
  /** While set nobody takes frames out of the transmit ring. */
  busy = false;
  /** Hosts that answer ARP requests. */
  hosts: Host[] = [PEER, ROUTER];
  /** Frames of the stack that no peer took, ARP apart. */
  others: Parsed[] = [];
  /** ARP packets of the stack. */
  arps: Extract<Parsed, { kind: "arp" }>[] = [];
  readonly peers: Listens[] = [];

  /** With offloads: what the stack gave to its NIC. */
  given: Given[] = [];

  private constructor(
    readonly core: Core,
    ms: number,
  ) {
    this.ms = ms;
  }

  /** A stack at 10.0.0.1/24 that has said what it says at the start. */
  static async make(options: WireOptions = {}): Promise<Wire> {
    const { receive = 16384, send = 65536, ms = 0 } = options;
    const core = await instantiate({
      seed: options.seed ?? SEED,
      ms,
      devices: [{ kind: "ethernet", rxSlots: 1024, txSlots: options.txSlots ?? 256, offload: options.offload ?? OFFLOAD }],
      interfaces: [{ mac: STACK.mac, mtu: options.mtu ?? 1500, addresses: [`${STACK.address}/24`], gateway: options.gateway }],
      capacities: { classes: [{ sockets: 16, receive, send }], ...options.capacities },
      settings: options.settings,
    });
    const wire = new Wire(core, ms);
    wire.run();
    return wire;
  }

  /** Gives the stack an IP packet in a frame, without a poll. */
  put(packet: Uint8Array, from = PEER.mac, to = STACK.mac): void {
    assert.ok(this.core.input(ethernet(from, to, 0x0800, packet)), "the receive ring is full");
  }
  /** Gives the stack a packet of a protocol from a host, and polls. */
  inject(protocol: number, payload: Uint8Array, source = PEER.address, destination = STACK.address, to = STACK.mac): void {
    this.put(ipv4({ source, destination, protocol }, payload), PEER.mac, to);
    this.run();
  }
  /** Polls until nothing is due now; answers as the last poll did. */
  run(): number {
    for (let i = 0; i < POLLS_MAX; i++) {
      const wait = this.core.poll(this.ms);
      if (this.busy) return wait;
      const frames = this.#output();
      for (const frame of frames) this.#arrives(frame);
      if (wait > 0 && !frames.length) return wait;
    }
    throw new Error("the stack does not come to rest");
  }
  /** Lets time pass and polls at every deadline of the stack. */
  advance(ms: number): void {
    const end = this.ms + ms;
    for (let wait = this.run(); this.ms < end; wait = this.run()) this.ms = Math.min(end, this.ms + Math.max(wait, 1));
  }

  #output(): Uint8Array[] {
    const rings = this.core.device(0);
    if (!rings.offload) return this.core.output();
    const given = takeAll(rings);
    this.given.push(...given);
    return given.flatMap(({ frames }) => frames);
  }
  #arrives(frame: Uint8Array): void {
    const parsed = parse(frame);
    if (parsed.kind === "arp") return this.#arpArrives(parsed);
    const segment = parsed.kind === "tcp" ? parsed.segment : null;
    if (segment) assert.equal(segment.source, STACK.address, "the source address is ours");
    if (segment && this.peers.some((peer) => peer.arrives(segment, this.ms))) return;
    this.others.push(parsed);
  }
  #arpArrives(parsed: Extract<Parsed, { kind: "arp" }>): void {
    this.arps.push(parsed);
    const host = this.hosts.find(({ address }) => address === parsed.target.address);
    if (parsed.operation === 1 && host) this.core.input(ethernet(host.mac, STACK.mac, 0x0806, arp(2, host, STACK)));
  }
}
