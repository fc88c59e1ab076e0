// Charts of the page, as text that GitHub draws: Mermaid's xychart, which has neither legends nor a logarithmic axis.
import { median } from "../statistics.js";
import type { Result } from "./report.js";

/** Stacks whose cost is drawn by the number of connections: the peers' goes up so fast that nothing else would be seen. */
const DRAWN = "ringwire";

/** The first series is blue, the second orange. */
const COLOURS = '%%{init: {"themeVariables": {"xyChart": {"plotColorPalette": "#2563eb, #d97706"}}}}%%';

function chart(kind: string, title: string, lines: string[]): string {
  return ["```mermaid", COLOURS, kind, `    title "${title}"`, ...lines.map((line) => `    ${line}`), "```"].join("\n");
}
function axis(unit: string, values: number[]): string {
  return `y-axis "${unit}" 0 --> ${numbers([1.05 * Math.max(...values)])}`;
}
function names(of: readonly string[]): string {
  return `x-axis [${of.map((name) => `"${name}"`).join(", ")}]`;
}
function numbers(values: readonly number[]): string {
  return values.map((value) => String(Number(value.toPrecision(3)))).join(", ");
}
function find(results: Result[], workload: string, connections: number): Result | undefined {
  return results.find(({ planned, values }) => planned.workload === workload && planned.connections === connections && values.size);
}
function medianOf(result: Result | undefined, name: string): number | undefined {
  const runs = result?.values.get(name);
  return runs && median(runs);
}

/** One figure of all stacks. */
function bars({ planned, values }: Result): string {
  const told = [...values.values()].map(median);
  const title = `${planned.title[0]?.toUpperCase()}${planned.title.slice(1)}, ${planned.isRate ? "more" : "less"} is better`;
  return chart("xychart-beta horizontal", title, [names([...values.keys()]), axis(planned.unit, told), `bar [${numbers(told)}]`]);
}

/** What a round trip costs as connections become more, for those of ours; the peers' cost in words. */
function byConnections(results: Result[]): string[] {
  const counts = [1, 100, 1000, 10_000, 100_000].filter(
    (count) => find(results, "ping", count) && (count === 1 || find(results, "spread", count)),
  );
  const series = ["ping", "spread"].map((workload) =>
    counts.map((count) => medianOf(find(results, count === 1 ? "ping" : workload, count), DRAWN) ?? Number.NaN),
  );
  if (counts.length < 2 || series.flat().some(Number.isNaN)) return [];
  const shown = counts.map((count) => count.toLocaleString("en"));
  const lines = series.map((values) => `line [${numbers(values)}]`);
  const most = counts.filter((count) => count <= 10_000).at(-1) ?? 1;
  const last = find(results, "spread", most);
  const costs = [...(last?.values ?? [])].map(([name, runs]) => `${name} ${Math.round(median(runs)).toLocaleString("en")} ns`);
  return [
    chart("xychart-beta", `${DRAWN}: a round trip of an octet, by open connections`, [names(shown), axis("ns", series.flat()), ...lines]),
    `Blue is the same connection again and again, orange any of them by chance. On any of ${most.toLocaleString("en")}: ${costs.join(", ")}.`,
  ];
}

/** The charts for which there are figures. */
export function charts(results: Result[]): string[] {
  const drawn = ["bulk", "udp", "ping"].flatMap((workload) => find(results, workload, 1) ?? []);
  const devices = ["receive", "send"].flatMap((workload) => find(results, workload, 1) ?? []);
  return [...[...drawn, ...devices].map(bars), ...byConnections(results)];
}
