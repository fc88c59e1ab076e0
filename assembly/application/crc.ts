// The CRC-32 of Ethernet, ZIP and boot loaders (polynomial 0x04c11db7, reflected), four bits a step.

/** What it begins with, and what is left of it over octets that their own CRC follows, its low octet first. */
export const CRC_START: u32 = 0xffffffff;
export const CRC_WHOLE: u32 = 0xdebb20e3;

const STEPS: StaticArray<u32> = [
  0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
  0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];

/** Goes on over more octets. What stands in the end of a file is the complement. */
export function crc32(crc: u32, at: usize, octets: u32): u32 {
  let is = crc;
  for (let i: u32 = 0; i < octets; i++) {
    is ^= load<u8>(at + i);
    is = (is >> 4) ^ unchecked(STEPS[is & 15]);
    is = (is >> 4) ^ unchecked(STEPS[is & 15]);
  }
  return is;
}
