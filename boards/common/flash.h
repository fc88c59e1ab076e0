// Store 1 of a board for applications that keep octets by the mailbox: a region of its own, which the link script leaves alone (`store` of board.json).
#ifndef RINGWIRE_FLASH_H
#define RINGWIRE_FLASH_H

#include "ringwire.h"

extern const ringwire_flash board_flash;

#endif
