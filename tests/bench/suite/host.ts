// host tap|offload|http NAMESPACE: an end of the benchmark over devices, until it is killed; `ready` says that it serves.
// tap, offload: what `ringwire up --service discard,http` is, on a TAP device in NAMESPACE; port 19 sends as much as is taken, in large pieces.
// http: the same web page by the same code over the kernel's sockets, in the present namespace.
import { createServer } from "node:net";
import { type Duplex, Readable } from "node:stream";
import { httpService } from "../../../bindings/node/cli/services/http.js";
import { parseServices } from "../../../bindings/node/cli/services/names.js";
import { serveOn, statusOf } from "../../../bindings/node/cli/serve.js";
import { type Attached, type Session, startSession } from "../../../bindings/node/cli/session.js";
import { createWire, openTap } from "../../../bindings/node/index.js";
import { DEVICE, HOST, HTTP, KERNEL, LENGTH, SOURCE } from "./places.js";

const SERVICES = parseServices("discard,http");
const PIECE = Buffer.alloc(65_536);

function session(kind: Attached["kind"], driver: Attached["driver"]): Promise<Session> {
  return startSession([{ kind, name: DEVICE, driver, addresses: [{ address: HOST, length: LENGTH }] }]);
}

/** Octets without end. */
function send(socket: Duplex): void {
  socket.on("error", () => socket.destroy());
  socket.resume();
  const source = new Readable({ highWaterMark: PIECE.length, read: () => source.push(PIECE) });
  source.pipe(socket);
}

async function onTap(netns: string, offload: boolean): Promise<void> {
  const host = await session("tap", openTap({ name: DEVICE, netns, hostAddress: `${KERNEL}/${LENGTH}`, offload }));
  serveOn(host, SERVICES);
  host.stack.listen({ port: SOURCE }).on("connection", send);
}

/** A stack that nobody speaks to lends its status page. */
async function onSockets(): Promise<void> {
  const lender = await session("wire", createWire()[0]);
  const serve = httpService(() => statusOf(lender, SERVICES));
  const server = createServer({ allowHalfOpen: true, keepAlive: true, noDelay: true }, serve);
  await new Promise<void>((resolve) => server.listen(HTTP, resolve));
}

const [kind = "", netns = ""] = process.argv.slice(2);
await (kind === "http" ? onSockets() : onTap(netns, kind === "offload"));
console.log("ready");
