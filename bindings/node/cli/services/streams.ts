import type { Duplex, Writable } from "node:stream";
import { chargenLine, dayTime, quote, timeOctets } from "./text.js";

/** A service over TCP: serves one connection until it ends. Errors of the connection end the service, nothing else. */
export type StreamService = (socket: Duplex) => void;

/** What comes is sent back, until the peer closes. RFC 862. */
export function echo(socket: Duplex): void {
  ignoreErrors(socket);
  socket.pipe(socket);
}

/** What comes is thrown away, until the peer closes. RFC 863. */
export function discard(socket: Duplex): void {
  ignoreErrors(socket);
  socket.resume();
  socket.on("end", () => socket.end());
}

/** Lines of rotating characters as fast as the peer takes them, until the connection is closed. RFC 864. */
export function chargen(socket: Duplex): void {
  ignoreErrors(socket);
  socket.resume();
  let line = 0;
  const fill = () => {
    let more = true;
    for (let burst = 0; more && burst < LINES_AT_ONCE; burst++) more = writable(socket) && socket.write(chargenLine(line++), "latin1");
    if (more) setImmediate(fill);
  };
  socket.on("drain", fill);
  fill();
}

/** Lines written before other connections get their turn. */
const LINES_AT_ONCE = 64;

/** The date and time as a line of text, then the end. RFC 867. */
export function daytime(socket: Duplex): void {
  answer(socket, dayTime(new Date()));
}

/** Seconds since 1900 as four octets in network byte order, then the end. RFC 868. */
export function time(socket: Duplex): void {
  answer(socket, timeOctets(Date.now()));
}

/** A quotation, then the end. RFC 865. */
export function qotd(socket: Duplex): void {
  answer(socket, quote(new Date()));
}

/** How long the peer may take to close after an answer, in milliseconds. */
const LINGER = 10_000;

function answer(socket: Duplex, text: string | Uint8Array): void {
  ignoreErrors(socket);
  socket.resume();
  socket.end(text);
  const timer = setTimeout(() => socket.destroy(), LINGER);
  timer.unref();
  socket.on("close", () => clearTimeout(timer));
}

function writable(socket: Writable): boolean {
  return socket.writable && !socket.destroyed;
}

/** A peer that resets its connection is no failure of the service. */
function ignoreErrors(socket: Duplex): void {
  socket.on("error", () => socket.destroy());
}
