// What a sender counted while it sent, under the same names for every sender.
import type { Counter } from "../../../bindings/node/core.js";
import type { Lab } from "../../interop/lab.js";

/** What is counted of a transfer. Segments, but for the timeouts, recoveries and undone reductions. */
export interface Counts {
  /** Frames of the sender that the link lost. */
  lost: number;
  /** Sent again. */
  again: number;
  /** Arrived twice, or where nothing was expected. */
  duplicates: number;
  /** Recoveries without a timeout. */
  fast: number;
  timeouts: number;
  /** Tail loss probes. */
  probes: number;
  undone: number;
}

/** Names in the order of a table. */
export const COUNTED: readonly (keyof Counts)[] = ["lost", "again", "duplicates", "fast", "timeouts", "probes", "undone"];

/** What came of a transfer. */
export interface Measured {
  /** Milliseconds from the acceptance of the connection to the end of the stream, at the receiver. */
  ms: number;
  /** Octets a second. */
  goodput: number;
  counts: Counts;
  /** Milliseconds in all in which the sender, with octets to send, sent nothing for more than two round trips. Only in virtual time. */
  stalled?: number;
}

/** Counts of a stack of ours that has sent; `lost` and `duplicates` are known elsewhere. */
export function countsOfStack(counters: Record<keyof typeof Counter, number>, lost: number, duplicates: number): Counts {
  return {
    lost,
    again: counters.TCP_RETRANSMITTED,
    duplicates,
    fast: counters.TCP_FAST_RETRANSMITS,
    timeouts: counters.TCP_TIMEOUTS,
    probes: counters.TCP_LOSS_PROBES,
    undone: counters.TCP_UNDONE,
  };
}

/** Counts of the kernel in a namespace in which only one transfer ran. */
export async function countsOfKernel(lab: Lab, lost: number, duplicates: number): Promise<Counts> {
  const of = await kernelCounters(lab);
  return {
    lost,
    again: of("Tcp", "RetransSegs"),
    duplicates,
    fast: of("TcpExt", "TCPSackRecovery") + of("TcpExt", "TCPRenoRecovery"),
    timeouts: of("TcpExt", "TCPTimeouts"),
    probes: of("TcpExt", "TCPLossProbes"),
    undone: ["TCPFullUndo", "TCPPartialUndo", "TCPDSACKUndo", "TCPLossUndo"].reduce((sum, name) => sum + of("TcpExt", name), 0),
  };
}

/** Segments that came twice to the kernel in a namespace: those it told of in a DSACK, or answered with a pure ACK for an old sequence number. */
export async function duplicatesAtKernel(lab: Lab): Promise<number> {
  const of = await kernelCounters(lab);
  return of("TcpExt", "TCPDSACKOldSent") + of("TcpExt", "TCPDSACKOfoSent");
}

/** Counters of /proc/net, by protocol and name; 0 for what this kernel does not count. */
async function kernelCounters(lab: Lab): Promise<(protocol: string, name: string) => number> {
  const { stdout } = await lab.run("cat", ["/proc/net/snmp", "/proc/net/netstat"]);
  const found = new Map<string, number>();
  const lines = stdout.split("\n");
  for (let i = 0; i + 1 < lines.length; i += 2) {
    const [names, values] = [lines[i]?.split(" ") ?? [], lines[i + 1]?.split(" ") ?? []];
    names.forEach((name, k) => {
      found.set(`${names[0]}${name}`, Number(values[k]));
    });
  }
  return (protocol, name) => found.get(`${protocol}:${name}`) ?? 0;
}
