// Two stacks wired by frames, on a clock of their own: a ping, then a line of text there and back over TCP. No I/O, no waiting.
import { createHash } from "node:crypto";
import { Err, instantiate } from "ringwire/core";

/** A stack at 10.0.0.`n`. A real host takes 32 octets from `crypto.getRandomValues` for the seed; this one always does the same. */
const stack = (n) =>
  instantiate({
    seed: createHash("sha256").update(`ping-pong ${n}`).digest("hex"),
    devices: [{ kind: "ethernet" }],
    interfaces: [{ device: 0, mac: `02:00:00:00:00:0${n}`, addresses: [`10.0.0.${n}/24`] }],
  });
const [left, right] = [await stack(1), await stack(2)];

let now = 0;
/** Polls both ends and carries their frames across until `done` answers something; time passes only when nothing is due. */
function until(done, limit = 10_000) {
  for (const end = now + limit; now < end; ) {
    const wait = Math.min(left.poll(now), right.poll(now));
    const frames = [left.output(), right.output()];
    for (const frame of frames[0]) right.input(frame);
    for (const frame of frames[1]) left.input(frame);
    const answer = done();
    if (answer) return answer;
    if (!frames[0].length && !frames[1].length) now += Math.max(wait, 1);
  }
  throw new Error(`nothing within ${limit} ms`);
}
/** Answers what is not an error. */
function good(answer) {
  if (answer >= 0) return answer;
  throw new Error(Object.keys(Err).find((name) => Err[name] === answer));
}
const octets = (answer) => (answer instanceof Uint8Array ? answer : null);

const ping = good(left.ping_open());
good(left.udp_write(ping, Buffer.from("are you there?"), { address: "10.0.0.2", port: 1 }));
const echo = until(() => octets(left.udp_read(ping)));
console.log(`ping: "${Buffer.from(echo)}" from ${left.remote.address}, sequence ${left.remote.port}`);

const listener = good(right.tcp_listen({ port: 7 }));
const client = good(left.tcp_connect({ address: "10.0.0.2", port: 7 }));
const server = until(() => Math.max(0, right.tcp_accept(listener)));
console.log(`tcp: ${right.remote.address} is connected to port ${right.local.port}`);

good(left.tcp_write(client, Buffer.from("pong?")));
const heard = until(() => octets(right.tcp_read(server)));
good(right.tcp_write(server, Buffer.concat([heard, Buffer.from(" pong!")])));
console.log(`tcp: "${Buffer.from(until(() => octets(left.tcp_read(client))))}"`);

left.tcp_close(client);
until(() => right.tcp_read(server) === Err.END);
right.tcp_close(server);
until(() => right.pools().TCP0.used === 0);
console.log(`tcp: closed, ${left.pools().TIME_WAIT.used} connection in TIME-WAIT after ${now} ms`);
console.log(`arp: ${left.neighbours()[0].address} is at ${left.neighbours()[0].mac}`);
