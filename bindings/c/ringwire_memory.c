// memmove, memcpy and memset by words, in place of a C library's that go octet by octet. Compiled without turning loops back into calls of themselves.
#include <stddef.h>
#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) word;
enum { WORD = sizeof(word), BLOCK = 4 * WORD };

// Whether two places can be reached by words at the same time. Parts that take words from any address (Cortex-M3 and up) need not be asked.
static int by_words(const void *to, const void *from) {
#ifdef __ARM_FEATURE_UNALIGNED
  return (void)to, (void)from, 1;
#else
  return (((uintptr_t)to ^ (uintptr_t)from) & (WORD - 1)) == 0;
#endif
}

static void upwards(uint8_t *to, const uint8_t *from, size_t octets) {
  if (octets >= WORD && by_words(to, from)) {
    for (; (uintptr_t)to & (WORD - 1); octets--) *to++ = *from++;
    for (; octets >= BLOCK; octets -= BLOCK, to += BLOCK, from += BLOCK) {
      word a = ((const word *)from)[0], b = ((const word *)from)[1], c = ((const word *)from)[2], d = ((const word *)from)[3];
      ((word *)to)[0] = a, ((word *)to)[1] = b, ((word *)to)[2] = c, ((word *)to)[3] = d;
    }
    for (; octets >= WORD; octets -= WORD, to += WORD, from += WORD) *(word *)to = *(const word *)from;
  }
  for (; octets; octets--) *to++ = *from++;
}

static void downwards(uint8_t *to, const uint8_t *from, size_t octets) {
  to += octets;
  from += octets;
  if (octets >= WORD && by_words(to, from)) {
    for (; (uintptr_t)to & (WORD - 1); octets--) *--to = *--from;
    for (; octets >= WORD; octets -= WORD) {
      to -= WORD;
      from -= WORD;
      *(word *)to = *(const word *)from;
    }
  }
  for (; octets; octets--) *--to = *--from;
}

void *memcpy(void *to, const void *from, size_t octets) {
  upwards(to, from, octets);
  return to;
}

void *memmove(void *to, const void *from, size_t octets) {
  if ((uintptr_t)to - (uintptr_t)from >= octets) upwards(to, from, octets);
  else downwards(to, from, octets);
  return to;
}

void *memset(void *to, int value, size_t octets) {
  uint8_t *at = to;
  word all = (uint8_t)value * 0x01010101u;
  for (; octets && ((uintptr_t)at & (WORD - 1)); octets--) *at++ = (uint8_t)value;
  for (; octets >= WORD; octets -= WORD, at += WORD) *(word *)at = all;
  for (; octets; octets--) *at++ = (uint8_t)value;
  return to;
}
