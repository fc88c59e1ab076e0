// read RFC 6528 first
import { keyed } from "../../memory/random";
import { state } from "../../memory/root";
import { Seq } from "./seq";

/** So far at most several choices in one instant run ahead of the clock. */
const NEAR: u32 = 65536;

/** M + F(4-tuple, secret): a clock of 4 microseconds a step plus a keyed hash. Calls do not know the time: in one instant it goes on step by step. RFC 9293 §3.4.1, MUST-8, MUST-9. */
export function choose(local: u32, remote: u32, ports: u32): Seq {
  const hash = <u32>keyed(state.keyIsn0, state.keyIsn1, ((<u64>local) << 32) | remote, ports);
  let clock = state.now * 250 + ((state.micro - state.now * 1000) >> 2);
  if (state.isnClock - clock < NEAR) clock = state.isnClock + 1;
  state.isnClock = clock;
  return Seq.of(clock + hash);
}
