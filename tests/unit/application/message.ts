// An acknowledgement of a DHCP server for unit tests.
import { reader } from "../../../assembly/application/binding";
import { DhcpMessage } from "../../../assembly/wire/dhcp";
import { put } from "../octets";

/** Our address before. */
export const US: u32 = 0xc0000201;
/** The address that is leased: 192.0.2.50. */
export const LEASED: u32 = 0xc0000232;
/** Options of an acknowledgement by 192.0.2.200 for an hour, in a /24. */
export const LEASE: string = "35 01 05 36 04 c0 00 02 c8 33 04 00 00 0e 10 01 04 ff ff ff 00 ";
const AT: usize = memory.data(400, 8);

/** An acknowledgement of LEASED with these options in hand. */
export function hold(options: string): DhcpMessage {
  memory.fill(AT, 0, 400);
  put(AT, "02 01 06 00");
  put(AT + 16, "c0 00 02 32");
  put(AT + 236, "63 82 53 63");
  reader().open(AT, 240 + put(AT + 240, options));
  return DhcpMessage.at(AT);
}
