// The debug build's `abort`: where a broken invariant stands goes to the control block, then the module traps.
import { Flag } from "./memory/control";
import { root } from "./memory/root";

/** Notes the place and traps. `file` is the address of the file's name (UTF-16, its octets in the word before). */
export function abort(_message: usize, file: usize, line: u32, _column: u32): void {
  root.flags |= Flag.FAULT;
  root.faultFile = <u32>file;
  root.faultLine = line;
  unreachable();
}
