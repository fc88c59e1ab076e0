// The module as C, made by w2c.mjs: code in flash, linear memory in one static array, no heap. A trap jumps back into the call that ran.
#include <setjmp.h>

#include "ringwire.h"
#include "ringwire_engine.h"
#include "wasm-rt.h"

// A name that no other option of a compiler gives: where DMA wants whole cache lines they begin on one.
_Alignas(32) uint8_t rw_linear[RW_MEMORY_OCTETS];

static jmp_buf back;
static const char *trap;

static _Noreturn void leave(const char *what) {
  trap = what;
  longjmp(back, 1);
}

void rw_trap_bounds(void) { leave("access beyond the memory"); }
void rw_trap_unreachable(void) { leave("unreachable"); }
void rw_trap_division(void) { leave("division by zero or overflow"); }

void rw_instantiate(void);

bool rw_engine_start(const uint8_t *module, uint32_t octets) {
  (void)module, (void)octets;
  memset(rw_linear, 0, sizeof rw_linear);
  rw_instantiate();
  return true;
}

bool rw_engine_settle(void) { return true; }

uint8_t *rw_engine_memory(uint32_t *octets) {
  *octets = sizeof rw_linear;
  return rw_linear;
}

// A call that the module does not have is missing when the firmware is linked, and only if it is used.
#define GUARD                                       \
  if (rw_is_trapped()) return RINGWIRE_TRAPPED; \
  if (setjmp(back)) return rw_trapped(trap);
#define CALL0(name)                \
  uint32_t w2c_ringwire_##name(void); \
  int32_t rw_##name(void) { GUARD return (int32_t)w2c_ringwire_##name(); }
#define CALL1(name)                    \
  uint32_t w2c_ringwire_##name(uint32_t); \
  int32_t rw_##name(uint32_t a) { GUARD return (int32_t)w2c_ringwire_##name(a); }
#define CALL2(name)                              \
  uint32_t w2c_ringwire_##name(uint32_t, uint32_t); \
  int32_t rw_##name(uint32_t a, uint32_t b) { GUARD return (int32_t)w2c_ringwire_##name(a, b); }
#define CALL3(name)                                        \
  uint32_t w2c_ringwire_##name(uint32_t, uint32_t, uint32_t); \
  int32_t rw_##name(uint32_t a, uint32_t b, uint32_t c) { GUARD return (int32_t)w2c_ringwire_##name(a, b, c); }
RW_CALLS(CALL0, CALL1, CALL2, CALL3)
