// A pairwise cover of links and of the kernel's settings: 256 KB to the kernel and back, or from it, over TAP and the link simulator. And what tshark says.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { exchange, octetStream } from "../../bindings/node/cli/demo/octets.js";
import { Offer, Option } from "../../bindings/node/core.js";
import { capture, Link, type Stack, type TapDriver } from "../../bindings/node/index.js";
import { assertFaultless, dissect } from "../interop/dissect.js";
import { Lab, missing, needs } from "../interop/lab.js";
import { echoing } from "../interop/streams.js";
import { type Combination, pairwise } from "./combinations.js";
import { cross } from "./crossing.js";

const OCTETS = 262_144;
const RUNS = 24;
const EVERYTHING = Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS | Offer.ECN;
/** Addresses of device 0 of a namespace. */
const US = "10.76.0.2";
const KERNEL = "10.76.0.1";
const PORT = 7;

/** Percent, milliseconds, what the kernel may use, and what we are. */
const FACTORS = {
  loss: [0, 1, 5, 10],
  rtt: [0, 40, 150, 300],
  sack: [true, false],
  timestamps: [true, false],
  ecn: [true, false],
  scaling: [true, false],
  role: ["client", "server"],
};
type Case = Combination<typeof FACTORS>;
interface Place {
  lab: Lab;
  stack: Stack;
}

const cover = pairwise(FACTORS, RUNS);
const places = new Map<Case, Place>();
let folder = "";

function nameOf({ loss, rtt, role, ...switches }: Case): string {
  const on = Object.entries(switches).map(([name, value]) => `${name} ${value ? "on" : "off"}`);
  return `loss ${loss} %, RTT ${rtt} ms, ${on.join(", ")}, we are the ${role}`;
}
function fileOf(one: Case): string {
  return join(folder, `${cover.indexOf(one)}.pcap`);
}
/** A namespace whose kernel does as the run wants, and our stack on a device of it behind the link. All are made before the first transfer, since making them takes the processor. */
async function prepare(one: Case): Promise<Place> {
  const { loss, rtt, sack, timestamps, ecn, scaling } = one;
  const flag = (value: boolean) => (value ? "1" : "0");
  const lab = new Lab();
  lab.sysctl(
    `net.ipv4.tcp_sack=${flag(sack)}`,
    `net.ipv4.tcp_timestamps=${flag(timestamps)}`,
    `net.ipv4.tcp_ecn=${flag(ecn)}`,
    `net.ipv4.tcp_window_scaling=${flag(scaling)}`,
    "net.ipv4.tcp_congestion_control=reno",
    "net.ipv4.tcp_no_metrics_save=1",
  );
  const link = new Link({ delay: rtt / 2, loss: loss / 100, seed: cover.indexOf(one) + 1 });
  const between = (driver: TapDriver) => capture(link.attach(driver), fileOf(one));
  const stack = await lab.stack({}, lab.interface(0, "tap", between));
  const mac = stack.interfaces()[0]?.mac ?? "";
  lab.ip("neigh", "replace", US, "lladdr", mac, "dev", lab.device().name, "nud", "permanent"); // ARP gives up after three losses
  await lab.kernel("serve", { port: PORT, what: "echo" });
  return { lab, stack };
}
/** Everything is offered, ECN too: the kernel decides. */
function offerAll(stack: Stack): void {
  const handle = stack.sockets().find(({ protocol }) => protocol === "tcp" || protocol === "listener")?.handle ?? 0;
  assert.equal(stack.core.socket_set(handle, Option.OFFER, EVERYTHING), 0);
}
async function echo({ lab, stack }: Place, role: string): Promise<{ returned: number; sent: string; received: string; ms: number }> {
  if (role === "server") {
    echoing(stack, PORT);
    offerAll(stack);
    return lab.kernel("echo", { host: US, port: PORT, octets: OCTETS });
  }
  const socket = stack.createConnection({ host: KERNEL, port: PORT, allowHalfOpen: true });
  offerAll(stack);
  return exchange(socket, OCTETS, () => {});
}

describe("the kernel and we, a pairwise cover", { skip: missing }, () => {
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "rwgrid-"));
    await Promise.all(cover.map(async (one) => places.set(one, await prepare(one))));
  });
  after(async () => {
    await Promise.all([...places.values()].map(({ lab }) => lab.close()));
    rmSync(folder, { recursive: true });
  });

  describe("256 KB there and back, byte-exact", { concurrency: true }, () => {
    for (const one of cover) {
      test(nameOf(one), { timeout: 500_000 }, async (t) => {
        const place = places.get(one) as Place;
        const { returned, sent, received, ms } = await echo(place, one.role);
        assert.equal(returned, OCTETS);
        assert.equal(received, sent);
        await place.lab.clear();
        t.diagnostic(`${(ms / 1000).toFixed(1)} s`);
      });
    }
  });

  test("the kernel's SYN offers what the run says, and no more", { skip: needs("tshark") }, async () => {
    for (const one of cover) {
      const fields = ["tcp.options.sack_perm", "tcp.options.timestamp.tsval", "tcp.options.wscale.shift", "tcp.flags.ece"];
      const [syn] = await dissect(fileOf(one), `tcp.flags.syn == 1 and ip.src == ${KERNEL}`, ...fields);
      assert.ok(syn, nameOf(one));
      const [sack, timestamps, scaling, ece] = syn;
      const found = { sack: !!sack, timestamps: !!timestamps, scaling: !!scaling, ecn: ece === "1" || ece === "True" };
      const { loss, rtt, role, ...wanted } = one;
      assert.deepEqual(found, wanted, nameOf(one));
    }
  });
  for (const one of cover) {
    test(`tshark finds no fault: ${nameOf(one)}`, { skip: needs("tshark") }, async () => {
      await assertFaultless(fileOf(one), KERNEL, one.loss ? `ip.src == ${US}` : "frame");
      const least = Math.floor((2 * OCTETS) / 1460);
      assert.ok((await dissect(fileOf(one), "tcp.len > 0", "frame.number")).length >= least, "the capture is whole");
    });
  }
});

describe("tshark and two of our stacks", { skip: needs("tshark") }, () => {
  test("finds no fault in the captures of a pairwise cover in virtual time", async () => {
    const place = mkdtempSync(join(tmpdir(), "rwgrid-"));
    try {
      for (const [i, one] of pairwise(FACTORS).entries()) {
        const pcap = join(place, `${i}.pcap`);
        await crossed(one, pcap);
        await assertFaultless(pcap, "0.0.0.0", one.loss ? "ip.src == 10.0.0.1" : "frame");
      }
    } finally {
      rmSync(place, { recursive: true });
    }
  });
});

async function crossed({ loss, rtt, sack, timestamps, ecn, scaling, role }: Case, pcap: string): Promise<void> {
  const bits = (sack ? Offer.SACK : 0) | (timestamps ? Offer.TIMESTAMPS : 0) | (ecn ? Offer.ECN : 0) | (scaling ? Offer.SCALE : 0);
  const octets = [1, 2].map((seed) => Buffer.concat([...octetStream(OCTETS, seed)])) as [Buffer, Buffer];
  await cross({
    link: { delay: rtt / 2, loss: loss / 100, seed: 1 },
    octets,
    sockets: [[[Option.OFFER, bits]], [[Option.OFFER, EVERYTHING]]],
    client: role === "client" ? 0 : 1,
    limit: 400_000,
    pcap,
  });
}
