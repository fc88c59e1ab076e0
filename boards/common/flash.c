// In QEMU the region takes plain stores, and what was written is gone when the emulator ends. On silicon `write` erases a page when it comes to one,
// programs it, and writes the length after the last octet.
#include "flash.h"

#include <string.h>

enum { STORE = 1 };

// How many octets are kept, and these; a length that the region cannot have is that of one that was never written.
typedef struct {
  uint32_t length;
  uint8_t octets[];
} kept;

extern kept _store;
extern uint8_t _store_end[];

static uint32_t room(void) {
  uint32_t all = (uint32_t)((uintptr_t)_store_end - (uintptr_t)&_store);
  return all > sizeof(kept) ? all - sizeof(kept) : 0;
}

static int32_t size(uint32_t store) {
  if (store != STORE || !room()) return RW_ERR_BAD_ARGUMENT;
  return _store.length <= room() ? (int32_t)_store.length : 0;
}

static const void *at(uint32_t store, uint32_t offset) { return (void)store, _store.octets + offset; }

// What begins at 0 takes the place of all that was there.
static int32_t write(uint32_t store, uint32_t offset, const void *octets, uint32_t count) {
  if (store != STORE || !room()) return RW_ERR_BAD_ARGUMENT;
  uint32_t length = offset ? (uint32_t)size(store) : 0, left = offset < room() ? room() - offset : 0;
  if (count > left) count = left;
  memcpy(_store.octets + offset, octets, count);
  _store.length = offset + count > length ? offset + count : length;
  return (int32_t)count;
}

const ringwire_flash board_flash = {.size = size, .at = at, .write = write};
