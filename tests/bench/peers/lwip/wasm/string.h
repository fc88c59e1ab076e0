// What lwIP wants of a C library. With bulk memory the compiler makes instructions of the first three.
#ifndef STRING_H
#define STRING_H

#include <stddef.h>

#define memcpy __builtin_memcpy
#define memset __builtin_memset
#define memmove __builtin_memmove

static inline int memcmp(const void *a, const void *b, size_t length) {
  const unsigned char *left = a, *right = b;
  for (size_t i = 0; i < length; i++)
    if (left[i] != right[i]) return left[i] - right[i];
  return 0;
}

static inline size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

static inline int strncmp(const char *a, const char *b, size_t length) {
  for (size_t i = 0; i < length; i++)
    if (a[i] != b[i] || !a[i]) return (unsigned char)a[i] - (unsigned char)b[i];
  return 0;
}

static inline char *strcpy(char *to, const char *from) {
  memcpy(to, from, strlen(from) + 1);
  return to;
}

#endif
