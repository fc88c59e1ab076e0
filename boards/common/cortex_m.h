// Cortex-M: registers that every part has. Sleep and interrupts of the network part.
#ifndef RINGWIRE_CORTEX_M_H
#define RINGWIRE_CORTEX_M_H

#include <stdbool.h>
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

// Starts the timer (`hertz` of the processor clock), and says which interrupt the network part has: it is let in when the first sleep begins.
void cortex_init(uint32_t hertz, uint32_t interrupt);
// Given by the board: masks the network part's interrupt, and lets it come again.
void board_mask(void);
void board_unmask(void);

#endif
