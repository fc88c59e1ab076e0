import { State } from "../../../../assembly/transport/tcp/state";
import { ACK, clientAt, connect, IRS, is, ISS, peer, REMOTE, sends, silent, SYN } from "./peer";

describe("transport/tcp: the figures of RFC 9293", () => {
  test("RFC 9293 figure 6: basic three-way handshake", () => {
    clientAt(ISS);
    connect(REMOTE, 80);
    sends(SYN, ISS, 0);
    is(State.SYN_SENT);
    peer(SYN | ACK, IRS, ISS + 1);
    sends(ACK, ISS + 1, IRS + 1);
    silent();
    is(State.ESTABLISHED);
  });
});
