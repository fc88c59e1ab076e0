// For editors and tsc only: the names that a profile or a board may give as `@global const CFG_NAME: i32 = n`.
// config.ts asks for each with isDefined; what is not given has the default that stands there.
declare const CFG_COOKIES: i32;
declare const CFG_CUBIC: i32;
declare const CFG_HOLDS: i32;
declare const CFG_INTERFACES_MAX: i32;
declare const CFG_LISTENERS: i32;
declare const CFG_NEIGHBOURS: i32;
declare const CFG_OWNERS: i32;
declare const CFG_PACING: i32;
declare const CFG_PING: i32;
declare const CFG_RACK: i32;
declare const CFG_RECORD: i32;
declare const CFG_ROUTES: i32;
declare const CFG_SENT_RECORDS: i32;
declare const CFG_STATE_HASH: i32;
declare const CFG_SYN_QUEUE: i32;
declare const CFG_TCP_RANGES: i32;
declare const CFG_TCP_RECEIVE: i32;
declare const CFG_TCP_SEND: i32;
declare const CFG_TCP_SOCKETS: i32;
declare const CFG_TIME_WAIT: i32;
declare const CFG_UDP_OCTETS: i32;
declare const CFG_UDP_RECEIVE: i32;
declare const CFG_UDP_SEND: i32;
declare const CFG_UDP_SOCKETS: i32;
