// TI Stellaris LM3S6965 evaluation board: PL011 serial line, Ethernet on interrupt 42, 12.5 MHz after reset.
#include "board.h"
#include "cortex_m.h"
#include "stellaris.h"

#define CLOCKS REGISTER(0x400fe108)
#define SERIAL_DATA REGISTER(0x4000c000)
#define SERIAL_STATE REGISTER(0x4000c018)
#define SERIAL_CONTROL REGISTER(0x4000c030)

enum { HERTZ = 12500000, INTERRUPT = 42, ETHERNET_CLOCKS = 1 << 28 | 1 << 30, SERIAL_FULL = 1 << 5, SERIAL_ON = 0x301 };

void *const board_part = (void *)0x40048000;
const ringwire_driver board_driver = {.init = stellaris_init, .receive = stellaris_receive, .send = stellaris_send};
const uint32_t board_rx_slots = 2, board_tx_slots = 4;

void board_init(void) {
  CLOCKS |= ETHERNET_CLOCKS;
  SERIAL_CONTROL = SERIAL_ON;
  cortex_init(HERTZ, INTERRUPT);
}

void board_put(char letter) {
  while (SERIAL_STATE & SERIAL_FULL) continue;
  SERIAL_DATA = (uint8_t)letter;
}

void board_mask(void) { stellaris_mask(board_part); }
void board_unmask(void) { stellaris_unmask(board_part); }
