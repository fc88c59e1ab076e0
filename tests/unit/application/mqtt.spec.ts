import * as mqtt from "../../../assembly/application/mqtt";
import { MqttState } from "../../../assembly/application/mqtt";
import * as print from "../../../assembly/application/print";
import { Err } from "../../../assembly/memory/errors";
import { DeviceKind } from "../../../assembly/memory/control";
import { root } from "../../../assembly/memory/root";
import { NEVER } from "../../../assembly/memory/time";
import { ownerOf, Service } from "../../../assembly/transport/service";
import { Tcb } from "../../../assembly/transport/tcp/tcb";
import { PoolIndex } from "../../../assembly/memory/pool";
import { hex } from "../octets";
import { addDevice, addInterface, begin, blank, poll, unsent, wait } from "../world";
import * as wire from "../transport/tcp/peer";

const US: u32 = wire.LOCAL;
const BROKER: u32 = wire.REMOTE;
const ID: usize = memory.data(64, 8);

/** A stack of which everything is begun anew, with a send ring of `send` octets. */
function stackWith(send: u32): void {
  blank();
  root.class0Send = send;
  addDevice(DeviceKind.RAW_IP, 64);
  addInterface(US, 24);
  begin();
}
function started(): void {
  expect<i32>(mqtt.start(BROKER, 0, ID, <u32>(print.ascii(ID, "box") - ID), 30)).toBe(0);
}
/** The connection of the client. */
function connection(): Tcb {
  const pool = root.pool(PoolIndex.TCP0);
  for (let i: u32 = 0; i < pool.mark; i++) {
    const tcb = changetype<Tcb>(pool.at(i));
    if (tcb.taken && tcb.owner == ownerOf(Service.MQTT) && tcb.held) return tcb;
  }
  return changetype<Tcb>(0);
}
/** Octets that wait in the send ring, and are thrown away. */
function written(): string {
  const snd = connection().snd;
  const octets = snd.end.u32 - snd.una.u32 - 1;
  let text = "";
  for (let i: u32 = 0; i < octets; i++) text += (i ? " " : "") + hex(snd.ring + ((snd.una.u32 + 1 + i) & snd.mask), 1);
  return text;
}

describe("application/mqtt", () => {
  test("what no broker would take is refused", () => {
    stackWith(1024);
    expect<i32>(mqtt.start(BROKER, 0, ID, 0, 30)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(mqtt.start(BROKER, 0, ID, 24, 30)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(mqtt.start(BROKER, 0, ID, 3, 1)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(mqtt.start(BROKER, 65536, ID, 3, 30)).toBe(Err.BAD_ARGUMENT);
    expect<i32>(mqtt.status()).toBe(MqttState.OFF);
    expect<u32>(mqtt.within()).toBe(NEVER);
    mqtt.serve();
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
  });
  test("CONNECT follows the SYN: MQTT, level 4, a clean session, the keep alive, the identifier", () => {
    stackWith(1024);
    started();
    expect<u32>(mqtt.within()).toBe(0);
    mqtt.serve();
    expect<string>(written()).toBe("10 0f 00 04 4d 51 54 54 04 02 00 1e 00 03 62 6f 78");
    expect<i32>(mqtt.status()).toBe(MqttState.CONNECTING);
    expect<u32>(mqtt.within()).toBe(10000);
    expect<i32>(mqtt.publish(ID, 1, ID, 1, false)).toBe(Err.BAD_STATE);
  });
  test("a broker that is silent: another connection after a second, then after more and more", () => {
    stackWith(1024);
    started();
    mqtt.serve();
    wait(10000);
    poll();
    mqtt.serve();
    expect<i32>(mqtt.status()).toBe(Err.TIMED_OUT);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
    const first = mqtt.within();
    expect<bool>(first >= 1000 && first <= 1250).toBe(true);
    wait(first);
    poll();
    mqtt.serve();
    expect<i32>(mqtt.status()).toBe(MqttState.CONNECTING);
    wait(10000);
    poll();
    mqtt.serve();
    expect<bool>(mqtt.within() >= 2000 && mqtt.within() <= 2500).toBe(true);
  });
  test("no way, no socket, a ring that is too small: tried again", () => {
    stackWith(1024);
    expect<i32>(mqtt.start(0x0a000001, 0, ID, 3, 30)).toBe(0);
    mqtt.serve();
    expect<i32>(mqtt.status()).toBe(Err.NO_ROUTE);
    stackWith(16);
    started();
    mqtt.serve();
    expect<i32>(mqtt.status()).toBe(Err.TOO_LONG);
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
  });
  test("stopped, it lets go of its connection", () => {
    stackWith(1024);
    started();
    mqtt.serve();
    mqtt.stop();
    expect<i32>(mqtt.status()).toBe(MqttState.OFF);
    poll();
    expect<u32>(root.pool(PoolIndex.TCP0).used).toBe(0);
    expect<u32>(unsent(0)).toBe(0);
  });
});
