import { Err } from "../../../assembly/memory/errors";
import { root, state } from "../../../assembly/memory/root";
import { Action, add, Direction, remove, Rule, RULE_OCTETS, setPolicy, Standing, tell } from "../../../assembly/internet/filter";
import { gateway } from "./gateway";

describe("internet/filter", () => {
  test("rules keep their order when one comes between, and when one goes", () => {
    gateway(2);
    for (let i: u32 = 0; i < 3; i++) {
      memory.fill(root.exchange, 0, RULE_OCTETS);
      const rule = changetype<Rule>(<usize>root.exchange);
      rule.protocol = <u8>(10 + i);
      rule.state = <u8>Standing.NEW;
      rule.action = <u8>Action.DROP;
      expect<i32>(add(i == 2 ? 1 : i)).toBe(0);
    }
    expect<u32>(Rule.at(0).protocol).toBe(10);
    expect<u32>(Rule.at(1).protocol).toBe(12);
    expect<u32>(Rule.at(2).protocol).toBe(11);
    expect<i32>(remove(0)).toBe(0);
    expect<u32>(Rule.at(0).protocol).toBe(12);
    expect<i32>(tell(1)).toBe(0);
    expect<u32>(changetype<Rule>(<usize>root.exchange).protocol).toBe(11);
    expect<i32>(tell(2)).toBe(Err.BAD_ARGUMENT);
    expect<bool>(state.guard != 0).toBe(true);
  });
  test("nothing is examined any more when the last rule is gone and all policies accept", () => {
    gateway(2);
    expect<u32>(state.guard).toBe(0);
    setPolicy(Direction.OUT, Action.DROP);
    expect<bool>(state.guard != 0).toBe(true);
    setPolicy(Direction.OUT, Action.ACCEPT);
    expect<u32>(state.guard).toBe(0);
  });
});
