// What lies below: the device goes down and up, neighbours age and change.
import assert from "node:assert/strict";
import { once } from "node:events";
import { describe, test } from "node:test";
import { exchange } from "../../bindings/node/cli/demo/octets.js";
import { delay, until } from "../node/network.js";
import { type Lab, inLab, missing, needs } from "./lab.js";
import { echoing } from "./streams.js";

/** The kernel's entry for us. */
function neighbour(lab: Lab): { lladdr?: string; state: string[] } | undefined {
  const [found] = JSON.parse(lab.ip("-j", "neigh", "show", lab.device().us)) as { lladdr?: string; state: string[] }[];
  return found;
}

describe("the link and the neighbours", { skip: missing, timeout: 170_000, concurrency: true }, () => {
  for (const who of ["the kernel sends and we echo", "we send and the kernel echoes"] as const) {
    test(
      `the device goes down and up in the middle of a transfer: ${who}`,
      inLab(async (lab) => {
        const stack = await lab.stack();
        const { us, kernel, name } = lab.device();
        await lab.kernel("serve", { port: 7001, what: "echo" });
        echoing(stack, 7);
        const octets = 40_000_000;
        const ours = who.startsWith("we") ? await stack.connect({ host: kernel, port: 7001, allowHalfOpen: true }) : null;
        const transfer = ours ? exchange(ours, octets, () => {}) : lab.kernel("echo", { host: us, port: 7, octets });
        await until(() => stack.counters().OCTETS_IN > 2_000_000, "it has begun");
        lab.ip("link", "set", name, "down");
        const reached = stack.counters().FRAMES_IN;
        await delay(300);
        assert.ok(stack.counters().FRAMES_IN - reached < 1000, "nothing arrives");
        lab.ip("link", "set", name, "up");
        const { returned, sent, received } = await transfer;
        assert.equal(returned, octets);
        assert.equal(received, sent);
      }),
    );
  }
  test(
    "the kernel's entry for us ages and is refreshed by our answer to its probe",
    { skip: needs("ping") },
    inLab(async (lab) => {
      const stack = await lab.stack();
      const { us, name } = lab.device();
      lab.sysctl(`net.ipv4.neigh.${name}.base_reachable_time_ms=300`, `net.ipv4.neigh.${name}.delay_first_probe_time=3`);
      await lab.run("ping", ["-n", "-c", "1", us]);
      const mac = neighbour(lab)?.lladdr;
      await until(() => neighbour(lab)?.state.includes("REACHABLE") === false, "the entry is not trusted any more");
      lab.sysctl(`net.ipv4.neigh.${name}.base_reachable_time_ms=60000`); // what is confirmed now stays so until we have looked
      await until(() => stack.counters().ARP_REPLIES_OUT > 1, "the kernel has probed and we have answered");
      await until(() => neighbour(lab)?.state.includes("REACHABLE") ?? false, "the entry is reachable again");
      assert.equal(neighbour(lab)?.lladdr, mac);
    }),
  );
  test(
    "our announcement tells the kernel our MAC address before anybody asks, also when it has changed",
    { skip: needs("ping") },
    inLab(async (lab) => {
      const device = lab.device();
      const ping = () => lab.run("ping", ["-n", "-c", "1", "-W", "20", device.us]);
      lab.ip("tuntap", "add", device.name, "mode", "tap");
      lab.sysctl(`net.ipv4.conf.${device.name}.arp_accept=1`);
      for (const mac of ["02:00:00:00:76:01", "02:00:00:00:76:02"]) {
        const up = await lab.up(...device.options, "--mac", mac);
        await until(() => neighbour(lab)?.lladdr === mac, "the kernel has heard the announcement");
        assert.equal((await ping()).status, 0);
        await up.down();
      }
    }),
  );
  test(
    "our entry for the kernel ages, is asked for again, and a new MAC address of the kernel is learnt in the middle of a connection",
    inLab(async (lab) => {
      const stack = await lab.stack({ arp: { timeout: 300 } });
      const { kernel, name } = lab.device();
      await lab.kernel("serve", { port: 7001, what: "echo" });
      const socket = await stack.connect({ host: kernel, port: 7001 });
      const round = async () => {
        socket.write("are you there?");
        await once(socket, "data");
      };
      await round();
      const asked = stack.counters().ARP_REQUESTS_OUT;
      await delay(700);
      await round();
      assert.ok(stack.counters().ARP_REQUESTS_OUT > asked, "asked again");
      lab.ip("link", "set", name, "address", "02:00:00:00:76:77");
      await delay(700);
      await round();
      socket.destroy();
      assert.equal(stack.pools().NEIGHBOUR.used, 1);
    }),
  );
  test(
    "pings to a host that is not there do not stop a transfer to one that is",
    inLab(async (lab) => {
      const stack = await lab.stack();
      await lab.kernel("serve", { port: 7001, what: "echo" });
      const socket = await stack.connect({ host: lab.device().kernel, port: 7001, allowHalfOpen: true });
      const lost = Array.from({ length: 40 }, (_, i) =>
        stack.ping(`10.76.0.${100 + i}`, { timeout: 1000 }).then(
          () => true,
          () => false,
        ),
      );
      const { sent, received } = await exchange(socket, 5_000_000, () => {});
      assert.equal(received, sent);
      assert.deepEqual(new Set(await Promise.all(lost)), new Set([false]));
      await until(() => stack.pools().HOLD.used === 0, "no packet waits");
    }),
  );
});
