// 24 virtual hours of leases, names, neighbours and groups that come and go, with outages: at the end nothing is lost of any pool.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type Core, Err } from "../../bindings/node/core.js";
import { Prng } from "../../bindings/node/prng.js";
import { query3 } from "../conformance/igmp.js";
import { address, message, record, TYPE } from "../conformance/names.js";
import { Hub, Station } from "./hub.js";

const HOUR = 3_600_000;
const SERVER = "10.0.0.1";
const CLIENTS = 5;
/** Milliseconds between two chores of a client, and between two outages, in the mean. */
const [CHORE, OUTAGE] = [20_000, 600_000];
const SETTINGS = { arpTimeout: 60_000, probing: 1 };

/** What a day has seen; each must have happened often. */
interface Seen {
  leases: number;
  names: number;
  local: number;
  pings: number;
  joins: number;
  outages: number;
  carriers: number;
  releases: number;
}

/** Whether a frame is an acknowledgement of the DHCP server: UDP from port 67, whose first option says so. */
const isLease = (frame: Uint8Array) => frame[23] === 17 && frame[34] === 0 && frame[35] === 67 && frame[282] === 53 && frame[284] === 5;

/** Answers questions for names under `.example`: with an address for half a minute, or that there is none. */
function answerNames(core: Core, socket: number): void {
  for (let asked = core.udp_read(socket); asked instanceof Uint8Array; asked = core.udp_read(socket)) {
    const client = { address: core.remote.address, port: core.remote.port };
    const owner = [...asked.subarray(12, asked.indexOf(0, 12) + 1)];
    const isThere = (owner[2] ?? 0) % 3 !== 0;
    const fields = { id: ((asked[0] as number) << 8) | (asked[1] as number), question: asked.subarray(12, 12 + owner.length + 4) };
    const answers = isThere ? [record(Uint8Array.from(owner), TYPE.A, address("10.0.0.99"), { ttl: 30 })] : [];
    core.udp_write(socket, message({ ...fields, answers, flags: isThere ? 0x8180 : 0x8183 }), client);
  }
}

/** One client's day. */
class Client {
  readonly questions: { query: number; isLocal: boolean }[] = [];
  readonly groups: string[] = [];
  next = 0;
  socket = 0;
  ping = 0;
  constructor(
    readonly station: Station,
    readonly random: Prng,
    readonly seen: Seen,
  ) {}

  begin(): void {
    const { core, number } = this.station;
    assert.equal(core.dhcp_start(0, { now: true, linkLocal: true }), 0);
    assert.ok(core.dns_server_add(SERVER) >= 0);
    assert.equal(core.mdns_start(`box${number}`), 0);
    this.socket = core.udp_bind({ port: 5000 });
    this.ping = core.ping_open();
    assert.ok(this.socket > 0 && this.ping > 0);
  }
  /** Reads what has come, and does a chore when it is time. */
  turn(ms: number): void {
    const { core } = this.station;
    for (let i = this.questions.length - 1; i >= 0; i--) {
      const { query, isLocal } = this.questions[i] as { query: number; isLocal: boolean };
      const answer = core.dns_result(query);
      if (answer === Err.WOULD_BLOCK) continue;
      if (typeof answer === "object" || answer === Err.NO_NAME) this.seen[isLocal ? "local" : "names"]++;
      core.dns_cancel(query);
      this.questions.splice(i, 1);
    }
    for (let got = core.udp_read(this.ping); got !== Err.WOULD_BLOCK; got = core.udp_read(this.ping))
      if (got instanceof Uint8Array) this.seen.pings++;
    while (core.udp_read(this.socket) !== Err.WOULD_BLOCK);
    if (ms < this.next) return;
    this.next = ms + this.random.below(2 * CHORE);
    this.#chore();
  }
  #chore(): void {
    const { core } = this.station;
    const { random, seen } = this;
    switch (random.below(8)) {
      case 0:
      case 1:
        return this.#ask(`${String.fromCharCode(97 + random.below(26))}${random.below(50)}.example`, false);
      case 2:
        return this.#ask(`box${1 + random.below(CLIENTS)}.local`, true);
      case 3: {
        const host = random.chance(0.5) ? 10 + random.below(8) : random.below(60);
        core.udp_write(this.ping, new Uint8Array(random.below(3000)), { address: `10.0.0.${host}`, port: random.below(65536) });
        return;
      }
      case 4: {
        const group = `239.0.0.${random.below(20)}`;
        const filter = random.chance(0.5) ? { include: ["10.0.0.1", "10.0.0.7"].slice(random.below(2)) } : {};
        if (core.udp_join(this.socket, { address: group }, filter) === 0) {
          seen.joins++;
          this.groups.push(group);
        }
        return;
      }
      case 5: {
        const [group] = this.groups.splice(random.below(this.groups.length), 1);
        if (group) core.udp_leave(this.socket, { address: group });
        return;
      }
      case 6:
        this.station.carrier = !this.station.isUp;
        seen.carriers++;
        if (!this.station.isUp) this.next = Math.min(this.next, this.next - CHORE);
        return;
      default:
        if (!random.chance(0.2)) return;
        seen.releases++;
        core.dhcp_release(0);
        core.dhcp_start(0, { now: true, linkLocal: true });
    }
  }
  #ask(name: string, isLocal: boolean): void {
    const query = this.station.core.dns_query("A", name);
    if (query > 0) this.questions.push({ query, isLocal });
    else assert.ok(query === Err.NO_ROOM || query === Err.NO_ROUTE, `${name}: ${query}`);
  }
  end(): void {
    const { core } = this.station;
    for (const { query } of this.questions) core.dns_cancel(query);
    this.questions.length = 0;
    core.mdns_stop();
    core.udp_close(this.socket);
    core.udp_close(this.ping);
    core.dhcp_release(0);
  }
}

describe("24 virtual hours of churn", () => {
  test("leases, caches, ARP and groups, with random outages: all pools are whole at the end", { timeout: 900_000 }, async () => {
    const random = new Prng(20261128);
    const seen: Seen = { leases: 0, names: 0, local: 0, pings: 0, joins: 0, outages: 0, carriers: 0, releases: 0 };
    const server = await Station.make(100, [`${SERVER}/24`], { settings: SETTINGS, capacities: { leases: 16 } });
    const stations = [server];
    for (let i = 1; i <= CLIENTS; i++)
      stations.push(
        await Station.make(i, [], { settings: SETTINGS, capacities: { udpOctets: 3000, neighbours: 8, names: 8, groups: 12 } }),
      );
    const hub = new Hub(stations, random);
    hub.hears = (frame) => isLease(frame) && seen.leases++;
    hub.run(5000, () => {});
    const fresh = stations.map(({ used }) => used);
    const clients = stations.slice(1).map((station) => new Client(station, new Prng(7, station.number), seen));
    assert.equal(server.core.dhcpd_start({ first: "10.0.0.10", last: "10.0.0.17", lease: 120, router: SERVER, dns: [SERVER] }), 8);
    const names = server.core.udp_bind({ port: 53 });
    for (const client of clients) client.begin();

    let [change, query] = [OUTAGE, 0];
    const day = hub.ms + 24 * HOUR;
    while (hub.ms < day)
      hub.run(1000, () => {
        answerNames(server.core, names);
        for (const client of clients) client.turn(hub.ms);
        if (hub.ms >= query) {
          hub.say(query3(100));
          query = hub.ms + 125_000;
        }
        if (hub.ms < change) return;
        hub.isOut = !hub.isOut;
        if (hub.isOut) seen.outages++;
        change = hub.ms + (hub.isOut ? random.below(180_000) : random.below(2 * OUTAGE));
      });

    hub.isOut = false;
    for (const station of stations) station.carrier = true;
    hub.run(15 * 60_000, () => answerNames(server.core, names));
    const held = stations.slice(1).map(({ core }) => core.dhcp_status(0));
    const addresses = held.map((status) => (typeof status === "object" && status.state === "BOUND" ? status.address : null));
    assert.equal(new Set(addresses).size, CLIENTS, `everybody has an address again: ${addresses}`);
    assert.ok(!addresses.includes(null));
    console.log(`# ${hub.frames} frames, ${JSON.stringify(seen)}`);
    for (const [what, least] of Object.entries({
      leases: 1000,
      names: 1000,
      local: 300,
      pings: 100,
      joins: 1000,
      outages: 50,
      carriers: 500,
      releases: 100,
    }))
      assert.ok(seen[what as keyof Seen] >= least, `${what}: ${seen[what as keyof Seen]}`);

    for (const client of clients) client.end();
    hub.run(5000, () => {});
    server.core.dhcpd_stop();
    server.core.udp_close(names);
    hub.run(10 * 60_000, () => {});
    stations.forEach(({ used, number, core }, i) => {
      assert.deepEqual(used, fresh[i], `station ${number}`);
      assert.equal(core.ready_next(), 0);
    });
    const quiet = hub.frames;
    hub.run(HOUR, () => {});
    assert.equal(hub.frames, quiet, "nothing is said any more");
  });
});
