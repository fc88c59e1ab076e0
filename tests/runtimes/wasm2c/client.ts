// `client.js ADDRESS PORT OCTETS CONNECTIONS`: sends noise on each connection, half closes, and compares what comes back.
import { connect } from "node:net";
import { Prng } from "../../../bindings/node/prng.js";

const [address = "", port, octets, connections] = process.argv.slice(2);
const outcomes = await Promise.all(Array.from({ length: Number(connections) }, (_, stream) => echo(stream)));
console.log(JSON.stringify(outcomes));

/** Answers how many octets came back, and whether they are those that were sent. */
function echo(stream: number): Promise<{ received: number; equal: boolean }> {
  const sent = noise(Number(octets), stream);
  const chunks: Buffer[] = [];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: Number(port), allowHalfOpen: true });
    socket.setTimeout(60_000, () => socket.destroy(new Error(`connection ${stream}: nothing for 60 s`)));
    socket.on("error", reject);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("end", () => {
      const received = Buffer.concat(chunks);
      resolve({ received: received.length, equal: received.equals(sent) });
    });
    socket.end(sent);
  });
}

function noise(count: number, stream: number): Buffer {
  const random = new Prng(1, stream);
  return Buffer.from(Uint32Array.from({ length: Math.ceil(count / 4) }, () => random.u32()).buffer, 0, count);
}
