import { DeviceKind } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import * as udp from "../../assembly/udp";
import { hex, load16 } from "./octets";
import { addDevice, addInterface, arrives, begin, blank, poll, rawIp, tx, unsent } from "./world";

const US: u32 = 0xc0000201;
const PEER: u32 = 0xc0000202;
const APPLICATION: u32 = 1;
const LOCALHOST: u32 = 0x7f000001;
const GROUP: u32 = 0xef010203;
/** Two octets, from 192.0.2.2 port 9 to port 7 of 239.1.2.3. */
const TO_GROUP: string = "45 00 00 1e 00 00 00 00 40 11 c7 c8 c0 00 02 02 ef 01 02 03 00 09 00 07 00 0a 00 00 68 69";

/** A datagram of two octets, from 192.0.2.2 port 9 to us at port 7. */
function hello(): void {
  arrives(0, "45 00 00 1e 00 00 00 00 40 11 f6 cb c0 00 02 02 c0 00 02 01 00 09 00 07 00 0a 00 00 68 69");
}

describe("udp: for applications inside the module", () => {
  test("a datagram is read where it lies, and answered to its sender", () => {
    rawIp(US, 24);
    const socket = udp.open(7, APPLICATION, 0)!;
    hello();
    expect<bool>(changetype<usize>(udp.ready(APPLICATION)) == changetype<usize>(socket)).toBe(true);
    expect<bool>(udp.ready(APPLICATION) == null).toBe(true);
    expect<i32>(socket.next).toBe(2);
    expect<string>(hex(socket.input, 2)).toBe("68 69");
    expect<u32>(socket.from).toBe(PEER);
    expect<u32>(socket.fromPort).toBe(9);
    expect<u32>(socket.via).toBe(1);
    socket.release();
    expect<i32>(socket.next).toBe(Err.WOULD_BLOCK);
    expect<i32>(socket.space).toBe(root.udpOctets);
    store<u8>(socket.output, 33);
    expect<i32>(socket.send(1, PEER, 9, 0)).toBe(1);
    poll();
    const at = tx(0);
    expect<u32>(load16(at + 20)).toBe(7);
    expect<u32>(load16(at + 22)).toBe(9);
    expect<u32>(load<u8>(at + 28)).toBe(33);
  });
  test("a connected one hears its peer only and needs no address to send", () => {
    rawIp(US, 24);
    const socket = udp.open(7, APPLICATION, 0)!;
    expect<i32>(socket.connect(PEER, 10)).toBe(0);
    hello();
    expect<i32>(socket.next).toBe(Err.WOULD_BLOCK);
    expect<i32>(socket.connect(PEER, 9)).toBe(0);
    hello();
    expect<i32>(socket.next).toBe(2);
    expect<bool>(socket.space > 0).toBe(true);
    expect<i32>(socket.send(1, 0, 0, 0)).toBe(1);
  });
  test("a port that is taken gives none; closing makes it free", () => {
    rawIp(US, 24);
    const socket = udp.open(7, APPLICATION, 0)!;
    expect<bool>(udp.open(7, APPLICATION, 0) == null).toBe(true);
    socket.close();
    expect<bool>(udp.open(7, APPLICATION, 0) != null).toBe(true);
  });
  test("forget empties a queue", () => {
    rawIp(US, 24);
    udp.open(7, APPLICATION, 0);
    hello();
    udp.forget(APPLICATION);
    expect<bool>(udp.ready(APPLICATION) == null).toBe(true);
  });
  test("an option is the socket's", () => {
    rawIp(US, 24);
    const socket = udp.open(7, APPLICATION, 0)!;
    socket.set(7, 3);
    socket.space;
    socket.send(0, PEER, 9, 0);
    poll();
    expect<u32>(load<u8>(tx(0), 8)).toBe(3);
  });
  test("two of one module speak with each other over loopback, and nothing leaves", () => {
    blank();
    addDevice(DeviceKind.RAW_IP, 64);
    addInterface(US, 24);
    addDevice(DeviceKind.LOOPBACK, 32);
    addInterface(LOCALHOST, 8);
    begin();
    const one = udp.open(7, APPLICATION, 0)!;
    const other = udp.open(9, APPLICATION, 0)!;
    expect<i32>(other.space).toBe(root.udpOctets);
    store<u8>(other.output, 33);
    expect<i32>(other.send(1, LOCALHOST, 7, 0)).toBe(1);
    poll();
    poll();
    expect<i32>(one.next).toBe(1);
    expect<u32>(load<u8>(one.input)).toBe(33);
    expect<u32>(one.from).toBe(LOCALHOST);
    expect<u32>(one.fromPort).toBe(9);
    expect<u32>(unsent(0)).toBe(0);
  });
  test("a member of a group hears what is sent to it, another socket of the port does not", () => {
    rawIp(US, 24);
    const socket = udp.open(7, APPLICATION, 0)!;
    arrives(0, TO_GROUP);
    expect<i32>(socket.next).toBe(Err.WOULD_BLOCK);
    expect<i32>(socket.join(GROUP, 1)).toBe(0);
    arrives(0, TO_GROUP);
    expect<i32>(socket.next).toBe(2);
    expect<u32>(socket.from).toBe(PEER);
  });
});
