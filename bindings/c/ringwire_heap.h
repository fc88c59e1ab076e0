// The heap of wasm3: one static array, so that how much RAM the interpreter takes is known when the firmware is linked.
#ifndef RINGWIRE_HEAP_H
#define RINGWIRE_HEAP_H

#include <stddef.h>
#include <stdint.h>

extern uint8_t rw_heap[];

// All that was given out is free again.
void rw_heap_reset(void);
// Octets in use, and the most that ever were (each with its header).
size_t rw_heap_used(void);
size_t rw_heap_most(void);
void *rw_heap_zeroed(size_t count, size_t octets);
void *rw_heap_resize(void *old, size_t octets);
void rw_heap_free(void *old);

#endif
