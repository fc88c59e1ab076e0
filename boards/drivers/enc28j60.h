// Microchip ENC28J60, 10BASE-T behind SPI. Tested on a model, not on silicon.
// Facts from data sheet DS39662E and errata DS80349C (silicon B7), and from the driver of G. Socher (as in plipbox, avr/src/eth/enc28j60.c),
// of which nothing was copied. The model in tests/drivers follows J. Karrer's emulation of the part (softgun, enc28j60.c).
#ifndef RINGWIRE_ENC28J60_H
#define RINGWIRE_ENC28J60_H

#include "spi.h"

typedef struct {
  const spi_bus *spi;  // up to 20 MHz; erratum 1: not below 8 MHz
  uint8_t mac[6], bank;
  uint16_t next;  // where the next frame begins in the part's memory
} enc28j60;

// The functions of a ringwire_driver; `part` is an enc28j60 with `spi` set. MTU at most 1,500, with a VLAN tag too.
int32_t enc28j60_init(void *part, const uint8_t mac[6]);
uint32_t enc28j60_receive(void *part, uint8_t *frame, uint32_t room);
bool enc28j60_send(void *part, const uint8_t *frame, uint32_t octets);
bool enc28j60_link(void *part);

#endif
