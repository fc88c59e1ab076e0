// Fill in: the board's name, its serial line, the interrupt of its network part, its clock.
#include "board.h"
#include "cortex_m.h"
#include "driver.h"

// Fill in: the address of the network part's registers, and of those of the serial line.
#define PART 0x40000000
#define SERIAL_DATA REGISTER(0x40001000)

// Fill in: the clock of the processor after reset, and the number of the network part's interrupt, below 48.
enum { HERTZ = 25000000, INTERRUPT = 0 };

void *const board_part = (void *)PART;
const ringwire_driver board_driver = {.init = part_init, .receive = part_receive, .send = part_send, .link = part_link};
const uint32_t board_rx_slots = 4, board_tx_slots = 4;

// Clocks, pins and the serial line, as far as they are not on after reset.
void board_init(void) { cortex_init(HERTZ, INTERRUPT); }

// Waits until the serial line takes a letter, and sends it.
void board_put(char letter) { SERIAL_DATA = (uint8_t)letter; }

void board_mask(void) { part_mask(board_part); }
void board_unmask(void) { part_unmask(board_part); }
