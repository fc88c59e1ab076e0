// What DHCP needs beside the board's configuration: an address that changes and is probed, and a socket of its own.
@global const CFG_DHCP: i32 = 1;
@global const CFG_CONFIGURE: i32 = 1;
@global const CFG_PROBING: i32 = 1;
@global const CFG_SERVICE_SOCKETS: i32 = 1;
