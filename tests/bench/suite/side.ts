// What a workload asks of a stack. Every stack, in whatever language it is driven, gets the same calls in the same order.

/** Octets of the application's own buffer: what it sends is copied from there, what it receives is copied to there. */
export const APPLICATION_OCTETS = 65_536;
/** Slots of each frame ring. */
export const SLOTS = 64;
/** The first port of the server; each has at most 10,000 connections. */
export const PORT = 5000;
export const CONNECTIONS_PER_PORT = 10_000;
export const UDP_PORT = 7;

/** How a stack is to be set up. */
export interface Shape {
  /** Last octet of its address; the other has 3 minus this. */
  host: 1 | 2;
  /** TCP connections open at the same time. */
  connections: number;
  /** Octets of the receive and of the send buffer of each. */
  buffer: number;
  /** TIME-WAIT records. */
  timeWait: number;
}

/** A stack with one Ethernet device, its clock and its application. Connections are numbers that the stack gives. */
export interface Side {
  /** Reads the frames that wait and does what has expired; microseconds. */
  receive(now: number): void;
  /** Sends what is owed. */
  transmit(): void;
  listen(port: number): void;
  connect(port: number): number;
  /** The oldest connection that waits to be accepted, or -1. */
  accept(): number;
  /** Copies up to `octets` from the application's buffer into the connection; answers how many. */
  put(connection: number, octets: number): number;
  /** Copies up to `octets` that have arrived into the application's buffer; answers how many, or -1 once the peer has closed and all was read. */
  get(connection: number, octets: number): number;
  close(connection: number): void;
  openUdp(port: number, peerPort: number): void;
  /** Sends a datagram of the application's buffer to the peer. */
  putUdp(octets: number): void;
  /** Copies the oldest datagram into the application's buffer; answers its octets, or -1. */
  getUdp(): number;
}

/** Two stacks and the wire between them, which copies each frame once. */
export interface Pair {
  client: Side;
  server: Side;
  /** Moves all frames that the client sent to the server. */
  up(): void;
  /** And back. */
  down(): void;
}

/** Throws when something that must hold does not: a benchmark that measures errors is worth nothing. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`${what}`);
}
