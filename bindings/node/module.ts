import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { instantiate } from "@assemblyscript/loader";
import { Err } from "./constants.js";
import { RingwireError } from "./error.js";

/** The memory of a module. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** What a module exports: docs/abi.md. Parameters and results are i32. */
export interface Exports extends Record<string, unknown> {
  memory: WasmMemory;
  control(): number;
  init(ms: number, us: number): number;
  poll(ms: number, us: number): number;
  receive(ms: number, us: number): number;
  transmit(): number;
  ready_next(owner: number): number;
  ready_rearm(handle: number): number;
  tcp_listen(bufferClass: number, backlog: number, owner: number): number;
  tcp_accept(listener: number): number;
  tcp_asked?(listener: number): number;
  tcp_decide?(handle: number, verdict: number): number;
  tcp_connect(bufferClass: number, owner: number): number;
  tcp_send_space(handle: number): number;
  tcp_send_commit(handle: number, octets: number, push: number): number;
  tcp_receive_ready(handle: number): number;
  tcp_receive_release(handle: number, octets: number): number;
  tcp_close(handle: number, how: number): number;
  tcp_abort(handle: number): number;
  tcp_status(handle: number): number;
  udp_bind(owner: number): number;
  udp_connect(handle: number): number;
  udp_send_space(handle: number): number;
  udp_send_commit(handle: number, octets: number): number;
  udp_receive_ready(handle: number): number;
  udp_receive_release(handle: number): number;
  udp_close(handle: number): number;
  udp_status(handle: number): number;
  udp_join?(handle: number, exclude: number, sources: number): number;
  udp_leave?(handle: number): number;
  ping_open?(owner: number): number;
  raw_open?(protocol: number, owner: number): number;
  socket_set(handle: number, option: number, value: number): number;
  socket_get(handle: number, option: number): number;
  socket_at(pool: number, index: number): number;
  route_add(prefix: number): number;
  route_remove(prefix: number): number;
  address_add?(prefix: number): number;
  address_remove?(): number;
  gateway_set?(): number;
  slip_input?(device: number, octets: number): number;
  slip_output?(device: number): number;
  filter_add?(at: number): number;
  filter_remove?(at: number): number;
  filter_at?(at: number): number;
  filter_policy?(direction: number, action: number): number;
  napt_enable?(number: number, on: number): number;
  napt_forward?(protocol: number, port: number): number;
  napt_unforward?(protocol: number, port: number): number;
  state_hash?(): number;
  dhcp_start?(interfaceIndex: number, options: number): number;
  dhcp_stop?(interfaceIndex: number): number;
  dhcp_release?(interfaceIndex: number): number;
  dhcp_name?(interfaceIndex: number, octets: number): number;
  dhcp_status?(interfaceIndex: number): number;
  dhcpd_start?(interfaceIndex: number, octets: number): number;
  dhcpd_stop?(): number;
  dhcpd_leases?(): number;
  dhcpd_forget?(place: number): number;
  sntp_start?(seconds: number): number;
  sntp_stop?(): number;
  sntp_time?(): number;
  tftp_get?(octets: number, block: number): number;
  tftp_put?(octets: number, block: number, size: number): number;
  tftp_serve?(on: number): number;
  tftp_asked?(): number;
  tftp_allow?(transfer: number, size: number): number;
  tftp_read?(transfer: number): number;
  tftp_read_done?(transfer: number): number;
  tftp_space?(transfer: number): number;
  tftp_write?(transfer: number, octets: number): number;
  tftp_status?(transfer: number): number;
  tftp_drop?(transfer: number, code: number): number;
  syslog_start?(octets: number): number;
  syslog_stop?(): number;
  syslog_send?(priority: number, octets: number): number;
  http_serve?(port: number, bufferClass: number): number;
  http_asked?(): number;
  http_read?(request: number): number;
  http_read_done?(request: number, octets: number): number;
  http_answer?(request: number, status: number, octets: number): number;
  http_space?(request: number): number;
  http_write?(request: number, octets: number): number;
  http_end?(request: number): number;
  small_serve?(which: number): number;
  dns_server_add?(): number;
  dns_server_at?(i: number): number;
  dns_server_clear?(): number;
  dns_query?(type: number, octets: number): number;
  dns_result?(query: number): number;
  mdns_start?(octets: number): number;
  mdns_stop?(): number;
  mdns_advertise?(port: number, octets: number): number;
  mdns_withdraw?(service: number): number;
  mdns_name?(service: number): number;
  dns_cancel?(query: number): number;
}

/** A module: its octets, or the path or URL of a file. */
export type WasmSource = Uint8Array | string | URL;

/** The modules that are shipped with the package: for every engine, and for those with 128-bit vectors. */
const SHIPPED = new URL("../../../ringwire.wasm", import.meta.url);
const SHIPPED_SIMD = new URL("../../../ringwire-simd.wasm", import.meta.url);
/** A module with a function that answers a vector: it is valid where the engine has them. */
const VECTOR = Uint8Array.of(
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0],
  ...[10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
);

/** Compiled modules by the name of their file, so that many stacks share one. */
const compiled = new Map<string, unknown>();

/** The module to take when none is named: the one with vectors where it is there and the engine has them. Its frames are the same. */
export function shipped(): URL {
  return WebAssembly.validate(VECTOR) && existsSync(SHIPPED_SIMD) ? SHIPPED_SIMD : SHIPPED;
}

/** Instantiates a module through the AssemblyScript loader; throws BAD_ARGUMENT when it cannot be read or is none. */
export async function load(source: WasmSource = shipped()): Promise<Exports> {
  if (source instanceof Uint8Array) return (await instance(source, "the given octets")).exports;
  const name = String(source);
  const known = compiled.get(name);
  if (known) return (await instance(known, name)).exports;
  const result = await instance(await octetsOf(source), name);
  compiled.set(name, result.module);
  return result.exports;
}

async function octetsOf(source: string | URL): Promise<Uint8Array> {
  try {
    return await readFile(source);
  } catch (error) {
    throw new RingwireError("BAD_ARGUMENT", `wasm: cannot read ${String(source)}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

async function instance(source: unknown, name: string): Promise<{ exports: Exports; module: unknown }> {
  try {
    const result = await instantiate<Exports>(source as never, {});
    if (typeof result.exports.control !== "function") throw new Error("it does not export control()");
    // The module's own functions: those of the loader take their arguments through a function in between.
    return { exports: completed({ ...result.instance.exports } as unknown as Exports), module: result.module };
  } catch (error) {
    throw new RingwireError("BAD_ARGUMENT", `wasm: ${name} is not a Ringwire module: ${(error as Error).message}`);
  }
}

/** The host's socket calls, which a module with an application of its own may be without. */
const SOCKET_CALLS = [
  ...["ready_next", "ready_rearm", "tcp_listen", "tcp_accept", "tcp_connect", "tcp_send_space", "tcp_send_commit", "tcp_receive_ready"],
  ...["tcp_receive_release", "tcp_close", "tcp_abort", "tcp_status", "udp_bind", "udp_connect", "udp_send_space", "udp_send_commit"],
  ...["udp_receive_ready", "udp_receive_release", "udp_close", "udp_status", "socket_set", "socket_get", "socket_at"],
  ...["route_add", "route_remove"],
];

/** The exports, with calls that answer NOT_SUPPORTED for those that are not there; nobody is ever ready then. */
function completed(exports: Exports): Exports {
  const missing = SOCKET_CALLS.filter((name) => typeof exports[name] !== "function");
  if (!missing.length) return exports;
  const call = (name: string) => ({ value: () => (name === "ready_next" ? 0 : Err.NOT_SUPPORTED), enumerable: true });
  return Object.create(exports, Object.fromEntries(missing.map((name) => [name, call(name)]))) as Exports;
}
