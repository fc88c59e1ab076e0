// memmove, memcpy and memset by words, in place of a C library's that go octet by octet. Compiled without turning loops back into calls of themselves.
#include <stddef.h>
#include <stdint.h>

typedef uint32_t __attribute__((may_alias)) word;
enum { WORD = sizeof(word), BLOCK = 4 * WORD };

// Where words are read from. Parts that take one from any address (Cortex-M3 and up) need no alignment, but must be told, for they take several at
// once from aligned addresses only.
#if defined(__ARM_FEATURE_UNALIGNED) || defined(RW_UNALIGNED)
typedef uint32_t __attribute__((may_alias, aligned(1))) source;
static int by_words(const void *to, const void *from) { return (void)to, (void)from, 1; }
#else
typedef word source;
static int by_words(const void *to, const void *from) { return (((uintptr_t)to ^ (uintptr_t)from) & (WORD - 1)) == 0; }
#endif

static void upwards(uint8_t *to, const uint8_t *from, size_t octets) {
  if (octets >= WORD && by_words(to, from)) {
    for (; (uintptr_t)to & (WORD - 1); octets--) *to++ = *from++;
    for (; octets >= BLOCK; octets -= BLOCK, to += BLOCK, from += BLOCK) {
      word a = ((const source *)from)[0], b = ((const source *)from)[1], c = ((const source *)from)[2], d = ((const source *)from)[3];
      ((word *)to)[0] = a, ((word *)to)[1] = b, ((word *)to)[2] = c, ((word *)to)[3] = d;
    }
    for (; octets >= WORD; octets -= WORD, to += WORD, from += WORD) *(word *)to = *(const source *)from;
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
      *(word *)to = *(const source *)from;
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
