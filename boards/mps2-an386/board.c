// Arm MPS2 with the image AN386: CMSDK serial line, LAN9118 on interrupt 13, 25 MHz.
#include "board.h"
#include "cortex_m.h"
#include "lan9118.h"

#define PART 0x40200000
#define SERIAL_DATA REGISTER(0x40004000)
#define SERIAL_STATE REGISTER(0x40004004)
#define SERIAL_CONTROL REGISTER(0x40004008)

enum { HERTZ = 25000000, INTERRUPT = 13, SERIAL_FULL = 1, SERIAL_SENDS = 1 };

void *const board_part = (void *)PART;
const ringwire_driver board_driver = {.init = lan9118_init, .receive = lan9118_receive, .send = lan9118_send, .link = lan9118_link};
const uint32_t board_rx_slots = 4, board_tx_slots = 4;

void board_init(void) {
  SERIAL_CONTROL = SERIAL_SENDS;
  cortex_init(HERTZ, INTERRUPT);
}

void board_put(char letter) {
  while (SERIAL_STATE & SERIAL_FULL) continue;
  SERIAL_DATA = (uint8_t)letter;
}

void board_mask(void) { lan9118_mask(board_part); }
void board_unmask(void) { lan9118_unmask(board_part); }
