/** What a call answers when it did not do its work; all below 0. */
export enum Err {
  /** The handle is stale, or of a kind this call does not take. */
  BAD_HANDLE = -1,
  /** Not allowed in the socket's state. */
  BAD_STATE = -2,
  /** An argument is out of its range. */
  BAD_ARGUMENT = -3,
  /** All sockets of this kind (or buffer class) are taken. */
  NO_SOCKET = -4,
  /** A table is full. */
  NO_ROOM = -5,
  /** The address and port are taken. */
  IN_USE = -6,
  /** The local address is not ours, or the remote one is not one host's. */
  BAD_ADDRESS = -7,
  /** No route leads to the destination. */
  NO_ROUTE = -8,
  /** Nothing is ready yet. */
  WOULD_BLOCK = -9,
  /** The peer reset the connection. */
  RESET = -10,
  /** The peer refused the connection. */
  REFUSED = -11,
  /** The peer did not answer for as long as the timeout allows. */
  TIMED_OUT = -12,
  /** The network says that the peer cannot be reached. */
  UNREACHABLE = -13,
  /** This side aborted the connection. */
  ABORTED = -14,
  /** Longer than a datagram may be. */
  TOO_LONG = -15,
  /** The peer has closed and everything was read. */
  END = -16,
  /** Broadcast was not allowed for this socket. */
  BROADCAST_OFF = -17,
  /** There is no such name. */
  NO_NAME = -18,
  /** Called before a successful init. */
  NOT_READY = -20,
  /** All octets of the seed are equal. */
  BAD_SEED = -21,
  /** The arena is too small; `memoryNeeded` says what it must have. */
  NO_MEMORY = -22,
  /** More devices, interfaces or sockets than fit the tables. */
  BAD_COUNT = -23,
  /** A device record does not make sense. */
  BAD_DEVICE = -24,
  /** An interface record does not make sense. */
  BAD_INTERFACE = -25,
  /** A capacity is out of its range. */
  BAD_CAPACITY = -26,
  /** A setting is out of its range. */
  BAD_SETTING = -27,
  /** This module or this version has it not: offloads, or what a small build leaves out. */
  NOT_SUPPORTED = -28,
}

/** Bits of what has happened to a socket. */
export enum Event {
  /** Octets or a datagram can be read. */
  READABLE = 1,
  /** Room in the send ring, after a span call that found none or ready_rearm. */
  WRITABLE = 2,
  /** A listener has a connection to accept. */
  ACCEPTABLE = 4,
  /** The connection is established. */
  CONNECTED = 8,
  /** The peer has closed: no octets will follow those that can be read. */
  FINISHED = 16,
  /** The connection is gone, by close, reset or timeout; status says why. */
  CLOSED = 32,
  /** A soft error was reported; status says which. */
  SOFT_ERROR = 64,
  /** Urgent data is on its way, or more of it; status says how far it reaches. */
  URGENT = 128,
  /** The same octets were sent again three times: R1 of RFC 9293 §3.8.3. */
  STALLED = 256,
  /** A listener with the option DECIDE has a SYN to decide on. */
  ASKED = 512,
}

/** Options of a socket, for socket_set and socket_get. */
export enum Option {
  /** 1: Nagle's algorithm is off. */
  NODELAY = 1,
  /** 1: keepalives are sent; 2: with an octet that the peer has already, for peers that do not answer empty ones. */
  KEEPALIVE = 2,
  /** Milliseconds. */
  KEEP_IDLE = 3,
  KEEP_INTERVAL = 4,
  KEEP_COUNT = 5,
  /** R2, milliseconds. */
  USER_TIMEOUT = 6,
  TTL = 7,
  /** The octet with DSCP; ECN bits are ignored. */
  TOS = 8,
  /** 1: datagrams may go to broadcast addresses. UDP only. */
  BROADCAST = 9,
  /** Congestion control: 0 NewReno, 1 CUBIC. TCP only, as the next. */
  CONGESTION = 10,
  /** Offer bits: what a SYN offers, and what of the peer's offer is taken. */
  OFFER = 11,
  /** 1: SOFT_ERROR and STALLED are told, the default. */
  REPORTS = 12,
  /** 1: datagrams leave with DF, and are never sent in pieces. UDP, ping and raw only, as the next. */
  DONT_FRAGMENT = 13,
  /** 1: what is sent begins with its own IP header. Raw only. */
  HEADER = 14,
  /** 1: a SYN waits, unanswered, for tcp_decide. Listeners only. */
  DECIDE = 15,
  /** 1: the socket also gets what comes to other hosts' addresses, on any port, by its interface, which must be transparent; and may send from there. UDP only. */
  ANY_PORT = 16,
  /** TTL of what is sent to groups, 1 by default. UDP only, as the next ones. */
  MULTICAST_TTL = 17,
  /** 1: what is sent to a group comes to our own members too, the default. */
  MULTICAST_LOOP = 18,
  /** 1: another socket may be bound to the same address and port; it then has this option too. */
  REUSE = 19,
  /** 1: what ICMP reports is told to a socket that is not connected, too. */
  ERRORS = 20,
}

/** TCP extensions: bits of the option OFFER and of the control block's `offer`. */
export enum Offer {
  /** Window scaling. RFC 7323 §2. */
  SCALE = 1,
  /** Selective acknowledgements. RFC 2018. */
  SACK = 2,
  /** Timestamps. RFC 7323 §3. */
  TIMESTAMPS = 4,
  /** A SYN asks for ECN; an ECN-setup SYN of the peer is answered in any case. RFC 3168 §6.1. */
  ECN = 8,
  /** A listener whose SYN queue is full answers with SYN cookies. RFC 4987 §3.6. */
  COOKIES = 16,
}
/** All bits of Offer. */
export const OFFERS: u32 = 31;
