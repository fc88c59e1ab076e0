import type { Duplex } from "node:stream";
import type { Driver, Port } from "./driver.js";
import { RingwireError } from "./error.js";
import { openLine } from "./line.js";
import { integer } from "./validate.js";

const [END, ESC, ESC_END, ESC_ESC] = [0xc0, 0xdb, 0xdc, 0xdd] as const;
/** Octets of a datagram that RFC 1055 has every host take. */
const MTU = 1006;

/** What `openSlip` takes. */
export interface SlipOptions {
  /** Octets of the longest IP datagram, 68 to 65,535, as at the other end. Default 1006. */
  mtu?: number;
  /** Speed of the line, bits a second. Default: as it is. */
  baud?: number;
}

/** IP over a serial line, or over any other stream of octets: SLIP, RFC 1055. */
export class SlipDriver implements Driver {
  readonly kind = "ip";
  readonly mtu: number;
  /** Packets that arrived while the stack had no room. */
  missed = 0;
  readonly #stream: Duplex;
  #port: Port | null = null;
  #packet: Uint8Array;
  #length = 0;
  #escaped = false;

  constructor(stream: Duplex, mtu: number = MTU) {
    this.#stream = stream;
    this.mtu = integer(mtu, 68, 65_535, "mtu");
    this.#packet = new Uint8Array(this.mtu);
  }

  start(port: Port): void {
    this.#port = port;
    this.#stream.on("data", (octets: Uint8Array) => this.#arrive(octets));
    this.#stream.on("drain", () => this.pump());
    this.#stream.on("error", (error: Error) => this.#lose(error.message));
    this.#stream.on("close", () => this.#lose("the line was closed"));
  }
  pump(): void {
    const port = this.#port;
    if (!port) return;
    let moved = false;
    while (!this.#stream.writableNeedDrain) {
      const frame = port.peek();
      if (!frame) break;
      this.#stream.write(framed(frame.subarray(0, port.length)));
      port.take();
      moved = true;
    }
    if (moved) port.wake();
  }
  async stop(): Promise<void> {
    this.#port = null;
    if (this.#stream.destroyed) return;
    this.#stream.destroy();
    await new Promise((resolve) => this.#stream.once("close", resolve));
  }

  #arrive(octets: Uint8Array): void {
    for (const octet of octets) this.#take(octet);
    this.#port?.wake();
  }
  #take(octet: number): void {
    if (octet === END) this.#end();
    else if (octet === ESC && !this.#escaped) this.#escaped = true;
    else {
      const value = !this.#escaped ? octet : octet === ESC_END ? END : octet === ESC_ESC ? ESC : octet;
      this.#escaped = false;
      if (this.#length < this.#packet.length) this.#packet[this.#length] = value;
      this.#length++;
    }
  }
  /** A packet is whole; one that is longer than the MTU is dropped, as a card would. */
  #end(): void {
    const length = this.#length;
    this.#length = 0;
    this.#escaped = false;
    if (!length || length > this.mtu) return;
    if (!this.#port?.input(this.#packet, length)) this.missed++;
  }
  #lose(why: string): void {
    const port = this.#port;
    this.#port = null;
    port?.setLink(false);
    port?.fail(new RingwireError("LINK", `slip: ${why}`));
  }
}

/** A packet between two ENDs. RFC 1055. */
function framed(packet: Uint8Array): Uint8Array {
  const octets = new Uint8Array(2 * packet.length + 2);
  let at = 0;
  octets[at++] = END;
  for (const octet of packet) {
    const code = octet === END ? ESC_END : octet === ESC ? ESC_ESC : 0;
    if (code) octets[at++] = ESC;
    octets[at++] = code || octet;
  }
  octets[at++] = END;
  return octets.subarray(0, at);
}

/** Opens a serial line, or the one side of a pty, and sets it to carry octets as they are. Throws LINK when it cannot. */
export function openSlip(path: string, { mtu, baud }: SlipOptions = {}): SlipDriver {
  return new SlipDriver(openLine(path, baud), mtu);
}
