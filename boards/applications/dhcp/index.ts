// biome-ignore-all format: one line a call
// The application of the boards, with DHCP. The program around it begins that and keeps the lease (bindings/c/ringwire_dhcp.c).
import * as dhcp from "../../../assembly/application/dhcp";
import * as dhcpstatus from "../../../assembly/application/dhcpstatus";
import { root } from "../../../assembly/memory/root";
import * as application from "../../common/application";

export { control, init } from "../../common/application";

/** `dhcp_start` and `dhcp_status` of docs/abi.md. */
export function dhcp_start(interface_: i32, options: i32): i32 { return dhcp.start(interface_ + 1, options, root.local.ip); }
export function dhcp_status(interface_: i32): i32 { return dhcpstatus.tell(interface_ + 1); }
export function receive(ms: i32, us: i32): i32 { const frames = application.receive(ms, us); if (frames >= 0) dhcp.serve(); return frames; }
export function transmit(): i32 { const wait = application.transmit(); return wait > 0 ? min(wait, <i32>dhcp.within()) : wait; }
export function poll(ms: i32, us: i32): i32 { const frames = receive(ms, us); return frames < 0 ? frames : transmit(); }
