import * as page from "../../../assembly/application/page";
import { FlashWhat, FlashWord } from "../../../assembly/application/flash";
import { Err } from "../../../assembly/memory/errors";
import { root } from "../../../assembly/memory/root";
import { NEVER } from "../../../assembly/memory/time";
import { listen } from "../../../assembly/tcp";
import { State } from "../../../assembly/transport/tcp/state";
import { load16 } from "../octets";
import { ACK, FIN, IRS, is, ISS, peer, peerText, rebegin, serverAt, SYN } from "../transport/tcp/peer";
import { find, Tcb } from "../../../assembly/transport/tcp/tcb";
import { ignore, poll, tx, wait } from "../world";

const OWNER: u32 = 1;
const HEAD = " \r\nConnection: close\r\nContent-Type: text/plain\r\n\r\n";
let sent: u32 = 0;
let heard: u32 = 0;
let value: u32 = 0;

/** The application: `/` shows a value, `/flash` what the host keeps as store 3. */
function serve(): void {
  for (let it = page.next(OWNER, null); it; it = page.next(OWNER, it)) {
    if (it.is("/flash")) it.flash(3, "text/plain");
    else if (it.is("/")) {
      it.begin(200, "text/plain");
      it.text("v\xe4lue ");
      it.hundredths(it.keep(value));
      it.text("|");
      it.decimal(1000000000);
      it.text("|");
      it.decimal(0);
      it.end();
    } else it.refuse(404);
  }
}
function connect(send: u32): void {
  serverAt(ISS);
  memory.fill(changetype<usize>(root) + 320, 0, 256);
  root.class0Send = send;
  rebegin(ISS);
  expect<bool>(listen(80, OWNER) > 0).toBe(true);
  peer(SYN, IRS, 0);
  ignore(0);
  peer(ACK, IRS + 1, ISS + 1);
  sent = 0;
  heard = 0;
  value = <u32>-5;
  serve();
}
function connection(): Tcb {
  return changetype<Tcb>(find(0xc0000201, 0xc0000202, (80 << 16) | 4000));
}
/** The client sends a text; the peer's octets are overwritten where they lie. */
function says(text: string): void {
  peerText(ACK, IRS + 1 + sent, ISS + 1 + heard, text.length);
  const rcv = connection().rcv;
  for (let i: u32 = 0; i < <u32>text.length; i++) store<u8>(rcv.ring + ((IRS + 1 + sent + i) & rcv.mask), <u8>text.charCodeAt(i));
  sent += text.length;
  serve();
}
/** The host answers what is asked of it: a store of 10 octets, "0123456789". */
function host(): void {
  const what = root.mail(FlashWord.WHAT);
  if (what == FlashWhat.NOTHING) return;
  let octets: u32 = 10;
  if (what == FlashWhat.READ) {
    octets = min<u32>(root.mail(FlashWord.OCTETS), 10 - root.mail(FlashWord.OFFSET));
    for (let i: u32 = 0; i < octets; i++) store<u8>(root.mail(FlashWord.ADDRESS) + i, <u8>(48 + root.mail(FlashWord.OFFSET) + i));
  }
  root.setMail(FlashWord.ANSWER, root.mail(FlashWord.STORE) == 3 ? octets : <u32>Err.BAD_ARGUMENT);
  root.setMail(FlashWord.WHAT, FlashWhat.NOTHING);
}
/** All that leaves until nothing more does; the client takes it. */
function hears(answers: bool): string {
  let text = "";
  for (let round = 0; round < 100; round++) {
    if (answers) host();
    serve();
    poll();
    for (let ip = tx(0); ip; ip = tx(0)) {
      const octets = load16(ip + 2) - 40;
      for (let i: u32 = 0; i < octets; i++) text += String.fromCharCode(load<u8>(ip + 40 + i));
      heard += octets;
    }
    if (find(0xc0000201, 0xc0000202, (80 << 16) | 4000)) peer(ACK, IRS + 1 + sent, ISS + 1 + heard);
  }
  return text;
}

describe("application/page", () => {
  test("a request octet by octet, and an answer through a ring of 16 octets; a value that changes meanwhile is kept", () => {
    connect(16);
    const request = "GET /?a=b HTTP/1.1\r\nHost: x\r\n\r\n";
    for (let i = 0; i < request.length; i++) says(request.substr(i, 1));
    value = 123456;
    expect<string>(hears(false)).toBe("HTTP/1.1 200" + HEAD + "v\xc3\xa4lue -0.05|1000000000|0");
    is(State.FIN_WAIT_1);
  });
  test("HEAD has no body; an unknown target is 404, another method 405", () => {
    connect(1024);
    says("HEAD / HTTP/1.1\r\n\r\n");
    expect<string>(hears(false)).toBe("HTTP/1.1 200" + HEAD);
    connect(1024);
    says("GET /other HTTP/1.1\r\n\r\n");
    expect<string>(hears(false)).toBe("HTTP/1.1 404" + HEAD);
    connect(1024);
    says("POST / HTTP/1.1\r\n\r\n");
    expect<string>(hears(false)).toBe("HTTP/1.1 405" + HEAD);
  });
  test("what the host keeps goes through the ring piece by piece", () => {
    connect(12);
    says("GET /flash HTTP/1.1\r\n\r\n");
    expect<string>(hears(true)).toBe("HTTP/1.1 200" + HEAD + "0123456789");
    is(State.FIN_WAIT_1);
    connect(1024);
    says("HEAD /flash HTTP/1.1\r\n\r\n");
    expect<string>(hears(true)).toBe("HTTP/1.1 200" + HEAD);
    is(State.FIN_WAIT_1);
  });
  test("a host that does not answer has no such store", () => {
    connect(1024);
    says("GET /flash HTTP/1.1\r\n\r\n");
    expect<string>(hears(false)).toBe("HTTP/1.1 404" + HEAD);
    expect<u32>(root.mail(FlashWord.ASKER)).toBe(0);
  });
  test("who does not ask within 15 s is let go, and so is one who closes before", () => {
    expect<u32>(page.within(OWNER)).toBe(NEVER);
    connect(1024);
    expect<u32>(page.within(OWNER)).toBe(15000);
    says("GET / HT");
    wait(14999);
    poll();
    serve();
    is(State.ESTABLISHED);
    expect<u32>(page.within(OWNER)).toBe(1);
    wait(1);
    poll();
    serve();
    expect<u32>(page.within(OWNER)).toBe(NEVER);
    is(State.LISTEN);
    connect(1024);
    peer(FIN | ACK, IRS + 1, ISS + 1);
    serve();
    is(State.LAST_ACK);
  });
  test("a client that takes nothing more is let go 15 s after it last did", () => {
    connect(16);
    says("GET / HTTP/1.1\r\n\r\n");
    poll();
    wait(14000);
    poll();
    peer(ACK, IRS + 1 + sent, ISS + 1 + 16);
    serve();
    expect<u32>(page.within(OWNER)).toBe(15000);
    wait(15000);
    poll();
    serve();
    expect<u32>(page.within(OWNER)).toBe(NEVER);
  });
});
