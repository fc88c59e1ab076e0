// The STM32's Ethernet MAC for linked_test.c: its DMA reaches the linear memory of the stack.
#include "../../boards/drivers/stm32eth.h"
#include "linked.h"
#include "stm32eth_model.h"

extern uint8_t rw_linear[RW_MEMORY_OCTETS];

static const ringwire_driver driver = {
    .init = stm32eth_init, .receive = stm32eth_receive, .send = stm32eth_send, .link = stm32eth_link, .lend = stm32eth_lend, .sent = stm32eth_sent};
static stm32eth_model model;
static stm32eth_bus bus;
static stm32eth *const part = (stm32eth *)(void *)model.memory;  // its descriptors are reached too

static void power(void) {
  stm32eth_model_power(&model);
  model.linear = rw_linear;
  model.linear_octets = sizeof rw_linear;
  bus = stm32eth_model_bus(&model);
  *part = (stm32eth){.bus = &bus, .hclk = 168000000, .phy = 1};
}
static bool deliver(const uint8_t *frame, uint32_t octets) { return stm32eth_model_deliver(&model, frame, octets, GOOD); }
static void cable(bool plugged) { stm32eth_model_cable(&model, plugged, 0x01e1); }
static void hold(bool held) { model.is_held = held; }
static void finish(void) { stm32eth_model_finish(&model); }

static uint32_t ring(uint32_t field) { return ringwire_control(RW_CONTROL_DEVICE_TABLE + field); }
// Where the DMA finds the frame of slot `number`.
static uint32_t address(uint32_t base, uint32_t slots, uint32_t number) {
  return LINEAR_AT + ring(base) + number % ring(slots) * ring(RW_DEVICE_SLOT_OCTETS) + RW_SLOT_ETHERNET;
}
// All receive slots are lent, but those that hold a frame; what was sent last is the newest transmit slot.
static bool lies_in_slots(void) {
  uint32_t taken = ring(RW_DEVICE_RX_TAKEN), newest = ring(RW_DEVICE_TX_WRITTEN) - 1;
  bool all = part->lent == taken + ring(RW_DEVICE_RX_SLOTS) && part->given == newest + 1;
  for (uint32_t n = taken; n != part->lent; n++) all = all && part->rx[n % STM32ETH_FRAMES].buffer == address(RW_DEVICE_RX_RING, RW_DEVICE_RX_SLOTS, n);
  return all && part->tx[newest % STM32ETH_FRAMES].buffer == address(RW_DEVICE_TX_RING, RW_DEVICE_TX_SLOTS, newest);
}

const linked_part linked = {&driver, model.memory, power, deliver, cable, hold, finish, &model.out, 9, lies_in_slots};
