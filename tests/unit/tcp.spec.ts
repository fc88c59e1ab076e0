import { Err } from "../../assembly/memory/errors";
import * as text from "../../assembly/application/text";
import { listen, ready, Socket } from "../../assembly/tcp";
import { hex, load16 } from "./octets";
import { poll } from "./world";
import { ACK, FIN, IRS, is, ISS, octetAt, peer, peerText, sends, serverAt, silent, SYN, seen, write } from "./transport/tcp/peer";
import { State } from "../../assembly/transport/tcp/state";
import * as world from "./world";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;
const APPLICATION: u32 = 1;

@unmanaged
class Record {
  a: u32;
  b: u32;
}
/** An application listens, and the peer has connected: its socket. */
function connected(): Socket {
  serverAt(ISS);
  expect<i32>(listen(80, APPLICATION)).toBeGreaterThan(0);
  peer(SYN, IRS, 0);
  sends(SYN | ACK, ISS, NXT);
  peer(ACK, NXT, UNA);
  return changetype<Socket>(changetype<usize>(ready(APPLICATION)));
}
/** Text of the next segment. */
function sent(): string {
  const ip = world.tx(0);
  if (!ip) return "nothing";
  return String.UTF8.decodeUnsafe(ip + 40, load16(ip + 2) - 40);
}

describe("tcp: for applications inside the module", () => {
  test("a connection is ready without accept, and belongs to its owner", () => {
    const socket = connected();
    expect<bool>(changetype<usize>(socket) != 0).toBe(true);
    expect<bool>(ready(0) == null).toBe(true);
    expect<u32>(socket.readable).toBe(0);
    expect<u32>(socket.writable).toBeGreaterThan(0);
    expect<bool>(socket.isFinished).toBe(false);
  });
  test("text is read in place and released", () => {
    const socket = connected();
    peerText(ACK, NXT, UNA, 10);
    expect<bool>(ready(APPLICATION) == socket).toBe(true);
    expect<u32>(socket.readable).toBe(10);
    expect<u8>(load<u8>(socket.input)).toBe(octetAt(NXT));
    socket.release(4);
    expect<u32>(socket.readable).toBe(6);
    expect<u8>(load<u8>(socket.input)).toBe(octetAt(NXT + 4));
  });
  test("text is written in place and sent", () => {
    const socket = connected();
    store<u8>(socket.output, 0x41);
    store<u8>(socket.output, 0x42, 1);
    socket.send(2);
    poll();
    expect<string>(sent()).toBe("AB");
  });
  test("finished when the peer has closed and all was read; close answers", () => {
    const socket = connected();
    peerText(FIN | ACK, NXT, UNA, 3);
    sends(ACK, UNA, NXT + 4);
    expect<bool>(socket.isFinished).toBe(false);
    socket.release(3);
    expect<bool>(socket.isFinished).toBe(true);
    socket.close();
    poll();
    sends(FIN | ACK, UNA, NXT + 4);
    is(State.LAST_ACK);
    peer(ACK, NXT + 4, UNA + 1);
    silent();
    is(State.LISTEN);
  });
  test("each connection has octets of its own, zero at first", () => {
    const record = connected().record<Record>();
    expect<u32>(record.a | record.b).toBe(0);
    record.b = 5;
    expect<u32>(record.b).toBe(5);
    expect<string>(hex(seen, 1)).toBe("00");
  });
  test("a port once", () => {
    connected();
    expect<i32>(listen(80, APPLICATION)).toBe(Err.IN_USE);
  });
  test("application/text: writes a text, and goes on where it stopped", () => {
    const socket = connected();
    expect<u32>(text.write(socket, "hello", 0)).toBe(5);
    poll();
    expect<string>(sent()).toBe("hello");
    expect<u32>(text.write(socket, "hello", 5)).toBe(5);
    expect<u32>(text.write(socket, "world", 2)).toBe(5);
    peer(ACK, NXT, UNA + 5);
    expect<string>(sent()).toBe("rld");
    write(0);
  });
});
