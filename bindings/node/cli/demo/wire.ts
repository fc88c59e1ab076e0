import { createWire } from "../../index.js";
import { serveOn } from "../serve.js";
import { type Attached, type Session, simulated, startSession } from "../session.js";
import type { Interrupts } from "../signals.js";
import { type EchoResult, exchange } from "./octets.js";
import { getPage, type PageResult } from "./page.js";
import { BAD_LINK, type OtherEnd, runParts, SERVICES } from "./parts.js";
import type { Report } from "./report.js";

// The demonstration where no TAP device can be made: two stacks in this process, joined by virtual wires.

const CLEAN = "10.9.0.2";
const BAD = "10.9.1.2";

/** A second stack as the other end: it pings, Node's own HTTP client speaks over its streams, and it sends the octets. */
class SecondStack implements OtherEnd {
  constructor(
    private readonly first: Session,
    private readonly second: Session,
    private readonly stop: AbortSignal,
  ) {}

  async ping(count: number): Promise<{ times: number[]; by: string }> {
    const times: number[] = [];
    for (let i = 0; i < count; i++) {
      const { ms } = await this.second.stack.ping(CLEAN, { timeout: 2000 }).catch(() => ({ ms: Number.NaN }));
      times.push(ms);
    }
    return { times, by: "a second stack" };
  }

  async page(): Promise<PageResult & { by: string }> {
    const stream = await this.second.stack.connect({ host: CLEAN, port: 80, allowHalfOpen: true });
    return { ...(await getPage(CLEAN, "/", stream)), by: "Node's http over a second stack" };
  }

  async echo(link: "clean" | "bad", octets: number, progress: (returned: number) => void): Promise<EchoResult> {
    const stream = await this.second.stack.connect({ host: link === "clean" ? CLEAN : BAD, port: 7, allowHalfOpen: true });
    return exchange(stream, octets, progress, this.stop);
  }

  badLink(): { lost: number; reordered: number } {
    return this.first.linkStats("wire1");
  }

  retransmissions(): number {
    return this.first.stack.counters().TCP_RETRANSMITTED;
  }
}

/** Two sessions joined by a clean and a bad wire; the simulator stands at the first one's end of the bad one. */
async function joined(): Promise<[Session, Session]> {
  const [clean, cleanEnd] = createWire();
  const [bad, badEnd] = createWire();
  const link = simulated(BAD_LINK, bad.kind);
  const at = (name: string, address: string, driver: Attached["driver"]): Attached => ({
    kind: "wire",
    name,
    driver,
    addresses: [{ address, length: 24 }],
  });
  const first = await startSession([at("wire0", CLEAN, clean), { ...at("wire1", BAD, link.attach(bad)), link }]);
  const second = await startSession([at("wire0", "10.9.0.1", cleanEnd), at("wire1", "10.9.1.1", badEnd)]);
  return [first, second];
}

/** Runs the demonstration between two stacks; answers the exit status. */
export async function demoOverWire(report: Report, interrupts: Interrupts): Promise<number> {
  const stop = interrupts.signal;
  const [first, second] = await joined();
  try {
    report.say(`One has ${CLEAN} and ${BAD}, the other 10.9.0.1 and 10.9.1.1.`);
    const services = serveOn(first, SERVICES);
    await runParts(new SecondStack(first, second, stop), report, stop);
    services.close();
  } finally {
    await second.close();
    await first.close();
  }
  if (stop.aborted) return interrupts.status;
  return report.close() ? 0 : 1;
}
