import { root } from "../../../assembly/memory/root";
import { DnsRecord, fromText } from "../../../assembly/wire/dns";
import { Outcome, read } from "../../../assembly/application/answer";
import { Name, take } from "../../../assembly/application/names";
import { put } from "../octets";
import { rawIp } from "../world";

const RECORD: usize = memory.data(288, 8);
const MESSAGE: usize = memory.data(128, 8);
/** Header of an answer with id 1 and one record, question a. A. */
const HEAD = "00 01 81 80 00 01 00 01 00 00 00 00 01 61 00 00 01 00 01 ";

function asked(): Name {
  rawIp(0x0a000001, 24);
  const text = String.UTF8.encode("a");
  fromText(RECORD, changetype<usize>(text), 1);
  const it = take(1, RECORD, 0)!;
  it.id = 1;
  return it;
}
function outcome(it: Name, octets: string): Outcome {
  put(MESSAGE, octets);
  return read(it, changetype<DnsRecord>(RECORD), MESSAGE, <u32>((octets.length + 1) / 3), false);
}

describe("application/answer", () => {
  test("its answer, another's, a failure", () => {
    const it = asked();
    expect<i32>(outcome(it, HEAD.replace("00 01 81", "00 02 81") + "c0 0c 00 01 00 01 00 00 00 09 00 04 0a 00 00 02")).toBe(Outcome.OTHER);
    expect<i32>(outcome(it, HEAD.replace("81 80", "81 82") + "c0 0c 00 01 00 01 00 00 00 09 00 04 0a 00 00 02")).toBe(Outcome.FAILED);
    expect<i32>(outcome(it, HEAD.replace("81 80", "83 80") + "c0 0c 00 01 00 01 00 00 00 09 00 04 0a 00 00 02")).toBe(Outcome.CUT);
    expect<i32>(outcome(it, HEAD + "c0 0c 00 01 00 01 00 00 00 09 00 04 0a 00 00 02")).toBe(Outcome.FOUND);
    expect<u32>(it.count).toBe(1);
    expect<u32>(it.ttl).toBe(9);
  });
  test("an alias to what is not in the answer, and a name that there is not", () => {
    const it = asked();
    expect<i32>(outcome(it, HEAD + "c0 0c 00 05 00 01 00 00 00 09 00 03 01 62 00")).toBe(Outcome.MOVED);
    expect<u32>(load<u8>(it.data, 1)).toBe(0x62);
    const other = asked();
    expect<i32>(outcome(other, "00 01 81 83 00 01 00 00 00 00 00 00 01 61 00 00 01 00 01 ")).toBe(Outcome.NONE);
    expect<u32>(other.ttl).toBe(0, "nobody says for how long");
    expect<bool>(root.exchange != 0).toBe(true);
  });
});
