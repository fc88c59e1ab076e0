import { examine } from "../../assembly/examine";
import { init } from "../../assembly/init";
import {
  AddressState,
  Control,
  Device,
  DEVICE_OCTETS,
  DEVICES_AT,
  DeviceKind,
  Interface,
  INTERFACE_OCTETS,
  INTERFACES_AT,
  Offload,
} from "../../assembly/memory/control";
import { DEVICES_MAX, INTERFACES_MAX } from "../../assembly/memory/config";
import { Err } from "../../assembly/memory/errors";
import { root } from "../../assembly/memory/root";
import { addDevice, addInterface } from "./world";
import { good, refuses } from "./refusal";

function device(field: usize): usize {
  return DEVICES_AT + field;
}
function interface_(field: usize): usize {
  return INTERFACES_AT + field;
}
/** An address other than the good one is refused. */
function refusesAddress(ip: u32, prefix: u8): void {
  good();
  root.interface(0).address(2).ip = bswap<u32>(ip);
  root.interface(0).address(2).prefix = prefix;
  root.interface(0).address(2).state = <u8>AddressState.VALID;
  refuses(Err.BAD_INTERFACE, INTERFACES_AT + 24 + 2 * 8);
}

describe("examine: what is refused, and where", () => {
  test("no device, no interface, or more than the tables hold", () => {
    good();
    root.devices = 0;
    refuses(Err.BAD_COUNT, offsetof<Control>("devices"));
    root.devices = DEVICES_MAX + 1;
    refuses(Err.BAD_COUNT, offsetof<Control>("devices"));
    root.devices = 1;
    root.interfaces = 0;
    refuses(Err.BAD_COUNT, offsetof<Control>("interfaces"));
    root.interfaces = INTERFACES_MAX + 1;
    refuses(Err.BAD_COUNT, offsetof<Control>("interfaces"));
  });
  test("devices: kind, offloads, slots that are no power of two, slot size", () => {
    good();
    root.device(0).kind = 0;
    refuses(Err.BAD_DEVICE, device(offsetof<Device>("kind")));
    root.device(0).kind = 4;
    refuses(Err.BAD_DEVICE, device(offsetof<Device>("kind")));
    good();
    root.device(0).offload = <u16>Offload.SEGMENTATION;
    refuses(Err.NOT_SUPPORTED, device(offsetof<Device>("offload")));
    root.device(0).offload = 4;
    refuses(Err.NOT_SUPPORTED, device(offsetof<Device>("offload")));
    root.device(0).offload = <u16>Offload.CHECKSUM;
    expect<i32>(examine()).toBe(0);
    root.extra.forwarding = 1;
    refuses(Err.NOT_SUPPORTED, device(offsetof<Device>("offload")));
    good();
    root.device(0).rxSlots = 3;
    refuses(Err.BAD_DEVICE, device(offsetof<Device>("rxSlots")));
    root.device(0).rxSlots = 0;
    refuses(Err.BAD_DEVICE, device(offsetof<Device>("rxSlots")));
    root.device(0).rxSlots = 65536;
    refuses(Err.BAD_DEVICE, device(offsetof<Device>("rxSlots")));
    good();
    root.device(0).txSlots = 5;
    refuses(Err.BAD_DEVICE, device(offsetof<Device>("txSlots")));
    good();
    root.device(0).slotOctets = 1537;
    refuses(Err.BAD_DEVICE, device(offsetof<Device>("slotOctets")));
  });
  test("the second device is named by its own offset", () => {
    good();
    addDevice(DeviceKind.ETHERNET, 3);
    refuses(Err.BAD_DEVICE, DEVICES_AT + DEVICE_OCTETS + offsetof<Device>("txSlots"));
  });
  test("interfaces: device, VLAN, flags, MTU, a slot that is too small for it", () => {
    good();
    root.interface(0).device = 1;
    refuses(Err.BAD_INTERFACE, interface_(offsetof<Interface>("device")));
    good();
    root.interface(0).flags = 2;
    refuses(Err.NOT_SUPPORTED, interface_(offsetof<Interface>("flags")));
    good();
    root.interface(0).vlan = 4095;
    refuses(Err.NOT_SUPPORTED, interface_(offsetof<Interface>("vlan")));
    good();
    root.interface(0).mtu = 67;
    refuses(Err.BAD_INTERFACE, interface_(offsetof<Interface>("mtu")));
    root.interface(0).mtu = 65536;
    refuses(Err.BAD_INTERFACE, interface_(offsetof<Interface>("mtu")));
    good();
    root.device(0).slotOctets = 1472;
    refuses(Err.BAD_INTERFACE, interface_(offsetof<Interface>("mtu")));
  });
  test("two interfaces on one device", () => {
    good();
    addInterface(0x0a000001, 24);
    refuses(Err.NOT_SUPPORTED, INTERFACES_AT + INTERFACE_OCTETS + offsetof<Interface>("device"));
  });
  test("A163: group and zero MAC addresses; a raw IP device has none", () => {
    good();
    root.interface(0).mac0 = 0xffffffff;
    root.interface(0).mac1 = 0xffff;
    refuses(Err.BAD_INTERFACE, interface_(offsetof<Interface>("mac0")));
    root.interface(0).mac0 = 0;
    root.interface(0).mac1 = 0;
    refuses(Err.BAD_INTERFACE, interface_(offsetof<Interface>("mac0")));
    root.device(0).kind = <u8>DeviceKind.RAW_IP;
    expect<i32>(init(0, 0)).toBe(0);
  });
  test("a gateway that is no host's", () => {
    good();
    root.interface(0).gateway = bswap<u32>(0xe0000001);
    refuses(Err.BAD_INTERFACE, interface_(offsetof<Interface>("gateway")));
  });
  test("A165: addresses that are no host's: subnet and broadcast, loopback, multicast, a prefix over 32, one that is there already", () => {
    refusesAddress(0x0a000000, 24);
    refusesAddress(0x0a0000ff, 24);
    refusesAddress(0x7f000001, 8);
    refusesAddress(0xe0000001, 24);
    refusesAddress(0x0a000001, 33);
    good();
    root.interface(0).address(2).ip = bswap<u32>(0xc0000201);
    root.interface(0).address(2).prefix = 24;
    root.interface(0).address(2).state = <u8>AddressState.VALID;
    // Of two that are the same, the first is named.
    refuses(Err.BAD_INTERFACE, INTERFACES_AT + 24);
  });
  test("RFC 3021: both addresses of a /31, and a /32, are hosts", () => {
    good();
    root.interface(0).address(1).ip = bswap<u32>(0x0a000000);
    root.interface(0).address(1).prefix = 31;
    root.interface(0).address(1).state = <u8>AddressState.VALID;
    root.interface(0).address(2).ip = bswap<u32>(0x0a0000ff);
    root.interface(0).address(2).prefix = 32;
    root.interface(0).address(2).state = <u8>AddressState.VALID;
    expect<i32>(init(0, 0)).toBe(0);
  });
  test("capacities out of range, each by its own word", () => {
    good();
    root.class2Send = 1 << 30;
    refuses(Err.BAD_CAPACITY, offsetof<Control>("class2Sockets") + 4);
    good();
    root.class0Sockets = 131072;
    refuses(Err.BAD_CAPACITY, offsetof<Control>("class0Sockets"));
    for (let at = offsetof<Control>("listeners"); at <= offsetof<Control>("record"); at += 4) {
      good();
      store<u32>(changetype<usize>(root) + at, 1 << 20);
      refuses(Err.BAD_CAPACITY, at);
    }
    good();
    root.udpReceive = 3;
    refuses(Err.BAD_CAPACITY, offsetof<Control>("udpReceive"));
    good();
    root.udpSend = 0;
    refuses(Err.BAD_CAPACITY, offsetof<Control>("udpSend"));
    good();
    root.owners = 0;
    refuses(Err.BAD_CAPACITY, offsetof<Control>("owners"));
  });
  test("settings out of range; A281: the ACK delay is 499 ms at most", () => {
    for (let at = offsetof<Control>("ttl"); at <= offsetof<Control>("frameBudget"); at += 4) {
      good();
      store<u32>(changetype<usize>(root) + at, 0);
      refuses(Err.BAD_SETTING, at);
    }
    good();
    root.ttl = 256;
    refuses(Err.BAD_SETTING, offsetof<Control>("ttl"));
    good();
    root.delayedAck = 500;
    refuses(Err.BAD_SETTING, offsetof<Control>("delayedAck"));
    root.delayedAck = 499;
    expect<i32>(init(0, 0)).toBe(0);
  });
});
