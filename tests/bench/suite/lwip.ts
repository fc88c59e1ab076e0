// lwIP, compiled to WebAssembly with the same glue as the native one (peer.h), as a side of a pair.
import { type Pair, SLOTS, type Shape, type Side, must } from "./side.js";

/** The functions of peer.h. */
interface Exports {
  memory: { buffer: ArrayBuffer };
  peer_start(host: number, connections: number, buffer: number, timeWait: number): number;
  peer_receive(milliseconds: number): void;
  peer_transmit(): void;
  peer_listen(port: number): number;
  peer_connect(port: number): number;
  peer_accept(): number;
  peer_put(connection: number, octets: number): number;
  peer_get(connection: number, octets: number): number;
  peer_close(connection: number): void;
  peer_open_udp(port: number, peerPort: number): void;
  peer_put_udp(octets: number): void;
  peer_get_udp(): number;
  peer_wire(): number;
}

/** Octets from slot to slot. */
const SLOT_OCTETS = 1536;

class LwipSide implements Side {
  readonly u8: Uint8Array;
  readonly words: Uint32Array;
  /** Indices of the counters among the words, and addresses of the rings: the record `peer_rings`. */
  readonly txWritten: number;
  readonly txTaken: number;
  readonly rxWritten: number;
  readonly rxTaken: number;
  readonly tx: number;
  readonly rx: number;

  constructor(readonly exports: Exports) {
    this.u8 = new Uint8Array(exports.memory.buffer);
    this.words = new Uint32Array(exports.memory.buffer);
    const record = Array.from(new Uint32Array(exports.memory.buffer, exports.peer_wire(), 6));
    const [txWritten = 0, txTaken = 0, rxWritten = 0, rxTaken = 0] = record.map((address) => address >>> 2);
    [this.txWritten, this.txTaken, this.rxWritten, this.rxTaken] = [txWritten, txTaken, rxWritten, rxTaken];
    [, , , , this.tx = 0, this.rx = 0] = record;
  }
  receive(now: number): void {
    this.exports.peer_receive(now / 1000);
  }
  transmit(): void {
    this.exports.peer_transmit();
  }
  listen(port: number): void {
    must(this.exports.peer_listen(port) === 0, "peer_listen");
  }
  connect(port: number): number {
    const connection = this.exports.peer_connect(port);
    must(connection >= 0, "peer_connect");
    return connection;
  }
  accept(): number {
    return this.exports.peer_accept();
  }
  put(connection: number, octets: number): number {
    return this.exports.peer_put(connection, octets);
  }
  get(connection: number, octets: number): number {
    return this.exports.peer_get(connection, octets);
  }
  close(connection: number): void {
    this.exports.peer_close(connection);
  }
  openUdp(port: number, peerPort: number): void {
    this.exports.peer_open_udp(port, peerPort);
  }
  putUdp(octets: number): void {
    this.exports.peer_put_udp(octets);
  }
  getUdp(): number {
    return this.exports.peer_get_udp();
  }
}

/** Octets before a frame in its slot, and of a frame with them up to which it is copied word by word. */
const SLOT_HEADER = 10;
const SHORT = 256;

/** Moves frames as our own rings do: short ones word by word, runs of others with one call. */
function move(from: LwipSide, to: LwipSide): void {
  for (;;) {
    const taken = from.words[from.txTaken] as number;
    const written = to.words[to.rxWritten] as number;
    const [first, place] = [taken % SLOTS, written % SLOTS];
    const room = SLOTS - (written - (to.words[to.rxTaken] as number));
    let count = Math.min((from.words[from.txWritten] as number) - taken, room, SLOTS - first, SLOTS - place);
    if (count <= 0) return;
    const at = from.tx + first * SLOT_OCTETS;
    const octets = SLOT_HEADER + (from.words[at >>> 2] as number);
    if (octets <= SHORT) {
      const [source, target] = [at >>> 2, (to.rx + place * SLOT_OCTETS) >>> 2];
      for (let i = 0; i < (octets + 3) >>> 2; i++) to.words[target + i] = from.words[source + i] as number;
      count = 1;
    } else to.u8.set(from.u8.subarray(at, at + count * SLOT_OCTETS), to.rx + place * SLOT_OCTETS);
    to.words[to.rxWritten] = written + count;
    from.words[from.txTaken] = taken + count;
  }
}

async function sideOf(module: object, { host, connections, buffer, timeWait }: Shape): Promise<LwipSide> {
  const { exports } = (await WebAssembly.instantiate(module as never, {})) as unknown as { exports: Exports };
  must(exports.peer_start(host, connections, buffer, timeWait) === 0, "peer_start");
  return new LwipSide(exports);
}

/** Two instances and a wire of one copy. */
export async function lwipPair(module: object, shape: Omit<Shape, "host">): Promise<Pair> {
  const [client, server] = [await sideOf(module, { ...shape, host: 1 }), await sideOf(module, { ...shape, host: 2 })];
  return { client, server, up: () => move(client, server), down: () => move(server, client) };
}
