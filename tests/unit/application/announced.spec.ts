import { root } from "../../../assembly/memory/root";
import { CLASS_IN, DnsRecord, readRecord } from "../../../assembly/wire/dns";
import { compare, FLUSH, Has, isNamed, Mode, putRecords, scratch, thingAt, ttlOf } from "../../../assembly/application/announced";
import { started } from "./mdns.spec";

const RECORD: usize = memory.data(288, 8);
const COPY: usize = memory.data(512, 8);

describe("application/announced", () => {
  test("a record of ours is named as ours and like ours; another address is not", () => {
    started(3000);
    const record = changetype<DnsRecord>(RECORD);
    const via = root.interface(0);
    const end = putRecords(record, thingAt(0), Has.A, via, Mode.NORMAL);
    const octets = end - scratch();
    memory.copy(COPY, scratch(), octets);
    expect<bool>(readRecord(record, COPY, COPY, COPY + octets) == COPY + octets).toBe(true);
    expect<u32>(record.class).toBe(CLASS_IN | FLUSH);
    expect<u32>(record.ttl).toBe(ttlOf(Has.A));
    expect<bool>(isNamed(thingAt(0), Has.A, record)).toBe(true);
    expect<i32>(compare(thingAt(0), Has.A, via, record, COPY, COPY + octets)).toBe(0);
    store<u8>(record.data, 9, 3);
    expect<bool>(compare(thingAt(0), Has.A, via, record, COPY, COPY + octets) > 0).toBe(true);
  });
  test("plain DNS gets short TTLs without the bit, a goodbye has none", () => {
    started(3000);
    const record = changetype<DnsRecord>(RECORD);
    const end = putRecords(record, thingAt(0), Has.A, root.interface(0), Mode.LEGACY);
    readRecord(record, scratch(), scratch(), end);
    expect<u32>(record.class).toBe(CLASS_IN);
    expect<u32>(record.ttl).toBe(10);
    putRecords(record, thingAt(0), Has.A, root.interface(0), Mode.GOODBYE);
    readRecord(record, scratch(), scratch(), end);
    expect<u32>(record.ttl).toBe(0);
  });
});
