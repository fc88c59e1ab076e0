// Three stacks in virtual time: a client inside, a gateway with a filter or with translation, a server outside.
import assert from "node:assert/strict";
import { parseForward, parseRule, translate } from "../../bindings/node/filter.js";
import { Action, type Core, type CoreOptions, Direction, Err, instantiate } from "../../bindings/node/core.js";
import { bytes, SEED } from "./tester.js";

export const INSIDE = { ip: "10.1.0.2", gateway: "10.1.0.1" } as const;
export const OUTSIDE = { ip: "192.0.2.2", gateway: "192.0.2.1" } as const;

/** What the gateway does. */
export interface GatewayOptions {
  rules?: string[];
  policy?: { in?: Action; out?: Action; forward?: Action };
  napt?: boolean;
  forwards?: string[];
  capacities?: CoreOptions["capacities"];
  settings?: CoreOptions["settings"];
}

function host(ip: string, gateway: string, last: number): Promise<Core> {
  return instantiate({
    seed: SEED.map((octet) => octet ^ last),
    devices: [{ kind: "ethernet" }],
    interfaces: [{ mac: `02:00:00:00:00:0${last}`, addresses: [`${ip}/24`], gateway }],
    settings: { synTimeout: 3000 },
  });
}
/** Sets a filter up. */
export function filter(core: Core, rules: string[], policy: GatewayOptions["policy"] = {}): void {
  for (const [i, text] of rules.entries()) assert.equal(core.filter_add(parseRule(text), i), 0, text);
  assert.equal(core.filter_policy(Direction.IN, policy.in ?? Action.ACCEPT), 0);
  assert.equal(core.filter_policy(Direction.OUT, policy.out ?? Action.ACCEPT), 0);
  assert.equal(core.filter_policy(Direction.FORWARD, policy.forward ?? Action.ACCEPT), 0);
}

export class Town {
  ms = 0;
  private constructor(
    readonly client: Core,
    readonly gateway: Core,
    readonly server: Core,
  ) {}
  static async make(options: GatewayOptions = {}): Promise<Town> {
    const gateway = await instantiate({
      seed: SEED,
      devices: [{ kind: "ethernet" }, { kind: "ethernet" }],
      interfaces: [
        { device: 0, mac: "02:00:00:00:00:11", addresses: [`${INSIDE.gateway}/24`] },
        { device: 1, mac: "02:00:00:00:00:12", addresses: [`${OUTSIDE.gateway}/24`] },
      ],
      capacities: { rules: 16, flows: 64, forwards: 4, ...options.capacities },
      settings: { forwarding: 1, ...options.settings },
    });
    filter(gateway, options.rules ?? [], options.policy);
    if (options.napt) translate(gateway, [1], options.forwards);
    return new Town(await host(INSIDE.ip, INSIDE.gateway, 2), gateway, await host(OUTSIDE.ip, OUTSIDE.gateway, 3));
  }
  /** Lets time pass; frames take a millisecond. */
  run(ms: number): void {
    for (const end = this.ms + ms; this.ms < end; this.ms++) {
      for (const core of [this.client, this.gateway, this.server]) core.poll(this.ms);
      this.client.transfer(this.gateway);
      this.gateway.transfer(this.client);
      this.server.transfer(this.gateway, 0, 1);
      this.gateway.transfer(this.server, 1, 0);
    }
  }
  /** Tries to connect within four seconds: what becomes of it, as the name of an error, or the handles of both ends. */
  connect(
    from: Core,
    to: Core,
    address: string,
    port: number,
    listenAt = port,
  ): "REFUSED" | "TIMED_OUT" | "UNREACHABLE" | [number, number] {
    const listener = to.tcp_listen({ port: listenAt });
    assert.ok(listener > 0, `listen: ${listener}`);
    const handle = from.tcp_connect({ address, port });
    assert.ok(handle > 0);
    this.run(100);
    const accepted = to.tcp_accept(listener);
    if (accepted < 0) this.run(4000);
    to.tcp_close(listener);
    if (accepted > 0) return [handle, accepted];
    const error = from.tcp_receive_ready(handle);
    from.tcp_abort(handle);
    for (const name of ["REFUSED", "TIMED_OUT", "UNREACHABLE"] as const) if (error === Err[name]) return name;
    throw new Error(`the connection ended with ${error}`);
  }
  /** A text goes from one end to the other. */
  says(from: Core, handle: number, to: Core, other: number, text: string): void {
    assert.equal(from.tcp_write(handle, bytes(text)), text.length);
    this.run(20);
    assert.deepEqual(to.tcp_read(other), bytes(text));
  }
}
export { parseForward };
