// biome-ignore-all format: one line for what is short
// Gets an address by DHCP, where it has none, and publishes mailbox word 0 as `ringwire/sensor` every 10 seconds. The host writes the
// broker's address into word 1; word 2 shows MqttState or an error, word 3 how often it was published.
//   sudo ringwire run mqtt --tap rw0 --host-ip 10.9.0.1/24 --mail 0=2150 --mail 1=10.9.0.1 --show 2,3
import { AddressState } from "../../assembly/memory/control";
import { root, state } from "../../assembly/memory/root";
import { after, before, NEVER, until } from "../../assembly/memory/time";
import { DhcpStart } from "../../assembly/application/binding";
import * as dhcp from "../../assembly/application/dhcp";
import * as mqtt from "../../assembly/application/mqtt";
import { MqttState } from "../../assembly/application/mqtt";
import * as print from "../../assembly/application/print";
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";

export { ARENA_START, control } from "../../assembly/init";

/** Mailbox words; the last two are our own: the broker that was asked, and when the next message is due. */
const VALUE: u32 = 0;
const BROKER: u32 = 1;
const STATUS: u32 = 2;
const PUBLISHED: u32 = 3;
const ASKED: u32 = 4;
const DUE: u32 = 5;
const PACE: u32 = 10000;

function publish(): void {
  const topic = root.exchange;
  const message = print.ascii(topic, "ringwire/sensor");
  const end = print.decimal(message, root.mail(VALUE), 0);
  if (mqtt.publish(topic, <u32>(message - topic), message, <u32>(end - message), false)) return;
  root.setMail(PUBLISHED, root.mail(PUBLISHED) + 1);
  root.setMail(DUE, after(state.now, PACE));
}
function serve(): void {
  dhcp.serve();
  mqtt.serve();
  const broker = root.mail(BROKER);
  if (broker != root.mail(ASKED) && root.interface(0).address(0).state == <u8>AddressState.VALID) {
    root.setMail(ASKED, broker);
    mqtt.start(broker, 0, root.exchange, <u32>(print.ascii(root.exchange, "ringwire") - root.exchange), 30);
  }
  root.setMail(STATUS, mqtt.status());
  if (mqtt.status() == MqttState.CONNECTED && !before(state.now, root.mail(DUE))) publish();
}

export function init(ms: i32, us: i32): i32 {
  const wrong = init_.init(ms, us);
  root.setMail(ASKED, 0);
  root.setMail(DUE, ms);
  return wrong || root.interface(0).address(0).state ? wrong : dhcp.start(1, DhcpStart.NOW, 0);
}
export function receive(ms: i32, us: i32): i32 { const frames = stack.receive(ms, us); if (frames >= 0) serve(); return frames; }
export function transmit(): i32 {
  const wait = stack.transmit();
  const next = mqtt.status() == MqttState.CONNECTED ? until(root.mail(DUE), state.now) : NEVER;
  return wait > 0 ? min(wait, <i32>min(next, min(dhcp.within(), mqtt.within()))) : wait;
}
export function poll(ms: i32, us: i32): i32 { const frames = receive(ms, us); return frames < 0 ? frames : transmit(); }
