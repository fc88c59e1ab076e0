// A model of the ENC28J60 behind SPI, register by register, after J. Karrer's emulation (softgun, enc28j60.c) and the errata DS80349C. It is
// stricter than the part where the errata say "may": then it does.
#ifndef ENC28J60_MODEL_H
#define ENC28J60_MODEL_H

#include "../../boards/drivers/spi.h"
#include "rig.h"

typedef struct {
  uint8_t memory[8192], registers[4][32];
  uint16_t phy[32];
  uint16_t rx_written, rx_next_low;
  uint8_t operation, place;  // of the transaction
  uint32_t count;
  bool selected, is_odd_fault, is_stalled, is_held, is_aborting;
  int mii_busy;
  uint32_t us, ready;
  outbox out;
} enc28j60_model;

void enc28j60_model_power(enc28j60_model *it);
spi_bus enc28j60_model_bus(enc28j60_model *it);
bool enc28j60_model_deliver(enc28j60_model *it, const uint8_t *frame, uint32_t octets, enum how how);
// What is under way leaves; with `is_aborting` it is given up after collisions.
void enc28j60_model_finish(enc28j60_model *it);

#endif
