// First fit over blocks that lie end to end; neighbours that are free are joined when somebody looks for room.
#include "ringwire_heap.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef RW_HEAP_OCTETS
#error "RW_HEAP_OCTETS: how large the heap of wasm3 is"
#endif

enum { UNIT = 8 };

// In front of each block: its octets, this header included.
typedef struct {
  uint32_t octets;
  uint32_t is_free;
} block;

_Static_assert(sizeof(block) == UNIT, "blocks stay aligned");
static _Alignas(16) uint8_t heap[RW_HEAP_OCTETS / UNIT * UNIT];
static size_t used, most;

static block *first(void) { return (block *)heap; }
static block *after(block *it) { return (block *)((uint8_t *)it + it->octets); }
static bool is_end(const block *it) { return (const uint8_t *)it >= heap + sizeof heap; }

void rw_heap_reset(void) {
  *first() = (block){sizeof heap, true};
  used = most = 0;
}

size_t rw_heap_used(void) { return used; }
size_t rw_heap_most(void) { return most; }

static void join(block *it) {
  for (block *next = after(it); !is_end(next) && next->is_free; next = after(it)) it->octets += next->octets;
}

// Takes the first `octets` of a free block.
static void *taken(block *it, uint32_t octets) {
  if (it->octets - octets > UNIT) {
    block *rest = (block *)((uint8_t *)it + octets);
    *rest = (block){it->octets - octets, true};
    it->octets = octets;
  }
  it->is_free = false;
  used += it->octets;
  if (used > most) most = used;
  return it + 1;
}

void *rw_heap_zeroed(size_t count, size_t octets) {
  if (octets && count > sizeof heap / octets) return NULL;
  uint32_t whole = (uint32_t)((count * octets + UNIT - 1) / UNIT * UNIT + sizeof(block));
  for (block *it = first(); !is_end(it); it = after(it)) {
    if (!it->is_free) continue;
    join(it);
    if (it->octets >= whole) return memset(taken(it, whole), 0, whole - sizeof(block));
  }
  return NULL;
}

void rw_heap_free(void *old) {
  if (!old) return;
  block *it = (block *)old - 1;
  it->is_free = true;
  used -= it->octets;
}

// What is beyond the old octets is not zeroed.
void *rw_heap_resize(void *old, size_t octets) {
  if (!old) return rw_heap_zeroed(1, octets);
  block *it = (block *)old - 1;
  uint32_t had = it->octets - sizeof(block);
  if (octets <= had) return old;
  void *fresh = rw_heap_zeroed(1, octets);
  if (!fresh) return NULL;
  memcpy(fresh, old, had);
  rw_heap_free(old);
  return fresh;
}
