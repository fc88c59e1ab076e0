// The input log: everything that a module is given, and every frame it makes, so that the same .wasm can be run again elsewhere with the same
// outcome (README.md, "Input log"). Only there with RW_LOG; then the firmware brings `rw_log`.
#ifndef RINGWIRE_LOG_H
#define RINGWIRE_LOG_H

#include <stdint.h>

// Kinds of records, and the words that each begins with; octets follow where it says so.
enum {
  RW_LOG_START = 1,    // octets of linear memory, address of the control block, RW_LOG_MODULE; a fresh instance
  RW_LOG_WRITE = 2,    // address; octets that were written there: before `init`, and by ringwire_put
  RW_LOG_INIT = 3,     // ms, us, what `init` answered
  RW_LOG_RECEIVED = 4, // length; the frame, nothing when it was too long
  RW_LOG_LINK = 5,     // linkDown, linkChanges
  RW_LOG_MAIL = 6,     // place, value
  RW_LOG_POLL = 7,     // ms, us, txTaken, what `poll` answered
  RW_LOG_SENT = 8,     // length; the frame, when the network part took it
};

#ifdef RW_LOG
void rw_log(uint32_t kind, const uint32_t *words, uint32_t count, const void *octets, uint32_t length);
#define RW_RECORD(kind, octets, length, ...) rw_log(kind, (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4, octets, length)
#else
#define RW_RECORD(kind, octets, length, ...) (void)0
#endif

#endif
