import { Err } from "../../../assembly/memory/errors";
import { PoolIndex } from "../../../assembly/memory/pool";
import { root, state } from "../../../assembly/memory/root";
import * as ready from "../../../assembly/transport/ready";
import { isOwner, isService, ownerOf, recordOf, Service, SERVICE_OCTETS, SERVICES } from "../../../assembly/transport/service";
import { bind } from "../../../assembly/transport/udp/calls";
import { retire, take } from "../../../assembly/transport/udp/socket";
import { rawIp } from "../world";

@unmanaged
class Words {
  first: u32;
}

function open(port: u32): i32 {
  root.local.set(0, port, 0);
  return bind(0, false);
}

describe("transport/service", () => {
  test("services are owners behind those of the control block, each with a queue", () => {
    rawIp(0xc0000201, 24);
    expect<u32>(ownerOf(Service.DHCP)).toBe(root.owners);
    expect<bool>(isOwner(root.owners - 1)).toBe(true);
    expect<bool>(isService(root.owners - 1)).toBe(false);
    expect<bool>(isService(ownerOf(Service.DNS))).toBe(true);
    expect<bool>(isOwner(root.owners + SERVICES)).toBe(false);
    const socket = take(ownerOf(Service.DNS))!;
    ready.raise(socket, 1);
    expect<bool>(ready.isDue(ownerOf(Service.DNS))).toBe(true);
    expect<bool>(ready.isDue(ownerOf(Service.DHCP))).toBe(false);
    expect<bool>(ready.isDue(0)).toBe(false);
  });
  test("each has state of its own, zero at the start", () => {
    rawIp(0xc0000201, 24);
    for (let i: u32 = 0; i < SERVICES; i++) expect<u32>(recordOf<Words>(i).first).toBe(0);
    recordOf<Words>(Service.SNTP).first = 7;
    expect<u32>(recordOf<Words>(Service.MDNS).first).toBe(0);
    expect<u32>(<u32>(changetype<usize>(recordOf<Words>(1)) - changetype<usize>(recordOf<Words>(0)))).toBe(SERVICE_OCTETS);
  });
  test("the host cannot take their sockets, nor they the host's", () => {
    rawIp(0xc0000201, 24);
    for (let i: u32 = 0; i < root.udpSockets; i++) expect<i32>(open(i + 1)).toBeGreaterThan(0);
    expect<i32>(open(99)).toBe(Err.NO_SOCKET);
    const kept = root.pool(PoolIndex.UDP).capacity - root.udpSockets;
    const last = take(ownerOf(Service.DNS))!;
    for (let i: u32 = 1; i < kept; i++) take(ownerOf(Service.SNTP));
    expect<u32>(state.serviceSockets).toBe(kept);
    expect<bool>(take(ownerOf(Service.DNS)) == null).toBe(true);
    retire(last);
    expect<bool>(take(0) == null).toBe(true);
    expect<bool>(take(ownerOf(Service.DNS)) != null).toBe(true);
  });
});
