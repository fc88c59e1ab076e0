// WIZnet W5500, 100BASE-TX behind SPI, as a plain network part (MACRAW on socket 0). Tested on a model, not on silicon.
// Facts from the data sheet, version 1.0.9, and from the driver W5500MacRaw of N. Humfrey (as in esp8266/Arduino, lwIP_w5500), of which
// nothing was copied. The model in tests/drivers follows the register simulation w5500-regsim (newAM/w5500-rs) and the data sheet.
#ifndef RINGWIRE_W5500_H
#define RINGWIRE_W5500_H

#include "spi.h"

typedef struct {
  const spi_bus *spi;  // up to 33 MHz
  uint8_t mac[6];
  bool is_sending;
} w5500;

// The functions of a ringwire_driver; `part` is a w5500 with `spi` set.
int32_t w5500_init(void *part, const uint8_t mac[6]);
uint32_t w5500_receive(void *part, uint8_t *frame, uint32_t room);
bool w5500_send(void *part, const uint8_t *frame, uint32_t octets);
bool w5500_link(void *part);

#endif
