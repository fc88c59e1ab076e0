import { type Command, InvalidArgumentError, Option } from "commander";
import { ADDRESSES_MAX, DEVICES_MAX } from "../constants.js";
import { SERVERS } from "../create.js";
import { checkRule, parseForward } from "../filter.js";
import { hostAddress, macAddress, networkOf, ownAddress, type Prefix, type RouteTo, routeTo } from "./addresses.js";
import { Failure, USAGE } from "./failure.js";
import { checked, decimal, deviceName, integer, namespaceName, percentage, seed } from "./values.js";

/** What the link simulator does to the frames of a device, each way; percentages of frames, the delay in milliseconds. */
export interface LinkOptions {
  loss?: number;
  delay?: number;
  reorder?: number;
  duplicate?: number;
  corrupt?: number;
  linkSeed?: number;
}

/** A device of the host with the interface on it, as given on the command line. */
export interface DeviceOptions {
  kind: "tap" | "tun" | "slip";
  name: string;
  addresses: Prefix[];
  /** Addresses come by DHCP. */
  dhcp?: true;
  /** A link-local one, while no server answers. */
  linkLocal?: true;
  /** 802.1Q identifier of all its frames. */
  vlan?: number;
  /** What comes in for any host is ours. */
  transparent?: true;
  gateway?: string;
  routes?: RouteTo[];
  napt?: boolean;
  mac?: string;
  mtu?: number;
  netns?: string;
  hostIp?: Prefix;
  pcap?: string;
  link: LinkOptions;
}

/** What every command that starts a stack is told. */
export interface StackOptions {
  devices: DeviceOptions[];
  /** Name servers. */
  dns?: string[];
  /** Name on the link. */
  mdns?: string;
  seed?: Uint8Array;
  forward?: boolean;
  /** Rules and policies of the packet filter, in words. */
  filter?: string[];
  /** Ports that are forwarded, in words. */
  portForward?: string[];
  /** Each frame is drawn on stderr, and why. */
  trace?: boolean;
  /** 127.0.0.1 is there, and our own addresses can be spoken to. */
  loopback?: boolean;
  /** The module, where it is not the one of the package, and whether its own capacities hold. */
  wasm?: string;
  asBuilt?: boolean;
}

/** Collects options in the order of the command line: each --tap and --tun starts a device, what follows belongs to it. */
class DeviceList {
  readonly devices: DeviceOptions[] = [];
  private early: Partial<DeviceOptions> & { addresses: Prefix[]; link: LinkOptions } = { addresses: [], link: {} };

  /** What was given before the first device belongs to the first device, but for namespace, MTU and link: those hold for every device that names none of its own. */
  start(kind: DeviceOptions["kind"], name: string): void {
    if (this.devices.some((device) => device.name === name)) throw new InvalidArgumentError(`device ${name} is named twice`);
    if (this.devices.length === DEVICES_MAX) throw new InvalidArgumentError(`there can be ${DEVICES_MAX} devices at most`);
    const { netns, mtu, link, ...own } = this.early;
    this.devices.push({ ...own, kind, name, link: {} });
    this.early = { netns, mtu, link, addresses: [] };
  }
  /** The devices, each with what holds for all. */
  finished(): DeviceOptions[] {
    const { netns, mtu, link } = this.early;
    return this.devices.map((device) => ({
      ...device,
      netns: device.netns ?? netns,
      mtu: device.mtu ?? mtu,
      link: { ...link, ...device.link },
    }));
  }

  set(change: (device: Partial<DeviceOptions> & { addresses: Prefix[]; link: LinkOptions }) => void): void {
    change(this.devices.at(-1) ?? this.early);
  }
}

/** Adds the options of interfaces, links and the seed to a command, and of name servers where it `resolves`; the function answers what was given, checked as a whole. With `mayLack` an interface needs no address: the module sees to that. */
export function addStackOptions(command: Command, resolves = true, mayLack = false): () => StackOptions {
  const list = new DeviceList();
  const flag = (flags: string, text: string, take: () => void) => command.option(flags, text).on(`option:${flags.slice(2)}`, take);
  const valued = (flags: string, text: string, take: (value: string) => void) =>
    command.addOption(
      new Option(flags, text).argParser((value: string) => {
        take(value);
        return value;
      }),
    );
  const add: Add = Object.assign(valued, { flag });
  add("--tap <name>", "attach to this TAP device (Ethernet), made if it does not exist", (v) => list.start("tap", deviceName(v)));
  add("--tun <name>", "attach to this TUN device (raw IP), made if it does not exist", (v) => list.start("tun", deviceName(v)));
  const servers: string[] = [];
  if (resolves) addServers(add, servers);
  add("--slip <path>", "attach to this serial line or pty (SLIP, RFC 1055)", (v) => list.start("slip", fileName(v)));
  addInterfaceOptions(add, list);
  addLinkOptions(add, list);
  command.addOption(
    new Option("--seed <hex>", "32 octets of entropy as 64 hexadecimal digits, for a run that can be repeated (default: random)").argParser(
      seed,
    ),
  );
  command.option("--forward", "pass on what is for other hosts, between our interfaces");
  addFilterOptions(command, list);
  command.option("--loopback", "have 127.0.0.1, and let us speak to our own addresses");
  command.option("--trace", "draw each frame on stderr, and why it was dropped, delayed or sent again");
  return () => {
    const { seed, forward, filter, portForward, trace, loopback } = command.opts<Omit<StackOptions, "devices">>();
    const devices = completed(list.finished(), mayLack);
    if (!forward && (portForward || devices.some(({ napt }) => napt)))
      throw new Failure("--napt and --port-forward need --forward as well", USAGE);
    return {
      devices,
      ...(seed && { seed }),
      ...(servers.length && { dns: servers }),
      ...(forward && { forward }),
      ...(filter && { filter }),
      ...(portForward && { portForward }),
      ...(trace && { trace }),
      ...(loopback && { loopback }),
    };
  };
}

function addServers(add: Add, servers: string[]): void {
  const server = checked(hostAddress);
  add("--dns <a.b.c.d>", "a name server; up to 4, asked in this order", (v) => {
    if (servers.length === SERVERS) throw new InvalidArgumentError(`there can be ${SERVERS} name servers at most`);
    servers.push(server(v));
  });
}

function addFilterOptions(command: Command, list: DeviceList): void {
  const collected = (check: (text: string) => unknown) => (text: string, before: string[] | undefined) => {
    checked(check)(text);
    return [...(before ?? []), text];
  };
  const rule = new Option("--filter <rule>", 'a rule of the packet filter, as "in tcp port 80 accept", or "policy in drop"; in order');
  const inner = new Option("--port-forward <port to inner>", 'a port of the --napt devices, as "tcp 8080 to 10.1.0.2:80"');
  command.addOption(rule.argParser(collected(checkRule))).addOption(inner.argParser(collected(parseForward)));
  command.option("--napt", "what leaves by the device gets its address (masquerading)", () => {
    list.set((device) => {
      device.napt = true;
    });
    return true;
  });
}

interface Add {
  (flags: string, text: string, take: (value: string) => void): void;
  /** An option without a value. */
  flag(flags: string, text: string, take: () => void): void;
}

function addInterfaceOptions(add: Add, list: DeviceList): void {
  const address = checked(ownAddress);
  add("--ip <a.b.c.d/len>", "an address of ours on the device; up to 4", (v) => {
    const prefix = address(v);
    list.set((device) => {
      if (device.addresses.length === ADDRESSES_MAX) throw new InvalidArgumentError(`an interface has ${ADDRESSES_MAX} addresses at most`);
      device.addresses = [...device.addresses, prefix];
    });
  });
  add.flag("--dhcp", "ask a DHCP server for address and gateway (TAP only)", () =>
    list.set((device) => Object.assign(device, { dhcp: true })),
  );
  add.flag("--link-local", "with --dhcp: take a link-local address while no server answers (RFC 3927)", () =>
    list.set((device) => Object.assign(device, { linkLocal: true })),
  );
  add.flag("--transparent", "what comes in for any host's address is ours: for nc -l", () =>
    list.set((device) => Object.assign(device, { transparent: true })),
  );
  const put = <K extends keyof DeviceOptions>(flags: string, text: string, key: K, parse: (value: string) => DeviceOptions[K]) =>
    add(flags, text, (value) => {
      const parsed = parse(value);
      list.set((device) => {
        if (device[key] !== undefined) throw new InvalidArgumentError("given twice for the same device");
        Object.assign(device, { [key]: parsed });
      });
    });
  put("--gateway <a.b.c.d>", "default gateway", "gateway", checked(hostAddress));
  add("--route <net via gateway>", 'a route on the device, as "192.0.2.0/24 via 10.9.0.1" or "... metric 5"; several are allowed', (v) => {
    const route = checked(routeTo)(v);
    list.set((device) => {
      device.routes = [...(device.routes ?? []), route];
    });
  });
  put("--mac <mac>", "our MAC address (default: made from the seed)", "mac", checked(macAddress));
  put("--vlan <n>", "802.1Q identifier of all frames on the device, 1 to 4094 (TAP only)", "vlan", integer(1, 4094));
  put("--mtu <octets>", "longest IP datagram, 68 to 65535 (default: the device's)", "mtu", integer(68, 65_535));
  put("--host-ip <a.b.c.d/len>", "address for the operating system's side, which is brought up, with our MTU", "hostIp", address);
  put("--netns <name>", "network namespace the device lies in (default: this one)", "netns", namespaceName);
  put("--pcap <file>", "write every frame received and sent to this capture file", "pcap", fileName);
}

function addLinkOptions(add: Add, list: DeviceList): void {
  const put = (flags: string, text: string, key: keyof LinkOptions, parse: (value: string) => number) =>
    add(flags, text, (value) => {
      const parsed = parse(value);
      list.set((device) => {
        device.link = { ...device.link, [key]: parsed };
      });
    });
  put("--loss <percent>", "lose frames, each way", "loss", percentage);
  put("--delay <ms>", "delay frames, each way", "delay", decimal(0, 60_000, "milliseconds"));
  put("--reorder <percent>", "let frames be overtaken by later ones, each way", "reorder", percentage);
  put("--duplicate <percent>", "deliver frames twice, each way", "duplicate", percentage);
  put("--corrupt <percent>", "flip a bit in frames, each way", "corrupt", percentage);
  put("--link-seed <n>", "seed of the link simulator (default: random)", "linkSeed", integer(0, 0xffff_ffff));
}

const fileName = checked((text: string) => {
  if (!text) throw new Error("expected the name of a file");
  return text;
});

/** Checks that need the whole line: each device has an address, none is used twice, MAC addresses only where there are any. */
function completed(devices: DeviceOptions[], mayLack: boolean): DeviceOptions[] {
  if (!devices.length) throw new Failure("no device: say --tap NAME, --tun NAME or --slip PATH, and --ip A.B.C.D/LEN", USAGE);
  const seen = new Set<string>();
  for (const device of devices) {
    const option = `--${device.kind} ${device.name}`;
    if (!device.addresses.length && !device.dhcp && !mayLack)
      throw new Failure(`${option} needs an address: --ip A.B.C.D/LEN or --dhcp`, USAGE);
    if (device.kind !== "tap" && device.dhcp) throw new Failure(`${option} takes no --dhcp: raw IP has no link addresses`, USAGE);
    if (device.linkLocal && !device.dhcp) throw new Failure(`${option}: --link-local goes with --dhcp`, USAGE);
    if (device.kind !== "tap" && device.vlan) throw new Failure(`${option} takes no --vlan: raw IP has no tags`, USAGE);
    if (device.kind !== "tap" && device.mac) throw new Failure(`${option} takes no --mac: raw IP has no link addresses`, USAGE);
    for (const { address } of device.addresses) {
      if (seen.has(address)) throw new Failure(`address ${address} is given twice`, USAGE);
      seen.add(address);
    }
    if (device.hostIp && device.addresses.some(({ address }) => address === device.hostIp?.address)) {
      throw new Failure(`--host-ip ${device.hostIp.address} is an address of our own`, USAGE);
    }
    if (device.kind === "slip" && (device.hostIp || device.netns)) throw new Failure(`${option} takes no --host-ip and no --netns`, USAGE);
    checkHostIp(device);
    checkGateways(device, seen);
  }
  return devices;
}

/** The operating system's side of a TAP is a neighbour, but where addresses come from elsewhere, or its frames carry no tag. */
function checkHostIp({ kind, name, hostIp, addresses, dhcp, vlan }: DeviceOptions): void {
  if (kind !== "tap" || !hostIp || dhcp || vlan || !addresses.length) return;
  if (!isNear(hostIp.address, addresses))
    throw new Failure(`--host-ip ${hostIp.address} is in none of the networks of --tap ${name}`, USAGE);
}

/** Whether an address is in one of the networks. */
function isNear(other: string, addresses: readonly Prefix[]): boolean {
  return addresses.some(({ address, length }) => networkOf({ address: other, length }) === networkOf({ address, length }));
}

/** A gateway is another host, and a neighbour. */
function checkGateways(device: DeviceOptions, own: ReadonlySet<string>): void {
  const { gateway, routes = [], addresses, kind, name } = device;
  for (const via of [...(gateway ? [gateway] : []), ...routes.map((route) => route.via)]) {
    if (own.has(via)) throw new Failure(`gateway ${via} is an address of our own`, USAGE);
    if (kind === "tap" && !device.dhcp && !isNear(via, addresses))
      throw new Failure(`gateway ${via} is in none of the networks of --tap ${name}`, USAGE);
  }
}
