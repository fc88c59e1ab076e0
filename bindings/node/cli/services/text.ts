/** The 94 printing characters and the space, in the order of their codes. */
const CHARACTERS = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join("");

/** Characters in a line of the generator. RFC 864. */
const LINE = 72;

/** Line `n` of the character generator: 72 characters, each line one further in the set. RFC 864. */
export function chargenLine(n: number): string {
  const start = n % CHARACTERS.length;
  return `${(CHARACTERS + CHARACTERS).slice(start, start + LINE)}\r\n`;
}

/** The date and time as one line of text in UTC. RFC 867 leaves the form open. */
export function dayTime(date: Date): string {
  return `${date.toUTCString()}\r\n`;
}

/** Seconds from 1900 to 1970. RFC 868. */
const EPOCH = 2_208_988_800;

/** Seconds since 1900 as four octets in network byte order; wraps in 2036. RFC 868. */
export function timeOctets(ms: number): Uint8Array {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE((Math.floor(ms / 1000) + EPOCH) % 2 ** 32);
  return octets;
}

const QUOTES = [
  "Be liberal in what you accept, and conservative in what you send.",
  "It is always something.",
  "Good, fast, cheap: pick any two. You cannot have all three.",
  "One size never fits all.",
  "It is more complicated than you think.",
  "No matter how hard you push, you cannot increase the speed of light.",
  "In protocol design, perfection has been reached when there is nothing left to take away.",
];

/** The quotation of a day, below 512 characters. RFC 865. */
export function quote(date: Date): string {
  const day = Math.floor(date.getTime() / 86_400_000);
  return `${QUOTES[day % QUOTES.length]}\r\n`;
}
