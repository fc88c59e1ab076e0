// Cortex-M: vectors, start, timer, sleep, and faults. The interrupt of the network part only masks itself and leaves a flag.
#include "cortex_m.h"

#include "board.h"

extern uint32_t _load[], _data[], _data_end[], _bss[], _bss_end[], _stack[], _stack_end[];
int main(void);

#define SYSTICK_CONTROL REGISTER(0xe000e010)
#define SYSTICK_RELOAD REGISTER(0xe000e014)
#define SYSTICK_VALUE REGISTER(0xe000e018)
#define NVIC_ENABLE(word) REGISTER(0xe000e100 + 4 * (word))
#define PENDING REGISTER(0xe000ed04)
#define RESET REGISTER(0xe000ed0c)

enum { TICK_PENDING = 1 << 26, RESET_REQUEST = 0x05fa0004, EXTERNAL = 16, INTERRUPTS = 48, PAINT = 0x57ac57ac };

static volatile uint32_t ticks;
static volatile bool has_frames;
static uint32_t cycles;  // of a millisecond
static uint32_t network_interrupt;

void cortex_init(uint32_t hertz, uint32_t interrupt) {
  cycles = hertz / 1000;
  SYSTICK_RELOAD = cycles - 1;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = 7;
  network_interrupt = interrupt;
}

// The timer counts down through 24 bits.
void board_count(void) {
  SYSTICK_RELOAD = 0xffffff;
  SYSTICK_VALUE = 0;
  SYSTICK_CONTROL = 5;
}

uint32_t board_ticks(void) {
  static uint32_t last, all;
  uint32_t value = SYSTICK_VALUE;
  all += (last - value) & 0xffffff;
  last = value;
  return all;
}

static void tick(void) { ticks++; }

static void network(void) {
  board_mask();
  has_frames = true;
}

uint32_t board_now(uint32_t *us) {
  __asm__ volatile("cpsid i" ::: "memory");
  uint32_t value = SYSTICK_VALUE, is_late = PENDING & TICK_PENDING, ms = ticks;
  if (is_late) value = SYSTICK_VALUE;  // wrapped, and not counted yet
  __asm__ volatile("cpsie i" ::: "memory");
  *us = (cycles - 1 - value) * 1000 / cycles;
  return is_late ? ms + 1 : ms;
}

void board_sleep(int32_t ms) {
  uint32_t until = ticks + (uint32_t)ms;
  board_unmask();
  NVIC_ENABLE(network_interrupt / 32) = 1u << (network_interrupt % 32);  // not before the part was set up: until then its line may mean nothing
  while (!has_frames && (int32_t)(until - ticks) > 0) {
    __asm__ volatile("cpsid i" ::: "memory");
    if (!has_frames) __asm__ volatile("wfi");  // wakes although interrupts are off, and nothing comes between the look and the sleep
    __asm__ volatile("cpsie i" ::: "memory");
  }
  has_frames = false;
}

// A fault that is no trap of the module: said, and the part starts anew.
static void fault(void) {
  print("fault\n");
  RESET = RESET_REQUEST;
  for (;;) continue;
}

static void start(void) {
  for (uint32_t *from = _load, *to = _data; to < _data_end;) *to++ = *from++;
  for (uint32_t *to = _bss; to < _bss_end;) *to++ = 0;
  uint32_t *here = __builtin_frame_address(0);
  for (uint32_t *to = _stack_end; to < here - 16; to++) *to = PAINT;
  board_exit(main());
}

__attribute__((section(".vectors"), used)) static void (*const vectors[EXTERNAL + INTERRUPTS])(void) = {
    [0] = (void (*)(void))_stack, [1] = start, [2 ... 14] = fault, [15] = tick, [16 ... EXTERNAL + INTERRUPTS - 1] = network,
};
