// Our stack as a side of a pair: the raw calls of the host interface, spans without a copy but the application's own, bursts moved with one set().
import { type Core, Err, instantiate, Offer } from "../../../bindings/node/core.js";
import { CONTROL } from "../../../bindings/node/constants.js";
import { APPLICATION_OCTETS, type Pair, SLOTS, type Shape, type Side, must } from "./side.js";

const BACKLOG = 1024;
/** Ports of connections that we open. */
const FIRST_PORT = 10_000;
const PORTS = 50_000;

class RingwireSide implements Side {
  readonly core: Core;
  readonly #exports: Core["exports"];
  readonly #u8: Uint8Array;
  readonly #u32: Uint32Array;
  readonly #span: number;
  readonly #application = new Uint8Array(APPLICATION_OCTETS).map((_, i) => i * 7);
  readonly #words = new Uint32Array(this.#application.buffer);
  readonly #listeners: number[] = [];
  readonly #peer: string;
  #udp = 0;
  #connects = 0;

  constructor(core: Core, peer: string) {
    this.core = core;
    this.#exports = core.exports;
    this.#u8 = core.octets;
    this.#u32 = new Uint32Array(core.memory.buffer);
    this.#span = (core.control + CONTROL.span) >>> 2;
    this.#peer = peer;
  }
  receive(now: number): void {
    const ms = Math.floor(now / 1000);
    this.#exports.receive(ms, now - ms * 1000);
  }
  transmit(): void {
    this.#exports.transmit();
  }
  listen(port: number): void {
    const listener = this.core.tcp_listen({ port }, 0, BACKLOG);
    must(listener > 0, `tcp_listen: ${listener}`);
    this.#listeners.push(listener);
  }
  /** Ports of our end are taken in turn, as the peers do it: one that was used lately may still be in TIME-WAIT over there. */
  connect(port: number): number {
    const local = FIRST_PORT + (this.#connects++ % PORTS);
    const handle = this.core.tcp_connect({ address: this.#peer, port }, { port: local });
    must(handle > 0, `tcp_connect: ${handle}`);
    return handle;
  }
  accept(): number {
    for (const listener of this.#listeners) {
      const handle = this.#exports.tcp_accept(listener);
      if (handle > 0) return handle;
    }
    return -1;
  }
  put(handle: number, octets: number): number {
    let at = 0;
    while (at < octets) {
      const space = Math.min(this.#exports.tcp_send_space(handle), octets - at);
      if (space <= 0) break;
      const to = this.#u32[this.#span] as number;
      if (space === 1) this.#u8[to] = at;
      else this.#u8.set(this.#application.subarray(at, at + space), to);
      this.#exports.tcp_send_commit(handle, space, 1);
      at += space;
    }
    return at;
  }
  get(handle: number, octets: number): number {
    let at = 0;
    while (at < octets) {
      const ready = this.#exports.tcp_receive_ready(handle);
      if (ready === Err.END && !at) return -1;
      const count = Math.min(ready, octets - at);
      if (count <= 0) break;
      const from = this.#u32[this.#span] as number;
      if (count === 1) this.#application[at] = this.#u8[from] as number;
      else this.#application.set(this.#u8.subarray(from, from + count), at);
      this.#exports.tcp_receive_release(handle, count);
      at += count;
    }
    return at;
  }
  close(handle: number): void {
    this.#exports.tcp_close(handle, 0);
  }
  openUdp(port: number, peerPort: number): void {
    this.#udp = this.core.udp_bind({ port });
    must(this.#udp > 0 && this.core.udp_connect(this.#udp, { address: this.#peer, port: peerPort }) === 0, "udp_bind");
  }
  putUdp(octets: number): void {
    must(this.#exports.udp_send_space(this.#udp) >= octets, "udp_send_space");
    this.#copyWords(this.#words, 0, this.#u32, (this.#u32[this.#span] as number) >>> 2, octets >>> 2);
    this.#exports.udp_send_commit(this.#udp, octets);
  }
  getUdp(): number {
    const length = this.#exports.udp_receive_ready(this.#udp);
    if (length < 0) return -1;
    this.#copyWords(this.#u32, (this.#u32[this.#span] as number) >>> 2, this.#words, 0, length >>> 2);
    this.#exports.udp_receive_release(this.#udp);
    return length;
  }
  #copyWords(from: Uint32Array, at: number, to: Uint32Array, toAt: number, words: number): void {
    for (let i = 0; i < words; i++) to[toAt + i] = from[at + i] as number;
  }
}

function addressOf(host: number): string {
  return `10.0.0.${host}`;
}

async function sideOf(wasm: string, { host, connections, buffer, timeWait }: Shape): Promise<RingwireSide> {
  const core = await instantiate({
    wasm,
    seed: Uint8Array.from({ length: 32 }, (_, i) => (i * 37 + 11 + host) & 255),
    devices: [{ kind: "ethernet", rxSlots: SLOTS, txSlots: SLOTS }],
    interfaces: [{ mac: `02:00:00:00:00:0${host}`, addresses: [`${addressOf(host)}/24`] }],
    capacities: {
      classes: [{ sockets: connections, receive: buffer, send: buffer }],
      listeners: 16,
      synQueue: 1024,
      timeWait,
      udpReceive: SLOTS,
      udpSend: SLOTS,
    },
    settings: { offer: Offer.SCALE | Offer.SACK },
  });
  return new RingwireSide(core, addressOf(3 - host));
}

/** Two instances of a module and a wire of one copy. */
export async function ringwirePair(wasm: string, shape: Omit<Shape, "host">): Promise<Pair & { cores: Core[] }> {
  const [client, server] = [await sideOf(wasm, { ...shape, host: 1 }), await sideOf(wasm, { ...shape, host: 2 })];
  const [up, down] = [client.core.device(0), server.core.device(0)];
  return { client, server, up: () => void up.transfer(down), down: () => void down.transfer(up), cores: [client.core, server.core] };
}
