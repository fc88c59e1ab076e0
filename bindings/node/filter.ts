import { ipv4Number, parseAddress, parsePort } from "./address.js";
import { Action, Direction, Standing } from "./constants.js";
import type { Core } from "./core.js";
import { check, RingwireError } from "./error.js";
import type { FilterRule, Ports } from "./filtercalls.js";

const PROTOCOLS: Record<string, number> = { icmp: 1, igmp: 2, tcp: 6, udp: 17 };
const FORM =
  '"in|out|forward [on INTERFACE] [tcp|udp|icmp|NUMBER] [from NET|any [port P[-Q]]] [to NET|any] [port P[-Q]] [new|established] accept|drop|reject"';

/** A rule in words with what it has counted. */
export interface CountedRule {
  /** As `add` takes it. */
  text: string;
  packets: number;
  octets: number;
}

/** Reads a rule in words, such as `in tcp from 10.0.0.0/8 to any port 80 new accept`; `port` is the destination's, but right behind `from NET`. Throws BAD_ARGUMENT or BAD_ADDRESS. */
export function parseRule(text: string): FilterRule {
  const words = String(text).trim().toLowerCase().split(/\s+/);
  const direction = codeOf(Direction, words.shift(), text);
  const action = codeOf(Action, words.pop(), text);
  const rule: FilterRule = { direction, action };
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === "on") rule.interface = parsePort(words.shift(), "interface");
    else if (word === "from" || word === "to") {
      const side = word === "from" ? "source" : "destination";
      const net = words.shift() ?? "";
      if (net !== "any") rule[side] = network(net);
      if (words[0] === "port") rule[`${side}Ports`] = ports(words.splice(0, 2)[1] ?? "");
    } else if (word === "port") rule.destinationPorts = ports(words.shift() ?? "");
    else if (word === "new" || word === "established") rule.state = codeOf(Standing, word, text);
    else if (rule.protocol === undefined && (word in PROTOCOLS || /^\d{1,3}$/.test(word))) rule.protocol = PROTOCOLS[word] ?? Number(word);
    else throw wrong(text);
  }
  return rule;
}
function wrong(text: string): RingwireError {
  return new RingwireError("BAD_ARGUMENT", `"${text}" is no rule of the packet filter (expected ${FORM})`);
}
function codeOf<T extends number>(names: Readonly<Record<string, T>>, word: string | undefined, text: string): T {
  const code = word === "any" ? undefined : names[String(word).toUpperCase()];
  if (code === undefined) throw wrong(text);
  return code;
}
function network(text: string): { address: string; prefix: number } {
  const [address = "", length = "32", ...rest] = text.split("/");
  if (ipv4Number(address) >= 0 && !rest.length && /^\d{1,2}$/.test(length) && Number(length) <= 32)
    return { address, prefix: Number(length) };
  throw new RingwireError("BAD_ADDRESS", `"${text}" is no network (expected A.B.C.D or A.B.C.D/LEN)`);
}
function ports(text: string): Ports {
  const [first, last = first, ...rest] = text.split("-");
  if (rest.length) throw new RingwireError("BAD_ARGUMENT", `"${text}" is no range of ports (expected P or P-Q)`);
  return [parsePort(first, "port"), parsePort(last, "port", 1)];
}

/** A policy in words, `policy in drop`; undefined when it is none. Throws BAD_ARGUMENT. */
function parsePolicy(text: string): { direction: Direction; action: Action } | undefined {
  const [, direction, action] = /^\s*policy\s+(\S+)\s+(\S+)\s*$/i.exec(text) ?? [];
  if (direction === undefined) return undefined;
  return { direction: codeOf(Direction, direction, text), action: codeOf(Action, action, text) };
}
/** Throws BAD_ARGUMENT or BAD_ADDRESS when this is neither a rule nor a policy in words. */
export function checkRule(text: string): void {
  if (!parsePolicy(text)) parseRule(text);
}

/** A rule in the words that `parseRule` reads. */
export function ruleText(rule: FilterRule): string {
  const name = (names: object, value: number) =>
    (Object.entries(names).find(([, code]) => code === value)?.[0] ?? String(value)).toLowerCase();
  const protocol = Object.keys(PROTOCOLS).find((key) => PROTOCOLS[key] === rule.protocol) ?? rule.protocol;
  const port = (range: Ports | undefined) => (range ? [`port ${range[0] === range[1] ? range[0] : range.join("-")}`] : []);
  const net = (word: string, side: FilterRule["source"], isNeeded: boolean) =>
    side ? [`${word} ${side.prefix === 32 ? side.address : `${side.address}/${side.prefix}`}`] : isNeeded ? [`${word} any`] : [];
  return [
    name(Direction, rule.direction),
    ...(rule.interface === undefined ? [] : [`on ${rule.interface}`]),
    ...(protocol === undefined ? [] : [protocol]),
    ...net("from", rule.source, rule.sourcePorts !== undefined),
    ...port(rule.sourcePorts),
    ...net("to", rule.destination, false),
    ...port(rule.destinationPorts),
    ...(rule.state ? [name(Standing, rule.state)] : []),
    name(Action, rule.action),
  ].join(" ");
}

/** The packet filter of a stack: rules in words, in order; the first that fits decides, else the policy of the direction. */
export class Filter {
  readonly #core: Core;
  /** @internal */
  constructor(core: Core) {
    this.#core = core;
  }
  /** Adds a rule, behind the others or at a place among them; or sets a policy: `policy in drop`. Throws BAD_ARGUMENT, BAD_ADDRESS, NO_ROOM. */
  add(text: string, at?: number): this {
    const policy = parsePolicy(text);
    const code = policy
      ? this.#core.filter_policy(policy.direction, policy.action)
      : this.#core.filter_add(parseRule(text), at ?? this.length);
    check(code, `filter "${text}"`);
    return this;
  }
  /** Takes the rule at this place out. Throws BAD_ARGUMENT. */
  remove(at: number): this {
    check(this.#core.filter_remove(at), `filter rule ${at}`);
    return this;
  }
  /** How many rules there are. */
  get length(): number {
    return this.rules().length;
  }
  /** The rules in order, with what each has decided. */
  rules(): CountedRule[] {
    const rules: CountedRule[] = [];
    for (let rule = this.#core.filter_at(0); typeof rule !== "number"; rule = this.#core.filter_at(rules.length)) {
      rules.push({ text: ruleText(rule), packets: rule.packets ?? 0, octets: rule.octets ?? 0 });
    }
    return rules;
  }
}

/** A port that is forwarded, in words. */
export interface PortForward {
  protocol: number;
  port: number;
  address: string;
  innerPort: number;
}
/** Reads `tcp 8080 to 10.1.0.2:80`. Throws BAD_ARGUMENT or BAD_ADDRESS. */
export function parseForward(text: string): PortForward {
  const [, name = "", port, address, inner] = /^\s*(tcp|udp)\s+(\d+)\s+to\s+([\d.]+):(\d+)\s*$/i.exec(text) ?? [];
  if (!name) throw new RingwireError("BAD_ARGUMENT", `"${text}" is no forwarded port (expected "tcp|udp PORT to A.B.C.D:PORT")`);
  parseAddress(address, `"${text}"`);
  return {
    protocol: PROTOCOLS[name.toLowerCase()] as number,
    port: parsePort(port, "port", 1),
    address: address as string,
    innerPort: parsePort(inner, "port", 1),
  };
}
/** Sets up translation on these interfaces, and ports that are forwarded; throws at the first that the stack refuses. */
export function translate(core: Core, interfaces: readonly number[], forwards: readonly string[] = []): void {
  for (const index of interfaces) check(core.napt_enable(index, true), `interfaces[${index}].napt`);
  for (const text of forwards) {
    const { protocol, port, address, innerPort } = parseForward(text);
    check(core.napt_forward(protocol, port, { address, port: innerPort }), `forwards "${text}"`);
  }
}
