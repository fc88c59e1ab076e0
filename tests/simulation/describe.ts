// A frame in one line, for --verbose and for reports.
import type { Dissected } from "./dissect.js";
import type { Half } from "./half.js";

const NAMES = Object.entries({ F: 1, S: 2, R: 4, P: 8, A: 16, U: 32, E: 64, C: 128 });

/** What a frame says that stack number `index` wrote; positions relative to the ISNs where one of `halves` knows them. */
export function describe(frame: Dissected, index: number, now: number, halves: Iterable<Half>): string {
  const half = [...halves].find((each) => each.localPort === frame.sourcePort && each.remotePort === frame.destinationPort);
  const [seq, ack] = [half ? half.ours(frame.seq) : frame.seq, half && half.irs >= 0 ? half.theirs(frame.ack) : frame.ack];
  const what = frame.isArp ? "ARP" : frame.protocol === 6 ? "TCP" : `protocol ${frame.protocol}`;
  if (what !== "TCP") return `${now} stack ${index} ${what}`;
  const ctl = NAMES.filter(([, bit]) => frame.has(bit)).map(([name]) => name);
  const edges = Array.from({ length: frame.blocks * 2 }, (_, i) => half?.theirs(frame.edges[i] as number));
  const sack = edges.length ? ` sack ${edges}` : "";
  const ports = `${frame.sourcePort}>${frame.destinationPort}`;
  return `${now} stack ${index} TCP ${ports} ${ctl.join("")} ${seq}+${frame.textLength} ack ${ack} win ${frame.window}${sack}${frame.wrong && ` ${frame.wrong}`}`;
}
