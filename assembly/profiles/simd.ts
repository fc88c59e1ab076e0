// The profile for engines with 128-bit vectors: nothing else differs, and every frame is the same.
@global const CFG_SIMD: i32 = 1;
