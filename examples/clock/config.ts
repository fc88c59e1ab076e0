// A build for microcontrollers without TCP, with one socket, that of SNTP.
@global const CFG_TINY: i32 = 1;
@global const CFG_SERVICE_SOCKETS: i32 = 1;
@global const CFG_UDP_SOCKETS: i32 = 0;
@global const CFG_TCP: i32 = 0;
@global const CFG_TCP_SOCKETS: i32 = 0;
