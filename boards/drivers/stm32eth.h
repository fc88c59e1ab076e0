// The Ethernet MAC of STM32F107, F2, F4 and F7 with its DMA, which reads and writes the slots of the stack itself. Tested on a model, not on silicon.
// Facts from the reference manuals (RM0090, RM0008) and from CycloneTCP's drivers/mac/stm32f4x7_eth_driver.c, of which nothing was copied.
// The model in tests/drivers follows Renode's SynopsysEthernetMAC.cs, which emulates the same core.
// The board turns on clocks and pins, and chooses MII or RMII, before `init`. Where there is a data cache, descriptors and linear memory are not cached.
#ifndef RINGWIRE_STM32ETH_H
#define RINGWIRE_STM32ETH_H

#include <stdbool.h>
#include <stdint.h>

// Frames that the DMA has at a time, each way: rx_slots of the stack must not be more.
#define STM32ETH_FRAMES 8

// How registers are reached, and what a pointer is for the DMA.
typedef struct {
  void *bus;  // passed to each
  uint32_t (*read)(void *bus, uint32_t offset);
  void (*write)(void *bus, uint32_t offset, uint32_t value);
  uint32_t (*address)(void *bus, const volatile void *octets);
  // Waits at least so long.
  void (*wait)(void *bus, uint32_t us);
} stm32eth_bus;

// As the DMA reads and writes it.
typedef struct {
  volatile uint32_t status, control, buffer, next;
} stm32eth_descriptor;

typedef struct {
  const stm32eth_bus *bus;
  uint32_t hclk;  // Hz
  uint8_t phy;    // its address, 0 to 31
  uint32_t lent, received, given, sent, mode;
  _Alignas(16) stm32eth_descriptor rx[STM32ETH_FRAMES];
  stm32eth_descriptor tx[STM32ETH_FRAMES];
} stm32eth;

// The functions of a ringwire_driver, all of them; the MTU is at most 1,500. `part` is a stm32eth with `bus`, `hclk` and `phy` set, in memory that the DMA reaches.
int32_t stm32eth_init(void *part, const uint8_t mac[6]);
// The DMA may write up to two octets before a frame that does not begin at a multiple of four.
void stm32eth_lend(void *part, uint8_t *frame, uint32_t room);
// A frame that came in pieces or was cut off answers 65,535, for each of its slots: the stack drops and counts it.
uint32_t stm32eth_receive(void *part, uint8_t *none, uint32_t no_room);
bool stm32eth_send(void *part, const uint8_t *frame, uint32_t octets);
uint32_t stm32eth_sent(void *part);
// Sets speed and duplex to what was agreed on.
bool stm32eth_link(void *part);

#endif
