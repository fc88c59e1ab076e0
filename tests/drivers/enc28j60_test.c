// The driver of the ENC28J60 against its model.
#include "../../boards/drivers/enc28j60.h"
#include "enc28j60_model.h"

static enc28j60_model model;
static spi_bus bus;
static enc28j60 part = {.spi = &bus};
static uint8_t frame[FRAME_MAX], got[FRAME_MAX];

static int32_t init(const uint8_t mac[6]) { return enc28j60_init(&part, mac); }
static uint32_t receive(uint8_t *to, uint32_t room) { return enc28j60_receive(&part, to, room); }
static bool send(const uint8_t *from, uint32_t octets) { return enc28j60_send(&part, from, octets); }
static bool link(void) { return enc28j60_link(&part); }
static void power(void) {
  enc28j60_model_power(&model);
  bus = enc28j60_model_bus(&model);
}
static bool deliver(const uint8_t *from, uint32_t octets, enum how how) { return enc28j60_model_deliver(&model, from, octets, how); }
static void cable(bool plugged) { model.phy[17] = plugged ? 0x400 : 0; }
static void hold(bool held) { model.is_held = held; }
static void finish(void) { enc28j60_model_finish(&model); }

static void start(void) {
  power();
  check(init(OURS) == 0);
}
// Nothing is there: all that is read is ones, or zeros.
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
static void collisions(void) {
  start();
  for (uint32_t i = 0; i < 10; i++) {
    model.is_aborting = i % 3 == 0;
    fill(frame, 100, i);
    check(send(frame, 100));
  }
  check(model.out.written == 6);
}
static void in_flight(void) {
  start();
  model.is_aborting = true;
  fill(frame, 100, 1);
  check(send(frame, 100));  // given up
  model.is_held = true;
  fill(frame, 200, 2);
  check(send(frame, 200));
  fill(frame, 300, 3);
  check(!send(frame, 300));  // the one before is still on its way
  finish();
  fill(frame, 200, 2);
  check(model.out.written == 1 && model.out.octets[0] == 200 && !memcmp(model.out.frames[0], frame, 200));
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
// A header that cannot be: the part begins anew, and goes on.
static void damaged(void) {
  for (uint32_t which = 0; which < 4; which++) {
    start();
    fill(frame, 100, which);
    check(deliver(frame, 100, GOOD));
    uint8_t wrong[4][4] = {{0x6f, 0, 104, 0}, {0, 0x1b, 104, 0}, {0x6e, 0, 3, 0}, {0x6e, 0, 0, 8}};
    memcpy(model.memory, wrong[which], 4);
    check(receive(got, FRAME_MAX) == 0);
    check(deliver(frame, 100, GOOD) && receive(got, FRAME_MAX) == 100 && !memcmp(got, frame, 100));
  }
}
static void status_is_read(void) {
  start();
  model.registers[1][0x18] = 0x83;  // as if the part let bad checksums pass
  fill(frame, 100, 1);
  check(deliver(frame, 100, BAD_CRC) && deliver(frame, 100, BAD_SYMBOL) && deliver(frame, 100, GOOD));
  check(receive(got, FRAME_MAX) == 100 && !memcmp(got, frame, 100));
  check(receive(got, FRAME_MAX) == 0);
}

int main(void) {
  const rig common = {init, receive, send, link, power, deliver, cable, hold, finish, &model.out, 60};
  run_common(&common);
  run("no part, or one that says nothing", no_part);
  run("erratum 12: a frame that collisions have ended holds up none", collisions);
  run("what is on its way is not overwritten, after an error too", in_flight);
  run("one that is too long is thrown away, and its length told", too_long);
  run("a damaged header: the part begins anew", damaged);
  run("what the part's status says is bad does not come", status_is_read);
  return failures != 0;
}
