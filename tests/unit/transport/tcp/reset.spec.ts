import { Counter } from "../../../../assembly/memory/counters";
import { root } from "../../../../assembly/memory/root";
import { counted, ignore, unsent } from "../../world";
import { ACK, clientAt, FIN, peer, peerText, PSH, RST, seenOptions, seenWindow, sends, silent, SYN, URG } from "./peer";

describe("transport/tcp/reset: no connection (RFC 9293 3.10.7.1)", () => {
  test("SM-CLOSED-1: without ACK: SEQ 0, ACK = SEG.SEQ + SEG.LEN, RST and ACK", () => {
    clientAt(100);
    peer(SYN, 300, 0);
    sends(RST | ACK, 0, 301);
    peerText(SYN, 300, 0, 10);
    sends(RST | ACK, 0, 311);
    peer(FIN, 300, 0);
    sends(RST | ACK, 0, 301);
    peerText(PSH, 300, 0, 10);
    sends(RST | ACK, 0, 310);
    peer(0, 300, 0);
    sends(RST | ACK, 0, 300);
    peer(FIN | PSH | URG, 0xffffffff, 0);
    sends(RST | ACK, 0, 0);
  });
  test("SM-CLOSED-1: with ACK: SEQ = SEG.ACK, RST alone", () => {
    clientAt(100);
    peer(ACK, 300, 555);
    sends(RST, 555, 0);
    peer(SYN | ACK, 300, 556);
    sends(RST, 556, 0);
    peerText(FIN | ACK, 300, 557, 100);
    sends(RST, 557, 0);
    expect<u32>(seenWindow()).toBe(0);
    expect<u32>(seenOptions()).toBe(0);
    expect<u32>(counted(Counter.TCP_NO_CONNECTION)).toBe(3);
  });
  test("SM-CLOSED-2: never a RST to a RST", () => {
    clientAt(100);
    peer(RST, 300, 0);
    peer(RST | ACK, 300, 555);
    peer(RST | SYN, 300, 0);
    silent();
  });
  test("errorRate resets a second and no more", () => {
    clientAt(100);
    let sent: u32 = 0;
    for (let i = 0; i < 80; i++) {
      peer(SYN, 300, 0);
      sent += unsent(0);
      ignore(0);
    }
    expect<u32>(sent).toBe(root.errorRate);
    expect<u32>(counted(Counter.TCP_RST_LIMITED)).toBe(30);
  });
});
