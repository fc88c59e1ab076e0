import { Err, Offer, Option } from "../../../../assembly/memory/errors";
import { root } from "../../../../assembly/memory/root";
import { status, Waits } from "../../../../assembly/transport/status";
import * as settings from "../../../../assembly/transport/tcp/settings";
import { State } from "../../../../assembly/transport/tcp/state";
import { ignore, poll } from "../../world";
import {
  accept,
  ACK,
  CLIENT,
  established,
  FIN,
  handleNow,
  IRS,
  ISS,
  listen,
  LOCAL,
  peer,
  peerText,
  peerWindow,
  queue,
  REMOTE,
  SERVER,
  serverAt,
  shutdown,
  SYN,
  write,
} from "./peer";

const NXT: u32 = IRS + 1;
const UNA: u32 = ISS + 1;

function set(option: i32, value: i32): i32 {
  return settings.set(handleNow(), option, value);
}
function get(option: i32): i32 {
  return settings.get(handleNow(), option);
}

describe("transport/tcp/settings: options", () => {
  test("the defaults are those of the control block", () => {
    established(65535);
    expect<i32>(get(Option.NODELAY)).toBe(0);
    expect<i32>(get(Option.KEEPALIVE)).toBe(0);
    expect<i32>(get(Option.KEEP_IDLE)).toBe(7200000);
    expect<i32>(get(Option.KEEP_INTERVAL)).toBe(75000);
    expect<i32>(get(Option.KEEP_COUNT)).toBe(9);
    expect<i32>(get(Option.USER_TIMEOUT)).toBe(300000);
    expect<i32>(get(Option.TTL)).toBe(64);
    expect<i32>(get(Option.TOS)).toBe(0);
    expect<i32>(get(Option.CONGESTION)).toBe(0);
    expect<i32>(get(Option.OFFER)).toBe(Offer.SCALE | Offer.SACK | Offer.TIMESTAMPS | Offer.COOKIES);
    expect<i32>(get(Option.REPORTS)).toBe(1);
  });
  test("what is set can be read; the ECN bits of TOS are dropped", () => {
    established(65535);
    for (let option: i32 = Option.NODELAY; option <= Option.TOS; option++) {
      expect<i32>(set(option, 1)).toBe(0);
      expect<i32>(get(option)).toBe(option == Option.TOS ? 0 : 1);
    }
    for (let option: i32 = Option.CONGESTION; option <= Option.REPORTS; option++) {
      expect<i32>(set(option, 1)).toBe(0);
      expect<i32>(get(option)).toBe(1);
      expect<i32>(set(option, 0)).toBe(0);
      expect<i32>(get(option)).toBe(0);
    }
    set(Option.TOS, 0xff);
    expect<i32>(get(Option.TOS)).toBe(0xfc);
  });
  test("values out of range are refused and change nothing", () => {
    established(65535);
    expect<i32>(set(Option.NODELAY, 2)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.KEEPALIVE, 3)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.KEEP_IDLE, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.KEEP_COUNT, 256)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.USER_TIMEOUT, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.USER_TIMEOUT, -5)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.TTL, 0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.TTL, 256)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.TOS, 256)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.CONGESTION, 2)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.OFFER, 32)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(Option.OFFER, -1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(get(Option.TTL)).toBe(64);
    expect<i32>(get(Option.OFFER)).toBe(23);
  });
  test("BROADCAST and what is no option are none of TCP's", () => {
    established(65535);
    expect<i32>(set(Option.BROADCAST, 1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(get(Option.BROADCAST)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(0, 1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(get(0)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(set(13, 1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(settings.set(0, Option.TTL, 9)).toBe(Err.BAD_HANDLE);
    expect<i32>(settings.get(handleNow() + 1, Option.TTL)).toBe(Err.BAD_HANDLE);
  });
  test("connections inherit the options of their listener", () => {
    serverAt(ISS);
    const listener = listen(4);
    expect<i32>(settings.set(listener, Option.TTL, 9)).toBe(0);
    expect<i32>(settings.set(listener, Option.NODELAY, 1)).toBe(0);
    expect<i32>(settings.set(listener, Option.USER_TIMEOUT, 12345)).toBe(0);
    expect<i32>(settings.set(listener, Option.OFFER, Offer.SACK)).toBe(0);
    expect<i32>(settings.set(listener, Option.CONGESTION, 1)).toBe(0);
    peer(SYN, IRS, 0);
    peer(ACK, NXT, UNA);
    accept(listener);
    expect<i32>(get(Option.OFFER)).toBe(Offer.SACK);
    expect<i32>(get(Option.CONGESTION)).toBe(1);
    expect<i32>(get(Option.TTL)).toBe(9);
    expect<i32>(get(Option.NODELAY)).toBe(1);
    expect<i32>(get(Option.USER_TIMEOUT)).toBe(12345);
  });
});

describe("transport/tcp/settings: STATUS (RFC 9293 3.10.6)", () => {
  test("of a connection: ends, counts of octets, windows, round trips", () => {
    established(3000);
    write(5000);
    ignore(0);
    peerText(ACK, NXT, UNA + 1000, 70);
    expect<i32>(settings.tellStatus(handleNow())).toBe(State.ESTABLISHED);
    const it = status();
    expect<u32>(it.state).toBe(State.ESTABLISHED);
    expect<u32>(it.local.ip).toBe(LOCAL);
    expect<u32>(it.local.port).toBe(CLIENT);
    expect<u32>(it.remote.ip).toBe(REMOTE);
    expect<u32>(it.remote.port).toBe(SERVER);
    expect<u32>(it.readable).toBe(70);
    expect<u32>(it.writable).toBe(16384 - 4000);
    expect<u32>(it.unacknowledged).toBe(3000);
    expect<u32>(it.unsent).toBe(1000);
    expect<u32>(it.sndWnd).toBe(3000);
    expect<u32>(it.mss).toBe(1000);
    expect<u32>(it.rto).toBe(200);
    expect<i32>(it.handle).toBe(handleNow());
    expect<u32>(it.waits).toBe(Waits.PEER_WINDOW);
  });
  test("what it waits for: nothing, an acknowledgement, the windows", () => {
    established(65535);
    settings.tellStatus(handleNow());
    expect<u32>(status().waits).toBe(Waits.NOTHING);
    write(1000);
    settings.tellStatus(handleNow());
    expect<u32>(status().waits).toBe(Waits.ACKNOWLEDGEMENT);
    write(15000);
    settings.tellStatus(handleNow());
    expect<u32>(status().waits).toBe(Waits.CONGESTION_WINDOW);
    peerWindow(0);
    peer(ACK, NXT, UNA + 10000);
    settings.tellStatus(handleNow());
    expect<u32>(status().waits).toBe(Waits.PEER_WINDOW);
  });
  test("of a listener, and none of what is stale", () => {
    serverAt(ISS);
    const listener = listen(4);
    peer(SYN, IRS, 0);
    peer(ACK, NXT, UNA);
    expect<i32>(settings.tellStatus(listener)).toBe(State.LISTEN);
    expect<u32>(status().backlog).toBe(1);
    expect<u32>(status().local.port).toBe(SERVER);
    expect<i32>(settings.tellStatus(listener + 1)).toBe(Err.BAD_HANDLE);
    expect<i32>(settings.tellStatus(-1)).toBe(Err.BAD_HANDLE);
  });
  test("of each state on the way to the end", () => {
    established(65535);
    shutdown();
    expect<i32>(settings.tellStatus(handleNow())).toBe(State.FIN_WAIT_1);
    peer(ACK, NXT, UNA + 1);
    expect<i32>(settings.tellStatus(handleNow())).toBe(State.FIN_WAIT_2);
    peer(FIN | ACK, NXT, UNA + 1);
    expect<i32>(settings.tellStatus(handleNow())).toBe(State.TIME_WAIT);
    queue(0);
    poll();
    expect<u32>(root.status).toBe(<u32>root.statusAt);
  });
});
