import { createCipheriv, createHash } from "node:crypto";
import type { Duplex } from "node:stream";
import { Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";

/** What came of sending octets to an echo service and reading them back. */
export interface EchoResult {
  readonly octets: number;
  readonly returned: number;
  readonly sent: string;
  readonly received: string;
  readonly ms: number;
}

/** Octets that are made at once. */
const CHUNK = 65_536;

/** Octets that look random, the same for the same seed: an AES keystream. */
export function* octetStream(total: number, seed: number): Generator<Buffer> {
  const key = Buffer.alloc(16);
  key.writeUInt32BE(seed);
  const cipher = createCipheriv("aes-128-ctr", key, Buffer.alloc(16));
  const zeros = Buffer.alloc(CHUNK);
  for (let left = total; left > 0; left -= CHUNK) yield cipher.update(left < CHUNK ? zeros.subarray(0, left) : zeros);
}

/** Sends `total` octets over a connection to an echo service, closes its half, reads all back, and digests both ways with SHA-256. */
export async function exchange(
  socket: Duplex,
  total: number,
  progress: (returned: number) => void,
  signal?: AbortSignal,
): Promise<EchoResult> {
  const start = performance.now();
  const sent = new Digest(() => {});
  const received = new Digest(progress);
  const receive = async () => {
    for await (const data of socket) received.add(data);
  };
  await Promise.all([pipeline(octetStream(total, 1), sent.passing(), socket, { signal, end: true }), receive()]);
  const ms = performance.now() - start;
  return { octets: sent.octets, returned: received.octets, sent: sent.hex(), received: received.hex(), ms };
}

/** SHA-256 and length of what passes. */
class Digest {
  octets = 0;
  private readonly hash = createHash("sha256");

  constructor(private readonly progress: (octets: number) => void) {}

  add(data: Uint8Array): void {
    this.hash.update(data);
    this.octets += data.length;
    this.progress(this.octets);
  }

  passing(): Transform {
    return new Transform({
      transform: (data: Uint8Array, _encoding: BufferEncoding, done: TransformCallback) => {
        this.add(data);
        done(null, data);
      },
    });
  }

  hex(): string {
    return this.hash.digest("hex");
  }
}
