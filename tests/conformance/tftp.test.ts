// TFTP, both ends: packet by packet against a scripted peer, and two stacks over a bad wire.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Core, Err, instantiate, TransferState } from "../../bindings/node/core.js";
import { icmp, PROTOCOL, type Seen, udp } from "./packets.js";
import { bytes, frame, options, PEER, Tester, US } from "./tester.js";

const SERVER = { address: PEER.ip };
const packet = (op: number, ...parts: (string | number | Uint8Array)[]) =>
  Uint8Array.from([
    0,
    op,
    ...parts.flatMap((part) => (typeof part === "number" ? [part >> 8, part & 255] : [...(typeof part === "string" ? bytes(part) : part)])),
  ]);
const [RRQ, WRQ, DATA, ACK, ERROR, OACK] = [1, 2, 3, 4, 5, 6] as const;
const block = (n: number, length: number) => packet(DATA, n, new Uint8Array(length).fill(n));
/** What left over UDP: both ports and the octets as Latin-1. */
const sent = (seen: Seen[]) =>
  seen.flatMap(({ udp: it }) =>
    it ? [{ port: it.fromPort, to: it.toPort, data: it.data, text: Buffer.from(it.data).toString("latin1") }] : [],
  );
const says = (t: Tester, to: number, data: Uint8Array, port = 2000, ip: string = PEER.ip) =>
  sent(t.inject(frame(udp(ip, port, US.ip, to, data), { protocol: PROTOCOL.UDP, from: ip })));

/** A stack that has asked for a file: its transfer and port. */
async function getting(name = "file") {
  const t = await Tester.make();
  const transfer = t.core.tftp_get(SERVER, name);
  assert.ok(transfer > 0);
  const [request] = sent(t.poll());
  assert.ok(request);
  return { t, transfer, port: request.port, request };
}

test("RFC 2347 to 2349: a file is asked for with block size and size, and read block by block", async () => {
  const { t, transfer, port, request } = await getting();
  assert.equal(request.to, 69);
  assert.equal(request.text, "\0\x01file\0octet\0blksize\x001468\0tsize\x000\0");
  assert.deepEqual(
    says(t, port, packet(OACK, "blksize\x00100\0TSIZE\x00150\0")).map(({ to, text }) => [to, text]),
    [[2000, "\0\x04\0\0"]],
  );
  assert.deepEqual(t.core.tftp_status(transfer), { state: TransferState.OPEN, code: 0, blockSize: 100, size: 150 });
  assert.equal(t.core.tftp_read(transfer), Err.WOULD_BLOCK);
  assert.deepEqual(says(t, port, block(1, 100)), [], "what was not read is not acknowledged");
  assert.deepEqual(t.core.tftp_read(transfer), new Uint8Array(100).fill(1));
  assert.deepEqual(
    sent(t.poll()).map(({ text }) => text),
    ["\0\x04\0\x01"],
  );
  assert.deepEqual(
    says(t, port, block(1, 100)).map(({ text }) => text),
    ["\0\x04\0\x01"],
    "a block that comes again is acknowledged again",
  );
  says(t, port, block(2, 50));
  assert.deepEqual(t.core.tftp_read(transfer), new Uint8Array(50).fill(2));
  assert.deepEqual(
    sent(t.poll()).map(({ text }) => text),
    ["\0\x04\0\x02"],
  );
  assert.equal(t.core.tftp_read(transfer), Err.END);
  assert.deepEqual(
    says(t, port, block(2, 50)).map(({ text }) => text),
    ["\0\x04\0\x02"],
    "the last one too",
  );
  assert.equal(t.core.tftp_drop(transfer), 0);
  assert.equal(t.core.tftp_status(transfer).state, Err.BAD_HANDLE);
  assert.deepEqual(sent(t.pass(100_000)), []);
  assert.equal(t.core.pools().UDP.used, 0);
});

test("RFC 1350: a server without options sends blocks of 512; an empty block may be the last", async () => {
  const { t, transfer, port } = await getting();
  says(t, port, block(1, 512));
  assert.equal((t.core.tftp_read(transfer) as Uint8Array).length, 512);
  t.poll();
  says(t, port, block(2, 0));
  assert.deepEqual(t.core.tftp_read(transfer), new Uint8Array(0));
  assert.equal(t.core.tftp_read(transfer), Err.END);
});

test("RFC 1350 section 4: another port is told error 5, another host nothing, and the transfer goes on", async () => {
  const { t, transfer, port } = await getting();
  says(t, port, packet(OACK, "blksize\x00100\0"));
  assert.deepEqual(
    says(t, port, block(1, 100), 2001).map(({ to, data }) => [to, data[1], data[3]]),
    [[2001, ERROR, 5]],
  );
  assert.deepEqual(says(t, port, block(1, 100), 2000, "10.0.0.9"), []);
  assert.equal(t.core.tftp_read(transfer), Err.WOULD_BLOCK);
  says(t, port, block(1, 100));
  assert.equal((t.core.tftp_read(transfer) as Uint8Array).length, 100);
});

test("RFC 1123 section 4.2.3.1: a repeated acknowledgement sends nothing", async () => {
  const t = await Tester.make();
  const transfer = t.core.tftp_put(SERVER, "up", 700);
  const [request] = sent(t.poll());
  assert.equal(request?.text, "\0\x02up\0octet\0blksize\x001468\0tsize\x00700\0");
  const port = request?.port ?? 0;
  assert.equal(t.core.tftp_space(transfer), 0);
  assert.deepEqual(says(t, port, packet(ACK, 0)), []);
  const file = Uint8Array.from({ length: 700 }, (_, i) => i);
  assert.equal(t.core.tftp_write(transfer, file), 512);
  assert.equal(t.core.tftp_write(transfer, file, 512), 0, "one block at a time");
  const [first] = sent(t.poll());
  assert.deepEqual(first?.data, packet(DATA, 1, file.subarray(0, 512)));
  assert.deepEqual(says(t, port, packet(ACK, 0)), [], "the acknowledgement of the request, again");
  assert.equal(t.core.tftp_space(transfer), 0);
  assert.deepEqual(
    sent(t.pass(1100)).map(({ data }) => data.length),
    [516],
    "no answer: it leaves again",
  );
  says(t, port, packet(ACK, 1));
  assert.equal(t.core.tftp_write(transfer, file, 512), 188);
  t.poll();
  assert.deepEqual(says(t, port, packet(ACK, 1)), []);
  says(t, port, packet(ACK, 2));
  assert.equal(t.core.tftp_status(transfer).state, TransferState.DONE);
  assert.equal(t.core.tftp_space(transfer), Err.BAD_STATE);
});

test("a silent server is asked six times, each time later; then the transfer has failed", async () => {
  const { t, transfer, request } = await getting();
  const again = sent(t.pass(1000 + 2000 + 4000 + 8000 + 16_000 + 31_000));
  assert.deepEqual(
    again.map(({ text, to }) => [text, to]),
    Array(5).fill([request.text, 69]),
  );
  assert.equal(t.core.tftp_read(transfer), Err.WOULD_BLOCK);
  t.pass(2000);
  assert.equal(t.core.tftp_read(transfer), Err.TIMED_OUT);
  assert.deepEqual(sent(t.pass(100_000)), []);
});

test("where no server listens the transfer has failed at once; what quotes another port changes nothing", async () => {
  const { t, transfer, port } = await getting();
  const quoted = (from: number) =>
    frame(udp(US.ip, from, PEER.ip, 69, bytes("file")), { protocol: PROTOCOL.UDP, from: US.ip, to: PEER.ip });
  const report = (from: number) => frame(icmp(3, 3, 0, quoted(from).subarray(14, 42)), { protocol: PROTOCOL.ICMP });
  t.inject(report(port + 1));
  assert.equal(t.core.tftp_status(transfer).state, TransferState.REQUESTED);
  t.inject(report(port));
  assert.equal(t.core.tftp_status(transfer).state, Err.REFUSED);
  assert.equal(sent(t.pass(100_000)).length, 0);
});

test("errors of the peer end the transfer: its code is told; what is against the rules is answered", async () => {
  const refused = await getting();
  says(refused.t, refused.port, packet(ERROR, 1, "no such file\0"));
  assert.deepEqual(refused.t.core.tftp_status(refused.transfer), { state: Err.REFUSED, code: 1, blockSize: 1468, size: null });
  for (const [what, data, code] of [
    ["a longer block size than was asked for", packet(OACK, "blksize\x001469\0"), 8],
    ["a block size of 7", packet(OACK, "blksize\x007\0"), 8],
    ["no number", packet(OACK, "blksize\0many\0"), 8],
    ["a block that is too long", block(1, 513), 4],
  ] as const) {
    const { t, transfer, port } = await getting();
    assert.deepEqual(
      says(t, port, data).map((it) => [it.data[1], it.data[3]]),
      [[ERROR, code]],
      what,
    );
    assert.equal(t.core.tftp_read(transfer), Err.BAD_ARGUMENT, what);
  }
});

test("the server: clients are told of, allowed with their options, or refused; a request that comes again changes nothing", async () => {
  const t = await Tester.make();
  assert.equal(t.core.tftp_asked(), Err.WOULD_BLOCK);
  assert.equal(t.core.tftp_serve(), 0);
  const request = packet(RRQ, "a.bin\0OCTET\0blksize\x00100000\0BlkSize\x0064\0timeout\x003\0tsize\x000\0other\x001\0");
  assert.deepEqual(says(t, 69, request), []);
  assert.deepEqual(says(t, 69, request), []);
  const asked = t.core.tftp_asked();
  assert.ok(typeof asked === "object");
  assert.deepEqual({ ...asked, transfer: 0 }, { transfer: 0, writes: false, size: null, name: "a.bin" });
  assert.equal(t.core.tftp_allow(asked.transfer, 70), 0);
  assert.equal(t.core.tftp_asked(), Err.WOULD_BLOCK);
  const [agreed] = sent(t.poll());
  assert.equal(agreed?.text, "\0\x06blksize\x0064\0timeout\x003\0tsize\x0070\0");
  assert.notEqual(agreed?.port, 69);
  const port = agreed?.port ?? 0;
  assert.deepEqual(sent(t.pass(2900)), []);
  assert.equal(sent(t.pass(200)).length, 1, "three seconds, as the client wanted");
  says(t, port, packet(ACK, 0));
  assert.equal(t.core.tftp_write(asked.transfer, new Uint8Array(70)), 64);
  t.poll();
  says(t, port, packet(ACK, 1));
  assert.equal(t.core.tftp_write(asked.transfer, new Uint8Array(70), 64), 6);
  t.poll();
  says(t, port, packet(ACK, 2));
  assert.equal(t.core.tftp_status(asked.transfer).state, TransferState.DONE);
  t.core.tftp_drop(asked.transfer);
  says(t, 69, packet(WRQ, "b\0octet\0tsize\x005\0"), 2002);
  const brings = t.core.tftp_asked();
  assert.ok(typeof brings === "object");
  assert.deepEqual({ ...brings, transfer: 0 }, { transfer: 0, writes: true, size: 5, name: "b" });
  t.core.tftp_drop(brings.transfer, 2);
  assert.deepEqual(
    sent(t.poll()).map((it) => [it.to, it.data[1], it.data[3]]),
    [[2002, ERROR, 2]],
  );
});

test("malformed requests are answered with error 4 or with nothing, and take no transfer", async () => {
  const t = await Tester.make();
  t.core.tftp_serve();
  const cases: [string, Uint8Array, boolean][] = [
    ["no end of the name", packet(RRQ, "name"), true],
    ["no name", packet(RRQ, "\0octet\0"), true],
    ["no mode", packet(RRQ, "a\0"), true],
    ["netascii", packet(RRQ, "a\0netascii\0"), true],
    ["a name of 401 octets", packet(RRQ, `${"x".repeat(401)}\0octet\0`), true],
    ["an acknowledgement", packet(ACK, 1), false],
    ["an error", packet(ERROR, 1), false],
    ["two octets", packet(RRQ), false],
    ["nothing", new Uint8Array(0), false],
  ];
  for (const [what, data, isAnswered] of cases) {
    assert.deepEqual(
      says(t, 69, data, 2100).map((it) => [it.data[1], it.data[3]]),
      isAnswered ? [[ERROR, 4]] : [],
      what,
    );
    assert.equal(t.core.tftp_asked(), Err.WOULD_BLOCK, what);
  }
  says(t, 69, packet(RRQ, "a\0octet\0blksize\0"), 2101);
  assert.equal(typeof t.core.tftp_asked(), "object", "options that are cut off are none");
});

/** Moves a file from one stack to the other; each frame is lost when `loses` says so. */
async function move(file: Uint8Array, blockSize: number, loses: (n: number) => boolean): Promise<Uint8Array> {
  const [a, b] = await Promise.all([
    instantiate(options()),
    instantiate(options({ interfaces: [{ device: 0, mac: PEER.mac, addresses: [`${PEER.ip}/24`] }] })),
  ]);
  b.tftp_serve();
  const get = a.tftp_get(SERVER, "f", blockSize);
  const parts: Uint8Array[] = [];
  let [served, at, frames, ms] = [0, 0, 0, 0];
  const pass = (from: Core, to: Core) => {
    for (const it of from.output()) if (!loses(frames++)) to.input(it);
  };
  for (; ms < 1e7; ms += 50) {
    for (let round = 0; round < 4; round++) {
      for (const core of [a, b]) core.poll(ms);
      const asked = b.tftp_asked();
      if (typeof asked === "object") {
        served = asked.transfer;
        b.tftp_allow(served, file.length);
      }
      if (served && at >= 0 && b.tftp_space(served) > 0) at += b.tftp_write(served, file, at);
      for (let part = a.tftp_read(get); typeof part === "object"; part = a.tftp_read(get)) parts.push(part);
      for (const core of [a, b]) core.poll(ms);
      pass(a, b);
      pass(b, a);
    }
    const end = a.tftp_read(get);
    if (end === Err.END) return Uint8Array.from(Buffer.concat(parts));
    assert.equal(end, Err.WOULD_BLOCK);
  }
  throw new Error("the transfer does not end");
}

test("two stacks: files of every length around a block, and block numbers that wrap, arrive octet for octet over a lossy wire", async () => {
  const file = Uint8Array.from({ length: 8 * 65_600 + 3 }, (_, i) => (i * 7 + (i >> 8)) & 255);
  for (const length of [0, 1, 511, 512, 513, 1024, 5000])
    assert.deepEqual(await move(file.subarray(0, length), 512, () => false), file.subarray(0, length));
  assert.deepEqual(await move(file.subarray(0, 30_000), 600, (n) => n % 7 === 3), file.subarray(0, 30_000));
  assert.deepEqual(await move(file, 8, () => false), file);
});
