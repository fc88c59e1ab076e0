// streams ringwire|node SECONDS: octets through two streams in one process, as a line of JSON: nanoseconds of the wall clock for an octet.
import { createServer, connect as connectNet } from "node:net";
import { once } from "node:events";
import { type Duplex, Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createStack, createWire } from "../../../bindings/node/index.js";

const PIECE = Buffer.alloc(65_536);
const PORT = 5000;
/** Octets of each ring, as on the command line. */
const RING = 262_144;

/** A connection: the end that sends, and the one that receives. */
type Ends = readonly [near: Duplex, far: Duplex];

async function ringwire(): Promise<Ends> {
  const drivers = createWire();
  const tcp = { receive: RING, send: RING };
  const made = drivers.map((driver, i) => createStack({ interfaces: [{ driver, addresses: [`10.77.0.${i + 1}/24`] }], tcp }));
  const [client, server] = await Promise.all(made);
  if (!client || !server) throw new Error("no stacks");
  const accepted = once(server.listen({ port: PORT }), "connection");
  const near = await client.connect({ host: "10.77.0.2", port: PORT });
  const [far] = (await accepted) as [Duplex];
  return [near, far];
}
async function node(): Promise<Ends> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection");
  const near = connectNet((server.address() as { port: number }).port, "127.0.0.1");
  const [far] = (await accepted) as [Duplex];
  return [near, far];
}

async function measure([near, far]: Ends, seconds: number): Promise<number> {
  let octets = 0;
  const source = new Readable({ highWaterMark: PIECE.length, read: () => source.push(PIECE) });
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      octets += chunk.length;
      done();
    },
  });
  source.pipe(near);
  far.pipe(sink);
  await sleep(Math.max(seconds / 2, 1) * 1000);
  const [from, began] = [octets, performance.now()];
  await sleep(seconds * 1000);
  return ((performance.now() - began) * 1e6) / (octets - from);
}

const [kind = "", seconds = "1"] = process.argv.slice(2);
const value = await measure(await (kind === "node" ? node() : ringwire()), Number(seconds));
process.stdout.write(`${JSON.stringify({ value })}\n`, () => process.exit());
