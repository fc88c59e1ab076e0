// What is measured. drive.c and the driver in Rust do the same, call by call.
import { CONNECTIONS_PER_PORT, must, type Pair, PORT, type Side, UDP_PORT } from "./side.js";

/** Octets of a small datagram, and datagrams of a batch. */
const DATAGRAM = 64;
const BATCH = 32;
/** Connections that are opened, and the flows that are served, at the same time. */
const OPENING = 16;
const SERVED = 8;
const BULK = 65_536;
/** Octets of a request and of its answer. */
const REQUEST = 64;
/** Microseconds that pass between two turns. */
const TURN = 10;
/** Microseconds of processor time between two looks at the clock, at least. */
const CHUNK = 10_000;
/** Seconds of processor time before anything counts, at least: V8 compiles a module well only bit by bit, and in other threads. */
const WARM = 1;
/** Microseconds until a stack tries again. */
const PAUSE = 250_000;
/** Turns in which something that takes a few must have happened. */
const PATIENCE = 100;

/** A unit of work; answers how many units (octets, packets, round trips, connections, polls) it did. */
export type Turn = () => number;
/** Connections as both ends call them. */
interface Open {
  near: number[];
  far: number[];
}

/** A pair and its clock. */
export class Bench {
  /** Microseconds. */
  now = 1_000_000;
  readonly open: Open = { near: [], far: [] };

  /** The ends get to know each other's link addresses. */
  constructor(readonly pair: Pair) {
    for (let i = 0; i < 3; i++) this.exchange();
  }

  /** Opens connections until there are `count`. */
  connect(count: number): void {
    const { client, server } = this.pair;
    const { near, far } = this.open;
    for (let port = 0; port * CONNECTIONS_PER_PORT < count; port++) server.listen(PORT + port);
    while (near.length < count) {
      const most = Math.min(count, near.length + OPENING);
      while (near.length < most) near.push(client.connect(PORT + Math.floor(near.length / CONNECTIONS_PER_PORT)));
      for (let i = 0; far.length < most; i++) {
        must(i < PATIENCE, "a connection does not open");
        this.exchange();
        for (let handle = server.accept(); handle >= 0; handle = server.accept()) far.push(handle);
      }
    }
    for (let i = 0; i < PATIENCE; i++) this.exchange();
  }
  /** Each end has its turn. */
  exchange(): void {
    const { client, server } = this.pair;
    this.now += TURN;
    client.receive(this.now);
    client.transmit();
    this.pair.up();
    server.receive(this.now);
    server.transmit();
    this.pair.down();
  }

  /** Octets from the client to the server, and back too when `both`. */
  bulk(both: boolean): Turn {
    const { client, server } = this.pair;
    const { near, far } = this.open;
    const flows = Math.min(near.length, SERVED);
    const share = BULK / flows;
    let first = 0;
    return () => {
      this.now += TURN;
      let octets = 0;
      client.receive(this.now);
      for (let i = 0; i < flows; i++) {
        const flow = near[(first + i) % near.length] as number;
        if (both) octets += client.get(flow, BULK);
        client.put(flow, share);
      }
      client.transmit();
      this.pair.up();
      server.receive(this.now);
      for (let i = 0; i < flows; i++) {
        const flow = far[(first + i) % near.length] as number;
        octets += server.get(flow, BULK);
        if (both) server.put(flow, share);
      }
      server.transmit();
      this.pair.down();
      first = (first + flows) % near.length;
      return octets;
    };
  }
  /** Datagrams to the server and back, a batch at a time. */
  udp(): Turn {
    const { client, server } = this.pair;
    client.openUdp(UDP_PORT + 1, UDP_PORT);
    server.openUdp(UDP_PORT, UDP_PORT + 1);
    client.putUdp(DATAGRAM);
    for (let i = 0; i < 3; i++) this.exchange();
    must(server.getUdp() === DATAGRAM, "a datagram is lost");
    return () => {
      this.now += TURN;
      for (let i = 0; i < BATCH; i++) client.putUdp(DATAGRAM);
      client.transmit();
      this.pair.up();
      server.receive(this.now);
      for (let i = 0; i < BATCH; i++) server.putUdp(server.getUdp());
      server.transmit();
      this.pair.down();
      client.receive(this.now);
      for (let i = 0; i < BATCH; i++) must(client.getUdp() === DATAGRAM, "a datagram is lost");
      return 2 * BATCH;
    };
  }
  /** An octet to the server and back, on the first connection, or (`spread`) on any. */
  ping(spread: boolean): Turn {
    const { client, server } = this.pair;
    const { near, far } = this.open;
    let random = 1;
    return () => {
      if (spread) random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
      const i = spread ? Math.floor((random / 2 ** 32) * near.length) : 0;
      this.now++;
      client.put(near[i] as number, 1);
      client.transmit();
      this.pair.up();
      server.receive(this.now);
      this.#arrives(server, far[i] as number);
      server.put(far[i] as number, 1);
      server.transmit();
      this.pair.down();
      client.receive(this.now);
      this.#arrives(client, near[i] as number);
      return 1;
    };
  }
  /** Connections that carry a request and an answer; the server closes first. */
  short(): Turn {
    const { client, server } = this.pair;
    server.listen(PORT);
    return () => {
      const near = Array.from({ length: OPENING }, () => client.connect(PORT));
      for (const handle of near) client.put(handle, REQUEST);
      let far: number[] = [];
      let left = near;
      for (let i = 0; left.length; i++) {
        must(i < PATIENCE, "a connection does not end");
        this.now += TURN;
        client.receive(this.now);
        left = left.filter((handle) => !this.#hasEnded(handle));
        client.transmit();
        this.pair.up();
        server.receive(this.now);
        for (let handle = server.accept(); handle >= 0; handle = server.accept()) far.push(handle);
        far = far.filter((handle) => !this.#isAnswered(handle));
        server.transmit();
        this.pair.down();
      }
      this.exchange();
      return OPENING;
    };
  }
  /** Polls with nothing to do. */
  idle(): Turn {
    const { client } = this.pair;
    return () => {
      for (let i = 0; i < BATCH; i++) {
        this.now++;
        client.receive(this.now);
        client.transmit();
      }
      return BATCH;
    };
  }

  /** An octet arrives. Timers of a stack may have filled the ring with acknowledgements of other connections: then it waits for the next try. */
  #arrives(at: Side, handle: number): void {
    for (let i = 0; at.get(handle, 1) !== 1; i++) {
      must(i < PATIENCE, "an octet is lost");
      this.now += PAUSE;
      this.exchange();
    }
  }
  #hasEnded(handle: number): boolean {
    const { client } = this.pair;
    if (client.get(handle, REQUEST) >= 0) return false;
    client.close(handle);
    return true;
  }
  #isAnswered(handle: number): boolean {
    const { server } = this.pair;
    if (server.get(handle, REQUEST) !== REQUEST) return false;
    server.put(handle, REQUEST);
    server.close(handle);
    return true;
  }
}

/** Nanoseconds of processor time for each unit, after a warm-up. */
export function measure(turn: Turn, seconds: number): number {
  run(turn, Math.max(seconds / 2, WARM));
  const { units, micro } = run(turn, seconds);
  return (micro * 1000) / units;
}
function run(turn: Turn, seconds: number): { units: number; micro: number } {
  const began = processor();
  let units = 0;
  for (let turns = 1; ; ) {
    const before = processor();
    for (let i = 0; i < turns; i++) units += turn();
    const now = processor();
    if (now - began >= seconds * 1e6) return { units, micro: now - began };
    if (now - before < CHUNK) turns *= 2;
  }
}
function processor(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}
