import * as text from "../../../assembly/application/text";
import { listen, ready, Socket } from "../../../assembly/tcp";
import { load16 } from "../octets";
import { poll, tx } from "../world";
import { ACK, IRS, ISS, peer, serverAt, sends, stackAt, SYN } from "../transport/tcp/peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

/** A connection of application 1 with `room` octets of send ring. */
function connected(room: u32): Socket {
  serverAt(ISS);
  stackAt(ISS, 4096, room);
  listen(80, 1);
  peer(SYN, IRS, 0);
  sends(SYN | ACK, ISS, NXT);
  peer(ACK, NXT, UNA);
  return changetype<Socket>(changetype<usize>(ready(1)));
}
function sent(): string {
  poll();
  const ip = tx(0);
  return ip ? String.UTF8.decodeUnsafe(ip + 40, load16(ip + 2) - 40) : "nothing";
}

describe("application/text", () => {
  test("writes what fits, round the ring's end, and says how far it came", () => {
    const socket = connected(8);
    expect<u32>(text.write(socket, "hello, world", 0)).toBe(8);
    expect<string>(sent()).toBe("hello, w");
    peer(ACK, NXT, UNA + 8);
    expect<u32>(text.write(socket, "hello, world", 8)).toBe(12);
    expect<string>(sent()).toBe("orld");
  });
  test("writes numbers in decimal, 0 and the largest too", () => {
    const socket = connected(64);
    expect<bool>(text.decimal(socket, 0)).toBe(true);
    expect<string>(sent()).toBe("0");
    peer(ACK, NXT, UNA + 1);
    expect<bool>(text.decimal(socket, 4294967295)).toBe(true);
    expect<string>(sent()).toBe("4294967295");
    peer(ACK, NXT, UNA + 11);
    expect<bool>(text.decimal(socket, 1234)).toBe(true);
    expect<string>(sent()).toBe("1234");
  });
  test("a number is written round the ring's end", () => {
    const socket = connected(64);
    for (let i: u32 = 1; i <= 64; i++) {
      expect<bool>(text.decimal(socket, 407)).toBe(true);
      expect<string>(sent()).toBe("407");
      peer(ACK, NXT, UNA + 3 * i);
    }
  });
  test("a number that does not fit is not written, and the next room is told", () => {
    const socket = connected(8);
    expect<u32>(text.write(socket, "hello", 0)).toBe(5);
    expect<string>(sent()).toBe("hello");
    expect<bool>(text.decimal(socket, 12345)).toBe(false);
    expect<string>(sent()).toBe("nothing");
    peer(ACK, NXT, UNA + 5);
    expect<bool>(ready(1) == socket).toBe(true);
    expect<bool>(text.decimal(socket, 12345)).toBe(true);
    expect<string>(sent()).toBe("12345");
  });
});
