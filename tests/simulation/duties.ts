// What a run must do in time: move, close, and owe nothing without a timer.
import { PoolIndex, State, STATUS } from "../../bindings/node/core.js";
import type { Application } from "./application.js";
import type { Connection } from "./connection.js";
import type { Host } from "./host.js";
import type { Observer } from "./observer.js";
import type { Plan } from "./plan.js";
import { MS, SECOND } from "./units.js";

/** Backoff is two minutes at most: with no faults something moves within that. */
const GAP = 130 * SECOND;
/** A path that swallows long packets costs several backoffs before each step down. */
const HOLES = 5;
/** A handshake may take that long where there is no room for all who come. */
const HANDSHAKE = 200 * SECOND;
/** A side that was let go may take that long to end. */
const ORPHAN = 190 * SECOND;
/** Longest RTO, milliseconds. */
const RTO_MOST = 120_000;
/** An acknowledgement starts the timer with what it measured; its SACK blocks measure once more, and may bring the RTO down again. */
const MEASURED_TWICE = 1.125;
const OWED = [STATUS.unacknowledged, STATUS.unsent, STATUS.state, STATUS.rto] as const;
const POOLS = ["TCP0", "TCP1", "TCP2", "TCP3", "LISTENER", "HALF_OPEN", "TIME_WAIT", "HOLD"] as const;

/** What is looked at. */
export interface Watched {
  readonly now: number;
  readonly calm: number;
  readonly plan: Plan;
  readonly hosts: readonly Host[];
  readonly observers: readonly Observer[];
  readonly connections: readonly Connection[];
  /** Some path swallows long packets. */
  readonly hasHole: boolean;
  isBusy(connection: Connection): boolean;
  fails(what: string, detail: string): void;
}

/** 2 MSL and what an orphan may take, microseconds. */
export function longestEnd(plan: Plan): number {
  return Math.max(...plan.stacks.map(({ msl }) => 2 * msl * MS)) + ORPHAN;
}
/** What a stack has not given back, in words; "" when all pools are whole. */
export function leftIn(host: Host): string {
  const taken = POOLS.filter((name) => host.used(PoolIndex[name]) > 0);
  return taken.map((name) => `${host.used(PoolIndex[name])} ${name}`).join(", ");
}
/** All pools of all stacks are whole. */
export function poolsAreWhole(run: Watched): void {
  for (const host of run.hosts) {
    const left = leftIn(host);
    if (left) run.fails("pools", `stack ${host.index} after ${longestEnd(run.plan) / SECOND} s still has ${left}`);
  }
}
/** After the faults have stopped every connection moves within the longest backoff. */
export function watch(run: Watched): void {
  const gap = run.hasHole ? HOLES * GAP : GAP;
  if (run.now < run.calm + gap) return;
  for (const connection of run.connections) {
    if (connection.isDone || (!connection.isOpen && run.isBusy(connection))) continue;
    const related = connection.isOpen ? [connection] : run.connections.filter((other) => other.hasEndsOf(connection));
    const still = run.now - Math.max(run.calm, ...related.map((other) => other.movedAt));
    const shaking = connection.sides.every((side) => side?.hasConnected) ? 0 : HANDSHAKE;
    const patience = gap + (connection.isOpen ? shaking : longestEnd(run.plan));
    if (still > patience)
      run.fails("stuck", `connection ${connection.plan.number} has not moved for ${still / SECOND} s: ${connection.text}`);
  }
}
/** After its turn a stack owes nothing that has no timer: what is unacknowledged is watched within the RTO, what is unsent waits for something. */
export function owes(run: Watched, host: Host, live: ReadonlyMap<Application, number>): void {
  if (host.isBlocked || host.waiting || host.wait === 0) return;
  for (const [application, key] of live) {
    if (application.isDone || host.core.exports.tcp_status(application.handle) < 0) continue;
    const [flight, unsent, state, rto] = OWED.map((offset) => host.status(offset)) as [number, number, number, number];
    if (flight === 0 && unsent === 0) continue;
    const half = run.observers[host.index]?.halves.get(key);
    const longest = Math.max(rto, half?.owner === application ? half.rto : RTO_MOST);
    const most = host.plan.halves && host.status(STATUS.sndWnd) && flight ? longest * MEASURED_TWICE : RTO_MOST;
    if (state === State.CLOSED || state === State.TIME_WAIT || host.wait <= most) continue;
    const what = `${flight} octets unacknowledged and ${unsent} unsent`;
    run.fails("no-timer", `stack ${host.index} has ${what}, RTO ${longest} ms, and sleeps for ${host.wait} ms`);
  }
}
