// A connection of a run: opened, opened again when the handshake failed, watched until both applications are done.
import { Counter, Err } from "../../bindings/node/core.js";
import { Application } from "./application.js";
import type { Host } from "./host.js";
import { addressOf, keyOf } from "./observer.js";
import { ipOf } from "./setup.js";
import { streamOf } from "./stream.js";
import { type ConnectionPlan, Ending } from "./traffic.js";
import { SECOND } from "./units.js";

/** What a connection needs of the run. */
export interface Run {
  now: number;
  /** When faults stop. */
  readonly calm: number;
  readonly hosts: readonly Host[];
  /** Some path swallows long packets, also after faults stop. */
  readonly hasHole: boolean;
  after(wait: number, what: () => void): void;
  fails(what: string, detail: string): void;
  saw(what: string): void;
  /** Says which application a socket belongs to. */
  register(host: Host, application: Application, key: number): void;
  /** Whether another connection has these ends now. */
  isBusy(connection: Connection): boolean;
  /** Whether a listener did not know the connection of a cookie that it had sent to a SYN with this ISN. */
  hasRefused(stack: number, irs: number): boolean;
  /** Whether a SYN with this sequence number may be a duplicate of a connection that a stack has closed. */
  hasUsed(stack: number, key: number, seq: number): boolean;
}

const TRIES = 12;
/** A client that nobody has accepted within this gives up: 31 s of SYN-ACKs, and a handshake of 190 s before. */
const UNHEARD = 300 * SECOND;
/** From the first ARP request to the last that is not answered. */
const RESOLUTION = 3 * SECOND;
const CROWDED = [Counter.TCP_SYN_QUEUE_FULL, Counter.TCP_COOKIES_OUT, Counter.TCP_ACCEPT_FULL, Counter.TCP_NO_SOCKET];
/** A side whose peer is gone without a word gives up after this. */
const GRACE = 100 * SECOND;

export class Connection {
  readonly sides: [Application | null, Application | null] = [null, null];
  tries = 0;
  isOpen = false;
  isDone = false;
  openedAt = 0;
  /** When another connection had its ports last. */
  busyUntil = 0;
  #isDoomed = false;

  constructor(
    readonly plan: ConnectionPlan,
    readonly run: Run,
  ) {
    run.after(plan.at, () => this.open());
  }

  /** Ports and stacks as seen from a side. */
  key(side: 0 | 1): number {
    const { client, server, clientPort, serverPort } = this.plan;
    return side === 0 ? keyOf(addressOf(server), clientPort, serverPort) : keyOf(addressOf(client), serverPort, clientPort);
  }
  get isClean(): boolean {
    return this.plan.applications.every(({ ending }) => ending !== Ending.ABORT && ending !== Ending.RUDE);
  }
  /** When anything of it moved last, or was going to. */
  get movedAt(): number {
    return Math.max(
      this.openedAt,
      this.busyUntil,
      this.plan.at,
      ...this.sides.map((side) => (side ? Math.max(side.movedAt, side.pausedUntil) : 0)),
    );
  }
  /** Whether it has the same stacks and ports as another. */
  hasEndsOf({ plan }: Connection): boolean {
    const { client, server, clientPort, serverPort } = this.plan;
    const isSamePair =
      Math.min(plan.client, plan.server) === Math.min(client, server) && Math.max(plan.client, plan.server) === Math.max(client, server);
    return isSamePair && plan.clientPort === clientPort && plan.serverPort === serverPort;
  }
  /** Opens, or waits until its ends are free. */
  open(): void {
    const { run, plan } = this;
    if (run.isBusy(this)) {
      this.busyUntil = run.now;
      return run.after(SECOND / 10, () => this.open());
    }
    const handle = this.#connect(0);
    if (handle === Err.IN_USE || handle === Err.NO_SOCKET) {
      if (handle === Err.IN_USE) run.saw("ports in TIME-WAIT");
      return run.after(SECOND, () => this.open());
    }
    this.tries++;
    this.isOpen = true;
    this.openedAt = run.now;
    this.#isDoomed = false;
    this.sides[0] = this.#application(0, handle, true);
    this.sides[1] = null;
    if (!plan.isCrossing) return this.#expect(this.sides[0]);
    const other = this.#connect(1);
    if (other < 0) return this.#putOff();
    this.sides[1] = this.#application(1, other, true);
  }
  /** The server may have given the handshake up while we, with nothing more to say, believe to be connected: nobody will ever tell. */
  #expect(client: Application): void {
    this.run.after(UNHEARD, () => {
      if (this.sides[0] !== client || this.sides[1] || this.isDone || !client.hasConnected) return;
      this.run.saw("half-open connection");
      if (client.isDone) this.#again();
      else client.abort();
    });
  }
  /** One side is in TIME-WAIT still: both try again later. */
  #putOff(): void {
    this.sides[0]?.abort();
    this.sides[0] = null;
    this.isOpen = false;
    this.tries--;
    this.run.after(SECOND, () => this.open());
  }
  #connect(side: 0 | 1): number {
    const { client, server, clientPort, serverPort, clientClass, serverClass } = this.plan;
    const here = { stack: side ? server : client, port: side ? serverPort : clientPort };
    const there = { stack: side ? client : server, port: side ? clientPort : serverPort };
    const host = this.run.hosts[here.stack] as Host;
    const handle = host.core.tcp_connect(
      { address: ipOf(there.stack), port: there.port },
      { address: ipOf(here.stack), port: here.port },
      side ? serverClass : clientClass,
    );
    if (handle < 0 && handle !== Err.IN_USE && handle !== Err.NO_SOCKET) this.run.fails("call", `tcp_connect answers ${handle}`);
    host.stir(this.run.now + host.plan.latency);
    return handle;
  }
  #application(side: 0 | 1, handle: number, isOpener: boolean): Application {
    const { client, server, clientPort, serverPort, applications } = this.plan;
    const here = side ? server : client;
    const there = side ? client : server;
    const [local, remote] = side ? [serverPort, clientPort] : [clientPort, serverPort];
    const host = this.run.hosts[here] as Host;
    const application = new Application(
      host,
      handle,
      applications[side],
      applications[1 - side]?.octets ?? 0,
      streamOf(here, local, remote),
      streamOf(there, remote, local),
      this.run,
      isOpener,
    );
    this.run.register(host, application, this.key(side));
    application.work();
    return application;
  }
  /** Whether its client has opened the connection whose SYN had this sequence number. */
  isOf(irs: number): boolean {
    return this.isOpen && this.sides[0]?.iss === irs;
  }
  /** The server has accepted the connection that the client opened last. */
  accepted(handle: number): Application {
    const application = this.#application(1, handle, false);
    application.hasConnected = true;
    this.sides[1] = application;
    this.isDone = false;
    application.work();
    return application;
  }

  /** How both sides stand, for reports. */
  get text(): string {
    const sides = this.sides.map((side) => {
      if (!side) return "none";
      const state = side.isDone ? "done" : side.host.core.status(side.handle);
      return JSON.stringify({ read: side.read, written: side.written, end: side.hasEnd, closed: side.hasClosed, error: side.error, state });
    });
    return `${this.isOpen ? "open" : "waiting"}, ${sides.join(" and ")}`;
  }
  /** Looks whether both sides are done, and how. Answers whether the connection is. */
  settle(): boolean {
    if (this.isDone || !this.isOpen) return this.isDone;
    const [client, server] = this.sides;
    if (!client) return false;
    const isRefused = this.#isMistaken(client);
    const isGone = (side: Application | null) =>
      side?.isDone && (side.hasAborted || side.error !== 0 || side.plan.ending === Ending.RUDE || (side === client && isRefused));
    if ((isGone(client) && server && !server.isDone) || (isGone(server) && !client.isDone)) this.#doom();
    if (!client.isDone || (server && !server.isDone)) return false;
    if (!server && !isGone(client)) return false;
    this.#judge(client, server);
    return this.isDone;
  }
  /** The other side will never hear of it, perhaps: it gives up in a while. */
  #doom(): void {
    if (this.#isDoomed) return;
    this.#isDoomed = true;
    const sides = [...this.sides];
    this.run.after(GRACE, () => {
      for (const side of sides) {
        if (side && !side.isDone) this.run.saw("peer gone without a word");
        side?.abort();
      }
    });
  }
  #judge(client: Application, server: Application | null): void {
    const { run, plan } = this;
    const failed = [client, server].filter((side) => side?.error);
    const hasShaken = server !== null && client.hasConnected && server.hasConnected;
    if (this.isClean && this.#isMistaken(client)) return this.#again();
    if (!hasShaken && this.isClean && (failed.length || client.hasAborted || server?.hasAborted)) return this.#again();
    this.isDone = true;
    if (!this.isClean) return;
    if (run.hasHole && failed.some((side) => side?.error === Err.TIMED_OUT)) return run.saw("black hole never found");
    for (const side of failed) {
      run.fails(
        "error",
        `connection ${plan.number}: stack ${side?.host.index} was told ${side?.error} after ${side?.read} octets read, ${side?.written} written`,
      );
    }
    if (failed.length) return;
    const [up, down] = plan.applications;
    if (server?.read !== up.octets)
      run.fails("short", `connection ${plan.number}: ${server?.read} of ${up.octets} octets arrived at the server`);
    if (client.read !== down.octets)
      run.fails("short", `connection ${plan.number}: ${client.read} of ${down.octets} octets arrived at the client`);
  }
  /** A listener that had sent a cookie answers the first segment it sees with a RST when that is not the first of the stream. RFC 4987 §3.6. */
  #isMistaken(client: Application): boolean {
    return this.run.hasRefused(this.plan.server, client.iss) && client.read === 0;
  }
  /** The handshake failed, as it may while there are faults. */
  #again(): void {
    const { run } = this;
    run.saw("handshake failed");
    // What has sent faster than the clock of ISNs runs is opened anew within its own sequence numbers: TIME-WAIT has to hold that off.
    const isOld = this.sides[0]?.error === Err.TIMED_OUT && run.hasUsed(this.plan.server, this.key(1), this.sides[0].iss);
    if (isOld) run.saw("SYN too old for TIME-WAIT");
    // Who comes while a neighbour is asked for shares the fate of those who came before: three requests, a second apart.
    const calm = run.calm + (this.sides[0]?.error === Err.UNREACHABLE ? RESOLUTION : 0);
    if (this.openedAt > calm && !this.plan.isCrossing && !this.#isCrowded && !run.hasHole && !isOld) {
      run.fails("handshake", `connection ${this.plan.number} failed with ${this.sides[0]?.error} without a fault`);
    }
    const isLast = this.tries >= TRIES;
    const mayFail = run.hasHole || this.#isCrowded;
    if (isLast && (mayFail || this.openedAt > run.calm)) {
      this.isDone = true;
      if (mayFail) return run.saw("handshake defeated");
      return run.fails("handshake", `connection ${this.plan.number} failed ${this.tries} times`);
    }
    this.isOpen = false;
    // On a link that loses most, chance may defeat any number of tries: the next one waits until faults stop.
    const pause = SECOND + this.plan.number * 137_000;
    run.after(isLast ? Math.max(pause, run.calm - run.now) : pause, () => this.open());
  }
  /** The server had no room for all who came. */
  get #isCrowded(): boolean {
    const server = this.run.hosts[this.plan.server];
    return CROWDED.some((counter) => (server?.counter(counter) ?? 0) > 0);
  }
}
