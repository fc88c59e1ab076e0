// The tiny profile: what a microcontroller needs. memory/config.ts says what that is; what a board or an application gives beside it overrules.
@global const CFG_TINY: i32 = 1;
