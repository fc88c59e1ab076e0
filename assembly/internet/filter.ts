// read RFC 2979 first
// The packet filter: rules in order, the first that fits decides, else the policy of the direction. What comes in and what is
// forwarded is examined before anything is done about it, reassembled; what we send ourselves, before it is cut in pieces.
import { count, Counter } from "../memory/counters";
import { Err } from "../memory/errors";
import { root, state } from "../memory/root";
import { Instant } from "../memory/time";
import { Ipv4Header, Protocol } from "../wire/ipv4";
import { Interface } from "../memory/control";
import { numberOf } from "../link/interfaces";
import { Cast, Packet } from "../link/packet";
import { maskOf } from "./address";
import * as flows from "./flow";
import { Flow, Key } from "./flow";

/** Which way a datagram goes. */
export enum Direction {
  IN = 0,
  OUT = 1,
  FORWARD = 2,
}
/** What becomes of it. */
export enum Action {
  ACCEPT = 0,
  DROP = 1,
  /** Dropped, and its sender is told: by a RST, or an ICMP error. Of our own it is only dropped. */
  REJECT = 2,
}
/** Where it stands in its flow. */
export enum Standing {
  /** Of a rule: any. */
  ANY = 0,
  /** It may begin a flow, or the flow has had no answer yet. */
  NEW = 1,
  /** Both sides have spoken, or it is an error about a flow. */
  ESTABLISHED = 2,
}

/** A rule, as it lies in the table and in the exchange. 32 octets. */
@unmanaged
@final
export class Rule {
  direction: u8;
  action: u8;
  /** Standing. */
  state: u8;
  /** Number of the interface it comes in by or, going out, leaves by; 0: any. */
  interface: u8;
  /** 0: any. */
  protocol: u8;
  /** Lengths of the prefixes; 0: any address. */
  sourcePrefix: u8;
  destinationPrefix: u8;
  reserved: u8;
  /** Network byte order. */
  source: u32;
  destination: u32;
  /** Ports of TCP and UDP, first and last; last 0: any. */
  sourceFirst: u16;
  sourceLast: u16;
  destinationFirst: u16;
  destinationLast: u16;
  /** What it has decided, wrapping. */
  packets: u32;
  octets: u32;

  static at(place: u32): Rule {
    return changetype<Rule>(<usize>state.rules + place * RULE_OCTETS);
  }
}
export const RULE_OCTETS: u32 = 32;
if (offsetof<Rule>() != RULE_OCTETS) ERROR("layout of Rule changed");

function fits(it: Rule, what: Key, direction: u32, number: u32, standing: u32): bool {
  if (it.direction != <u8>direction || (it.interface && it.interface != <u8>number)) return false;
  if (it.state && it.state != <u8>standing) return false;
  if (it.protocol && it.protocol != <u8>what.protocol) return false;
  if ((what.source ^ bswap<u32>(it.source)) & maskOf(it.sourcePrefix)) return false;
  if ((what.destination ^ bswap<u32>(it.destination)) & maskOf(it.destinationPrefix)) return false;
  if (!(it.sourceLast | it.destinationLast)) return true;
  if (what.protocol != Protocol.TCP && what.protocol != Protocol.UDP) return false;
  return (
    isWithin(what.ports >> 16, it.sourceFirst, it.sourceLast) && isWithin(what.ports & 0xffff, it.destinationFirst, it.destinationLast)
  );
}
function isWithin(port: u32, first: u32, last: u32): bool {
  return !last || (port >= first && port <= last);
}
function policyOf(direction: u32): u32 {
  return (state.policies >> (direction << 3)) & 255;
}

/** What is to become of the datagram at `ip`; a flow follows what passes. */
function judge(direction: u32, number: u32, ip: usize, now: Instant): u32 {
  const it = flows.read(ip);
  let flow = flows.find(it);
  if (flow && it.opens && flow.isClosing) {
    flows.forget(flow);
    flow = null;
  }
  const standing = standingOf(flow, it);
  let action = policyOf(direction);
  for (let i: u32 = 0; i < state.ruleCount; i++) {
    const rule = Rule.at(i);
    if (!fits(rule, it, direction, number, standing)) continue;
    rule.packets++;
    rule.octets += Ipv4Header.at(ip).totalLength;
    action = rule.action;
    break;
  }
  if (action)
    count(Counter.FILTERED_IN + direction); // or Counter.FILTERED_OUT, Counter.FILTERED_FORWARD
  else if (!flows.follow(flow, it, now)) action = Action.DROP;
  return action;
}
function standingOf(flow: Flow | null, it: Key): u32 {
  if (!flow) return it.opens ? Standing.NEW : Standing.ANY;
  return it.quoted || flow.isAnswered || flow.isReply(it) ? Standing.ESTABLISHED : Standing.NEW;
}

/** What is to become of a datagram that arrived, whole, for us or to be forwarded: an Action. */
export function input(packet: Packet, now: Instant): u32 {
  return judge(packet.cast == <u32>Cast.ELSEWHERE ? Direction.FORWARD : Direction.IN, numberOf(packet.via), packet.ip, now);
}
/** Whether a datagram of ours, whole, may leave. */
export function mayLeave(it: Interface, ip: usize): bool {
  return !judge(Direction.OUT, numberOf(it), ip, state.now);
}

/** Says whether there is anything to examine. */
export function decide(): void {
  state.guard = state.ruleCount | state.policies | state.napt;
}
/** Puts the rule in the exchange at place `at`, before what is there. Errors: BAD_ARGUMENT, NO_ROOM: the table is full, or it asks for states and no flows are kept. */
export function add(at: u32): i32 {
  const rule = changetype<Rule>(<usize>root.exchange);
  const isWrong =
    at > state.ruleCount ||
    rule.direction > <u8>Direction.FORWARD ||
    rule.action > <u8>Action.REJECT ||
    rule.state > <u8>Standing.ESTABLISHED ||
    <u32>rule.interface > root.interfaces ||
    max(rule.sourcePrefix, rule.destinationPrefix) > 32 ||
    rule.sourceFirst > rule.sourceLast ||
    rule.destinationFirst > rule.destinationLast;
  if (isWrong) return Err.BAD_ARGUMENT;
  if (state.ruleCount >= root.extra.rules || (rule.state && !root.extra.flows)) return Err.NO_ROOM;
  const place = changetype<usize>(Rule.at(at));
  memory.copy(place + RULE_OCTETS, place, (state.ruleCount - at) * RULE_OCTETS);
  memory.copy(place, root.exchange, RULE_OCTETS);
  state.ruleCount++;
  decide();
  return 0;
}
/** Takes the rule at place `at` out. Errors: BAD_ARGUMENT. */
export function remove(at: u32): i32 {
  if (at >= state.ruleCount) return Err.BAD_ARGUMENT;
  const place = changetype<usize>(Rule.at(at));
  state.ruleCount--;
  memory.copy(place, place + RULE_OCTETS, (state.ruleCount - at) * RULE_OCTETS);
  decide();
  return 0;
}
/** Leaves the rule at place `at`, with what it has counted, in the exchange. Errors: BAD_ARGUMENT. */
export function tell(at: u32): i32 {
  if (at >= state.ruleCount) return Err.BAD_ARGUMENT;
  memory.copy(root.exchange, changetype<usize>(Rule.at(at)), RULE_OCTETS);
  return 0;
}
/** What becomes of datagrams that no rule fits. Errors: BAD_ARGUMENT. */
export function setPolicy(direction: u32, action: u32): i32 {
  if (direction > <u32>Direction.FORWARD || action > <u32>Action.REJECT) return Err.BAD_ARGUMENT;
  const shift = direction << 3;
  state.policies = (state.policies & ~((<u32>255) << shift)) | (action << shift);
  decide();
  return 0;
}
