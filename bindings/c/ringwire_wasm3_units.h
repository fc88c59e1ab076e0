// What wasm3.patch makes of the code that wasm3 compiles to: units of 16 bits where there were words of 32. An operation is its distance from
// RW_CODE_BASE, a pointer half its distance from the heap, and slots, counts and the offsets of loads and stores are what they are. The code takes half
// of the room. For processors with pointers of 32 bits, and modules without floats and imports.
#ifndef RINGWIRE_WASM3_UNITS_H
#define RINGWIRE_WASM3_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#include "ringwire_heap.h"

// Where the program's code begins: the operations of the interpreter are within 64 KB of it, or the start fails.
#ifndef RW_CODE_BASE
#define RW_CODE_BASE 0
#endif
// How far from the beginning of the heap compiled code and what it points to may lie; the linear memory lies behind.
#if !defined(RW_HEAP_REACH) || RW_HEAP_REACH > 0x20000
#error "RW_HEAP_REACH: 131072 at most for the patched wasm3"
#endif
#if d_m3HasFloat
#error "d_m3HasFloat: 0 for the patched wasm3"
#endif

static inline bool m3IsOperationNear(const void *operation) { return (uintptr_t)operation - RW_CODE_BASE <= 0xffff; }
static inline uint16_t m3UnitOfOperation(const void *operation) { return (uint16_t)((uintptr_t)operation - RW_CODE_BASE); }
static inline void *m3OperationAt(const uint16_t *at) { return (void *)(RW_CODE_BASE + (uintptr_t)*at); }

static inline uint16_t m3UnitOfPointer(const void *to) { return to ? (uint16_t)(((const uint8_t *)to - rw_heap) >> 1) : 0; }
static inline void *m3OperandAt(const uint16_t *at) { return rw_heap + ((uintptr_t)*at << 1); }
static inline void *m3PointerAt(const uint16_t *at) { return *at ? m3OperandAt(at) : 0; }
static inline void m3SetPointer(const uint16_t *at, const void *to) { *(uint16_t *)at = m3UnitOfPointer(to); }

static inline uint32_t m3Word32At(const uint16_t *at) { return at[0] | (uint32_t)at[1] << 16; }

// An operand of the operation that runs: a number, or a pointer that is not NULL.
#define m3Immediate(TYPE, PC) _Generic((TYPE)0, i32: (TYPE) * PC++, u32: (TYPE) * PC++, default: (TYPE)(uintptr_t)m3OperandAt(PC++))

// What a call has in one unit: half the offset of the callee's slots, whether it has a result, and how many arguments follow, each a slot to be copied.
#define d_m3MaxArgumentsOfFrame 15
static inline uint16_t m3Frame(uint32_t offset, uint32_t results, uint32_t arguments) {
  return (uint16_t)(offset >> 1 | (results ? 0x800 : 0) | arguments << 12);
}
static inline uint32_t m3OffsetOfFrame(uint32_t frame) { return (frame & 0x7ff) << 1; }
static inline uint32_t m3SlotsOfResult(uint32_t frame) { return frame >> 10 & 2; }
static inline uint32_t m3ArgumentsOfFrame(uint32_t frame) { return frame >> 12; }

// Whether octets at an address, to which the offset was added, are within a memory of at least 8.
static inline bool m3IsInside(uint32_t address, uint32_t offset, uint32_t octets, uint32_t length) {
  return address >= offset && address <= length - octets;
}

#endif
