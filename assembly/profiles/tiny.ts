// The tiny profile: what a microcontroller needs. Left out: the state hash. Fewer interfaces, sockets and ranges.
@global const CFG_INTERFACES_MAX: i32 = 4;
@global const CFG_TCP_RANGES: i32 = 4;
@global const CFG_STATE_HASH: i32 = 0;
@global const CFG_RACK: i32 = 0;
@global const CFG_CUBIC: i32 = 0;
@global const CFG_TCP_SOCKETS: i32 = 4;
@global const CFG_TCP_RECEIVE: i32 = 2048;
@global const CFG_TCP_SEND: i32 = 2048;
@global const CFG_LISTENERS: i32 = 4;
@global const CFG_SYN_QUEUE: i32 = 4;
@global const CFG_TIME_WAIT: i32 = 8;
@global const CFG_UDP_SOCKETS: i32 = 4;
@global const CFG_UDP_RECEIVE: i32 = 2;
@global const CFG_UDP_SEND: i32 = 2;
@global const CFG_NEIGHBOURS: i32 = 8;
@global const CFG_ROUTES: i32 = 2;
@global const CFG_HOLDS: i32 = 2;
