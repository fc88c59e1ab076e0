// The tiny profile, with capacities for 64 KB of SRAM: one interface, four connections, one UDP socket. Not there: ping sockets. With FAST, for fewer instructions.
@global const CFG_TINY: i32 = 1;
@global const CFG_FAST: i32 = 1;
@global const CFG_PING: i32 = 0;
@global const CFG_INTERFACES_MAX: i32 = 1;
@global const CFG_TCP_SEND: i32 = 1024;
@global const CFG_LISTENERS: i32 = 3;
@global const CFG_TIME_WAIT: i32 = 4;
@global const CFG_UDP_SOCKETS: i32 = 1;
@global const CFG_UDP_RECEIVE: i32 = 1;
@global const CFG_UDP_SEND: i32 = 1;
@global const CFG_ROUTES: i32 = 0;
@global const CFG_HOLDS: i32 = 1;
