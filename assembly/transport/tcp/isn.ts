// read RFC 6528 first
import { keyed } from "../../memory/random";
import { state } from "../../memory/root";
import { Seq } from "./seq";

/** M + F(4-tuple, secret): a clock of 4 microseconds a step plus a keyed hash. Calls do not know the time: those between two polls get numbers that go on by 64. RFC 9293 §3.4.1, MUST-8, MUST-9. */
export function choose(local: u32, remote: u32, ports: u32): Seq {
  const hash = <u32>keyed(state.keyIsn0, state.keyIsn1, ((<u64>local) << 32) | remote, ports);
  const clock = state.now * 250 + ((state.micro - state.now * 1000) >> 2);
  return Seq.of(clock + hash + (state.opens++ << 6));
}
