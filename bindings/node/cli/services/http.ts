import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { MEDIA_TYPES, type MediaType, render, type Status } from "./status.js";
import type { StreamService } from "./streams.js";

/** How long a connection may wait for its next request, in milliseconds. */
const IDLE = 30_000;

/** Serves the status page through Node's own HTTP server: `/` by the Accept header, `/status.txt`, `/status.html`, `/status.json`. */
export function httpService(status: () => Status): StreamService {
  const server = createServer((request, response) => send(response, replyTo(request, status), request.method === "HEAD"));
  server.on("clientError", (_error, socket) => refuse(socket));
  return (socket) => {
    socket.on("error", () => socket.destroy());
    limitIdleTime(socket);
    server.emit("connection", socket);
  };
}

/** Node itself would destroy the connection with an error, which resets it: the answer would be lost. */
function refuse(socket: Duplex): void {
  if (!socket.writable) return void socket.destroy();
  socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

/** Destroys a connection on which nothing moves for `IDLE`: it would hold its place for ever. */
function limitIdleTime(socket: Duplex): void {
  const timer = setTimeout(() => socket.destroy(), IDLE);
  timer.unref();
  const moved = () => timer.refresh();
  socket.on("data", moved);
  socket.on("drain", moved);
  socket.on("close", () => clearTimeout(timer));
}

interface Reply {
  readonly code: number;
  readonly type: MediaType;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function replyTo({ method, url = "/", headers }: IncomingMessage, status: () => Status): Reply {
  if (method !== "GET" && method !== "HEAD") {
    return { code: 405, type: "text/plain", body: "only GET and HEAD are answered\n", headers: { Allow: "GET, HEAD" } };
  }
  const path = url.split("?")[0] ?? url;
  const type = path === "/" ? preferred(headers.accept) : PATHS[path];
  if (type === undefined) return { code: 404, type: "text/plain", body: "there are /, /status.txt, /status.html and /status.json\n" };
  if (type === null) return { code: 406, type: "text/plain", body: `there are ${MEDIA_TYPES.join(", ")}\n` };
  return { code: 200, type, body: render(status(), type), ...(path === "/" && { headers: { Vary: "Accept" } }) };
}

const PATHS: Record<string, MediaType> = { "/status.txt": "text/plain", "/status.html": "text/html", "/status.json": "application/json" };

function send(response: ServerResponse, { code, type, body, headers = {} }: Reply, head: boolean): void {
  const octets = Buffer.from(body);
  const charset = type === "application/json" ? "" : "; charset=utf-8";
  response.writeHead(code, { "Content-Type": type + charset, "Content-Length": octets.length, "Cache-Control": "no-store", ...headers });
  response.end(head ? undefined : octets);
}

/** The media type that an Accept header likes best, ours first among equals; null when it takes none. RFC 9110 §12.5.1. */
export function preferred(accept = "*/*"): MediaType | null {
  const ranges = accept.split(",").map(parseRange);
  let best: MediaType | null = null;
  let quality = 0;
  for (const type of MEDIA_TYPES) {
    const q = qualityOf(type, ranges);
    if (q > quality) [best, quality] = [type, q];
  }
  return best;
}

interface MediaRange {
  readonly range: string;
  readonly quality: number;
}

function parseRange(text: string): MediaRange {
  const [range = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith("q="));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { range, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range that fits decides. */
function qualityOf(type: MediaType, ranges: readonly MediaRange[]): number {
  const group = `${type.slice(0, type.indexOf("/"))}/*`;
  for (const wanted of [type, group, "*/*"]) {
    const found = ranges.find(({ range }) => range === wanted);
    if (found) return found.quality;
  }
  return 0;
}
