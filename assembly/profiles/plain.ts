// For the simulator: the release module without its short ways for usual packets. Every frame and all state are the same.
@global const CFG_FAST: i32 = 0;
