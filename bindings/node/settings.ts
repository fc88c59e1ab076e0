import { parseAddress, parseMac, parsePrefix } from "./address.js";
import {
  ADDRESSES_MAX,
  AddressState,
  CLASSES,
  CONTROL,
  DEVICE,
  DEVICES_MAX,
  DeviceKind,
  INTERFACE,
  INTERFACES_MAX,
  InterfaceFlag,
  MORE,
} from "./constants.js";
import { RingwireError } from "./error.js";
import { type Congestion, congestionNumber, type Offers, offerBits } from "./extensions.js";
import { ADDRESS, OCTETS } from "./layout.js";
import { integer, only, parseSeed, powerOfTwo } from "./validate.js";

/** What a device carries: Ethernet frames, IP packets without a link header, or what the stack sends to itself. */
export type Kind = "ethernet" | "ip" | "loopback";

/** A device: a pair of frame rings. */
export interface DeviceOptions {
  /** What its frames are. */
  kind: Kind;
  /** Slots of the receive ring, a power of two from 1 to 32,768. Default 256. */
  rxSlots?: number;
  /** Slots of the transmit ring, likewise. Default 256. */
  txSlots?: number;
  /** Octets from slot to slot, a multiple of 64. Default: the smallest that holds the largest MTU. */
  slotOctets?: number;
  /** `Offload` bits: what the host does for the stack. Default 0. */
  offload?: number;
}

/** An interface: where a device meets an internet. */
export interface InterfaceOptions {
  /** Index of the device. Default: the index of the interface. */
  device?: number;
  /** `02:00:00:00:00:01` or six octets; required on Ethernet. */
  mac?: string | Uint8Array;
  /** Octets of the longest IP datagram, 68 to 65,535. Default 1500. */
  mtu?: number;
  /** 802.1Q identifier, 1 to 4,094, of the frames of this interface; 0, the default: untagged ones. */
  vlan?: number;
  /** Up to four, as `10.0.0.2/24`. */
  addresses?: (string | { address: string; prefix: number; state?: "tentative" | "valid" })[];
  /** As `10.0.0.1`. Default: none. */
  gateway?: string;
  /** Whether what comes in for any address of one host is for the stack. Default false. */
  transparent?: boolean;
}

/** TCP sockets of one buffer class. */
export interface BufferClass {
  /** Connections. */
  sockets: number;
  /** Octets a connection holds unread. */
  receive: number;
  /** Octets a connection holds unacknowledged or unsent. */
  send: number;
}

/** Names of the capacities that are one word of the control block each. */
export const CAPACITIES = [
  "listeners",
  "synQueue",
  "timeWait",
  "udpSockets",
  "udpReceive",
  "udpSend",
  "udpOctets",
  "neighbours",
  "routes",
  "holds",
  "owners",
  "record",
] as const;
/** Names of the settings. */
export const SETTINGS = [
  "ttl",
  "msl",
  "userTimeout",
  "synTimeout",
  "arpTimeout",
  "delayedAck",
  "minRto",
  "finWait2",
  "keepIdle",
  "keepInterval",
  "keepCount",
  "errorRate",
  "frameBudget",
  "clockGranularity",
  "offer",
  "congestion",
  "sentRecords",
] as const;

/** Names of the capacities that are one word of the record at `more` each. */
export const MORE_CAPACITIES = [
  "fragments",
  "fragmentOctets",
  "groups",
  "sources",
  "rules",
  "flows",
  "forwards",
  "leases",
  "names",
  "services",
  "transfers",
  "requests",
  "requestOctets",
] as const;
/** Names of the settings there. */
export const MORE_SETTINGS = [
  "probing",
  "forwarding",
  "fragmentTimeout",
  "flowEstablished",
  "flowTcp",
  "flowUdp",
  "flowIcmp",
  "portFirst",
  "portLast",
  "httpTimeout",
] as const;

/** How much of everything the stack holds; what is missing keeps the module's default. docs/abi.md section 2. */
export type Capacities = { [name in (typeof CAPACITIES)[number] | (typeof MORE_CAPACITIES)[number]]?: number } & {
  /** Up to four buffer classes; classes that are not named have no sockets. */
  classes?: BufferClass[];
};
/** Times in milliseconds, and other settings; what is missing keeps the module's default. docs/abi.md section 2. */
export type Settings = {
  [name in Exclude<(typeof SETTINGS)[number], "offer" | "congestion"> | (typeof MORE_SETTINGS)[number]]?: number;
} & {
  /** Offer bits, or switches that change the module's default. */
  offer?: number | Offers;
  /** Number or name of the congestion control. */
  congestion?: number | Congestion;
};

/** What goes into the control block. */
export interface ControlOptions {
  /** 32 octets of entropy, or 64 hexadecimal digits. Never the same twice, but in tests. */
  seed: Uint8Array | string;
  devices: DeviceOptions[];
  interfaces: InterfaceOptions[];
  capacities?: Capacities;
  settings?: Settings;
  /** Addresses of the first octet the stack may use and of the end; 0 or missing: the module's start, and as much as is needed. */
  arena?: { start?: number; end?: number };
}

const U32 = 0xffffffff;

/** Writes options into the control block at `control`; throws at the first that is wrong. Defaults of the module are kept where nothing is said. */
export function writeControl(view: DataView, control: number, options: ControlOptions): void {
  const put = (offset: number, value: number) => view.setUint32(control + offset, value, true);
  parseSeed(options.seed).forEach((octet, i) => {
    view.setUint8(control + CONTROL.seed + i, octet);
  });
  only(options.arena ?? {}, ["start", "end"], "arena");
  put(CONTROL.arenaStart, integer(options.arena?.start ?? 0, 0, U32, "arena.start"));
  put(CONTROL.arenaEnd, integer(options.arena?.end ?? 0, 0, U32, "arena.end"));
  writeDevices(view, control, options.devices);
  writeInterfaces(view, control, options);
  writeCapacities(put, options.capacities ?? {});
  const more = view.getUint32(control + CONTROL.more, true) - control;
  writeWords(put, more, MORE_CAPACITIES, options.capacities ?? {}, "capacities", "BAD_CAPACITY");
  writeWords(put, more, MORE_SETTINGS, options.settings ?? {}, "settings", "BAD_SETTING");
  only(options.settings ?? {}, [...SETTINGS, ...MORE_SETTINGS], "settings");
  const settings = numbers(options.settings ?? {}, view.getUint32(control + CONTROL.offer, true));
  for (const name of SETTINGS) {
    if (settings[name] !== undefined) put(CONTROL[name], integer(settings[name], 0, U32, `settings.${name}`, "BAD_SETTING"));
  }
}

/** Writes those of `names` that are given to the record of more capacities and settings, `more` octets behind the control block. */
function writeWords<Name extends keyof typeof MORE>(
  put: (offset: number, value: number) => void,
  more: number,
  names: readonly Name[],
  given: { [name in Name]?: number },
  what: string,
  error: "BAD_CAPACITY" | "BAD_SETTING",
): void {
  for (const name of names) if (given[name] !== undefined) put(more + MORE[name], integer(given[name], 0, U32, `${what}.${name}`, error));
}

/** Settings as the words they are; `offer` is the module's default. */
function numbers(settings: Settings, offer: number): { [name in (typeof SETTINGS)[number]]?: number | undefined } {
  const offered = typeof settings.offer === "object" ? offerBits(settings.offer, offer, "settings.offer") : settings.offer;
  const { congestion } = settings;
  const control = typeof congestion === "string" ? congestionNumber(congestion, "settings.congestion") : congestion;
  return { ...settings, offer: offered, congestion: control };
}

function writeDevices(view: DataView, control: number, devices: DeviceOptions[]): void {
  if (!Array.isArray(devices) || devices.length < 1 || devices.length > DEVICES_MAX) {
    throw new RingwireError("BAD_COUNT", `devices: expected a list of 1 to ${DEVICES_MAX} devices`);
  }
  view.setUint32(control + CONTROL.devices, devices.length, true);
  devices.forEach((device, i) => {
    const name = `devices[${i}]`;
    only(device, ["kind", "rxSlots", "txSlots", "slotOctets", "offload"], name);
    const at = control + CONTROL.deviceTable + i * DEVICE.octets;
    for (let octet = 0; octet < DEVICE.octets; octet++) view.setUint8(at + octet, 0);
    view.setUint8(at + DEVICE.kind, kindOf(device.kind, name));
    view.setUint16(at + DEVICE.offload, integer(device.offload ?? 0, 0, 0xffff, `${name}.offload`, "BAD_DEVICE"), true);
    view.setUint32(at + DEVICE.slotOctets, integer(device.slotOctets ?? 0, 0, U32, `${name}.slotOctets`, "BAD_DEVICE"), true);
    view.setUint32(at + DEVICE.rxSlots, powerOfTwo(device.rxSlots ?? 256, 32768, `${name}.rxSlots`, "BAD_DEVICE"), true);
    view.setUint32(at + DEVICE.txSlots, powerOfTwo(device.txSlots ?? 256, 32768, `${name}.txSlots`, "BAD_DEVICE"), true);
  });
}

function kindOf(kind: unknown, name: string): number {
  if (kind === "ethernet") return DeviceKind.ETHERNET;
  if (kind === "ip") return DeviceKind.RAW_IP;
  if (kind === "loopback") return DeviceKind.LOOPBACK;
  throw new RingwireError("BAD_DEVICE", `${name}.kind: "${String(kind)}" is no kind of device (expected "ethernet", "ip" or "loopback")`);
}

function writeInterfaces(view: DataView, control: number, { interfaces, devices }: ControlOptions): void {
  if (!Array.isArray(interfaces) || interfaces.length < 1 || interfaces.length > INTERFACES_MAX) {
    throw new RingwireError("BAD_COUNT", `interfaces: expected a list of 1 to ${INTERFACES_MAX} interfaces`);
  }
  view.setUint32(control + CONTROL.interfaces, interfaces.length, true);
  interfaces.forEach((options, i) => {
    const name = `interfaces[${i}]`;
    only(options, ["device", "mac", "mtu", "vlan", "addresses", "gateway", "transparent"], name);
    const device = integer(options.device ?? i, 0, devices.length - 1, `${name}.device`, "BAD_INTERFACE");
    const at = control + CONTROL.interfaceTable + i * OCTETS.interface;
    for (let octet = 0; octet < OCTETS.interface; octet++) view.setUint8(at + octet, 0);
    view.setUint8(at + INTERFACE.device, device);
    if (options.transparent) view.setUint8(at + INTERFACE.flags, InterfaceFlag.TRANSPARENT);
    view.setUint32(at + INTERFACE.mtu, integer(options.mtu ?? 1500, 68, 65535, `${name}.mtu`, "BAD_INTERFACE"), true);
    view.setUint16(at + INTERFACE.vlan, integer(options.vlan ?? 0, 0, 4094, `${name}.vlan`, "BAD_INTERFACE"), true);
    if (options.gateway !== undefined) view.setUint32(at + INTERFACE.gateway, parseAddress(options.gateway, `${name}.gateway`));
    if (devices[device]?.kind === "ethernet" || options.mac !== undefined) {
      parseMac(options.mac ?? "missing", `${name}.mac`).forEach((octet, k) => {
        view.setUint8(at + INTERFACE.mac + k, octet);
      });
    }
    writeAddresses(view, at + INTERFACE.addresses, options.addresses ?? [], `${name}.addresses`);
  });
}

function writeAddresses(view: DataView, at: number, addresses: NonNullable<InterfaceOptions["addresses"]>, name: string): void {
  if (!Array.isArray(addresses) || addresses.length > ADDRESSES_MAX) {
    throw new RingwireError("BAD_INTERFACE", `${name}: expected a list of at most ${ADDRESSES_MAX} addresses`);
  }
  addresses.forEach((given, i) => {
    const { address, prefix } = typeof given === "string" ? parsePrefix(given, `${name}[${i}]`) : given;
    const tentative = typeof given !== "string" && given.state === "tentative";
    const place = at + i * OCTETS.address;
    view.setUint32(place, parseAddress(address, `${name}[${i}]`));
    view.setUint8(place + ADDRESS.prefix, integer(prefix, 0, 32, `${name}[${i}].prefix`, "BAD_INTERFACE"));
    view.setUint8(place + ADDRESS.state, tentative ? AddressState.TENTATIVE : AddressState.VALID);
  });
}

function writeCapacities(put: (offset: number, value: number) => void, capacities: Capacities): void {
  only(capacities, ["classes", ...CAPACITIES, ...MORE_CAPACITIES], "capacities");
  for (const name of CAPACITIES) {
    if (capacities[name] !== undefined) put(CONTROL[name], integer(capacities[name], 0, U32, `capacities.${name}`, "BAD_CAPACITY"));
  }
  if (capacities.classes === undefined) return;
  if (!Array.isArray(capacities.classes) || capacities.classes.length > CLASSES) {
    throw new RingwireError("BAD_CAPACITY", `capacities.classes: expected a list of at most ${CLASSES} buffer classes`);
  }
  for (let i = 0; i < CLASSES; i++) writeClass(put, i, capacities.classes[i]);
}

function writeClass(put: (offset: number, value: number) => void, i: number, given?: BufferClass): void {
  const name = `capacities.classes[${i}]`;
  if (given) only(given, ["sockets", "receive", "send"], name);
  const { sockets, receive, send } = given ?? { sockets: 0, receive: 0, send: 0 };
  const at = CONTROL.classes + i * OCTETS.bufferClass;
  put(at, integer(sockets, 0, 0x1ffff, `${name}.sockets`, "BAD_CAPACITY"));
  put(at + 4, integer(receive, 0, 2 ** 30 - 1, `${name}.receive`, "BAD_CAPACITY"));
  put(at + 8, integer(send, 0, 2 ** 30 - 1, `${name}.send`, "BAD_CAPACITY"));
}
