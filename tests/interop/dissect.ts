// tshark as a judge of frames.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";

/** Frames in which tshark finds fault: malformed, a bad checksum, a violation of a protocol. Retransmissions and the like are no faults. */
export const FAULTS = [
  "_ws.malformed",
  "ip.checksum.status == 0",
  "tcp.checksum.status == 0",
  "udp.checksum.status == 0",
  "icmp.checksum.status == 0",
  '_ws.expert.severity == "Error"',
  '_ws.expert.group == "Protocol"',
  '_ws.expert.group == "Malformed"',
  '_ws.expert.group == "Checksum"',
  "tcp.analysis.ack_lost_segment",
  "tcp.analysis.lost_segment",
].join(" or ");

/** A checksum that comes out as 0 leaves the kernel as 0xffff (CSUM_MANGLED_0), for UDP rightly, for TCP without need: its affair. */
export const mangledBy = (kernel: string): string => `(ip.src == ${kernel} and tcp.checksum == 0xffff)`;

/** Fields of tshark, one row a frame that the filter lets through. */
export async function dissect(file: string, filter: string, ...fields: string[]): Promise<string[][]> {
  const checks = ["ip.check_checksum", "tcp.check_checksum", "udp.check_checksum"].flatMap((name) => ["-o", `${name}:TRUE`]);
  const wanted = fields.flatMap((field) => ["-e", field]);
  const plain = ["-d", "tcp.port==1-65535,data", "-d", "udp.port==1-65535,data"]; // random octets may look like anything
  const args = ["-n", "-r", file, ...plain, ...checks, "-Y", filter, "-T", "fields", ...wanted];
  const output = await new Promise<string>((resolve, reject) => {
    execFile("tshark", args, { encoding: "utf8", maxBuffer: 2 ** 28 }, (error, stdout) => (error ? reject(error) : resolve(stdout)));
  });
  return output
    .split("\n")
    .filter(Boolean)
    .map((line) => line.split("\t"));
}

/** Fails with what tshark says about frames that are neither right nor the kernel's affair. `more` narrows the filter down. */
export async function assertFaultless(file: string, kernel: string, more = "frame"): Promise<void> {
  const found = await dissect(
    file,
    `(${more}) and (${FAULTS}) and not ${mangledBy(kernel)}`,
    "frame.number",
    "_ws.col.Info",
    "_ws.expert.message",
  );
  assert.deepEqual(found, [], file);
}
