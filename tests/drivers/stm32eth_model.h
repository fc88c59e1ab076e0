// A model of the Ethernet MAC of STM32 parts and its DMA, after Renode's SynopsysEthernetMAC.cs; and a PHY of IEEE 802.3 clause 22.
#ifndef STM32ETH_MODEL_H
#define STM32ETH_MODEL_H

#include "../../boards/drivers/stm32eth.h"
#include "rig.h"

// The memory that the DMA reaches: addresses from MEMORY_AT on; and from LINEAR_AT on the linear memory of the stack, where a test has it.
enum { MEMORY_AT = 0x20000000, MEMORY = 65536, LINEAR_AT = 0x20020000, FIFO = 2048 };

typedef struct {
  _Alignas(64) uint8_t memory[MEMORY];
  uint8_t *linear;
  uint32_t linear_octets;
  uint32_t registers[0x1020 / 4], written_at[0x1020 / 4];
  uint32_t rx, tx;  // the next descriptors
  uint16_t phy[32], phy_at;
  uint32_t fifo[64], queued, used, us;
  uint8_t waiting[64][FRAME_MAX];
  int resetting;
  bool is_held, has_phy, rx_stopped, lost_link;
  outbox out;
} stm32eth_model;

void stm32eth_model_power(stm32eth_model *it);
stm32eth_bus stm32eth_model_bus(stm32eth_model *it);
bool stm32eth_model_deliver(stm32eth_model *it, const uint8_t *frame, uint32_t octets, enum how how);
// One frame leaves.
void stm32eth_model_finish(stm32eth_model *it);
void stm32eth_model_cable(stm32eth_model *it, bool plugged, uint16_t partner);

#endif
