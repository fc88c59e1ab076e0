// read RFC 7323 §3-§5 first
import { keyed } from "../../memory/random";
import { state } from "../../memory/root";
import { Instant } from "../../memory/time";

/** TS.Recent is believed for 24 days. RFC 7323 §5.5. */
const BELIEVED: u32 = 24 * 86400000;

/** How far the clock of a connection's timestamps is ahead of ours: a secret of its own, so that they do not tell how long we run. RFC 7323 §7.1. */
export function offsetFor(local: u32, remote: u32, ports: u32): u32 {
  return <u32>keyed(state.keySecret0, state.keySecret1, ((<u64>local) << 32) | remote, ((<u64>1) << 63) | ports);
}
/** Whether a TSval lies before TS.Recent, which came at `recentAt`: the segment is an old duplicate. RFC 7323 §5.3 R1. */
export function isOld(tsVal: u32, recent: u32, recentAt: Instant, now: Instant): bool {
  return <i32>(tsVal - recent) < 0 && now - recentAt < BELIEVED;
}
