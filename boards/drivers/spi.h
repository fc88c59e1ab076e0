// What a driver of a part behind SPI needs of a board: mode 0, most significant bit first, eight bits.
#ifndef RINGWIRE_SPI_H
#define RINGWIRE_SPI_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
  void *bus;  // passed to each
  // Chip select: a transaction begins, or ends.
  void (*select)(void *bus, bool on);
  // Moves octets both ways at once. `out` NULL: zeros go out; `in` NULL: what comes is thrown away.
  void (*transfer)(void *bus, const uint8_t *out, uint8_t *in, uint32_t octets);
  // Waits at least so long.
  void (*wait)(void *bus, uint32_t us);
} spi_bus;

#endif
