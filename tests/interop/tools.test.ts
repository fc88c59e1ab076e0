// What tools say that know the protocols better than we do: nmap of our ports, tshark of our frames.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, test } from "node:test";
import { capture, type TapDriver } from "../../bindings/node/index.js";
import { dissect, FAULTS, mangledBy } from "./dissect.js";
import { Lab, missing, needs } from "./lab.js";
import { echoed, echoing } from "./streams.js";

/** Seconds: a peer that was not given the processor is silent for longer. */
const SILENCE = 0.001;

/** nmap takes what is silent for a few round trips for filtered, and those are short here. */
const UNHURRIED = ["--min-rtt-timeout", "1s"];

let lab: Lab;
let folder = "";

/** Ports by state, from nmap's greppable output. */
function portStates(output: string): Record<string, string> {
  const listed = /Ports: ([^\t\n]*)/.exec(output)?.[1] ?? "";
  return Object.fromEntries(listed.split(", ").map((entry) => entry.split("/").slice(0, 2) as [string, string]));
}

describe("tools", { skip: missing, timeout: 170_000 }, () => {
  before(() => {
    lab = new Lab();
    folder = mkdtempSync(join(tmpdir(), "rwtools-"));
  });
  afterEach(() => lab.clear());
  after(async () => {
    rmSync(folder, { recursive: true });
    await lab.close();
  });

  for (const [name, scan] of [
    ["SYN", "-sS"],
    ["connect", "-sT"],
  ] as const) {
    test(`nmap's ${name} scan tells open from closed TCP ports`, { skip: needs("nmap") }, async () => {
      const device = lab.device();
      await lab.up(...device.options, "--service", "echo,discard,http:8080");
      const { stdout, stderr } = await lab.run("nmap", [
        "-n",
        "-Pn",
        ...UNHURRIED,
        scan,
        "-p",
        "1,7,9,22,80,8080,65535",
        "-oG",
        "-",
        device.us,
      ]);
      const [open, closed] = ["open", "closed"];
      assert.deepEqual(
        portStates(stdout),
        { 1: closed, 7: open, 9: open, 22: closed, 80: closed, 8080: open, 65535: closed },
        stdout + stderr,
      );
      const { pools } = await lab.status({ ...device, us: `${device.us}:8080` });
      assert.equal(pools.HALF_OPEN?.used, 0, "the scan left nothing half open");
      assert.equal(pools.TCP0?.used, 1);
    });
  }
  test("nmap's UDP scan tells open from closed UDP ports", { skip: needs("nmap") }, async () => {
    const device = lab.device();
    await lab.up(...device.options, "--service", "echo,daytime,time");
    const { stdout, stderr } = await lab.run("nmap", [
      "-n",
      "-Pn",
      ...UNHURRIED,
      "-sU",
      "-p",
      "7,13,22,37,81,40000",
      "-oG",
      "-",
      device.us,
    ]);
    const [open, closed] = ["open", "closed"];
    assert.deepEqual(portStates(stdout), { 7: open, 13: open, 22: closed, 37: open, 81: closed, 40000: closed }, stdout + stderr);
  });
  test("tshark finds no fault in the frames of clean transfers, both as server and as client", {
    skip: needs("tshark", "ping"),
  }, async () => {
    const file = join(folder, "clean.pcap");
    const stack = await lab.stack(
      {},
      lab.interface(0, "tap", (driver: TapDriver) => capture(driver, file)),
    );
    const { us, kernel } = lab.device();
    echoing(stack, 7);
    await lab.run("ping", ["-n", "-f", "-q", "-c", "20", us]);
    await lab.kernel("echo", { host: us, port: 7, octets: 3_000_000 });
    await lab.kernel("serve", { port: 7001, what: "echo" });
    await echoed(stack, kernel, 7001, 3_000_000);
    await lab.kernel("serveDatagrams", { port: 7003 });
    const socket = stack.bindUdp();
    await socket.send("datagram", 7003, kernel);
    await socket.receive();
    await lab.kernel("reported", { host: us, port: 9001 });
    await lab.kernel("knock", { host: us, port: 9001 });
    await lab.clear();
    assert.deepEqual(
      await dissect(file, `(${FAULTS}) and not ${mangledBy(kernel)}`, "frame.number", "_ws.col.Info", "_ws.expert.message"),
      [],
    );
    assert.ok((await dissect(file, "tcp", "frame.number")).length > 4000, "the capture is whole");
  });
  test("tshark finds nothing sent twice on a clean link to a peer that answers, and no window that shrinks by a whole unit of its field", {
    skip: needs("tshark"),
  }, async () => {
    const file = join(folder, "once.pcap");
    const device = lab.device();
    const up = await lab.up(...device.options, "--pcap", file);
    await lab.kernel("echo", { host: device.us, port: 7, octets: 3_000_000 });
    assert.deepEqual(await up.down(), { status: 0, stderr: "" });
    const ours = `ip.src == ${device.us}`;
    const twice = "(tcp.analysis.retransmission or tcp.analysis.spurious_retransmission or tcp.analysis.fast_retransmission)";
    const heard = (await dissect(file, `tcp and ip.dst == ${device.us}`, "frame.time_relative")).map(([at]) => Number(at));
    const again = await dissect(file, `${ours} and ${twice}`, "frame.time_relative", "_ws.col.Info");
    // A peer that was not given the processor for a while is probed (RFC 8985 section 7): that is no fault.
    const hasty = again.filter(([at]) => heard.some((then) => then < Number(at) && Number(at) - then < SILENCE));
    assert.deepEqual(hasty, []);
    assert.ok(heard.length > 1000);
    const fields = ["tcp.ack", "tcp.window_size", "tcp.window_size_scalefactor"];
    const edges = await dissect(file, `${ours} and tcp and not (tcp.flags.syn == 1 or tcp.flags.reset == 1)`, ...fields);
    let furthest = 0;
    for (const [ack, window, unit] of edges) {
      const edge = Number(ack) + Number(window);
      assert.ok(edge > furthest - Number(unit), `right edge moved from ${furthest} to ${edge}, more than the rounding of RFC 7323 2.4`);
      furthest = Math.max(furthest, edge);
    }
    assert.ok(edges.length > 1000);
  });
  test("tshark finds no fault in our frames on a bad link", { skip: needs("tshark") }, async () => {
    const file = join(folder, "bad.pcap");
    const device = lab.device();
    const up = await lab.up(
      ...device.options,
      "--pcap",
      file,
      "--loss",
      "5",
      "--reorder",
      "5",
      "--duplicate",
      "2",
      "--corrupt",
      "3",
      "--link-seed",
      "3",
    );
    await lab.kernel("echo", { host: device.us, port: 7, octets: 300_000 });
    await up.down();
    const faults = FAULTS.split(" or ")
      .filter((fault) => !fault.includes("lost_segment"))
      .join(" or ");
    assert.deepEqual(
      await dissect(file, `ip.src == ${device.us} and (${faults})`, "frame.number", "_ws.col.Info", "_ws.expert.message"),
      [],
    );
    assert.ok((await dissect(file, faults, "frame.number")).length > 0, "it does find the frames that the link has corrupted");
  });
});
