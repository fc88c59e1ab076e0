// The tiny profile, with one UDP socket. Boards with RAM to spare share this module. With FAST, for fewer instructions.
@global const CFG_TINY: i32 = 1;
@global const CFG_FAST: i32 = 1;
@global const CFG_UDP_SOCKETS: i32 = 1;
