// Writing text piece by piece: each call writes what fits and says how far it came, so that it can go on later.
import { Socket } from "../tcp";

/** Writes an ASCII text from character `from` on; answers how many characters are written now in all. Done when that is `text.length`. */
export function write(socket: Socket, text: string, from: u32): u32 {
  let at = from;
  const length = <u32>text.length;
  while (at < length) {
    const room = min(socket.writable, length - at);
    if (!room) break;
    const output = socket.output;
    for (let i: u32 = 0; i < room; i++) store<u8>(output + i, load<u16>(changetype<usize>(text) + ((at + i) << 1)));
    socket.send(room);
    at += room;
  }
  return at;
}

/** Writes a number in decimal; answers false when there is no room for all of it: the next room is an event. */
export function decimal(socket: Socket, value: u32): bool {
  let digits: u32 = 1;
  let power: u32 = 1;
  for (let rest = value / 10; rest; rest /= 10) {
    digits++;
    power *= 10;
  }
  if (!socket.hasRoom(digits)) return false;
  for (; power; power /= 10) {
    store<u8>(socket.output, 48 + ((value / power) % 10));
    socket.send(1);
  }
  return true;
}
