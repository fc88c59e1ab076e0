// The connections of a run, and how the applications at their ends behave.
import type { Prng } from "../../bindings/node/prng.js";
import type { StackPlan } from "./plan.js";
import { MS, pick, SECOND } from "./units.js";

/** How an application ends its side. */
export const Ending = {
  /** Half close when all is written; lets go when the peer has closed. */
  HALF: 0,
  /** Waits for the peer's close, then lets go. */
  LAST: 1,
  /** Lets go as soon as all is written and the peer's octets, as far as they are expected, are read. */
  LET_GO: 2,
  /** Aborts after so many octets. */
  ABORT: 3,
  /** Lets go as soon as all is written, though octets may still come: the peer is reset. */
  RUDE: 4,
} as const;
/** One of the values of `Ending`. */
export type Ending = (typeof Ending)[keyof typeof Ending];

/** One end's application. Times in microseconds. */
export interface ApplicationPlan {
  /** Octets to send. */
  octets: number;
  /** Octets of a write, and the pause after each. */
  write: number;
  writePause: number;
  /** Octets of a read, and the pause after each. */
  read: number;
  readPause: number;
  /** Stops reading at this position for a while; -1: never. */
  stallAt: number;
  stall: number;
  ending: Ending;
  /** For ABORT: octets written or read before. */
  abortAt: number;
  nodelay: boolean;
  keepalive: boolean;
  push: boolean;
}

/** A connection. `client` opens; both open when `isCrossing`. */
export interface ConnectionPlan {
  number: number;
  client: number;
  server: number;
  clientPort: number;
  serverPort: number;
  clientClass: number;
  serverClass: number;
  /** When it is opened; a port that is in use waits for its turn. */
  at: number;
  isCrossing: boolean;
  applications: [ApplicationPlan, ApplicationPlan];
}

/** First server port; each buffer class listens on one of its own. */
export const SERVER_PORT = 80;
const CLIENT_PORT = 40_000;
const LEAST = 65_536;
/** What makes a transfer before it is scaled. */
const LARGE = 10_000;
/** Frames that a seed may roughly take. */
const FRAMES = 1500;

/** All connections of a seed: 64 KB or 20 connections at least. */
export function connections(random: Prng, stacks: readonly StackPlan[], delay: number): ConnectionPlan[] {
  const isChurn = random.chance(0.25);
  const count = isChurn ? 20 + random.below(6) : 1 + random.below(pick(random, [1, 2, 4]));
  const list: ConnectionPlan[] = [];
  const ports = isChurn && random.chance(0.6) ? 1 + random.below(3) : count;
  for (let number = 0; number < count; number++) list.push(connection(random, stacks, number, ports, isChurn));
  if (isChurn) return list;
  const odd = random.chance(0.25);
  if (odd) list.push(tight(random, stacks, count));
  fill(list, stacks, delay);
  return list;
}

function connection(random: Prng, stacks: readonly StackPlan[], number: number, ports: number, isChurn: boolean): ConnectionPlan {
  const client = random.chance(0.7) ? 0 : random.below(stacks.length);
  const server = (client + 1 + random.below(stacks.length - 1)) % stacks.length;
  const isCrossing = random.chance(isChurn ? 0.1 : 0.07);
  const [clientClass, serverClass] = [random.below(2), random.below(2)];
  const octets = () => (random.chance(0.2) ? 0 : random.below(pick(random, [20, 2000, 8000])));
  const both = random.chance(0.4);
  const up = isChurn ? octets() : random.chance(0.8) || both ? LARGE : 0;
  const down = isChurn ? octets() : !up || both ? LARGE : 0;
  const plan: ConnectionPlan = {
    number,
    client,
    server,
    clientPort: CLIENT_PORT + (number % ports),
    serverPort: isCrossing ? 9000 + (number % ports) : SERVER_PORT + serverClass,
    clientClass,
    serverClass,
    at: random.below(pick(random, [1, 100 * MS, isChurn ? 5 * SECOND : SECOND])),
    isCrossing,
    applications: [application(random, up), application(random, down)],
  };
  endings(random, plan, isChurn);
  return plan;
}

function application(random: Prng, octets: number): ApplicationPlan {
  const isSlowReader = random.chance(0.15);
  const isSlowWriter = random.chance(0.15);
  return {
    octets,
    write: pick(random, [65_536, 65_536, 4096, 1460, 1000, 100]),
    writePause: isSlowWriter ? random.below(pick(random, [2 * MS, 50 * MS])) : 0,
    read: isSlowReader ? pick(random, [100, 1000, 5000]) : 1 << 20,
    readPause: isSlowReader ? random.below(pick(random, [2 * MS, 50 * MS])) : 0,
    stallAt: random.chance(0.1) ? random.below(20_000) : -1,
    stall: random.below(pick(random, [SECOND, 20 * SECOND, 200 * SECOND])),
    ending: Ending.HALF,
    abortAt: 0,
    nodelay: random.chance(0.3),
    keepalive: random.chance(0.15),
    push: random.chance(0.7),
  };
}

/** How both sides end; one at least closes by itself. */
function endings(random: Prng, plan: ConnectionPlan, isChurn: boolean): void {
  const [client, server] = plan.applications;
  const how = random.unit();
  if (how < 0.25) server.ending = Ending.LAST;
  else if (how < 0.45) client.ending = Ending.LAST;
  else if (how < 0.6) {
    client.ending = Ending.LET_GO;
    server.ending = pick(random, [Ending.HALF, Ending.LAST, Ending.LET_GO]);
    // A side that was let go waits a minute for the other's FIN, no longer.
    for (const side of [client, server]) side.stall = Math.min(side.stall, 20 * SECOND);
  } else if (how < (isChurn ? 0.75 : 0.65)) {
    const who = pick(random, [client, server]);
    who.ending = random.chance(0.3) ? Ending.RUDE : Ending.ABORT;
    who.abortAt = random.below(Math.max(1, client.octets + server.octets));
  }
}

/** A connection with rings of 0, 1 or MSS - 1 octets on one side, in which little can move. */
function tight(random: Prng, stacks: readonly StackPlan[], number: number): ConnectionPlan {
  const plan = connection(random, stacks, number, number + 1, true);
  plan.isCrossing = false;
  if (random.chance(0.5)) plan.clientClass = 2 + random.below(2);
  else plan.serverClass = 2 + random.below(2);
  plan.serverPort = SERVER_PORT + plan.serverClass;
  const classes = [stacks[plan.client]?.classes[plan.clientClass], stacks[plan.server]?.classes[plan.serverClass]];
  plan.applications.forEach((application, side) => {
    const room = Math.min(classes[side]?.send ?? 0, classes[1 - side]?.receive ?? 0);
    application.octets = room ? Math.min(room < 50 ? 150 : 3000, application.octets + 10) : 0;
    application.abortAt = Math.min(application.abortAt, application.octets);
  });
  return plan;
}

/** Gives the connections that can take them octets, 64 KB in all at least, as long as that does not take too many frames. */
function fill(list: readonly ConnectionPlan[], stacks: readonly StackPlan[], delay: number): void {
  const all = list.flatMap(({ applications }) => applications.map(({ octets }) => octets));
  const large = all.filter((octets) => octets >= LARGE).reduce((sum, octets) => sum + octets, 0);
  const mtu = Math.min(...stacks.map((stack) => stack.mtu));
  const most = Math.max(LEAST, FRAMES * (mtu - 40) * (delay > 100_000 ? 0.5 : 1) * 0.3);
  const factor = Math.max(1, Math.min(most, 300_000) / Math.max(large, 1));
  for (const { applications } of list) {
    for (const application of applications) if (application.octets >= LARGE) scaleBy(application, factor);
  }
}
function scaleBy(application: ApplicationPlan, factor: number): void {
  application.octets = Math.ceil(application.octets * factor);
  application.abortAt = Math.floor(application.abortAt * factor);
  // Small writes without Nagle make a segment each: only so many of them.
  if (application.write < 1000) application.write = Math.max(application.write, Math.ceil(application.octets / 800));
}
