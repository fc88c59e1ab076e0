// What the kernel's side of a test does, in a process inside the namespace: its sockets are the Linux kernel's. lab.ts calls these by name.
import { createHash, randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, connect, type Server, type Socket } from "node:net";
import { finished, pipeline } from "node:stream/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { type EchoResult, exchange, octetStream } from "../../bindings/node/cli/demo/octets.js";

/** Where to, and how many octets. */
export interface Transfer {
  host: string;
  port: number;
  octets: number;
}

/** Length and SHA-256 of octets, and how long they took. */
export interface Digest {
  octets: number;
  sha256: string;
  ms: number;
}

/** Milliseconds after which an answer will not come any more. */
const SILENCE = 20_000;
const open: { close(): unknown }[] = [];
const expected = new Map<number, Promise<Digest>>();

/** Octets of `octetStream` to an echo service and back. */
export async function echo({ host, port, octets }: Transfer): Promise<EchoResult> {
  const socket = connect({ host, port, allowHalfOpen: true });
  return exchange(socket, octets, () => {});
}

/** Octets of `octetStream` to a service that only reads; settles when it has closed too. */
export async function send({ host, port, octets }: Transfer): Promise<Digest> {
  const began = performance.now();
  const hash = createHash("sha256");
  const socket = connect({ host, port }).resume();
  await pipeline(async function* () {
    for (const part of octetStream(octets, 1)) {
      hash.update(part);
      yield part;
    }
  }, socket);
  if (!socket.closed) await once(socket, "close");
  return { octets, sha256: hash.digest("hex"), ms: performance.now() - began };
}

async function digest(socket: Socket): Promise<Omit<Digest, "ms">> {
  const hash = createHash("sha256");
  let octets = 0;
  for await (const part of socket.iterator({ destroyOnReturn: false })) {
    hash.update(part as Buffer);
    octets += (part as Buffer).length;
  }
  return { octets, sha256: hash.digest("hex") };
}

/** Connections to an echo service that are all open before the first octet is sent; answers how many came back exactly. */
export async function many({ host, port, octets, count }: Transfer & { count: number }): Promise<number> {
  const sockets = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ host, port, allowHalfOpen: true });
      await once(socket, "connect");
      return socket;
    }),
  );
  const exact = await Promise.all(sockets.map((socket) => isEchoed(socket, octets)));
  return exact.filter(Boolean).length;
}

/** Connections to an echo service, one after another; answers how many came back exactly. */
export async function short({ host, port, octets, count }: Transfer & { count: number }): Promise<number> {
  let exact = 0;
  for (let i = 0; i < count; i++) if (await isEchoed(connect({ host, port, allowHalfOpen: true }), octets)) exact++;
  return exact;
}

async function isEchoed(socket: Socket, octets: number): Promise<boolean> {
  const sent = randomBytes(octets);
  const parts: Buffer[] = [];
  socket.end(sent);
  for await (const part of socket) parts.push(part as Buffer);
  if (!socket.closed) await once(socket, "close");
  return Buffer.concat(parts).equals(sent);
}

/** Connections to a service that closes at once, one after another; answers how many ended without an error. */
export async function visit({ host, port, count }: { host: string; port: number; count: number }): Promise<number> {
  let ended = 0;
  for (let i = 0; i < count; i++) {
    const socket = connect({ host, port }).resume();
    if (
      await finished(socket).then(
        () => true,
        () => false,
      )
    )
      ended++;
  }
  return ended;
}

/** Connects and writes a little; `reset` then resets the connection, otherwise says how it ended. */
export async function knock({ host, port, reset = false }: { host: string; port: number; reset?: boolean }): Promise<string> {
  const socket = connect({ host, port });
  socket.write("knock");
  socket.on("data", () => reset && socket.resetAndDestroy());
  return finished(socket.resume()).then(
    () => "closed",
    (error: NodeJS.ErrnoException) => error.code ?? "?",
  );
}

/** Writes, closes its half, and answers the SHA-256 of everything that comes afterwards. */
export async function ask({ host, port, question }: { host: string; port: number; question: string }): Promise<string> {
  const socket = connect({ host, port, allowHalfOpen: true });
  socket.end(question);
  return (await digest(socket)).sha256;
}

/** Datagrams of these sizes, each after the answer to the one before; answers the sizes that came back exactly. */
export async function echoDatagrams({ host, port, sizes }: { host: string; port: number; sizes: number[] }): Promise<number[]> {
  const socket = createSocket("udp4");
  const exact: number[] = [];
  for (const size of sizes) {
    const sent = randomBytes(size);
    socket.send(sent, port, host);
    const [data] = (await Promise.race([once(socket, "message"), sleep(SILENCE, [])])) as [Buffer?];
    if (data?.equals(sent)) exact.push(size);
  }
  socket.close();
  return exact;
}

/** A datagram from a connected socket; answers the error that the kernel reports for it, or "silence". */
export async function reported({ host, port }: { host: string; port: number }): Promise<string> {
  const socket = createSocket("udp4");
  socket.connect(port, host);
  await once(socket, "connect");
  socket.send("anybody?");
  const error = once(socket, "error").then(([reason]) => (reason as NodeJS.ErrnoException).code ?? "?");
  const answer = await Promise.race([error, once(socket, "message").then(() => "an answer"), sleep(SILENCE, "silence")]);
  socket.close();
  return answer;
}

/** Starts to listen: connections are echoed, read to the end after a pause, sent octets, refused an answer or reset. */
export async function serve({ port, what, octets = 0, pause = 0 }: Serving): Promise<void> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: what === "digest" }, (socket) => {
    socket.on("error", () => socket.destroy());
    if (what === "echo") socket.pipe(socket);
    if (what === "reset") socket.once("data", () => socket.resetAndDestroy());
    if (what === "source") pipeline(octetStream(octets, 1), socket.resume()).catch(() => socket.destroy());
    if (what === "digest") setTimeout(() => void digest(socket).then(({ sha256 }) => socket.end(sha256)), pause);
  });
  await listening(server, port);
}

/** Starts to listen for one connection that is read to its end; `arrived` tells what came. */
export async function expect({ port }: { port: number }): Promise<void> {
  const server = createServer({ allowHalfOpen: true });
  await listening(server, port);
  const arriving = once(server, "connection").then(async ([socket]) => {
    const began = performance.now();
    const found = await digest(socket as Socket);
    const ms = performance.now() - began;
    (socket as Socket).end();
    return { ...found, ms };
  });
  arriving.catch(() => {});
  expected.set(port, arriving);
}
/** What came on the port that `expect` listens on; `ms` from the acceptance of the connection to its end. */
export async function arrived({ port }: { port: number }): Promise<Digest> {
  const arriving = expected.get(port);
  if (!arriving) throw new Error(`nothing is expected on port ${port}`);
  return arriving;
}

/** What a server of the kernel does with connections. */
export interface Serving {
  port: number;
  what: "echo" | "reset" | "source" | "digest";
  /** Octets that a source sends. */
  octets?: number;
  /** Milliseconds without reading at the beginning. */
  pause?: number;
}

/** An HTTP server that answers its text to every request. */
export async function serveHttp({ port, text }: { port: number; text: string }): Promise<void> {
  await listening(
    createHttpServer((_, response) => response.end(text)),
    port,
  );
}

async function listening(server: Server, port: number): Promise<void> {
  server.listen({ port, backlog: 512 });
  await once(server, "listening");
  open.push(server);
}

/** An echo server for datagrams. */
export async function serveDatagrams({ port }: { port: number }): Promise<void> {
  const socket = createSocket("udp4", (data, from) => socket.send(data, from.port, from.address));
  socket.bind(port);
  await once(socket, "listening");
  open.push(socket);
}

/** Ends all servers; connections that are open go on. */
export async function closeServers(): Promise<void> {
  for (const server of open.splice(0)) server.close();
}

/** The kernel joins a group, hears a datagram, and answers it by one to another group; answers what it heard. */
export async function multicast({
  group,
  port,
  local,
  answer,
}: {
  group: string;
  port: number;
  local: string;
  answer: string;
}): Promise<string> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(port);
  await once(socket, "listening");
  socket.addMembership(group, local);
  socket.setMulticastInterface(local);
  const [data] = (await once(socket, "message")) as [Buffer];
  await new Promise((resolve) => socket.send(`heard ${data}`, port, answer, resolve));
  socket.close();
  return String(data);
}
