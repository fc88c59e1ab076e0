// What a counter that rose says about the frame at hand. Those that only count traffic say nothing.
import type { Counter } from "./constants.js";

type Name = Exclude<keyof typeof Counter, "COUNT">;

/** Frames and packets that were dropped, and why. */
const DROPPED: Partial<Record<Name, string>> = {
  LINK_SHORT: "the frame is too short",
  LINK_LONG: "the frame is too long",
  LINK_DOWN: "no carrier",
  LINK_NOT_OURS: "for another MAC address",
  LINK_BAD_SOURCE: "a group as the sender's MAC address",
  LINK_UNKNOWN_TYPE: "unknown ethernet type",
  LINK_UNKNOWN_VLAN: "a VLAN without an interface",
  ARP_MALFORMED: "malformed ARP",
  ARP_BAD_SENDER: "ARP of a sender that cannot be",
  HOLD_FULL: "too many packets wait for neighbours",
  HOLD_REPLACED: "a newer packet waits for this neighbour",
  HOLD_EXPIRED: "the neighbour did not answer in time",
  IP_SHORT: "too short for an IP header",
  IP_VERSION: "not IP version 4",
  IP_HEADER_LENGTH: "IP header length",
  IP_TOTAL_LENGTH: "IP total length",
  IP_CHECKSUM: "IP header checksum",
  IP_BAD_SOURCE: "a source address that cannot be",
  IP_NOT_OURS: "for another host",
  IP_FRAGMENT: "a fragment, and none are taken",
  IP_FRAGMENTS_FULL: "no room to put fragments together",
  IP_FRAGMENT_TOO_LONG: "the fragments make a datagram that is too long",
  IP_FRAGMENT_OVERLAP: "fragments overlap",
  IP_FRAGMENT_DUPLICATE: "a fragment that is there already",
  IP_FRAGMENT_TIMEOUT: "fragments are missing after their time",
  IP_SOURCE_ROUTE: "a source route",
  IP_UNKNOWN_PROTOCOL: "unknown IP protocol",
  IP_NO_ROUTE: "no route",
  IP_TTL: "TTL ran out",
  IP_DF: "too long, and must not be fragmented",
  FILTERED_IN: "filter, in",
  FILTERED_OUT: "filter, out",
  FILTERED_FORWARD: "filter, forward",
  FLOWS_FULL: "no room for another flow",
  NAPT_DROPPED: "nothing to translate it to",
  NAPT_FULL: "no port left to translate to",
  ICMP_SHORT: "ICMP too short",
  ICMP_CHECKSUM: "checksum",
  ICMP_UNKNOWN: "unknown ICMP type",
  ICMP_ECHO_BROADCAST: "an echo request to a broadcast",
  ICMP_ECHO_UNMATCHED: "an echo reply that nobody waits for",
  ICMP_ERROR_UNMATCHED: "an ICMP error about nothing of ours",
  ICMP_TOO_LONG: "an echo request that is too long to answer",
  IGMP_DROPPED: "malformed IGMP",
  UDP_SHORT: "too short for UDP",
  UDP_LENGTH: "UDP length",
  UDP_CHECKSUM: "checksum",
  UDP_NO_SOCKET: "no socket on this port",
  UDP_FULL: "the socket's ring is full",
  UDP_UNREACHABLE: "the neighbour does not answer",
  DHCP_MALFORMED: "malformed DHCP",
  DHCP_UNMATCHED: "a DHCP answer to no question of ours",
  DHCP_REFUSED: "an offer that cannot be used",
  DHCPD_FULL: "no address left to lease",
  HTTP_FULL: "no place left for another client",
  DNS_MISMATCHED: "not the answer to our question",
  MDNS_DROPPED: "an mDNS message that is not valid",
  TCP_SHORT: "too short for TCP",
  TCP_OFFSET: "TCP data offset",
  TCP_CHECKSUM: "checksum",
  TCP_NOT_UNICAST: "TCP to or from more than one host",
  TCP_BAD_PORT: "port 0",
  TCP_NO_CONNECTION: "no connection and no listener",
  TCP_SYN_QUEUE_FULL: "the SYN queue is full",
  TCP_ACCEPT_FULL: "the accept queue is full",
  TCP_NO_SOCKET: "all sockets are taken",
  TCP_UNACCEPTABLE: "outside the window",
  TCP_NO_ACK: "no ACK bit",
  TCP_ACK_UNSENT: "acknowledges what was never sent",
  TCP_ACK_OLD: "an acknowledgement that is too old",
  TCP_RANGES_FULL: "no room for another piece out of order",
  TCP_BEYOND_WINDOW: "text beyond the window",
  TCP_AFTER_FIN: "text after the FIN",
  TCP_NO_TIMESTAMP: "without the timestamp that was agreed on",
  TCP_PAWS: "an old timestamp (PAWS)",
};

/** What else happened. */
const HAPPENED: Partial<Record<Name, string>> = {
  TX_FULL: "waits: no free TX slot",
  ARP_NOT_OURS: "not for us",
  ARP_CONFLICT: "somebody else uses our address",
  ARP_LOST: "an address was lost to another host",
  ARP_FULL: "the table of neighbours is full",
  ARP_EVICTED: "a neighbour made room for another",
  ARP_FAILED: "a neighbour did not answer",
  IP_REASSEMBLED: "put together from fragments",
  FLOWS_EVICTED: "a flow made room for another",
  ICMP_RATE_LIMITED: "no ICMP error: rate limit",
  UDP_TOO_LONG: "cut: longer than a datagram of the socket",
  DHCP_NAKS: "the DHCP server refuses",
  DHCP_DECLINED: "the address is in use: declined",
  TCP_RST_LIMITED: "no reset: rate limit",
  TCP_SYN_EXPIRED: "a half-open connection was given up",
  TCP_CHALLENGE_ACKS: "challenge ACK",
  TCP_CHALLENGE_LIMITED: "no challenge ACK: rate limit",
  TCP_DUPLICATE: "duplicate: it was here already",
  TCP_OUT_OF_ORDER: "out of order: kept until what is missing comes",
  TCP_TIMEOUTS: "the retransmission timer ran out",
  TCP_FAST_RETRANSMITS: "lost, as acknowledgements tell",
  TCP_PROBES: "zero-window probe",
  TCP_KEEPALIVES: "keepalive",
  TCP_GIVEN_UP: "given up: the user timeout is over",
  TCP_ABORTED: "aborted by this side",
  TCP_ORPHANS_RESET: "reset: nobody reads it any more",
  TCP_TIME_WAIT_CUT: "TIME-WAIT cut short",
  TCP_LOSS_PROBES: "tail loss probe",
  TCP_UNDONE: "the timeout was in vain: the window is given back",
  TCP_DSACK_IN: "DSACK: the peer had it already",
  TCP_RENEGED: "the peer took SACKed octets back",
  TCP_CE_IN: "congestion was met on the way",
  TCP_ECE_IN: "the peer tells of congestion",
  TCP_COOKIES_OUT: "answered by a SYN cookie",
  TCP_COOKIES_IN: "the SYN cookie came back",
  TCP_BLACK_HOLES: "smaller segments: a black hole on the path",
};

/** Counters of traffic, and what other lines tell already. */
export const SILENT: ReadonlySet<Name> = new Set<Name>([
  ...(["FRAMES_IN", "FRAMES_OUT", "OCTETS_IN", "OCTETS_OUT", "ARP_IN", "ARP_REQUESTS_OUT", "ARP_REPLIES_OUT", "ARP_ANNOUNCED"] as const),
  ...(["ARP_PROBES_OUT", "IP_IN", "IP_OUT", "IP_FRAGMENTS_IN", "IP_FRAGMENTS_OUT", "IP_FORWARDED", "ICMP_IN", "ICMP_ECHO_IN"] as const),
  ...(["ICMP_ECHO_REPLIES_OUT", "ICMP_ERRORS_IN", "ICMP_ERRORS_OUT", "IGMP_IN", "IGMP_OUT", "UDP_IN", "UDP_OUT", "TCP_IN"] as const),
  ...(["TCP_OUT", "TCP_RST_IN", "TCP_RST_OUT", "TCP_ACTIVE_OPENS", "TCP_PASSIVE_OPENS", "TCP_RETRANSMITTED", "TCP_PREDICTED"] as const),
]);

/** What it says that a counter rose, or an empty text. One without a text of its own says its name. */
export function whyOf(name: string): string {
  const counter = name as Name;
  if (SILENT.has(counter)) return "";
  const dropped = DROPPED[counter];
  return dropped ? `dropped: ${dropped}` : (HAPPENED[counter] ?? name.toLowerCase().replaceAll("_", " "));
}
/** Whether a counter has a text, or is known to need none. */
export function isKnown(name: string): boolean {
  return SILENT.has(name as Name) || name in DROPPED || name in HAPPENED;
}
