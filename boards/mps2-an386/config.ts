// What the module of this board has: the tiny profile (assembly/memory/config.ts says what that is, constant by constant), with these capacities.
// Every other constant there that stands behind `isDefined` can be set here too.
@global const CFG_TINY: i32 = 1;
@global const CFG_TCP_SOCKETS: i32 = 4;
@global const CFG_TCP_RECEIVE: i32 = 2048;
@global const CFG_TCP_SEND: i32 = 2048;
@global const CFG_UDP_SOCKETS: i32 = 1;
