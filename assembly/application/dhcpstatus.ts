// What the DHCP client tells its host, and the host name that it tells servers.
import { Err } from "../memory/errors";
import { root } from "../memory/root";
import { clock } from "../memory/time";
import { Binding, NAME_MAX } from "./binding";

/** Answers the state; in the exchange: the u64 clock() of now, then a copy of the Binding. Errors: BAD_ARGUMENT. */
export function tell(interface_: u32): i32 {
  const it = Binding.numbered(interface_);
  if (!it) return Err.BAD_ARGUMENT;
  store<u64>(root.exchange, clock());
  memory.copy(root.exchange + 8, changetype<usize>(it), offsetof<Binding>());
  return it.state;
}

/** Takes the host name that servers are told from the exchange: labels of letters, digits and hyphens, which begin and end with none, up to NAME_MAX octets in all; 0 octets: none. Errors: BAD_ARGUMENT. RFC 2132 §3.14. */
export function setName(interface_: u32, octets: u32): i32 {
  const it = Binding.numbered(interface_);
  if (!it || octets > NAME_MAX || (octets && !isName(root.exchange, octets))) return Err.BAD_ARGUMENT;
  it.nameLength = <u8>octets;
  memory.copy(it.name, root.exchange, octets);
  return 0;
}
/** A hyphen or a dot never stands at an end or beside a dot. */
function isName(at: usize, octets: u32): bool {
  const HYPHEN: u32 = 45;
  const DOT: u32 = 46;
  let before = DOT;
  for (let i: u32 = 0; i <= octets; i++) {
    const letter: u32 = i < octets ? load<u8>(at + i) : DOT;
    const lower = letter | 32;
    const isPlain = (letter >= 48 && letter <= 57) || (lower >= 97 && lower <= 122);
    if (!isPlain && letter != HYPHEN && letter != DOT) return false;
    if ((letter == DOT && (before == HYPHEN || before == DOT)) || (letter == HYPHEN && before == DOT)) return false;
    before = letter;
  }
  return true;
}
