// First fit over blocks that lie end to end; neighbours that are free are joined when somebody looks for room. Blocks of many octets (the linear
// memory) come from the end, so that all that compiled code points to lies together.
#include "ringwire_heap.h"

#include <stdbool.h>
#include <string.h>

#ifndef RW_HEAP_OCTETS
#error "RW_HEAP_OCTETS: how large the heap of wasm3 is"
#endif
#ifndef RW_HEAP_REACH
#define RW_HEAP_REACH RW_HEAP_OCTETS
#endif

enum { UNIT = sizeof(void *), MANY = 16384, FREE = 1 };

// In front of each block: its octets, this header included; FREE is added while nobody has it.
typedef size_t block;

_Static_assert(sizeof(block) == UNIT, "blocks stay aligned");
_Alignas(16) uint8_t rw_heap[RW_HEAP_OCTETS / UNIT * UNIT];
static size_t used, most;

static block *first(void) { return (block *)rw_heap; }
static bool is_free(const block *it) { return *it & FREE; }
static size_t octets_of(const block *it) { return *it & ~(size_t)FREE; }
static block *after(block *it) { return (block *)((uint8_t *)it + octets_of(it)); }
static bool is_end(const block *it) { return (const uint8_t *)it >= rw_heap + sizeof rw_heap; }

void rw_heap_reset(void) {
  *first() = sizeof rw_heap | FREE;
  used = most = 0;
}

size_t rw_heap_used(void) { return used; }
size_t rw_heap_most(void) { return most; }

static void join(block *it) {
  for (block *next = after(it); !is_end(next) && is_free(next); next = after(it)) *it += octets_of(next);
}

static void *taken(block *it, size_t octets) {
  *it = octets;
  used += octets;
  if (used > most) most = used;
  return it + 1;
}

// The first octets of the first free block.
static void *from_start(size_t octets) {
  for (block *it = first(); !is_end(it); it = after(it)) {
    if (!is_free(it)) continue;
    join(it);
    if (octets_of(it) < octets) continue;
    size_t rest = octets_of(it) - octets;
    if ((size_t)((uint8_t *)it - rw_heap) + octets > RW_HEAP_REACH) return NULL;
    if (rest > UNIT) *(block *)((uint8_t *)it + octets) = rest | FREE;
    return taken(it, rest > UNIT ? octets : octets + rest);
  }
  return NULL;
}

// The last octets of the last free block that has them.
static void *from_end(size_t octets) {
  block *last = NULL;
  for (block *it = first(); !is_end(it); it = after(it)) {
    if (!is_free(it)) continue;
    join(it);
    if (octets_of(it) > octets + UNIT) last = it;
  }
  if (!last) return NULL;
  *last -= octets;
  return taken(after(last), octets);
}

static size_t whole(size_t octets) { return (octets + UNIT - 1) / UNIT * UNIT + sizeof(block); }

void *rw_heap_zeroed(size_t count, size_t octets) {
  if (octets && count > sizeof rw_heap / octets) return NULL;
  octets = whole(count * octets);
  void *fresh = octets > MANY ? from_end(octets) : from_start(octets);
  return fresh ? memset(fresh, 0, octets - sizeof(block)) : NULL;
}

void rw_heap_free(void *old) {
  if (!old) return;
  block *it = (block *)old - 1;
  used -= octets_of(it);
  *it |= FREE;
}

// What is beyond the old octets is not zeroed.
void *rw_heap_resize(void *old, size_t octets) {
  if (!old) return rw_heap_zeroed(1, octets);
  block *it = (block *)old - 1;
  size_t had = octets_of(it) - sizeof(block);
  if (octets <= had) return old;
  if (had + sizeof(block) <= MANY) {
    void *fresh = rw_heap_zeroed(1, octets);
    if (fresh) memcpy(fresh, old, had);
    if (fresh) rw_heap_free(old);
    return fresh;
  }
  rw_heap_free(old);  // the linear memory grows towards the beginning, over what is free there and itself
  void *fresh = from_end(whole(octets));
  if (fresh) return memmove(fresh, old, had);
  taken(it, had + sizeof(block));
  return NULL;
}
