// The ENC28J60 for linked_test.c.
#include "../../boards/drivers/enc28j60.h"
#include "linked.h"
#include "enc28j60_model.h"

static const ringwire_driver driver = {.init = enc28j60_init, .receive = enc28j60_receive, .send = enc28j60_send, .link = enc28j60_link};
static enc28j60_model model;
static spi_bus bus;
static enc28j60 part = {.spi = &bus};

static void power(void) {
  enc28j60_model_power(&model);
  bus = enc28j60_model_bus(&model);
}
static bool deliver(const uint8_t *frame, uint32_t octets) { return enc28j60_model_deliver(&model, frame, octets, GOOD); }
static void cable(bool plugged) { model.phy[17] = plugged ? 0x400 : 0; }
static void hold(bool held) { model.is_held = held; }
static void finish(void) { enc28j60_model_finish(&model); }

const linked_part linked = {&driver, &part, power, deliver, cable, hold, finish, &model.out,  4, NULL};
