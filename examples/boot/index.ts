// biome-ignore-all format: one line for what is short
// A boot loader: gets a file by TFTP from the server in mailbox word 0, its name (up to 63 characters and a NUL) is in words 16 to 31, and the
// host writes each block into store 1. Word 1 is 1 while it loads, 2 when all is there and the CRC-32 in the last four octets of the file holds,
// 3 when it does not, else an error; word 2 counts octets. The host writes 0 into word 1 to begin anew.
//   sudo ringwire run boot --tap rw0 --ip 10.9.0.2/24 --host-ip 10.9.0.1/24 --text 16=image.bin --mail 0=10.9.0.1 --flash-out 1=image.bin --show 1,2
import { MAILBOX_AT } from "../../assembly/memory/control";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import * as crc from "../../assembly/application/crc";
import * as flash from "../../assembly/application/flash";
import * as tftp from "../../assembly/application/tftp";
import * as init_ from "../../assembly/init";
import * as stack from "../../assembly/stack";

export { ARENA_START, control } from "../../assembly/init";
enum Word { SERVER = 0, STATUS = 1, OCTETS = 2, TRANSFER = 3, CRC = 4, NAME = 16 }
enum Status { IDLE = 0, LOADING = 1, DONE = 2, WRONG = 3 }
const IMAGE: u32 = 1; // number of the store, and of the one who asks
/** Asks for the file; answers Status, or an error. */
function begin(): i32 {
  const name = changetype<usize>(root) + MAILBOX_AT + Word.NAME * 4;
  let octets: u32 = 0;
  while (octets < 63 && load<u8>(name + octets)) octets++;
  memory.copy(root.exchange, name, octets);
  tftp.drop(root.mail(Word.TRANSFER), 0);
  root.setMail(Word.OCTETS, 0);
  root.setMail(Word.CRC, crc.CRC_START);
  root.setMail(Word.TRANSFER, tftp.request(root.mail(Word.SERVER), 0, octets, 0, 0, false));
  return min(<i32>root.mail(Word.TRANSFER), Status.LOADING);
}
/** One block after another: read, written by the host, acknowledged. Answers Status, or an error. */
function next(transfer: i32): i32 {
  const written = flash.answer(IMAGE);
  if (written < 0 && written != Err.WOULD_BLOCK) return written;
  let octets = tftp.read(transfer);
  if (written >= 0 && written != octets) return Err.NO_ROOM;
  if (octets >= 0 && (written >= 0 || !octets)) {
    root.setMail(Word.OCTETS, root.mail(Word.OCTETS) + octets);
    tftp.readDone(transfer);
    octets = tftp.read(transfer);
  }
  if (octets == Err.END) return root.mail(Word.CRC) == crc.CRC_WHOLE ? Status.DONE : Status.WRONG;
  if (octets < 0) return octets == Err.WOULD_BLOCK ? Status.LOADING : octets;
  root.setMail(Word.CRC, crc.crc32(root.mail(Word.CRC), root.span, octets));
  flash.ask(IMAGE, flash.FlashWhat.WRITE, IMAGE, root.mail(Word.OCTETS), octets, root.span);
  return Status.LOADING;
}
function serve(): void {
  tftp.serve();
  if (root.mail(Word.STATUS) == Status.IDLE && root.mail(Word.SERVER)) root.setMail(Word.STATUS, begin());
  if (root.mail(Word.STATUS) != Status.LOADING) return;
  root.setMail(Word.STATUS, next(root.mail(Word.TRANSFER)));
  if (<i32>root.mail(Word.STATUS) < 0) tftp.drop(root.mail(Word.TRANSFER), 3);
}

export function init(ms: i32, us: i32): i32 { root.setMail(Word.STATUS, 0); return init_.init(ms, us); }
export function receive(ms: i32, us: i32): i32 { const frames = stack.receive(ms, us); if (frames >= 0) serve(); return frames; }
export function transmit(): i32 { const wait = stack.transmit(); return wait > 0 ? min(wait, <i32>tftp.within()) : wait; }
export function poll(ms: i32, us: i32): i32 { const frames = receive(ms, us); return frames < 0 ? frames : transmit(); }
