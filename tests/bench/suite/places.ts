// Where the ends of the benchmark over devices are. peers/pump.c and peers/smoltcp/tap.rs say the same.

/** The kernel's address, where its programs run, and that of the stack that is measured, on a device of this name at each end. */
export const KERNEL = "10.77.0.1";
export const HOST = "10.77.0.2";
export const LENGTH = 24;
export const DEVICE = "rw0";
/** Octets that come here are thrown away. */
export const DISCARD = 9;
/** From here come as many octets as are taken. */
export const SOURCE = 19;
export const HTTP = 80;
