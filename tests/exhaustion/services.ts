// Capacities of the services inside the module: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Err } from "../../bindings/node/core.js";
import { build, messagesTo, type Option, quad, TYPE } from "../conformance/dhcp.js";
import { ETHER, EVERYBODY, ethernet, ipv4, PROTOCOL, udp } from "../conformance/packets.js";
import { bytes, frame, PEER, US } from "../conformance/tester.js";
import { World } from "./world.js";

/** A client asks for a file from one of its ports. */
const asks = (port: number) => frame(udp(PEER.ip, port, US.ip, 69, bytes("\0\x01a\0octet\0")), { protocol: PROTOCOL.UDP });

export async function transfers(value: number): Promise<string[]> {
  const w = await World.make({ transfers: value });
  const server = { address: PEER.ip };
  const ours = Array.from({ length: value }, () => w.core.tftp_get(server, "f"));
  assert.ok(ours.every((transfer) => transfer > 0));
  assert.equal(w.core.tftp_get(server, "f"), Err.NO_ROOM);
  assert.equal(w.core.tftp_serve(), 0);
  w.inject(asks(2000));
  assert.equal(w.core.tftp_asked(), Err.WOULD_BLOCK);
  w.goesOn();
  assert.equal(w.core.tftp_drop(ours[0] as number), 0);
  assert.equal(w.core.tftp_drop(ours[0] as number), Err.BAD_HANDLE, "its handle is stale, whoever has its place");
  w.inject(asks(2000));
  const asked = w.core.tftp_asked();
  assert.ok(typeof asked === "object");
  assert.notEqual(asked.transfer, ours[0]);
  assert.equal(w.core.tftp_get(server, "f"), Err.NO_ROOM);
  assert.equal(w.core.tftp_drop(asked.transfer, 1), 0);
  assert.ok(w.core.tftp_get(server, "f") > 0);
  w.goesOn();
  return ["NO_ROOM"];
}

/** A message of DHCP client `n`, which has no address yet, or gives up the one it has. */
function client(n: number, type: number, more: Option[] = [], ciaddr = "0.0.0.0"): Uint8Array {
  const mac = `06:00:00:05:00:${n.toString(16).padStart(2, "0")}`;
  const message = build({ op: 1, xid: 0x2000 + n, chaddr: mac, ciaddr, options: [[53, type], ...more] });
  const to = "255.255.255.255";
  return ethernet(EVERYBODY, mac, ETHER.IPV4, ipv4({ from: ciaddr, to, protocol: PROTOCOL.UDP }, udp(ciaddr, 68, to, 67, message)));
}

export async function leases(value: number): Promise<string[]> {
  const w = await World.make({ leases: value });
  const answer = (frame: Uint8Array) => messagesTo(68, w.inject(frame))[0];
  /** The address that a client gets; none when nobody answers. */
  const lease = (n: number): string | undefined => {
    const offered = answer(client(n, TYPE.DISCOVER))?.yiaddr;
    if (!offered) return undefined;
    const given = answer(
      client(n, TYPE.REQUEST, [
        [54, ...quad(US.ip)],
        [50, ...quad(offered)],
      ]),
    );
    assert.equal(given?.type, TYPE.ACK);
    return given?.yiaddr;
  };
  assert.equal(w.core.dhcpd_start({ first: "10.5.0.1", last: "10.5.0.200" }), value, "as many as there is room for");
  const given = Array.from({ length: value }, (_, n) => lease(n));
  assert.deepEqual(new Set(given), new Set(Array.from({ length: value }, (_, i) => `10.5.0.${i + 1}`)));
  assert.equal(w.core.counter("DHCPD_FULL"), 0);
  assert.equal(lease(100), undefined);
  assert.equal(w.core.counter("DHCPD_FULL"), 1);
  w.goesOn();
  w.inject(client(0, TYPE.RELEASE, [[54, ...quad(US.ip)]], given[0]));
  assert.equal(lease(100), given[0]);
  w.goesOn();
  return ["DHCPD_FULL"];
}
