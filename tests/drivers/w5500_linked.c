// The W5500 for linked_test.c.
#include "../../boards/drivers/w5500.h"
#include "linked.h"
#include "w5500_model.h"

static const ringwire_driver driver = {.init = w5500_init, .receive = w5500_receive, .send = w5500_send, .link = w5500_link};
static w5500_model model;
static spi_bus bus;
static w5500 part = {.spi = &bus};

static void power(void) {
  w5500_model_power(&model);
  bus = w5500_model_bus(&model);
}
static bool deliver(const uint8_t *frame, uint32_t octets) { return w5500_model_deliver(&model, frame, octets, GOOD); }
static void cable(bool plugged) { model.common[0x2e] = plugged ? 0xb9 : 0xb8; }
static void hold(bool held) { model.is_held = held; }
static void finish(void) { w5500_model_finish(&model); }

const linked_part linked = {&driver, &part, power, deliver, cable, hold, finish, &model.out,  10, NULL};
