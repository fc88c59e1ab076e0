// What a build fixes: default capacities and settings, each with what happens at its limit.
// A board gives its own by `@global const CFG_NAME: i32 = n` in a file compiled before this one.
// Everything under "Capacities" and "Settings" is only the default of a control-block word: the host may overrule it before init.

/** Version of the host interface. Raised when a layout, a name or a rule of docs/abi.md changes. */
export const ABI_VERSION: i32 = 1;
/** First address of the arena in shipped modules; static data ends below it. */
export const ARENA_START: i32 = 4096;

// ---- Features, fixed in a build ----

/** 1: what is not given has the value of a microcontroller's build, the second one below: few sockets, and only what each needs. */
export const TINY: i32 = isDefined(CFG_TINY) ? CFG_TINY : 0;
const FULL: i32 = 1 - TINY;

/** Devices in the control block's table. One more is refused by init (BAD_COUNT). */
export const DEVICES_MAX: i32 = 4;
/** Interfaces in the control block's table. One more is refused by init (BAD_COUNT). */
export const INTERFACES_MAX: i32 = isDefined(CFG_INTERFACES_MAX) ? CFG_INTERFACES_MAX : TINY ? 4 : 8;
/** Ranges of out-of-order octets a connection keeps. When full, a segment that would need another is dropped and counted (TCP_RANGES_FULL). */
export const TCP_RANGES: i32 = isDefined(CFG_TCP_RANGES) ? CFG_TCP_RANGES : TINY ? 4 : 8;
/** 1: the module holds TCP; 0: its segments are of an unknown protocol. For applications that need none: the socket calls of the host (abi.ts) have it. */
export const TCP: i32 = isDefined(CFG_TCP) ? CFG_TCP : 1;
/** 1: the module holds the state hash. */
export const STATE_HASH: i32 = isDefined(CFG_STATE_HASH) ? CFG_STATE_HASH : FULL;
/** 1: words between the pieces of the arena tell when one was written beyond its end: with assertions, as the debug module has them. */
export const CANARIES: i32 = isDefined(CFG_CANARIES) ? CFG_CANARIES : ASC_NO_ASSERT ? 0 : 1;
/** 1: the module holds ping sockets (the answering side is always there). */
export const PING: i32 = isDefined(CFG_PING) ? CFG_PING : 1;

/** 1: the module holds loss recovery by records of sent segments (SACK, RACK-TLP, PRR); 0: NewReno alone, and `sentRecords` must be 0. */
export const RACK: i32 = isDefined(CFG_RACK) ? CFG_RACK : FULL;
/** 1: the module holds CUBIC and HyStart++; 0: NewReno alone, and `congestion` must be 0. */
export const CUBIC: i32 = isDefined(CFG_CUBIC) ? CFG_CUBIC : FULL;
/** 1: the module holds timestamps and PAWS; 0: their offer bit does nothing. */
export const TIMESTAMPS: i32 = isDefined(CFG_TIMESTAMPS) ? CFG_TIMESTAMPS : FULL;
/** 1: the module holds ECN; 0: it neither asks nor agrees. */
export const ECN: i32 = isDefined(CFG_ECN) ? CFG_ECN : FULL;
/** 1: the module takes back reductions of the window that were for nothing (Eifel, F-RTO, DSACK). */
export const UNDO: i32 = isDefined(CFG_UNDO) ? CFG_UNDO : FULL;
/** 1: the module looks for the path MTU itself where routers are silent (RFC 4821); what routers say is always heeded. */
export const MTU_PROBING: i32 = isDefined(CFG_MTU_PROBING) ? CFG_MTU_PROBING : FULL;
/** 1: the module spreads bursts over the round trip. */
export const PACING: i32 = isDefined(CFG_PACING) ? CFG_PACING : FULL;
/** 1: the module leaves checksums and the cutting of long segments to NICs that can; 0: no device may say that it can. */
export const OFFLOAD: i32 = isDefined(CFG_OFFLOAD) ? CFG_OFFLOAD : FULL;
/** 1: the module holds SYN cookies; 0: their offer bit does nothing. */
export const COOKIES: i32 = isDefined(CFG_COOKIES) ? CFG_COOKIES : FULL;
/** 1: the module holds multicast groups with IGMP, sockets that share a port, and a range for chosen ports. */
export const IGMP: i32 = isDefined(CFG_IGMP) ? CFG_IGMP : FULL;

/** UDP sockets kept back for the services that ship with the stack; the host cannot take them. 0: the module has no services and no exchange. */
export const SERVICE_SOCKETS: i32 = isDefined(CFG_SERVICE_SOCKETS) ? CFG_SERVICE_SOCKETS : TINY ? 0 : 8;
/** 1: addresses and gateways change at run time, and a carrier that came or went is acted upon. */
export const CONFIGURE: i32 = isDefined(CFG_CONFIGURE) ? CFG_CONFIGURE : FULL;
/** 1: addresses can be probed, and are defended (RFC 5227); needs CONFIGURE. */
export const PROBING: i32 = isDefined(CFG_PROBING) ? CFG_PROBING : FULL;
/** 1: the module holds VLAN tags (IEEE 802.1Q); 0: `vlan` must be 0, and tagged frames are of an unknown type. */
export const VLAN: i32 = isDefined(CFG_VLAN) ? CFG_VLAN : FULL;
/** 1: the module holds loopback devices; 0: our own addresses are no remote ones. */
export const LOOPBACK: i32 = isDefined(CFG_LOOPBACK) ? CFG_LOOPBACK : FULL;
/** 1: the module holds SLIP framing (RFC 1055). */
export const SLIP: i32 = isDefined(CFG_SLIP) ? CFG_SLIP : FULL;
/** 1: the module holds the DHCP client and link-local addresses; needs services, CONFIGURE and PROBING. */
export const DHCP: i32 = isDefined(CFG_DHCP) ? CFG_DHCP : SERVICE_SOCKETS ? FULL : 0;
/** 1: the module holds the DHCP server; needs services. */
export const DHCPD: i32 = isDefined(CFG_DHCPD) ? CFG_DHCPD : SERVICE_SOCKETS ? FULL : 0;
/** 1: the module holds the resolver. */
export const DNS: i32 = isDefined(CFG_DNS) ? CFG_DNS : FULL;
/** 1: the module holds the mDNS responder, and the resolver asks for names on the link; needs IGMP. */
export const MDNS: i32 = isDefined(CFG_MDNS) ? CFG_MDNS : IGMP;
/** 1: the module holds the HTTP server; needs SERVICE_SOCKETS. */
export const HTTP: i32 = isDefined(CFG_HTTP) ? CFG_HTTP : SERVICE_SOCKETS ? FULL : 0;
/** 1: what was found for a packet is kept for the next one of the same kind, and what header prediction takes goes a shorter way; no frame differs. */
export const FAST: i32 = isDefined(CFG_FAST) ? CFG_FAST : FULL;
/** 1: segments that header prediction would take are counted (TCP_PREDICTED), and with FAST taken on a shorter way. */
export const PREDICTION: i32 = isDefined(CFG_PREDICTION) ? CFG_PREDICTION : FULL;
/** 1: full segments behind each other leave, and are taken, as what they have in common, and long checksums are made by pairs of words; no frame differs. */
export const TRAINS: i32 = isDefined(CFG_TRAINS) ? CFG_TRAINS : FULL * FAST;
/** 1: checksums are made with 128-bit vectors, which the engine must have. */
export const SIMD: i32 = isDefined(CFG_SIMD) ? CFG_SIMD : 0;
/** 1: the module holds echo, discard, daytime, chargen and time; needs SERVICE_SOCKETS. */
export const SMALL: i32 = isDefined(CFG_SMALL) ? CFG_SMALL : SERVICE_SOCKETS ? FULL : 0;
/** 1: the module puts datagrams together from fragments; 0: fragments are counted and dropped (IP_FRAGMENT). */
export const REASSEMBLY: i32 = isDefined(CFG_REASSEMBLY) ? CFG_REASSEMBLY : FULL;
/** 1: datagrams longer than the MTU leave in pieces; 0: sending one answers TOO_LONG. */
export const FRAGMENTATION: i32 = isDefined(CFG_FRAGMENTATION) ? CFG_FRAGMENTATION : FULL;
/** 1: routes have metrics, one network may have several gateways, and a dead gateway is passed over. */
export const GATEWAYS: i32 = isDefined(CFG_GATEWAYS) ? CFG_GATEWAYS : FULL;
/** 1: the module can forward datagrams between interfaces, when the setting `forwarding` says so. Needs FRAGMENTATION. */
export const FORWARDING: i32 = isDefined(CFG_FORWARDING) ? CFG_FORWARDING : FULL;
/** 1: the module holds raw IP sockets. Needs FRAGMENTATION. */
export const RAW: i32 = isDefined(CFG_RAW) ? CFG_RAW : FULL;
/** 1: the module holds the packet filter. Needs REASSEMBLY. */
export const FILTER: i32 = isDefined(CFG_FILTER) ? CFG_FILTER : FULL;
/** 1: the module translates addresses and ports (NAPT) and forwards ports. Needs FILTER and FORWARDING. */
export const NAPT: i32 = isDefined(CFG_NAPT) ? CFG_NAPT : FULL;
/** 1: an interface can be transparent, and a listener can ask before it answers a SYN. */
export const TRANSPARENT: i32 = isDefined(CFG_TRANSPARENT) ? CFG_TRANSPARENT : FULL;
if ((FORWARDING || RAW) && !FRAGMENTATION) ERROR("FORWARDING and RAW need FRAGMENTATION");

// ---- Capacities ----

/** TCP connections of buffer class 0. When all are taken: an active OPEN answers NO_SOCKET, a final ACK of a handshake is dropped and counted (TCP_NO_SOCKET). */
export const TCP_SOCKETS: i32 = isDefined(CFG_TCP_SOCKETS) ? CFG_TCP_SOCKETS : TINY ? 4 : 16;
/** Octets a connection of class 0 holds unread; any number from 0 to 2^30 - 1. When full, the window is zero. */
export const TCP_RECEIVE: i32 = isDefined(CFG_TCP_RECEIVE) ? CFG_TCP_RECEIVE : TINY ? 2048 : 16384;
/** Octets a connection of class 0 holds unacknowledged or unsent; any number from 0 to 2^30 - 1. When full, the send span is 0. */
export const TCP_SEND: i32 = isDefined(CFG_TCP_SEND) ? CFG_TCP_SEND : TINY ? 2048 : 16384;
/** Listeners. When all are taken, a passive OPEN answers NO_SOCKET. */
export const LISTENERS: i32 = isDefined(CFG_LISTENERS) ? CFG_LISTENERS : TINY ? 4 : 8;
/** Half-open connections of all listeners. When full, a SYN is counted (TCP_SYN_QUEUE_FULL) and answered with a cookie; without cookies it is dropped in silence. */
export const SYN_QUEUE: i32 = isDefined(CFG_SYN_QUEUE) ? CFG_SYN_QUEUE : TINY ? 4 : 16;
/** TIME-WAIT records. When full, the oldest is reused and counted (TCP_TIME_WAIT_CUT). */
export const TIME_WAIT: i32 = isDefined(CFG_TIME_WAIT) ? CFG_TIME_WAIT : TINY ? 8 : 32;
/** UDP and ping sockets. When all are taken, bind answers NO_SOCKET. */
export const UDP_SOCKETS: i32 = isDefined(CFG_UDP_SOCKETS) ? CFG_UDP_SOCKETS : TINY ? 4 : 8;
/** Datagrams a UDP socket holds unread, a power of two. When full, the new one is dropped and counted (UDP_FULL). */
export const UDP_RECEIVE: i32 = isDefined(CFG_UDP_RECEIVE) ? CFG_UDP_RECEIVE : TINY ? 2 : 8;
/** Datagrams a UDP socket holds unsent, a power of two. When full, the send span is 0. */
export const UDP_SEND: i32 = isDefined(CFG_UDP_SEND) ? CFG_UDP_SEND : TINY ? 2 : 4;
/** Octets of the longest datagram a UDP socket holds. Of a longer one that many are kept, its true length is told, and it is counted (UDP_TOO_LONG). */
export const UDP_OCTETS: i32 = isDefined(CFG_UDP_OCTETS) ? CFG_UDP_OCTETS : 1472;
/** Neighbours (ARP entries). When all are in use, a new destination waits and is counted (ARP_FULL). */
export const NEIGHBOURS: i32 = isDefined(CFG_NEIGHBOURS) ? CFG_NEIGHBOURS : TINY ? 8 : 32;
/** Routes besides the connected ones and the gateways of the interface table. When full, adding one answers NO_ROOM. */
export const ROUTES: i32 = isDefined(CFG_ROUTES) ? CFG_ROUTES : TINY ? 2 : 8;
/** UDP and ICMP packets that wait for a neighbour, one each. When full, the packet is dropped and counted (HOLD_FULL). */
export const HOLDS: i32 = isDefined(CFG_HOLDS) ? CFG_HOLDS : TINY ? 2 : 4;
/** Multicast groups that sockets have joined, each socket, interface and group one. When full, joining answers NO_ROOM. */
export const GROUPS: i32 = isDefined(CFG_GROUPS) ? CFG_GROUPS : TINY ? 0 : 16;
/** Sources in the filters of those groups. When full, joining with more answers NO_ROOM. */
export const SOURCES: i32 = isDefined(CFG_SOURCES) ? CFG_SOURCES : TINY ? 0 : 32;
/** Addresses the DHCP server leases. When all are taken, a DISCOVER is not answered and counted (DHCPD_FULL). */
export const LEASES: i32 = isDefined(CFG_LEASES) ? CFG_LEASES : TINY ? 0 : 16;
/** Names that are asked for or remembered, 0 to 1,024. When full, the oldest answer makes room; when all wait for an answer, or have one that nobody has fetched, a question answers NO_ROOM. */
export const NAMES: i32 = isDefined(CFG_NAMES) ? CFG_NAMES : TINY ? 0 : 16;
/** Services announced on the link beside the host's name, 0 to 64. When full, one more answers NO_ROOM. */
export const SERVICES: i32 = isDefined(CFG_SERVICES) ? CFG_SERVICES : TINY ? 0 : 8;
/** Datagrams that are put together from fragments at the same time. When full, the oldest is given up (of the same source, where that has half of them) and counted (IP_FRAGMENTS_FULL). */
export const FRAGMENTS: i32 = isDefined(CFG_FRAGMENTS) ? CFG_FRAGMENTS : TINY ? 0 : 4;
/** Octets of the longest datagram that is put together, its header included. A longer one is dropped as soon as a fragment shows it, and counted (IP_FRAGMENT_TOO_LONG). */
export const FRAGMENT_OCTETS: i32 = isDefined(CFG_FRAGMENT_OCTETS) ? CFG_FRAGMENT_OCTETS : TINY ? 0 : 8192;
/** Rules of the packet filter. When full, adding one answers NO_ROOM. */
export const RULES: i32 = isDefined(CFG_RULES) ? CFG_RULES : 0;
/** Flows that the packet filter and address translation keep; 0: rules know no states, and nothing is translated. When full, the oldest that is not established is given up (FLOWS_EVICTED); without one, what would begin a flow is dropped and counted (FLOWS_FULL). */
export const FLOWS: i32 = isDefined(CFG_FLOWS) ? CFG_FLOWS : 0;
/** Ports that address translation forwards. When full, adding one answers NO_ROOM. */
export const FORWARDS: i32 = isDefined(CFG_FORWARDS) ? CFG_FORWARDS : 0;
/** Owners of sockets: the host (0) and applications inside the module (1 and up). An owner beyond is refused (BAD_ARGUMENT). */
export const OWNERS: i32 = isDefined(CFG_OWNERS) ? CFG_OWNERS : 4;
/** Records of sent segments a connection has at most, and never more than its send ring can use; 0: loss recovery is NewReno. When all are in use, nothing new is sent until one is acknowledged. */
export const SENT_RECORDS: i32 = isDefined(CFG_SENT_RECORDS) ? CFG_SENT_RECORDS : TINY ? 0 : 1024;
/** Octets of application record in each TCP socket, zeroed at open. An application that needs more must ask for it before init. */
export const RECORD: i32 = isDefined(CFG_RECORD) ? CFG_RECORD : 32;
/** TFTP transfers at the same time, ours and those of clients. When all are taken, ours answers NO_ROOM, and a client that asks hears nothing. */
export const TRANSFERS: i32 = isDefined(CFG_TRANSFERS) ? CFG_TRANSFERS : TINY ? 0 : 2;
/** HTTP requests at the same time, one of each connection. When all are taken, a new connection takes the place of the client that has kept us waiting for a request the longest; when all are being answered, it is closed; both are counted (HTTP_FULL). */
export const REQUESTS: i32 = isDefined(CFG_REQUESTS) ? CFG_REQUESTS : 8;
/** Octets of the head of an HTTP request that are kept: target, and names and values of its fields. A longer one is refused with the status 414 or 431. */
export const REQUEST_OCTETS: i32 = isDefined(CFG_REQUEST_OCTETS) ? CFG_REQUEST_OCTETS : 2048;

// ---- Settings ----

/** TTL of what is sent. RFC 1122 §3.2.1.7. */
export const TTL: i32 = 64;
/** Maximum segment lifetime. differs: RFC 9293 §3.4.2 says 120,000. */
export const MSL: i32 = 30000;
/** R2: how long sent octets may stay unacknowledged before the connection is given up. RFC 9293 §3.8.3, at least 100,000. */
export const USER_TIMEOUT: i32 = 300000;
/** R2 of a SYN. RFC 9293 §3.8.3, at least 180,000. */
export const SYN_TIMEOUT: i32 = 190000;
/** How long an ARP entry holds without news. RFC 1122 §2.3.2.1. */
export const ARP_TIMEOUT: i32 = 60000;
/** How long an ACK may be delayed, at most 499. RFC 9293 §3.8.6.3. */
export const DELAYED_ACK: i32 = 40;
/** Smallest retransmission timeout. differs: RFC 6298 §2.4 says 1,000. */
export const MIN_RTO: i32 = 200;
/** How long a closed and let-go connection stays in FIN-WAIT-2. */
export const FIN_WAIT_2: i32 = 60000;
/** Idle time before the first keepalive. RFC 9293 §3.8.4, at least 7,200,000 by default. */
export const KEEP_IDLE: i32 = 7200000;
/** Time between keepalives without an answer. */
export const KEEP_INTERVAL: i32 = 75000;
/** Keepalives without an answer before the connection is given up. */
export const KEEP_COUNT: i32 = 9;
/** ICMP errors and stateless RSTs a second, each. The ones beyond are not sent and counted. RFC 1812 §4.3.2.8. */
export const ERROR_RATE: i32 = 50;
/** TCP extensions offered: window scaling 1, SACK 2, timestamps 4, asking for ECN 8; SYN cookies 16. */
export const OFFER: i32 = 23;
/** How long a datagram may take to be put together from fragments. RFC 1122 §3.3.2: 60,000 to 120,000. */
export const FRAGMENT_TIMEOUT: i32 = 60000;
/** How long a flow is kept without a packet: of an established TCP connection, RFC 5382 REQ-5: at least 7,440,000. */
export const FLOW_ESTABLISHED: i32 = 7440000;
/** Of a TCP connection that opens or closes. RFC 5382 REQ-5: at least 240,000. */
export const FLOW_TCP: i32 = 240000;
/** Of UDP. RFC 4787 REQ-5: at least 120,000. */
export const FLOW_UDP: i32 = 300000;
/** Of ICMP queries and other protocols. RFC 5508 REQ-2: at least 60,000. */
export const FLOW_ICMP: i32 = 60000;
/** How long an HTTP client may take for the head of a request, for each 512 octets of a body, and between requests. */
export const HTTP_TIMEOUT: i32 = 15000;
/** Congestion control: 0 NewReno, 1 CUBIC. */
export const CONGESTION: i32 = 0;
/** First and last of the ports that are chosen for whoever names none. RFC 6056 §3.2 asks for 1,024 and up. */
export const PORT_FIRST: i32 = 1024;
export const PORT_LAST: i32 = 65535;
/** Frames read in one receive, over all devices. The rest waits, and poll answers 0. */
export const FRAME_BUDGET: i32 = 256;
