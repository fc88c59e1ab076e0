// A build for microcontrollers. Without this file the module has everything that it uses in full.
@global const CFG_TINY: i32 = 1;
