// A model of the W5500 behind SPI, socket 0 in MACRAW, after the register simulation w5500-regsim (newAM/w5500-rs) and the data sheet, version 1.0.9.
#ifndef W5500_MODEL_H
#define W5500_MODEL_H

#include "../../boards/drivers/spi.h"
#include "rig.h"

typedef struct {
  uint8_t common[0x40], sockets[8][0x30], send[16384], receive[16384];
  uint16_t rx_written, rx_read, tx_read;  // as the part has them: registers are taken over by commands
  uint16_t address;
  uint8_t control;
  uint32_t count;  // octets of the transaction
  bool selected, is_held, is_sending;
  int busy;  // reads until a command is taken
  uint32_t us, ready;
  // A frame that comes between the two octets of the next Sn_RX_RSR that is read.
  uint8_t between[FRAME_MAX];
  uint32_t between_octets;
  outbox out;
} w5500_model;

void w5500_model_power(w5500_model *it);
spi_bus w5500_model_bus(w5500_model *it);
bool w5500_model_deliver(w5500_model *it, const uint8_t *frame, uint32_t octets, enum how how);
void w5500_model_finish(w5500_model *it);

#endif
