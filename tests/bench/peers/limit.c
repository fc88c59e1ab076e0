// limit SECONDS: what the octets of a segment cost when nothing else is done with them: the five copies and two checksums that every stack makes between
// two applications (into the send ring, the TX slot, over the wire, into the receive ring, out of it), as fast as C makes them. Nanoseconds an octet.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BUFFER = 65536, SEGMENT = 1460, SEGMENTS = BUFFER / SEGMENT, SLOTS = 64, SLOT_OCTETS = 1536, HEADERS = 64 };

static uint8_t source[BUFFER], sending[BUFFER], tx[SLOTS][SLOT_OCTETS], rx[SLOTS][SLOT_OCTETS], receiving[BUFFER], sink[BUFFER];

static uint32_t sum(const uint8_t *octets) {
  uint64_t total = 0;
  for (int i = 0; i < SEGMENT; i += 4) {
    uint32_t word;
    memcpy(&word, octets + i, 4);
    total += word;
  }
  return (uint32_t)(total ^ total >> 32);
}

static uint32_t window(void) {
  static int first;
  uint32_t sums = 0;
  memcpy(sending, source, BUFFER);
  for (int i = 0; i < SEGMENTS; i++) {
    uint8_t *slot = tx[(first + i) % SLOTS];
    memcpy(slot + HEADERS, sending + i * SEGMENT, SEGMENT);
    sums += sum(slot + HEADERS);
  }
  for (int i = 0; i < SEGMENTS; i++) memcpy(rx[(first + i) % SLOTS], tx[(first + i) % SLOTS], HEADERS + SEGMENT);
  for (int i = 0; i < SEGMENTS; i++) {
    uint8_t *slot = rx[(first + i) % SLOTS];
    sums += sum(slot + HEADERS);
    memcpy(receiving + i * SEGMENT, slot + HEADERS, SEGMENT);
  }
  memcpy(sink, receiving, BUFFER);
  first += SEGMENTS;
  return sums;
}

static double processor(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

int main(int count, char **words) {
  double seconds = count > 1 ? atof(words[1]) : 1, began = processor(), octets = 0;
  volatile uint32_t kept = 0;
  while (processor() - began < seconds * 1e9)
    for (int i = 0; i < 100; i++, octets += SEGMENTS * SEGMENT) kept += window();
  printf("{\"value\": %.6g}\n", (processor() - began) / octets);
  return 0;
}
