// A stack under test with a virtual clock: frames in, frames out, each frame out examined.
import assert from "node:assert/strict";
import { type Core, type CoreOptions, type Counter, Err, instantiate } from "../../bindings/node/core.js";
import { arp, ETHER, EVERYBODY, ethernet, type Ipv4Fields, icmp, ipv4, PROTOCOL, read, readAny, type Seen, udp } from "./packets.js";

/** The stack's addresses, and those of the hosts that tests play. */
export const US = { ip: "10.0.0.1", mac: "02:00:00:00:00:01" } as const;
export const PEER = { ip: "10.0.0.2", mac: "02:00:00:00:00:02" } as const;
export const OTHER = { ip: "10.0.0.3", mac: "02:00:00:00:00:03" } as const;
export const GATEWAY = { ip: "10.0.0.254", mac: "02:00:00:00:00:fe" } as const;
/** A host on link by its number, 4 to 253, with its own MAC address. */
export function host(number: number): { ip: string; mac: string } {
  return { ip: `10.0.0.${number}`, mac: `02:00:00:00:01:${number.toString(16).padStart(2, "0")}` };
}
/** A seed that tests share. */
export const SEED = Uint8Array.from({ length: 32 }, (_, i) => (i * 73 + 5) & 255);
/** Octets of a text. */
export const bytes = (text: string) => new TextEncoder().encode(text);

type CounterName = Exclude<keyof typeof Counter, "COUNT">;
/** Counters that tell what was done; all others say why something was dropped or refused. */
const DEEDS =
  /_IN$|_OUT$|^OCTETS|ANNOUNCED|EVICTED|OPENS|RETRANSMITTED|REASSEMBLED|FORWARDED|PROBES|KEEPALIVES$|TIMEOUTS|HOLD_REPLACED|CHALLENGE_ACKS|ARP_LOST/;

/** Options of a stack at 10.0.0.1/24 behind a gateway. */
export function options(more: Partial<CoreOptions> = {}): CoreOptions {
  return {
    seed: SEED,
    devices: [{ kind: "ethernet", rxSlots: 64, txSlots: 64 }],
    interfaces: [{ device: 0, mac: US.mac, addresses: [`${US.ip}/24`], gateway: GATEWAY.ip }],
    ...more,
  };
}

/** The stack, its time, and what it has sent. */
export class Tester {
  /** Hosts that answer ARP by themselves: address to MAC. */
  readonly answering = new Map<string, string>();
  /** What the last poll answered. */
  wait = 0;
  /** Whether pieces of datagrams, and protocols that the stack does not speak, may leave. */
  takesAny = false;
  constructor(
    readonly core: Core,
    public ms: number,
  ) {}

  /** A stack that has announced its address; PEER and the gateway answer ARP. */
  static async make(more: Partial<CoreOptions> = {}): Promise<Tester> {
    const tester = new Tester(await instantiate(options(more)), more.ms ?? 0);
    tester.poll();
    tester.answering.set(PEER.ip, PEER.mac).set(GATEWAY.ip, GATEWAY.mac);
    return tester;
  }

  /** Polls until nothing more can be done now; answers what was sent. */
  poll(): Seen[] {
    const sent: Seen[] = [];
    for (let round = 0; ; round++) {
      assert.ok(round < 1000, "poll answers 0 for ever");
      this.wait = this.core.poll(this.ms);
      const now = this.core.output().map((frame) => (this.takesAny ? readAny(frame) : read(frame)));
      sent.push(...now);
      const answers = now.flatMap((seen) => this.#answer(seen));
      for (const frame of answers) assert.ok(this.core.input(frame));
      if (this.wait && !answers.length && !now.length) return sent;
    }
  }
  #answer({ arp: asked }: Seen): Uint8Array[] {
    if (asked?.operation !== 1) return [];
    const owner = this.answering.get(asked.targetIp);
    return owner && asked.senderIp !== asked.targetIp ? [arpReply({ ip: asked.targetIp, mac: owner })] : [];
  }
  /** Puts frames in, then polls. */
  inject(...frames: Uint8Array[]): Seen[] {
    for (const frame of frames) assert.ok(this.core.input(frame), "the receive ring is full");
    return this.poll();
  }
  /** Lets time pass, polling when the stack asked for it. */
  pass(ms: number): Seen[] {
    const end = this.ms + ms;
    const sent = this.poll();
    while (this.ms < end) {
      this.ms = Math.min(end, this.ms + Math.max(this.wait, 1));
      sent.push(...this.poll());
    }
    return sent;
  }
  /** By how much each counter that names a reason rose during `what`. */
  reasons(what: () => void): Partial<Record<CounterName, number>> {
    const before = this.core.counters();
    what();
    const after = this.core.counters();
    const names = (Object.keys(after) as CounterName[]).filter((name) => !DEEDS.test(name) && after[name] !== before[name]);
    return Object.fromEntries(names.map((name) => [name, after[name] - before[name]]));
  }
  /** The frame must vanish in silence, and exactly this one reason be counted, once. */
  drops(frame: Uint8Array, reason: CounterName, what: string = reason): void {
    let sent: Seen[] = [];
    const before = this.core.counter(reason);
    const reasons = this.reasons(() => {
      sent = this.inject(frame);
    });
    assert.deepEqual(sent.map(describe), [], `${what}: no frame goes out`);
    if (DEEDS.test(reason)) assert.equal(this.core.counter(reason) - before, 1, what);
    else assert.deepEqual(reasons, { [reason]: 1 }, what);
  }
  /** The positive control: a ping of PEER is answered. */
  isAlive(): void {
    const replies = this.inject(ping()).filter((seen) => seen.icmp?.type === 0);
    assert.equal(replies.length, 1, "a ping is answered");
    assert.equal(replies[0]?.ip?.to, PEER.ip);
    assert.equal(replies[0]?.to, PEER.mac);
  }
  /** Sends a datagram from a socket; answers what the call says. */
  send(socket: number, text: string | Uint8Array, address: string, port = 9): number {
    return this.core.udp_write(socket, typeof text === "string" ? bytes(text) : text, { address, port });
  }
  /** The oldest datagram as text, or the error. */
  receive(socket: number): string | number {
    const got = this.core.udp_read(socket);
    return typeof got === "number" ? got : new TextDecoder().decode(got);
  }
  /** A bound socket. */
  bind(port = 0, address = "0.0.0.0"): number {
    const socket = this.core.udp_bind({ address, port });
    assert.ok(socket > 0, `bind: ${socket}`);
    return socket;
  }
  /** Nothing is left to receive. */
  isEmpty(socket: number): void {
    assert.equal(this.core.udp_receive_ready(socket), Err.WOULD_BLOCK);
  }
  /** Makes the stack resolve a host. */
  resolve(known: { ip: string; mac: string }): void {
    const socket = this.bind();
    assert.ok(this.send(socket, "hello", known.ip) > 0);
    const sent = this.poll();
    if (!this.answering.has(known.ip)) sent.push(...this.inject(arpReply(known)));
    assert.ok(sent.some((seen) => seen.udp && seen.to === known.mac));
    this.core.udp_close(socket);
  }
}

/** A frame in a few words. */
export function describe(seen: Seen): string {
  if (seen.arp) return `ARP ${seen.arp.operation} ${seen.arp.senderIp} asks ${seen.arp.targetIp}`;
  if (seen.igmp) return `${seen.ip?.from} to ${seen.ip?.to} IGMP ${seen.igmp.type}`;
  const what = seen.icmp ? `ICMP ${seen.icmp.type}/${seen.icmp.code}` : seen.udp ? `UDP ${seen.udp.toPort}` : `TCP ${seen.tcp?.ctl}`;
  return `${seen.ip?.from} to ${seen.ip?.to} ${what}`;
}
/** ARP requests for an address. */
export const asksFor = (sent: Seen[], address: string) => sent.filter((seen) => seen.arp?.operation === 1 && seen.arp.targetIp === address);
/** Frames that carry UDP. */
export const datagrams = (sent: Seen[]) => sent.filter((seen) => seen.udp);
/** Frames that carry an ICMP message of this type. */
export const messages = (sent: Seen[], type: number) => sent.filter((seen) => seen.icmp?.type === type);

/** An IPv4 datagram from PEER to us in a frame; every field can be told. */
export function frame(
  payload: Uint8Array,
  fields: Partial<Ipv4Fields> & { protocol: number },
  link: { to?: string; from?: string } = {},
): Uint8Array {
  const packet = ipv4({ from: PEER.ip, to: US.ip, ...fields }, payload);
  return ethernet(link.to ?? US.mac, link.from ?? PEER.mac, ETHER.IPV4, packet);
}
/** An echo request from PEER. */
export function ping(
  fields: Partial<Ipv4Fields> = {},
  data: Uint8Array = bytes("are you there?"),
  link: { to?: string; from?: string } = {},
): Uint8Array {
  return frame(icmp(8, 0, 0x00070001, data), { protocol: PROTOCOL.ICMP, ...fields }, link);
}
/** A UDP datagram from PEER port 5000 in a frame. */
export function datagram(
  toPort: number,
  text: string | Uint8Array,
  fields: Partial<Ipv4Fields> = {},
  link: { to?: string; from?: string } = {},
): Uint8Array {
  const data = typeof text === "string" ? bytes(text) : text;
  return frame(udp(fields.from ?? PEER.ip, 5000, fields.to ?? US.ip, toPort, data), { protocol: PROTOCOL.UDP, ...fields }, link);
}
/** An ICMP error from `fields.from` (default the gateway) about a datagram. */
export function icmpError(type: number, code: number, quoted: Uint8Array, rest = 0, fields: Partial<Ipv4Fields> = {}): Uint8Array {
  return frame(icmp(type, code, rest, quoted), { protocol: PROTOCOL.ICMP, from: GATEWAY.ip, ...fields }, { from: GATEWAY.mac });
}
/** The reply of a host to our ARP request. */
export function arpReply(from: { ip: string; mac: string }): Uint8Array {
  const packet = arp({ operation: 2, senderMac: from.mac, senderIp: from.ip, targetMac: US.mac, targetIp: US.ip });
  return ethernet(US.mac, from.mac, ETHER.ARP, packet);
}
/** A host asks for `target`, ours by default. */
export function arpRequest(from: { ip: string; mac: string }, target: string = US.ip): Uint8Array {
  return ethernet(EVERYBODY, from.mac, ETHER.ARP, arp({ senderMac: from.mac, senderIp: from.ip, targetIp: target }));
}
