// biome-ignore-all format: one line a call
// The calls of the services, as abi.ts has those of the stack. docs/abi.md section 8 says what they mean.
import { Flag } from "./memory/control";
import { Err } from "./memory/errors";
import { root } from "./memory/root";
import * as sntp from "./application/sntp";
import * as syslog from "./application/syslog";
import * as tftp from "./application/tftp";

/** Whether `init` has succeeded. */
function isReady(): bool { return (root.flags & Flag.READY) != 0; }

export function sntp_start(seconds: i32): i32 { return isReady() ? sntp.start(root.remote.ip, root.remote.port, seconds) : Err.NOT_READY; }
export function sntp_stop(): i32 { return isReady() ? sntp.stop() : Err.NOT_READY; }
export function sntp_time(): i32 { return isReady() ? sntp.time() : Err.NOT_READY; }

export function syslog_start(octets: i32): i32 { return isReady() ? syslog.start(root.remote.ip, root.remote.port, octets) : Err.NOT_READY; }
export function syslog_stop(): i32 { return isReady() ? syslog.stop() : Err.NOT_READY; }
export function syslog_send(priority: i32, octets: i32): i32 { return isReady() ? syslog.send(priority, octets) : Err.NOT_READY; }

export function tftp_get(octets: i32, block: i32): i32 { return isReady() ? tftp.request(root.remote.ip, root.remote.port, octets, block, 0, false) : Err.NOT_READY; }
export function tftp_put(octets: i32, block: i32, size: i32): i32 { return isReady() ? tftp.request(root.remote.ip, root.remote.port, octets, block, size, true) : Err.NOT_READY; }
export function tftp_serve(on: i32): i32 { return isReady() ? tftp.serving(on != 0) : Err.NOT_READY; }
export function tftp_asked(): i32 { return isReady() ? tftp.asked() : Err.NOT_READY; }
export function tftp_allow(transfer: i32, size: i32): i32 { return tftp.allow(transfer, size); }
export function tftp_read(transfer: i32): i32 { return tftp.read(transfer); }
export function tftp_read_done(transfer: i32): i32 { return tftp.readDone(transfer); }
export function tftp_space(transfer: i32): i32 { return tftp.space(transfer); }
export function tftp_write(transfer: i32, octets: i32): i32 { return tftp.write(transfer, octets); }
export function tftp_status(transfer: i32): i32 { return tftp.status(transfer); }
export function tftp_drop(transfer: i32, code: i32): i32 { return tftp.drop(transfer, code); }
