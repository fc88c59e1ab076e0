import { oneLine } from "../failure.js";
import type { DeviceOptions } from "../options.js";
import { serveOn } from "../serve.js";
import { openSession, type Session } from "../session.js";
import { catchSignals } from "../signals.js";
import { Children, installed } from "./children.js";
import { NO_TAP } from "./exit.js";
import type { EchoResult } from "./octets.js";
import type { PageResult } from "./page.js";
import { BAD_LINK, type OtherEnd, runParts, SERVICES } from "./parts.js";
import type { PeerMessage } from "./peer.js";
import { Report } from "./report.js";

// The demonstration against the Linux kernel. demo.ts starts it inside a network namespace made for it, which vanishes with its last process.

/** Ringwire's addresses on the clean and on the bad link; the kernel has .1 on each. */
const CLEAN = "10.9.0.2";
const BAD = "10.9.1.2";

const DEVICES: DeviceOptions[] = [
  { kind: "tap", name: "rw0", addresses: [{ address: CLEAN, length: 24 }], hostIp: { address: "10.9.0.1", length: 24 }, link: {} },
  { kind: "tap", name: "rw1", addresses: [{ address: BAD, length: 24 }], hostIp: { address: "10.9.1.1", length: 24 }, link: BAD_LINK },
];

/** The kernel as the other end: its own ping, a stock HTTP client, and its TCP sockets from a process of their own. */
class Kernel implements OtherEnd {
  constructor(
    private readonly session: Session,
    private readonly children: Children,
  ) {}

  async ping(count: number): Promise<{ times: number[]; by: string }> {
    if (!installed("ping")) {
      const last = await this.children.peer(["ping", CLEAN, String(count)]);
      return { times: "pings" in last ? last.pings : [], by: "a raw socket of the kernel (ping is not installed)" };
    }
    const { output } = await this.children.run("ping", ["-n", "-c", String(count), "-i", "0.2", "-W", "2", CLEAN]);
    return { times: [...output.matchAll(/time[=<]([\d.]+) ms/g)].map((match) => Number(match[1])), by: "ping" };
  }

  async page(): Promise<PageResult & { by: string }> {
    if (!installed("curl")) {
      const last = await this.children.peer(["http", CLEAN]);
      if (!("page" in last)) throw new Error("the HTTP client said nothing");
      return { ...last.page, by: "Node's http (curl is not installed)" };
    }
    const marker = "\n%{http_code} %{size_download} %{content_type}";
    const { status, output } = await this.children.run("curl", [
      "-sS",
      "--noproxy",
      "*",
      "--max-time",
      "10",
      "-w",
      marker,
      `http://${CLEAN}/`,
    ]);
    if (status !== 0) throw new Error(`curl ended with ${status}: ${output.trim()}`);
    const end = output.lastIndexOf("\n");
    const [code, octets, ...type] = output.slice(end + 1).split(" ");
    return { status: Number(code), octets: Number(octets), type: type.join(" "), text: output.slice(0, end), by: "curl" };
  }

  async echo(link: "clean" | "bad", octets: number, progress: (returned: number) => void): Promise<EchoResult> {
    const seen = (message: PeerMessage) => {
      if ("progress" in message) progress(message.progress);
    };
    const last = await this.children.peer(["echo", link === "clean" ? CLEAN : BAD, "7", String(octets)], seen);
    if (!("echo" in last)) throw new Error("the kernel's side said nothing");
    return last.echo;
  }

  badLink(): { lost: number; reordered: number } {
    return this.session.linkStats("rw1");
  }

  retransmissions(): number {
    return this.session.stack.counters().TCP_RETRANSMITTED;
  }
}

async function main(): Promise<number> {
  const interrupts = catchSignals();
  process.on("disconnect", () => process.kill(process.pid, "SIGTERM")); // demo.ts is gone
  const children = new Children();
  interrupts.signal.addEventListener("abort", () => children.end());
  const session = await openSession({ devices: DEVICES }).catch((error) => oneLine(error));
  if (typeof session === "string") {
    process.send?.(session);
    return NO_TAP;
  }
  const report = new Report();
  try {
    report.say(
      `Ringwire has ${CLEAN} on TAP rw0 and ${BAD} on rw1, the Linux kernel 10.9.0.1 and 10.9.1.1, in a network namespace of their own.`,
    );
    const services = serveOn(session, SERVICES);
    await runParts(new Kernel(session, children), report, interrupts.signal);
    services.close();
  } finally {
    children.end();
    await session.close();
  }
  if (interrupts.signal.aborted) return interrupts.status;
  return report.close() ? 0 : 1;
}

process.exit(await main());
