// QEMU's RISC-V machine `virt`: 16550 serial line, timer of 10 MHz, virtio-net in the last place, whose interrupt has number 8 at the PLIC.
// Interrupts are never taken: they only end WFI.
#include "board.h"
#include "virtio_net.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SERIAL (*(volatile uint8_t *)0x10000000)
#define SERIAL_STATE (*(volatile uint8_t *)0x10000005)
#define RESET REGISTER(0x00100000)
#define TIME_LOW REGISTER(0x0200bff8)
#define TIME_HIGH REGISTER(0x0200bffc)
#define ALARM_LOW REGISTER(0x02004000)
#define ALARM_HIGH REGISTER(0x02004004)
#define PRIORITY(interrupt) REGISTER(0x0c000000 + 4 * (interrupt))
#define ENABLED REGISTER(0x0c002000)
#define CLAIM REGISTER(0x0c200004)

enum { INTERRUPT = 8, SERIAL_EMPTY = 1 << 5, TICKS_OF_MS = 10000, TIMER_AND_EXTERNAL = 1 << 7 | 1 << 11, RESET_REQUEST = 0x7777, PAINT = 0x57ac57ac };

// The compiler is not told of this extension, since its libraries are not built for the name.
#define SET_CSR(name, value) __asm__ volatile(".option push\n.option arch, +zicsr\ncsrw " name ", %0\n.option pop" ::"r"(value))

extern uint32_t _load[], _data[], _data_end[], _bss[], _bss_end[], _stack_end[];
int main(void);

void *const board_part = (void *)0x10008000;
const ringwire_driver board_driver = {
    .init = virtio_net_init, .receive = virtio_net_receive, .send = virtio_net_send, .lend = virtio_net_lend, .sent = virtio_net_sent};
const uint32_t board_rx_slots = 4, board_tx_slots = 4;

void board_put(char letter) {
  while (!(SERIAL_STATE & SERIAL_EMPTY)) continue;
  SERIAL = (uint8_t)letter;
}

static uint64_t ticks(void) {
  uint32_t high, low;
  do high = TIME_HIGH, low = TIME_LOW;
  while (high != TIME_HIGH);
  return (uint64_t)high << 32 | low;
}

uint32_t board_now(uint32_t *us) {
  uint64_t now = ticks();
  *us = (uint32_t)(now % TICKS_OF_MS) / 10;
  return (uint32_t)(now / TICKS_OF_MS);
}

void board_count(void) {}
uint32_t board_ticks(void) { return TIME_LOW; }

void board_init(void) {
  PRIORITY(INTERRUPT) = 1;
  ENABLED = 1 << INTERRUPT;
  SET_CSR("mie", TIMER_AND_EXTERNAL);
}

void board_sleep(int32_t ms) {
  uint64_t until = ticks() + (uint64_t)ms * TICKS_OF_MS;
  ALARM_HIGH = 0xffffffff;
  ALARM_LOW = (uint32_t)until;
  ALARM_HIGH = (uint32_t)(until >> 32);
  while (!virtio_net_acknowledge(board_part) && ticks() < until) {
    __asm__ volatile("wfi");
    CLAIM = CLAIM;
  }
}

// What is no trap of the module: said, and the machine starts anew.
__attribute__((aligned(4))) static void fault(void) {
  print("fault\n");
  RESET = RESET_REQUEST;
  for (;;) continue;
}

__attribute__((used)) static void start(void) {
  for (uint32_t *from = _load, *to = _data; to < _data_end;) *to++ = *from++;
  for (uint32_t *to = _bss; to < _bss_end;) *to++ = 0;
  uint32_t *here = __builtin_frame_address(0);
  for (uint32_t *to = _stack_end; to < here - 32; to++) *to = PAINT;
  SET_CSR("mtvec", fault);
  board_exit(main());
}

__asm__(".section .vectors,\"ax\"\nla sp, _stack\ntail start\n.text\n");
