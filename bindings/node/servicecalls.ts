import type { Endpoint } from "./address.js";
import { CONTROL, Err } from "./constants.js";
import { DhcpCalls } from "./dhcpcalls.js";

/** What an SNTP server said. */
export interface ServerTime {
  /** Milliseconds since 1970, now. */
  unix: number;
  /** Milliseconds by which it may be wrong. */
  uncertainty: number;
  /** Servers between this one and a clock, 1 to 15. */
  stratum: number;
}

/** The calls of the services inside the module, under the ABI's names. NOT_SUPPORTED in a module without them. */
export class ServiceCalls extends DhcpCalls {
  /** Asks `server` (port 123 where none is given) for the time, again every `seconds`; 0: until one answer. */
  sntp_start(server: Endpoint, seconds = 0): number {
    if (!this.exports.sntp_start) return Err.NOT_SUPPORTED;
    return this.endpoint(CONTROL.remote, server) || this.exports.sntp_start(seconds);
  }
  /** Asks no more. */
  sntp_stop(): number {
    return this.exports.sntp_stop?.() ?? Err.NOT_SUPPORTED;
  }
  /** Sends log messages to `server` (port 514 where none is given) from now on, in the name of `name`: 1 to 48 visible characters. */
  syslog_start(server: Endpoint, name: string): number {
    const octets = this.pass(name);
    if (!this.exports.syslog_start || octets < 0) return octets;
    return this.endpoint(CONTROL.remote, server) || this.exports.syslog_start(octets);
  }
  /** Sends no more. */
  syslog_stop(): number {
    return this.exports.syslog_stop?.() ?? Err.NOT_SUPPORTED;
  }
  /** Sends a message; `priority` is facility * 8 + severity. RFC 5424 §6.2.1. */
  syslog_send(priority: number, text: string): number {
    const octets = this.pass(text);
    return octets < 0 ? octets : (this.exports.syslog_send?.(priority, octets) ?? Err.NOT_SUPPORTED);
  }
  /** The time, or an error: WOULD_BLOCK before the first answer, TIMED_OUT, REFUSED. */
  sntp_time(): ServerTime | number {
    const wrong = this.exports.sntp_time?.() ?? Err.NOT_SUPPORTED;
    if (wrong) return wrong;
    const at = this.word(CONTROL.exchange);
    return {
      unix: Number(this.view.getBigUint64(at, true)),
      uncertainty: this.view.getUint32(at + 8, true),
      stratum: this.view.getUint32(at + 12, true),
    };
  }
}
