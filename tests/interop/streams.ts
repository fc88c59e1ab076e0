// What tests do with our streams and the kernel's.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { exchange, octetStream } from "../../bindings/node/cli/demo/octets.js";
import { RingwireError, type Stack, type TcpSocket } from "../../bindings/node/index.js";

/** Sends octets over a connection of ours to an echo service and reads them back: they must be the same. Answers the milliseconds it took. */
export async function echoed(stack: Stack, host: string, port: number, octets: number): Promise<number> {
  const socket = await stack.connect({ host, port, allowHalfOpen: true });
  const { returned, sent, received, ms } = await exchange(socket, octets, () => {});
  assert.equal(returned, octets);
  assert.equal(received, sent);
  return ms;
}

/** Our echo service on a port. */
export function echoing(stack: Stack, port: number): void {
  stack.listen({ port, allowHalfOpen: true }).on("connection", (socket: TcpSocket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
}

/** Reads a stream to its end. */
export async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** SHA-256 of the first octets of `octetStream`. */
export function digestOf(octets: number): string {
  const hash = createHash("sha256");
  for (const part of octetStream(octets, 1)) hash.update(part);
  return hash.digest("hex");
}

/** The code of the RingwireError that a promise rejects with. */
export async function codeOf(failing: Promise<unknown>): Promise<string> {
  try {
    await failing;
    return "nothing";
  } catch (error) {
    assert.ok(error instanceof RingwireError, String(error));
    return error.code;
  }
}
