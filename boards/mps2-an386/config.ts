// What the module of this board has: the features of the tiny profile (assembly/profiles/tiny.ts says them one by one), with these capacities.
// Every other capacity of assembly/memory/config.ts can be set here too.
@global const CFG_TINY: i32 = 1;
@global const CFG_TCP_SOCKETS: i32 = 4;
@global const CFG_TCP_RECEIVE: i32 = 2048;
@global const CFG_TCP_SEND: i32 = 2048;
@global const CFG_UDP_SOCKETS: i32 = 1;
