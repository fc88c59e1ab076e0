// What C written by wasm2c (wabt 1.0.39) needs around it: one linear memory of the system, and a trap that stops the program.
#ifndef WASM_RT_H
#define WASM_RT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define wasm_rt_memcpy memcpy

typedef enum { WASM_RT_I32, WASM_RT_I64, WASM_RT_F32, WASM_RT_F64 } wasm_rt_type_t;

#define WASM_RT_TRAPS(X) X(OOB) X(UNREACHABLE) X(CALL_INDIRECT) X(INT_OVERFLOW) X(DIV_BY_ZERO) X(INVALID_CONVERSION) X(EXHAUSTION)
#define WASM_RT_TRAP_MEMBER(name) WASM_RT_TRAP_##name,
#define WASM_RT_TRAP_NAME(name) #name,
typedef enum { WASM_RT_TRAPS(WASM_RT_TRAP_MEMBER) } wasm_rt_trap_t;

static inline _Noreturn void wasm_rt_trap(wasm_rt_trap_t trap) {
  static const char *const names[] = {WASM_RT_TRAPS(WASM_RT_TRAP_NAME)};
  fprintf(stderr, "wasm trap: %s\n", names[trap]);
  abort();
}

// `pages` is the memory's size in pages of `page` octets; `size` the same in octets.
typedef struct {
  uint8_t *data;
  uint64_t pages, max_pages, size;
  uint32_t page;
} wasm_rt_memory_t;

static inline bool wasm_rt_is_initialized(void) { return true; }

// All that an address and an offset, both of 32 bits, can name: what lies beyond the memory's end may not be touched, so that
// the processor sees what else each load and store would have to look for.
#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#define WASM_RT_RESERVED ((uint64_t)1 << 33)

// Reserves the addresses; the system gives what is used. The memory never moves.
static inline void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t pages, uint64_t max_pages, bool is64, uint32_t page) {
  (void)is64;
  void *data = mmap(NULL, WASM_RT_RESERVED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED || mprotect(data, pages * page, PROT_READ | PROT_WRITE)) wasm_rt_trap(WASM_RT_TRAP_OOB);
  *memory = (wasm_rt_memory_t){data, pages, max_pages, pages * page, page};
}

static inline bool wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) {
  if (pages > memory->max_pages - memory->pages) return false;
  if (mprotect(memory->data, (memory->pages + pages) * memory->page, PROT_READ | PROT_WRITE)) return false;
  memory->pages += pages;
  memory->size = memory->pages * memory->page;
  return true;
}

static inline void wasm_rt_free_memory(wasm_rt_memory_t *memory) { munmap(memory->data, WASM_RT_RESERVED); }

// Tables: the module has none, but the text that wasm2c puts in front of every module names them.
typedef const char *wasm_rt_func_type_t;
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct { wasm_rt_function_ptr_t fn; } wasm_rt_tailcallee_t;
typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void *module_instance;
} wasm_rt_funcref_t;
typedef void *wasm_rt_externref_t;
typedef struct { wasm_rt_funcref_t *data; uint32_t size; } wasm_rt_funcref_table_t;
typedef struct { wasm_rt_externref_t *data; uint32_t size; } wasm_rt_externref_table_t;
static const wasm_rt_funcref_t wasm_rt_funcref_null_value __attribute__((unused)) = {0};
static const wasm_rt_externref_t wasm_rt_externref_null_value __attribute__((unused)) = 0;

#endif
