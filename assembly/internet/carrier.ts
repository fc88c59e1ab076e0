// A carrier that comes and goes is an input: the host sets `linkDown`, and raises `linkChanges` so that nothing is missed.
import { IGMP } from "../memory/config";
import { root, state } from "../memory/root";
import { Instant } from "../memory/time";
import * as claim from "./claim";
import * as igmp from "./igmp";

/** What the host says now, as the low half of `link` keeps it. */
function said(device: u32): u32 {
  const it = root.device(device);
  return ((it.linkChanges << 1) | (it.linkDown ? 1 : 0)) & 0xffff;
}
/** At the start every carrier is news. */
export function start(): void {
  for (let i: u32 = 0; i < root.devices; i++) root.device(i).link = said(i) ^ 0xffff;
}
/** Looks whether a carrier came or went since the last time. Where one is up again, addresses and groups are said anew, and what is known of neighbours is doubted. */
export function notice(now: Instant): void {
  for (let i: u32 = 0; i < root.devices; i++) {
    const device = root.device(i);
    const news = said(i);
    if (news == (device.link & 0xffff)) continue;
    device.link = ((device.link + 0x10000) & 0xffff0000) | news;
    state.sweepLinks |= 1 << i;
    state.sweep = 1;
    if (device.linkDown) continue;
    for (let k: u32 = 0; k < root.interfaces; k++) {
      const it = root.interface(k);
      if (it.device != <u8>i) continue;
      claim.linkIsUp(it, device.link >> 16 == 1, now);
      if (IGMP) igmp.repeat(it, now);
    }
  }
}
