// The driver of the STM32's Ethernet MAC against its model. Slots are lent and given back as bindings/c/ringwire.c does it.
#include "../../boards/drivers/stm32eth.h"
#include "stm32eth_model.h"

enum { SLOTS = 8, STRIDE = 1600, FRAME_AT = 10, ROOM = STRIDE - FRAME_AT, RX_AT = 4096, TX_AT = RX_AT + SLOTS * STRIDE, TX_SLOTS = 12 };

static stm32eth_model model;
static stm32eth_bus bus;
static uint8_t frame[FRAME_MAX], got[FRAME_MAX];
static uint32_t lent, taken, handed, gone;

static stm32eth *part(void) { return (stm32eth *)(void *)model.memory; }
static uint8_t *slot(uint32_t base, uint32_t number) { return model.memory + base + number % (base == RX_AT ? SLOTS : TX_SLOTS) * STRIDE + FRAME_AT; }
static void lend(void) {
  for (; lent - taken < SLOTS; lent++) stm32eth_lend(part(), slot(RX_AT, lent), ROOM);
}
static int32_t init(const uint8_t mac[6]) {
  lent = taken = handed = gone = 0;
  *part() = (stm32eth){.bus = &bus, .hclk = 168000000, .phy = 1};
  int32_t result = stm32eth_init(part(), mac);
  if (!result) lend();
  return result;
}
static uint32_t receive(uint8_t *to, uint32_t room) {
  uint32_t length = stm32eth_receive(part(), NULL, 0);
  if (!length) return 0;
  if (length <= room) memcpy(to, slot(RX_AT, taken), length);
  taken++;
  lend();
  return length;
}
static bool send(const uint8_t *from, uint32_t octets) {
  gone += stm32eth_sent(part());
  if (handed - gone == TX_SLOTS) return false;
  memcpy(slot(TX_AT, handed), from, octets);
  if (!stm32eth_send(part(), slot(TX_AT, handed), octets)) return false;
  handed++;
  return true;
}
static bool link(void) { return stm32eth_link(part()); }
static void power(void) {
  stm32eth_model_power(&model);
  bus = stm32eth_model_bus(&model);
}
static bool deliver(const uint8_t *from, uint32_t octets, enum how how) { return stm32eth_model_deliver(&model, from, octets, how); }
static void cable(bool plugged) { stm32eth_model_cable(&model, plugged, 0x01e1); }
static void hold(bool held) { model.is_held = held; }
static void finish(void) { stm32eth_model_finish(&model); }

static void start(void) {
  power();
  check(init(OURS) == 0);
}
static void no_clock(void) {
  power();
  model.has_phy = false;
  check(init(OURS) < 0);
}
static void no_phy(void) {
  power();
  *part() = (stm32eth){.bus = &bus, .hclk = 168000000, .phy = 7};
  check(stm32eth_init(part(), OURS) < 0);
}
// What has left is told in its order, none before it has left.
static void told(void) {
  start();
  model.is_held = true;
  for (uint32_t i = 0; i < 5; i++) {
    fill(frame, 100, i);
    check(send(frame, 100));
  }
  check(stm32eth_sent(part()) == 0);
  finish();
  finish();
  check(stm32eth_sent(part()) == 2);
  check(stm32eth_sent(part()) == 0);
  for (int i = 0; i < 3; i++) finish();
  check(stm32eth_sent(part()) == 3);
}
// The stack takes nothing for a while: the part stops, and goes on when there are slots again.
static void no_slots(void) {
  start();
  uint32_t in = 0, out = 0;
  for (uint32_t round = 0; round < 100; round++) {
    for (fill(frame, 200, in); deliver(frame, 200, GOOD); fill(frame, 200, in)) in++;
    check(in - out > SLOTS);
    for (; out != in; out++) {
      fill(frame, 200, out);
      check(receive(got, FRAME_MAX) == 200 && !memcmp(got, frame, 200));
    }
    check(receive(got, FRAME_MAX) == 0);
  }
}
// One longer than a slot comes in pieces: each is told to be too long, and the next frame is whole.
static void in_pieces(void) {
  power();
  *part() = (stm32eth){.bus = &bus, .hclk = 168000000, .phy = 1};
  check(stm32eth_init(part(), OURS) == 0);
  for (uint32_t i = 0; i < 6; i++) stm32eth_lend(part(), slot(RX_AT, i), 514);
  fill(frame, 1200, 1);
  check(deliver(frame, 1200, GOOD));
  fill(frame, 300, 2);
  check(deliver(frame, 300, GOOD));
  for (int i = 0; i < 3; i++) check(stm32eth_receive(part(), NULL, 0) == 65535);
  check(stm32eth_receive(part(), NULL, 0) == 300 && !memcmp(slot(RX_AT, 3), frame, 300));
}
static void faults_in_slots(void) {
  start();
  model.registers[0x1018 / 4] |= 1 << 7;  // as if frames with errors were let through
  fill(frame, 100, 1);
  check(deliver(frame, 100, BAD_CRC) && deliver(frame, 100, GOOD));
  check(receive(got, FRAME_MAX) == 65535);
  check(receive(got, FRAME_MAX) == 100 && !memcmp(got, frame, 100));
}
// Speed and duplex follow what both ends can.
static void modes(void) {
  static const struct { uint16_t partner; uint32_t mode; } all[] = {{0x01e1, 1 << 14 | 1 << 11}, {0x0081, 1 << 14}, {0x0061, 1 << 11}, {0x0021, 0}};
  start();
  for (uint32_t i = 0; i < 4; i++) {
    stm32eth_model_cable(&model, true, all[i].partner);
    link();
    check(link());
    check((model.registers[0] & (1 << 14 | 1 << 11)) == all[i].mode);
    check((model.registers[0] & 0xc) == 0xc);
  }
}
// A link that was away and is back is told as it is now.
static void short_break(void) {
  start();
  cable(true);
  check(link());
  cable(false);
  cable(true);
  check(link());
}

int main(void) {
  const rig common = {init, receive, send, link, power, deliver, cable, hold, finish, &model.out, 60};
  run_common(&common);
  run("no clock from the PHY", no_clock);
  run("no PHY at this address", no_phy);
  run("what has left is told once, in its order", told);
  run("without slots the part stops, and goes on when there are some", no_slots);
  run("a frame longer than a slot is thrown away in all its pieces", in_pieces);
  run("what the status of a slot says is bad is thrown away", faults_in_slots);
  run("speed and duplex are those that both ends can", modes);
  run("a link that was away for a moment is there", short_break);
  return failures != 0;
}
