// The stacks of a run, started as the plan says.
import type { Core, CoreOptions } from "../../bindings/node/core.js";
import { Dissected, dissect } from "./dissect.js";
import type { Instances } from "./module.js";
import type { Plan, StackPlan } from "./plan.js";

/** Dotted address and MAC address of stack number `index`. */
export const ipOf = (index: number) => `10.0.0.${index + 1}`;
const macText = (index: number) => `02:00:00:00:00:0${index + 1}`;

function options(plan: StackPlan, offload: number, kind: Plan["kind"], index: number, clock: number): CoreOptions {
  return {
    seed: plan.seed,
    ms: clock,
    devices: [{ kind, rxSlots: plan.rxSlots, txSlots: plan.txSlots, offload }],
    interfaces: [{ mac: kind === "ethernet" ? macText(index) : undefined, mtu: plan.mtu, addresses: [`${ipOf(index)}/24`] }],
    capacities: {
      classes: plan.classes.map((rings) => ({ sockets: plan.sockets, ...rings })),
      listeners: 6,
      synQueue: plan.synQueue,
      timeWait: plan.timeWait,
      neighbours: plan.neighbours,
      udpSockets: 0,
      routes: 2,
      holds: 2,
      owners: 1,
      record: 0,
    },
    settings: {
      ttl: 64,
      msl: plan.msl,
      userTimeout: 300_000,
      synTimeout: 190_000,
      arpTimeout: 60_000,
      delayedAck: plan.delayedAck,
      minRto: plan.minRto,
      finWait2: 60_000,
      keepIdle: 7_200_000,
      keepInterval: 75_000,
      keepCount: 9,
      errorRate: 50,
      frameBudget: plan.frameBudget,
      clockGranularity: 1000,
    },
  };
}

/** Starts stack number `index` at a time of its clock. */
export function startStack(instances: Instances, plan: Plan, index: number, clock: number): Core {
  const stack = plan.stacks[index] as StackPlan;
  const { offer, congestion, sentRecords } = stack;
  return instances.start(
    index,
    options(stack, instances.isFull ? stack.offload : 0, plan.kind, index, clock),
    { offer, congestion, sentRecords },
    plan.dirt,
  );
}

/** The time at which a stack's clock must start so that the ISN of its first connection lies `plan.isnBefore` before 2^32: asked of the stack itself, since the hash is secret. */
export function clockFor(instances: Instances, plan: Plan, index: number): number {
  const stack = plan.stacks[index] as StackPlan;
  const first = plan.connections.find(({ client, server }) => client === index || server === index);
  if (plan.isnBefore < 0 || !first) return stack.clock;
  const isClient = first.client === index;
  const [local, remote] = isClient ? [first.clientPort, first.serverPort] : [first.serverPort, first.clientPort];
  const core = instances.start(
    index,
    { ...options(stack, 0, "ip", index, 0), interfaces: [{ mtu: stack.mtu, addresses: [`${ipOf(index)}/24`] }] },
    {},
    0,
  );
  core.tcp_connect({ address: ipOf(isClient ? first.server : first.client), port: remote }, { address: ipOf(index), port: local });
  core.poll(0);
  const [syn] = core.output();
  if (!syn) throw new Error("a stack that opens a connection sends no SYN");
  const { seq } = dissect(new Dissected(), syn, syn.length, 0);
  const target = (2 ** 33 - plan.isnBefore - seq) % 2 ** 32;
  return Math.round((target + (plan.seed % 249) * 2 ** 32) / 250) % 2 ** 32;
}
