// biome-ignore-all format: one line a call
// The calls of the services, as abi.ts has those of the stack. docs/abi.md section 8 says what they mean.
import { Flag } from "./memory/control";
import { Err } from "./memory/errors";
import { root } from "./memory/root";
import * as sntp from "./application/sntp";
import * as syslog from "./application/syslog";

/** Whether `init` has succeeded. */
function isReady(): bool { return (root.flags & Flag.READY) != 0; }

export function sntp_start(seconds: i32): i32 { return isReady() ? sntp.start(root.remote.ip, root.remote.port, seconds) : Err.NOT_READY; }
export function sntp_stop(): i32 { return isReady() ? sntp.stop() : Err.NOT_READY; }
export function sntp_time(): i32 { return isReady() ? sntp.time() : Err.NOT_READY; }

export function syslog_start(octets: i32): i32 { return isReady() ? syslog.start(root.remote.ip, root.remote.port, octets) : Err.NOT_READY; }
export function syslog_stop(): i32 { return isReady() ? syslog.stop() : Err.NOT_READY; }
export function syslog_send(priority: i32, octets: i32): i32 { return isReady() ? syslog.send(priority, octets) : Err.NOT_READY; }
