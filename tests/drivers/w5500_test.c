// The driver of the W5500 against its model.
#include "../../boards/drivers/w5500.h"
#include "w5500_model.h"

static w5500_model model;
static spi_bus bus;
static w5500 part = {.spi = &bus};
static uint8_t frame[FRAME_MAX], got[FRAME_MAX];

static int32_t init(const uint8_t mac[6]) { return w5500_init(&part, mac); }
static uint32_t receive(uint8_t *to, uint32_t room) { return w5500_receive(&part, to, room); }
static bool send(const uint8_t *from, uint32_t octets) { return w5500_send(&part, from, octets); }
static bool link(void) { return w5500_link(&part); }
static void power(void) {
  w5500_model_power(&model);
  bus = w5500_model_bus(&model);
}
static bool deliver(const uint8_t *from, uint32_t octets, enum how how) { return w5500_model_deliver(&model, from, octets, how); }
static void cable(bool plugged) { model.common[0x2e] = plugged ? 0xb9 : 0xb8; }
static void hold(bool held) { model.is_held = held; }
static void finish(void) { w5500_model_finish(&model); }

static void start(void) {
  power();
  check(init(OURS) == 0);
}
static uint8_t level;
static void select_none(void *none, bool on) { (void)none, (void)on; }
static void transfer_none(void *none, const uint8_t *out, uint8_t *in, uint32_t octets) {
  (void)none, (void)out;
  if (in) memset(in, level, octets);
}
static void wait_none(void *none, uint32_t us) { (void)none, (void)us; }
static void no_part(void) {
  for (int i = 0; i < 2; i++) {
    level = i ? 255 : 0;
    bus = (spi_bus){NULL, select_none, transfer_none, wait_none};
    check(init(OURS) < 0);
  }
}
// A frame arrives between the two octets of the size: read once, it would be too small for the frame that waits.
static void torn(void) {
  start();
  for (uint32_t i = 0; i < 200; i++) {
    uint32_t first = 60 + i * 7 % 1400, second = 60 + i * 13 % 1400;
    fill(frame, first, i);
    check(deliver(frame, first, GOOD));
    fill(model.between, second, i + 1);
    model.between_octets = second;
    check(receive(got, FRAME_MAX) == first && !memcmp(got, frame, first));
    fill(frame, second, i + 1);
    check(receive(got, FRAME_MAX) == second && !memcmp(got, frame, second));
  }
}
static void too_long(void) {
  start();
  fill(frame, 1000, 1);
  check(deliver(frame, 1000, GOOD));
  fill(frame, 70, 2);
  check(deliver(frame, 70, GOOD));
  memset(got, 0x55, sizeof got);
  check(receive(got, 999) == 1000 && got[0] == 0x55);  // only its length is told
  check(receive(got, 999) == 70 && !memcmp(got, frame, 70));
  check(send(frame, 1519) && model.out.written == 0);
}
static void damaged(void) {
  static const uint8_t wrong[4][2] = {{0, 0}, {0, 15}, {0, 103}, {6, 0}};
  for (uint32_t i = 0; i < 4; i++) {
    start();
    fill(frame, 100, i);
    check(deliver(frame, 100, GOOD));
    memcpy(model.receive, wrong[i], 2);
    check(receive(got, FRAME_MAX) == 0);
    check(deliver(frame, 100, GOOD) && receive(got, FRAME_MAX) == 100 && !memcmp(got, frame, 100));
  }
}
// The part has room, but has not sent the frame before: it takes no other command.
static void one_at_a_time(void) {
  start();
  model.is_held = true;
  fill(frame, 100, 1);
  check(send(frame, 100));
  check(!send(frame, 100));
  finish();
  check(send(frame, 100));
  check(!send(frame, 100));
  finish();
  check(model.out.written == 2);
}

int main(void) {
  const rig common = {init, receive, send, link, power, deliver, cable, hold, finish, &model.out, 0};
  run_common(&common);
  run("no part, or one that says nothing", no_part);
  run("a size that changes while it is read is read again", torn);
  run("one that is too long is thrown away, and its length told", too_long);
  run("a damaged length: the part begins anew", damaged);
  run("one command at a time", one_at_a_time);
  return failures != 0;
}
