import { Command, Option } from "commander";
import { serviceName } from "../ports.js";
import type { Status } from "../statusrecord.js";
import { networkOf } from "./addresses.js";
import { Failure } from "./failure.js";
import { NETSTAT_EXAMPLES } from "./help.js";
import { columns } from "./services/status.js";
import { type Report, reports } from "./statussocket.js";
import { integer } from "./values.js";

interface Options {
  pid?: number;
  interfaces?: boolean;
  routes?: boolean;
  neighbours?: boolean;
  counters?: boolean;
  numeric?: boolean;
  json?: boolean;
}

const PID_MAX = 0x7fffffff;

/** `ringwire netstat`: shows what running stacks of this user have open, and why they wait. */
export function netstatCommand(done: (status: number) => void): Command {
  const command = new Command("netstat").description("Show the sockets of all running stacks of this user, or other tables of them.");
  command
    .addOption(new Option("--pid <n>", "of this process only").argParser(integer(1, PID_MAX)))
    .option("--interfaces", "interfaces with their addresses")
    .option("--routes", "routes, those of interfaces too")
    .option("--neighbours", "hosts on link, as ARP knows them")
    .option("--counters", "counters that are not 0, and pools")
    .option("-n, --numeric", "ports as numbers")
    .option("--json", "everything, as JSON")
    .addHelpText("after", NETSTAT_EXAMPLES)
    .action(async () => done(await netstat(command.opts<Options>())));
  return command;
}

async function netstat(options: Options): Promise<number> {
  const found = await reports(options.pid);
  if (options.json) console.log(JSON.stringify(found, null, 2));
  else if (!found.length)
    throw new Failure(options.pid ? `no stack of yours has process id ${options.pid}` : "no stack of yours is running");
  else console.log(found.map((each) => page(each, options)).join("\n\n"));
  return found.length ? 0 : 1;
}

/** The tables asked for, under a line that names the stack. */
export function page(report: Report, options: Options): string {
  const { interfaces, routes, neighbours, counters, numeric = false } = options;
  const tables = [
    ...(interfaces ? [interfaceTable(report)] : []),
    ...(routes ? [routeTable(report)] : []),
    ...(neighbours ? [neighbourTable(report)] : []),
    ...(counters ? [counterTable(report), poolTable(report)] : []),
  ];
  const head = `${report.pid}: ringwire ${report.command}, up ${Math.floor(report.uptime)} s`;
  return [head, ...(tables.length ? tables : [socketTable(report, numeric)])].join("\n");
}

const SOCKETS = ["Proto", "Local", "Remote", "State", "Unread", "Unsent", "Unacked", "Owner", "Waits", "RTT", "Cwnd"];
/** Protocols as they are shown, and whose ports theirs are. */
const SHOWN: Record<Status["protocol"], string> = { tcp: "tcp", listener: "tcp", "half-open": "tcp", "time-wait": "tcp", udp: "udp" };

function socketTable({ sockets }: Report, numeric: boolean): string {
  return columns([SOCKETS, ...sockets.map((each) => socketRow(each, numeric))]);
}
function socketRow(each: Report["sockets"][number], numeric: boolean): string[] {
  const protocol = SHOWN[each.protocol] === "udp" ? "udp" : "tcp";
  const isConnection = each.protocol === "tcp";
  const unread = each.protocol === "listener" ? each.backlog : each.readable;
  return [
    protocol,
    endText(protocol, each.local, numeric),
    endText(protocol, each.remote, numeric),
    protocol === "udp" ? "-" : each.state,
    String(unread),
    String(each.unsent),
    String(each.unacknowledged),
    each.ownerName,
    waitText(each),
    isConnection && each.srtt ? `${(each.srtt / 1000).toFixed(1)} ms` : "-",
    isConnection ? String(each.cwnd) : "-",
  ];
}

const WAITING: Record<Status["waits"], string> = {
  NOTHING: "-",
  NEIGHBOUR: "the neighbour",
  PEER_WINDOW: "peer's window",
  CONGESTION_WINDOW: "congestion window",
  TX_SLOT: "a TX slot",
  ACKNOWLEDGEMENT: "an acknowledgement",
  PACING: "pacing",
};
/** What sending waits for; an acknowledgement of ours that is put off where sending waits for nothing. */
function waitText({ protocol, waits, ackWithin, timerWithin, backoff }: Status): string {
  if (protocol !== "tcp") return "-";
  const left = waits === "ACKNOWLEDGEMENT" && backoff && timerWithin !== null ? `, again in ${timerWithin} ms` : "";
  if (waits !== "NOTHING") return WAITING[waits] + left;
  return ackWithin === null ? "-" : `ACK delayed, ${ackWithin} ms left`;
}
function endText(protocol: "tcp" | "udp", { address, port }: Status["local"], numeric: boolean): string {
  if (!port) return address === "0.0.0.0" ? "*" : `${address}:*`;
  const name = numeric ? undefined : serviceName(protocol, port);
  return `${address === "0.0.0.0" ? "*" : address}:${port}${name ? ` (${name})` : ""}`;
}

function interfaceTable({ interfaces }: Report): string {
  const rows = interfaces.map((i) => [
    i.name,
    i.kind,
    i.addresses.join(" "),
    i.mac ?? "-",
    String(i.mtu),
    i.gateway ?? "-",
    i.netns ?? "-",
  ]);
  return columns([["Interface", "Kind", "Addresses", "MAC", "MTU", "Gateway", "Namespace"], ...rows]);
}
/** The network of an address, both as `A.B.C.D/LEN`. */
function networkText(text: string): string {
  const [address = "", length = "32"] = text.split("/");
  return `${networkOf({ address, length: Number(length) })}/${length}`;
}
function routeTable({ interfaces, routes }: Report): string {
  const name = (index: number) => interfaces[index]?.name ?? String(index);
  const own = interfaces.flatMap(({ addresses, gateway }, i) => [
    ...addresses.map((address) => [networkText(address), "on link", name(i), "0", "address"]),
    ...(gateway ? [["0.0.0.0/0", gateway, name(i), "0", "gateway"]] : []),
  ]);
  const added = routes.map((each) => [each.network, each.gateway ?? "on link", name(each.interface), String(each.metric), "route"]);
  return columns([["Network", "Via", "Interface", "Metric", "From"], ...own, ...added]);
}
function neighbourTable({ interfaces, neighbours }: Report): string {
  const rows = neighbours.map((each) => [
    each.address,
    each.mac ?? "-",
    each.state,
    interfaces[each.interface]?.name ?? String(each.interface),
    each.age === null ? "-" : `${(each.age / 1000).toFixed(1)} s`,
    String(each.pins),
  ]);
  return columns([["Neighbour", "MAC", "State", "Interface", "Confirmed", "Connections"], ...rows]);
}
function counterTable({ counters }: Report): string {
  const rows = Object.entries(counters).filter(([, value]) => value);
  return columns([["Counter", "Value"], ...rows.map(([name, value]) => [name, String(value)])]);
}
function poolTable({ pools }: Report): string {
  const rows = Object.entries(pools).filter(([, { capacity }]) => capacity);
  return columns([
    ["Pool", "Used", "Most", "Capacity"],
    ...rows.map(([name, it]) => [name, ...[it.used, it.mark, it.capacity].map(String)]),
  ]);
}
