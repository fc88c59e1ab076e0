import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type Duplex, duplexPair, PassThrough } from "node:stream";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Command } from "commander";
import { broadcastOf, ownAddress } from "../../bindings/node/cli/addresses.js";
import { joined } from "../../bindings/node/cli/nc.js";
import { addStackOptions, type StackOptions } from "../../bindings/node/cli/options.js";
import { run } from "../../bindings/node/cli/program.js";
import * as streams from "../../bindings/node/cli/services/streams.js";

const MAIN = fileURLToPath(new URL("../../bindings/node/cli/main.js", import.meta.url));

function ringwire(...args: string[]) {
  return spawnSync(process.execPath, [MAIN, ...args], { encoding: "utf8", timeout: 60_000 });
}

/** A command line in this process: one that ends before it opens anything. */
async function said(...args: string[]) {
  const [stdout, stderr]: [string[], string[]] = [[], []];
  const status = await run(args, { out: (text) => stdout.push(text), err: (text) => stderr.push(text) });
  return { status, stdout: stdout.join(""), stderr: stderr.join("") };
}

function parse(...args: string[]): StackOptions {
  const command = new Command().exitOverride().configureOutput({ outputError: () => {} });
  const options = addStackOptions(command);
  command.parse(args, { from: "user" });
  return options();
}

describe("options of interfaces", () => {
  test("one device with everything", () => {
    const { devices, seed } = parse(
      ...["--tap", "rw0", "--ip", "10.9.0.2/24", "--ip", "10.9.0.3/24", "--gateway", "10.9.0.1", "--mac", "02-00-00-00-00-0A"],
      ...[
        "--mtu",
        "1400",
        "--netns",
        "lab",
        "--loss",
        "2.5",
        "--delay",
        "10",
        "--link-seed",
        "7",
        "--pcap",
        "a.pcap",
        "--seed",
        "00ff".repeat(16),
      ],
    );
    assert.deepEqual(devices, [
      {
        kind: "tap",
        name: "rw0",
        addresses: [
          { address: "10.9.0.2", length: 24 },
          { address: "10.9.0.3", length: 24 },
        ],
        gateway: "10.9.0.1",
        mac: "02:00:00:00:00:0a",
        mtu: 1400,
        netns: "lab",
        pcap: "a.pcap",
        link: { loss: 2.5, delay: 10, linkSeed: 7 },
      },
    ]);
    assert.deepEqual(Buffer.from(seed ?? []).toString("hex"), "00ff".repeat(16));
  });

  test("routes belong to their device, and forwarding to the stack", () => {
    const options = parse(
      ...["--tap", "a", "--ip", "10.1.0.1/24", "--tap", "b", "--ip", "10.2.0.1/24", "--forward"],
      ...["--route", "192.0.2.0/24 via 10.2.0.9", "--route", "0.0.0.0/0 via 10.2.0.8 metric 7"],
    );
    assert.equal(options.forward, true);
    assert.deepEqual(
      options.devices.map(({ routes }) => routes),
      [
        undefined,
        [
          { to: "192.0.2.0/24", via: "10.2.0.9", metric: 0 },
          { to: "0.0.0.0/0", via: "10.2.0.8", metric: 7 },
        ],
      ],
    );
  });

  test("options belong to the device before them; namespace, MTU and link before the first hold for all that name none", () => {
    const { devices } = parse(
      "--loss",
      "1",
      "--netns",
      "x",
      "--tap",
      "a",
      "--ip",
      "10.1.0.1/24",
      "--tun",
      "b",
      "--ip",
      "10.2.0.1/24",
      "--mtu",
      "1280",
    );
    assert.deepEqual(
      devices.map(({ kind, name, mtu, netns, link }) => ({ kind, name, mtu, netns, link })),
      [
        { kind: "tap", name: "a", mtu: undefined, netns: "x", link: { loss: 1 } },
        { kind: "tun", name: "b", mtu: 1280, netns: "x", link: { loss: 1 } },
      ],
    );
  });

  test("/31 and /32 have no network and broadcast address", () => {
    assert.deepEqual(ownAddress("10.0.0.0/31"), { address: "10.0.0.0", length: 31 });
    assert.deepEqual(ownAddress("10.0.0.255/32"), { address: "10.0.0.255", length: 32 });
    assert.equal(broadcastOf({ address: "10.9.1.2", length: 23 }), "10.9.1.255");
  });
});

const TAP = ["up", "--tap", "rw0", "--ip", "10.9.0.2/24"];

const DEVICE = ["--tap", "rw0", "--ip", "10.9.0.2/24"];

/** Command lines that are refused before anything is opened, and what the line on stderr must say. */
const REFUSED: Array<[string[], RegExp]> = [
  [[], /say what to do/],
  [["fly"], /unknown command 'fly'/],
  [["up"], /no device/],
  [["up", "--tap", "rw0"], /needs an address/],
  [["up", "--ip", "10.9.0.2/24"], /no device/],
  [["up", "--tap", "rw0", "--ip", "10.9.0.2"], /A\.B\.C\.D\/LEN/],
  [["up", "--tap", "rw0", "--ip", "10.9.0/24"], /not an IPv4 address/],
  [["up", "--tap", "rw0", "--ip", "10.9.0.256/24"], /not an IPv4 address/],
  [["up", "--tap", "rw0", "--ip", "10.9.0.2/33"], /prefix length "33"/],
  [["up", "--tap", "rw0", "--ip", "10.9.0.0/24"], /address of the network/],
  [["up", "--tap", "rw0", "--ip", "10.9.0.255/24"], /broadcast address/],
  [["up", "--tap", "rw0", "--ip", "127.0.0.1/8"], /loopback/],
  [["up", "--tap", "rw0", "--ip", "224.0.0.5/24"], /multicast/],
  [["up", "--tap", "rw0", "--ip", "0.1.2.3/8"], /not a host's/],
  [["up", "--tap", "0123456789abcdef", "--ip", "10.9.0.2/24"], /at most 15/],
  [["up", "--tap", "a/b", "--ip", "10.9.0.2/24"], /no spaces, slashes/],
  [["up", "--tun", "rw0", "--ip", "10.9.0.2/24", "--mac", "02:00:00:00:00:01"], /takes no --mac/],
  [["up", "--tap", "a", "--ip", "10.9.0.2/24", "--tap", "b", "--ip", "10.9.0.2/24"], /given twice/],
  [["up", "--tap", "a", "--ip", "10.9.0.2/24", "--tap", "a", "--ip", "10.9.1.2/24"], /named twice/],
  [[...TAP, "--ip", "10.0.1.1/8", "--ip", "10.0.2.1/8", "--ip", "10.0.3.1/8", "--ip", "10.0.4.1/8"], /4 addresses at most/],
  [[...TAP, "--gateway", "10.8.0.1"], /in none of the networks/],
  [[...TAP, "--host-ip", "10.8.0.1/24"], /--host-ip 10\.8\.0\.1 is in none of the networks of --tap rw0\n$/],
  [[...TAP, "--gateway", "10.9.0.2"], /our own/],
  [[...TAP, "--route", "192.0.2.0/24 via 10.8.0.1"], /gateway 10\.8\.0\.1 is in none of the networks/],
  [[...TAP, "--route", "192.0.2.0/24 via 10.9.0.2"], /our own/],
  [[...TAP, "--route", "192.0.2.0/24"], /not of the form/],
  [[...TAP, "--route", "192.0.2.0/33 via 10.9.0.1"], /not of the form/],
  [[...TAP, "--route", "192.0.2.0/24 via 127.0.0.1"], /loopback/],
  [[...TAP, "--mac", "02:00:00:00:00"], /not a MAC address/],
  [[...TAP, "--mac", "03:00:00:00:00:01"], /group address/],
  [[...TAP, "--mtu", "20"], /68 to 65535/],
  [[...TAP, "--mtu", "1500", "--mtu", "1400"], /given twice/],
  [[...TAP, "--loss", "101"], /percentage from 0 to 100/],
  [[...TAP, "--corrupt", "-1"], /percentage|argument missing/],
  [[...TAP, "--reorder", "1e1"], /percentage/],
  [[...TAP, "--delay", "soon"], /milliseconds/],
  [[...TAP, "--link-seed", "x"], /whole number/],
  [[...TAP, "--seed", "abcd"], /64 hexadecimal digits/],
  [[...TAP, "--seed", "00".repeat(32)], /must not all be equal/],
  [[...TAP, "--service", "gopher"], /unknown service "gopher"/],
  [[...TAP, "--service", "echo,discard:7"], /port 7 is used twice, by echo and discard/],
  [[...TAP, "--service", "http:65536"], /1 to 65535/],
  [[...TAP, "--service", "http:80:90"], /name:port/],
  [[...TAP, "--frobnicate"], /unknown option '--frobnicate'/],
  [[...TAP, "extra"], /too many arguments/],
  [["ping", "--tap", "rw0", "--ip", "10.9.0.2/24"], /missing required argument 'host'/],
  [["ping", "example..org", "--tap", "rw0", "--ip", "10.9.0.2/24"], /not an IPv4 address/],
  [["ping", "224.0.0.1", "--tap", "rw0", "--ip", "10.9.0.2/24"], /multicast/],
  [["ping", "10.9.0.2", "--tap", "rw0", "--ip", "10.9.0.2/24"], /10\.9\.0\.2 is an address of our own, and there is no loopback/],
  [["ping", "10.9.0.255", "--tap", "rw0", "--ip", "10.9.0.2/24"], /broadcast address of our network/],
  [["ping", "10.9.0.0", "--tap", "rw0", "--ip", "10.9.0.2/24"], /address of our network/],
  [["nc", "10.9.1.2", "7", "--tap", "rw0", "--ip", "10.9.0.2/24", "--tap", "rw1", "--ip", "10.9.1.2/24"], /address of our own/],
  [["nc", "-u", "10.9.0.255", "7", "--tap", "rw0", "--ip", "10.9.0.2/24"], /broadcast address of our network/],
  [["traceroute", "example..org", "--tap", "rw0", "--ip", "10.9.0.2/24"], /not an IPv4 address/],
  [["traceroute", "10.9.0.1", "-m", "256", "--tap", "rw0", "--ip", "10.9.0.2/24"], /whole number/],
  [["ping", "10.9.0.1", "-c", "0", "--tap", "rw0", "--ip", "10.9.0.2/24"], /whole number/],
  [["ping", "10.9.0.1", "-s", "70000", "--tap", "rw0", "--ip", "10.9.0.2/24"], /whole number/],
  [["tftpd", ...DEVICE, "--root", "/there/is/no/such"], /--root: there is no \/there\/is\/no\/such/],
  [["dhcpd", ...DEVICE, "--range", "10.9.0.9"], /expected A\.B\.C\.D-E\.F\.G\.H, such as/],
  [["dhcpd", ...DEVICE, "--range", "10.9.0.9-10.9.0.3"], /--range.*10\.9\.0\.3 lies before 10\.9\.0\.9/s],
  [["dhcpd", ...DEVICE, "--range", "10.9.0.9-10.9.99.3"], /25339 addresses, there can be 4096/],
  [["dhcpd", ...DEVICE, "--range", "10.9.1.9-10.9.1.20"], /--range 10\.9\.1\.9-10\.9\.1\.20: expected hosts of one network/],
  [["dhcpd", ...DEVICE, "--range", "10.9.0.200-10.9.0.255"], /--range 10\.9\.0\.200-10\.9\.0\.255: expected hosts of one network/],
  [["nc", "10.9.0.1", "--tap", "rw0", "--ip", "10.9.0.2/24"], /HOST PORT/],
  [["nc", "10.9.0.1", "0", "--tap", "rw0", "--ip", "10.9.0.2/24"], /not a port|1 to 65535/],
  [["nc", "-l", "--tap", "rw0", "--ip", "10.9.0.2/24"], /PORT/],
  [["tftp", "get", "10.9.0.1", ...DEVICE], /get or put, HOST and FILE/],
  [["tftp", "fetch", "10.9.0.1", "file", ...DEVICE], /get or put/],
  [["tftp", "get", "10.9.0.1", "file", "--input", "x", ...DEVICE], /get takes no --input/],
  [["tftp", "put", "10.9.0.1", "file", "--output", "x", ...DEVICE], /put takes no --output/],
  [["tftp", "get", "10.9.0.1", "file", "--block", "7", ...DEVICE], /8 to 1468/],
  [["tftp", "get", "10.9.0.2", "file", ...DEVICE], /address of our own/],
  [["tftpd", ...DEVICE], /--root/],
  [["scan", "10.9.0.1", ...DEVICE], /missing required argument 'ports'/],
  [["scan", "10.9.0.1", "0-10", ...DEVICE], /PORTS "0-10": .*1 to 65535/],
  [["scan", "10.9.0.1", "90-80", ...DEVICE], /goes down/],
  [["scan", "10.9.0.1", "80,", ...DEVICE], /expected ports and ranges/],
  [["scan", "10.9.0.2", "80", ...DEVICE], /address of our own/],
  [["scan", "10.9.0.1", "80", "--parallel", "0", ...DEVICE], /1 to 1024/],
  [["sntp", ...DEVICE], /missing required argument 'host'/],
  [["sntp", "10.9.0.1", "--wait", "0", ...DEVICE], /seconds/],
  [["syslog", "10.9.0.1", ...DEVICE], /missing required argument 'text'/],
  [["syslog", "10.9.0.1", "hello", "--severity", "loud", ...DEVICE], /Allowed choices/],
  [["up", ...DEVICE, "--link-local"], /--link-local goes with --dhcp/],
  [["up", "--tun", "rw0", "--ip", "10.9.0.2/24", "--vlan", "5"], /takes no --vlan/],
  [["up", ...DEVICE, "--vlan", "4095"], /1 to 4094/],
  [["nc", "--protocol", "253", ...DEVICE], /HOST without PORT/],
  [["nc", "--protocol", "256", "10.9.0.1", ...DEVICE], /1 to 255/],
  [["nc", "10.9.0.1", "7", "--group", "239.1.2.3", ...DEVICE], /--group goes with -l -u/],
  [["nc", "-l", "-u", "7", "--group", "10.1.2.3", ...DEVICE], /no multicast address/],
  [["nc", "127.0.0.1", "7", ...DEVICE], /loopback/],
  [["netstat", "--pid", "me"], /whole number/],
  [["netstat", "--frobnicate"], /unknown option/],
  [["trace"], /missing required argument 'file'/],
  [["trace", "up"], /no device/],
  [["trace", "nosuch", "-c", "1"], /"nosuch" is no command that can be traced \(.*up, .*\)/],
  [["trace", "netstat", "-n"], /"netstat" is no command that can be traced/],
  [["trace", "nc", "10.9.0.1", ...DEVICE], /HOST PORT/],
];

describe("bad command lines", () => {
  for (const [args, line] of REFUSED) {
    test(`ringwire ${args.join(" ")}`, async () => {
      const { status, stdout, stderr } = await said(...args);
      assert.equal(status, 2, `exit status ${status}, stderr: ${stderr}`);
      assert.equal(stdout, "");
      assert.match(stderr, line);
      assert.match(stderr, /^ringwire: [^\n]+\n$/, "one line");
    });
  }
  test("as a process: the line goes to stderr, and the status is 2", () => {
    const { status, stdout, stderr } = ringwire("up", "--tap", "rw0");
    assert.deepEqual([status, stdout], [2, ""]);
    assert.match(stderr, /^ringwire: [^\n]*needs an address[^\n]*\n$/);
  });
});

const SEEN = [["scan"], ["tftp"], ["tftpd"], ["sntp"], ["syslog"], ["dig"], ["netstat"], ["trace"]];

describe("help", () => {
  for (const command of [[], ["up"], ["ping"], ["traceroute"], ["nc"], ["demo"], ["dhcpd"], ...SEEN]) {
    test(`ringwire ${command.join(" ")} --help`, async () => {
      const { status, stdout, stderr } = await said(...command, "--help");
      assert.equal(status, 0);
      assert.equal(stderr, "");
      assert.match(stdout, /^Usage: ringwire/);
      assert.match(stdout, /Example/);
    });
  }

  test("ringwire --version", () => {
    const { status, stdout } = ringwire("--version");
    assert.equal(status, 0);
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

async function readAll(stream: Duplex): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

describe("nc joins a connection with stdin and stdout", () => {
  test("the end of stdin closes one half, the other is read to its end", async () => {
    const [near, far] = duplexPair();
    const [input, output] = [new PassThrough(), new PassThrough()];
    const done = joined(near, input, output);
    const octets = randomBytes(400_000);
    streams.echo(far);
    input.end(octets);
    const read = readAll(output);
    await done;
    output.end();
    assert.ok((await read).equals(octets));
  });

  test("a peer that has closed gets all of an input that goes on, however slowly it reads", async () => {
    const [near, far] = duplexPair();
    const [input, output] = [new PassThrough(), new PassThrough()];
    const done = joined(near, input, output);
    far.end();
    const octets = randomBytes(200_000);
    input.write(octets);
    const parts: Buffer[] = [];
    await new Promise((resolve) => setTimeout(resolve, 1500));
    for await (const part of far) parts.push(part);
    await done;
    assert.ok(Buffer.concat(parts).equals(octets));
  });

  test("a peer that has closed is not kept waiting by an input that says nothing", async () => {
    const [near, far] = duplexPair();
    const done = joined(near, new PassThrough(), new PassThrough());
    far.end("bye");
    far.resume();
    await done;
  });

  test("a reset is an error", async () => {
    const [near] = duplexPair();
    const done = joined(near, new PassThrough(), new PassThrough());
    setImmediate(() => near.destroy(new Error("connection reset by peer")));
    await assert.rejects(done, /reset/);
  });
});

describe("ringwire demo --wire", () => {
  test("all parts hold between two stacks, and the table says so", () => {
    const { status, stdout, stderr } = ringwire("demo", "--wire");
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /two Ringwire stacks over a virtual wire/);
    assert.equal(stdout.match(/^ {2}held: /gm)?.length, 4);
    assert.match(stdout, /\n4 MB echoed, 2 % lost, 2 % reordered +held +SHA-256 equal .*[1-9]\d* frames lost, [1-9]\d* reordered/);
    assert.match(stdout, /\nAll held\.\n$/);
  });
});

describe("ringwire run", () => {
  const device = ["--tap", "rw0", "--host-ip", "10.9.0.1/24"];
  for (const [options, error] of [
    [
      ["--mail", "64=1"],
      /^ringwire: option '--mail <word=value>' argument '64=1' is invalid. expected a number up to 63, "=" and a value\n$/,
    ],
    [["--mail", "1=10.9.0"], /expected a number of 32 bits, or an IPv4 address\n$/],
    [["--mail", "1=4294967296"], /expected a number of 32 bits, or an IPv4 address\n$/],
    [["--show", "1,x"], /expected mailbox words, 0 to 63\n$/],
    [["--flash", "1="], /expected the name of a file\n$/],
  ] as const)
    test(`refuses ${options.join(" ")}`, () => {
      const { status, stdout, stderr } = ringwire("run", "echo", ...device, ...options);
      assert.deepEqual([status, stdout], [2, ""]);
      assert.match(stderr, error);
    });
  test("needs a module and a device", () => {
    assert.match(ringwire("run").stderr, /^ringwire: missing required argument 'module'\n$/);
    assert.match(ringwire("run", "echo").stderr, /^ringwire: no device/);
  });
});
