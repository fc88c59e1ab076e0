/** An interface as the status page shows it. */
export interface InterfaceStatus {
  readonly name: string;
  readonly kind: string;
  readonly netns?: string;
  readonly mac?: string;
  readonly mtu: number;
  readonly addresses: readonly string[];
  readonly gateway?: string;
}

/** A socket as the status page shows it: octets (datagrams for UDP) that wait to be read and to be sent. */
export interface SocketStatus {
  readonly protocol: string;
  readonly receiveQueue: number;
  readonly sendQueue: number;
  readonly local: string;
  readonly remote: string;
  readonly state: string;
}

/** Everything the status page tells. */
export interface Status {
  readonly name: string;
  readonly version: string;
  /** Seconds since start. */
  readonly uptime: number;
  readonly interfaces: readonly InterfaceStatus[];
  readonly services: readonly string[];
  readonly sockets: readonly SocketStatus[];
  /** How many records of each pool are taken, and how many there are. */
  readonly pools: Readonly<Record<string, { readonly used: number; readonly capacity: number }>>;
  readonly counters: Readonly<Record<string, number>>;
}

/** The media types a status page comes in, the preferred one first. */
export const MEDIA_TYPES = ["text/plain", "text/html", "application/json"] as const;

/** A media type of the status page. */
export type MediaType = (typeof MEDIA_TYPES)[number];

/** The page in a media type. */
export function render(status: Status, type: MediaType): string {
  switch (type) {
    case "text/plain":
      return asText(status);
    case "text/html":
      return asHtml(status);
    case "application/json":
      return `${JSON.stringify(status, null, 2)}\n`;
  }
}

type Row = readonly string[];

const SOCKET_HEAD = ["Proto", "Recv-Q", "Send-Q", "Local Address", "Foreign Address", "State"];
const POOL_HEAD = ["Pool", "Used", "Capacity"];
const INTERFACE_HEAD = ["Interface", "Kind", "Addresses", "MAC", "MTU", "Gateway"];

function socketRows(status: Status): Row[] {
  return status.sockets.map((s) => [s.protocol, String(s.receiveQueue), String(s.sendQueue), s.local, s.remote, s.state]);
}

function interfaceRows(status: Status): Row[] {
  return status.interfaces.map((i) => [i.name, i.kind, i.addresses.join(" "), i.mac ?? "-", String(i.mtu), i.gateway ?? "-"]);
}

function poolRows(status: Status): Row[] {
  return Object.entries(status.pools)
    .filter(([, { capacity }]) => capacity !== 0)
    .map(([name, { used, capacity }]) => [name, String(used), String(capacity)]);
}

function counterRows(status: Status): Row[] {
  return Object.entries(status.counters)
    .filter(([, value]) => value !== 0)
    .map(([name, value]) => [name, String(value)]);
}

function headline(status: Status): string {
  return `${status.name} ${status.version}, up ${Math.floor(status.uptime)} s`;
}

function asText(status: Status): string {
  return [
    headline(status),
    `services: ${status.services.join(" ") || "none"}`,
    "",
    columns([INTERFACE_HEAD, ...interfaceRows(status)]),
    "",
    columns([SOCKET_HEAD, ...socketRows(status)]),
    "",
    columns([POOL_HEAD, ...poolRows(status)]),
    "",
    columns([["Counter", "Value"], ...counterRows(status)]),
    "",
  ].join("\n");
}

/** Rows as lines, each column as wide as its widest cell. */
export function columns(rows: readonly Row[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  const line = (row: Row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

function asHtml(status: Status): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${escaped(headline(status))}</title>
<style>body{font-family:sans-serif;margin:2em}table{border-collapse:collapse;margin:1em 0}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left}</style>
</head>
<body>
<h1>${escaped(headline(status))}</h1>
<p>Services: ${escaped(status.services.join(" ") || "none")}. This page as <a href="/status.txt">text</a>, <a href="/status.json">JSON</a>.</p>
<h2>Interfaces</h2>
${table(INTERFACE_HEAD, interfaceRows(status))}
<h2>Sockets</h2>
${table(SOCKET_HEAD, socketRows(status))}
<h2>Pools</h2>
${table(POOL_HEAD, poolRows(status))}
<h2>Counters</h2>
${table(["Counter", "Value"], counterRows(status))}
</body>
</html>
`;
}

function table(head: Row, rows: readonly Row[]): string {
  const cells = (row: Row, tag: string) => `<tr>${row.map((cell) => `<${tag}>${escaped(cell)}</${tag}>`).join("")}</tr>`;
  return `<table>\n${[cells(head, "th"), ...rows.map((row) => cells(row, "td"))].join("\n")}\n</table>`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
