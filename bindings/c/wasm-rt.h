// What C made by w2c.mjs needs in front of it: one linear memory of constant place and size, and a trap that jumps out of the call.
// Every access is checked against the end of the memory, which is a constant: one comparison.
#ifndef RINGWIRE_WASM_RT_H
#define RINGWIRE_WASM_RT_H

#include <stdint.h>
#include <string.h>

#ifndef RW_MEMORY_OCTETS
#error "RW_MEMORY_OCTETS: how large the linear memory is (at least what ringwire_needed() answers)"
#endif

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef int16_t s16;
typedef uint32_t u32;
typedef int32_t s32;
typedef uint64_t u64;
typedef int64_t s64;

#define RW_PAGE 65536u
#define RW_PAGES ((RW_MEMORY_OCTETS + RW_PAGE - 1) / RW_PAGE)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)

extern u8 rw_linear[RW_MEMORY_OCTETS];
_Noreturn void rw_trap_bounds(void);
_Noreturn void rw_trap_unreachable(void);
_Noreturn void rw_trap_division(void);

// The place of `size` octets at `base + offset`. The sum cannot wrap: `offset + size` is below the end, or it is a trap at once.
static inline __attribute__((always_inline)) u8 *rw_place(u32 base, u32 offset, u32 size) {
  if (UNLIKELY((u64)offset + size > RW_MEMORY_OCTETS || base > RW_MEMORY_OCTETS - size - offset)) rw_trap_bounds();
  return rw_linear + base + offset;
}

static inline __attribute__((always_inline)) u8 *rw_range(u32 base, u32 octets) {
  if (UNLIKELY(octets > RW_MEMORY_OCTETS || base > RW_MEMORY_OCTETS - octets)) rw_trap_bounds();
  return rw_linear + base;
}

#define RW_LOAD(name, stored, wide, result)                       \
  static inline __attribute__((always_inline)) result name(u32 base, u32 offset) {               \
    stored value;                                                 \
    memcpy(&value, rw_place(base, offset, sizeof value), sizeof value); \
    return (result)(wide)value;                                   \
  }
#define RW_STORE(name, stored, given)                             \
  static inline __attribute__((always_inline)) void name(u32 base, u32 offset, given wide) {     \
    stored value = (stored)wide;                                  \
    memcpy(rw_place(base, offset, sizeof value), &value, sizeof value); \
  }

RW_LOAD(i32_load, u32, u32, u32)
RW_LOAD(i32_load8_s, s8, s32, u32)
RW_LOAD(i32_load8_u, u8, u32, u32)
RW_LOAD(i32_load16_s, s16, s32, u32)
RW_LOAD(i32_load16_u, u16, u32, u32)
RW_LOAD(i64_load, u64, u64, u64)
RW_LOAD(i64_load8_s, s8, s64, u64)
RW_LOAD(i64_load8_u, u8, u64, u64)
RW_LOAD(i64_load16_s, s16, s64, u64)
RW_LOAD(i64_load16_u, u16, u64, u64)
RW_LOAD(i64_load32_s, s32, s64, u64)
RW_LOAD(i64_load32_u, u32, u64, u64)
RW_STORE(i32_store, u32, u32)
RW_STORE(i32_store8, u8, u32)
RW_STORE(i32_store16, u16, u32)
RW_STORE(i64_store, u64, u64)
RW_STORE(i64_store8, u8, u64)
RW_STORE(i64_store16, u16, u64)
RW_STORE(i64_store32, u32, u64)

static inline void memory_copy(u32 to, u32 from, u32 octets) { memmove(rw_range(to, octets), rw_range(from, octets), octets); }
static inline void memory_fill(u32 to, u32 value, u32 octets) { memset(rw_range(to, octets), (int)value, octets); }

#define UNREACHABLE rw_trap_unreachable()
#define DIV_U(x, y) ((UNLIKELY((y) == 0) ? rw_trap_division() : (void)0), (x) / (y))
#define REM_U(x, y) ((UNLIKELY((y) == 0) ? rw_trap_division() : (void)0), (x) % (y))
#define RW_OVERFLOWS(type, least, x, y) ((type)(x) == (least) && (type)(y) == -1)
#define I32_DIV_S(x, y) ((UNLIKELY((y) == 0 || RW_OVERFLOWS(s32, INT32_MIN, x, y)) ? rw_trap_division() : (void)0), (u32)((s32)(x) / (s32)(y)))
#define I64_DIV_S(x, y) ((UNLIKELY((y) == 0 || RW_OVERFLOWS(s64, INT64_MIN, x, y)) ? rw_trap_division() : (void)0), (u64)((s64)(x) / (s64)(y)))
#define I32_REM_S(x, y) ((UNLIKELY((y) == 0) ? rw_trap_division() : (void)0), RW_OVERFLOWS(s32, INT32_MIN, x, y) ? 0u : (u32)((s32)(x) % (s32)(y)))
#define I64_REM_S(x, y) ((UNLIKELY((y) == 0) ? rw_trap_division() : (void)0), RW_OVERFLOWS(s64, INT64_MIN, x, y) ? 0u : (u64)((s64)(x) % (s64)(y)))
#define I32_CLZ(x) ((x) ? (u32)__builtin_clz(x) : 32u)
#define I32_CTZ(x) ((x) ? (u32)__builtin_ctz(x) : 32u)
#define I64_CLZ(x) ((x) ? (u64)__builtin_clzll(x) : 64u)
#define I64_CTZ(x) ((x) ? (u64)__builtin_ctzll(x) : 64u)
#define I32_POPCNT(x) ((u32)__builtin_popcount(x))
#define I64_POPCNT(x) ((u64)__builtin_popcountll(x))
#define RW_ROTATE(x, left, bits) (((x) << ((left) & (bits - 1))) | ((x) >> ((bits - (left)) & (bits - 1))))
#define I32_ROTL(x, y) RW_ROTATE(x, y, 32)
#define I32_ROTR(x, y) RW_ROTATE(x, 32 - ((y) & 31), 32)
#define I64_ROTL(x, y) RW_ROTATE(x, y, 64)
#define I64_ROTR(x, y) RW_ROTATE(x, 64 - ((y) & 63), 64)

#endif
