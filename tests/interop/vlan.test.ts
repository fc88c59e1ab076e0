// 802.1Q tags made and read by scapy, on a TAP device with an interface without a tag and one in VLAN 7.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openTap, type Stack } from "../../bindings/node/index.js";
import { Lab, missing, needs } from "./lab.js";

const [PLAIN, SEVEN] = ["10.76.0.2", "10.77.0.2"];
/**
 * Sends frames of the peer, each followed by an echo request in VLAN 7, and reads until the reply to that. Frames are kept in their order, so what
 * came before it is the answer to the frame. Prints for each what came: its tags as type, priority, DEI and VLAN, then what it says.
 */
const SCRIPT = `
import json, signal, sys
from scapy.all import ARP, Dot1AD, Dot1Q, Ether, ICMP, IP, Raw, conf
conf.verb = 0
signal.alarm(100)
plain, seven = "${PLAIN}", "${SEVEN}"
us, peer = {plain: sys.argv[1], seven: sys.argv[2]}, "02:00:00:00:00:99"
wire = conf.L2socket(iface="rw0")

def near(to):
    return to.rsplit(".", 1)[0] + ".9"
def ask(to, *tags):
    return joined(Ether(src=peer, dst="ff:ff:ff:ff:ff:ff"), tags, ARP(op=1, hwsrc=peer, psrc=near(to), pdst=to))
def echo(to, *tags, seq=1):
    return joined(Ether(src=peer, dst=us[to]), tags, IP(src=near(to), dst=to) / ICMP(type=8, id=7, seq=seq) / Raw(b"which VLAN?"))
def joined(frame, tags, rest):
    for tag in tags:
        frame = frame / tag.copy()
    return frame / rest
def read():
    while True:
        frame = wire.recv()
        if frame is not None and frame.src in us.values() and frame.dst == peer:
            return frame
def told(frame):
    tags = []
    while type(frame.payload) in (Dot1Q, Dot1AD):
        kind, frame = frame.type, frame.payload
        tags.append([kind, frame.prio, frame.id, frame.vlan])
    if ARP in frame:
        return [tags, "ARP", frame[ARP].op, frame[ARP].hwsrc, frame[ARP].psrc, frame[ARP].pdst]
    return [tags, "ICMP", frame[ICMP].type, frame[ICMP].seq, frame[IP].src, frame[IP].dst, frame[ICMP].load.decode()]

q7 = Dot1Q(vlan=7, prio=5)
frames = {
    "ask in 7": ask(seven, q7),
    "echo in 7": echo(seven, q7),
    "echo in 7, may be dropped": echo(seven, Dot1Q(vlan=7, prio=7, id=1)),
    "ask with a priority": ask(plain, Dot1Q(vlan=0, prio=6)),
    "echo with a priority": echo(plain, Dot1Q(vlan=0, prio=6)),
    "echo without a tag": echo(plain),
    "ask in 8": ask(seven, Dot1Q(vlan=8, prio=5)),
    "echo in 8": echo(seven, Dot1Q(vlan=8, prio=5)),
    "echo in 4095": echo(seven, Dot1Q(vlan=4095)),
    "echo in 7 within 7": echo(seven, q7, q7),
    "ask in 7 within 0": ask(seven, Dot1Q(vlan=0), q7),
    "echo in 7 within a service tag": echo(plain, Dot1AD(vlan=7), q7),
    "echo with a service tag": echo(plain, Dot1AD(vlan=7)),
    "ask for 7 without a tag": ask(seven),
    "ask for 7 with a priority": ask(seven, Dot1Q(vlan=0, prio=6)),
    "ask in 7 for what is not there": ask(plain, q7),
}
answers = {}
for at, (name, frame) in enumerate(frames.items()):
    wire.send(frame)
    wire.send(echo(seven, q7, seq=1000 + at))
    answers[name] = []
    while True:
        reply = read()
        if ICMP in reply and reply[ICMP].seq == 1000 + at:
            break
        answers[name].append(told(reply))
print(json.dumps(answers))
`;

describe("VLAN tags of scapy", { skip: missing || needs("scapy"), timeout: 170_000 }, () => {
  let lab: Lab;
  let stack: Stack;
  before(async () => {
    lab = new Lab();
    lab.sysctl("net.ipv6.conf.all.disable_ipv6=1"); // the kernel says nothing of its own
    const driver = openTap({ name: "rw0", netns: lab.netns, up: true });
    stack = await lab.stack({}, { driver, addresses: [`${PLAIN}/24`] }, { driver, vlan: 7, addresses: [`${SEVEN}/24`] });
  });
  after(() => lab.close());

  test("what is in a VLAN of ours is answered in it, priority tags as if there were none, and all else not at all", async () => {
    const macs = stack.interfaces().map(({ mac }) => mac as string);
    const { LINK_UNKNOWN_VLAN, LINK_UNKNOWN_TYPE, ARP_NOT_OURS } = stack.counters();
    const { status, stdout, stderr } = await lab.run("/usr/bin/python3", ["-", ...macs], Buffer.from(SCRIPT));
    assert.equal(status, 0, stderr || "an echo request in VLAN 7 was not answered");
    const answers = JSON.parse(stdout) as Record<string, unknown[]>;
    const tag = [0x8100, 0, 0, 7];
    const pong = (tags: number[][], from: string) => [tags, "ICMP", 0, 1, from, from.replace(/2$/, "9"), "which VLAN?"];
    const isAt = (tags: number[][], from: string) => [tags, "ARP", 2, macs[from === PLAIN ? 0 : 1], from, from.replace(/2$/, "9")];
    assert.deepEqual(answers, {
      "ask in 7": [isAt([tag], SEVEN)],
      "echo in 7": [pong([tag], SEVEN)],
      "echo in 7, may be dropped": [pong([tag], SEVEN)],
      "ask with a priority": [isAt([], PLAIN)],
      "echo with a priority": [pong([], PLAIN)],
      "echo without a tag": [pong([], PLAIN)],
      "ask in 8": [],
      "echo in 8": [],
      "echo in 4095": [],
      "echo in 7 within 7": [],
      "ask in 7 within 0": [],
      "echo in 7 within a service tag": [],
      "echo with a service tag": [],
      "ask for 7 without a tag": [],
      "ask for 7 with a priority": [],
      "ask in 7 for what is not there": [],
    });
    const now = stack.counters();
    assert.equal(now.LINK_UNKNOWN_VLAN - LINK_UNKNOWN_VLAN, 3, "VLANs 8 and 4095");
    assert.equal(now.LINK_UNKNOWN_TYPE - LINK_UNKNOWN_TYPE, 4, "a tag within a tag, service tags");
    assert.equal(now.ARP_NOT_OURS - ARP_NOT_OURS, 3, "addresses of another VLAN");
  });
});
