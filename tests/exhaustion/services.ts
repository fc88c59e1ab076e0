// Capacities of the services inside the module: to the brim, one over, and back.
import assert from "node:assert/strict";
import { Err } from "../../bindings/node/core.js";
import { PROTOCOL, udp } from "../conformance/packets.js";
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
