// The tests that every driver passes: frames in and out of all lengths, through every place of the part's memory, in bursts, with faults.
#include "rig.h"

#include <stdlib.h>

const uint8_t OURS[6] = {2, 0, 0x11, 0x22, 0x33, 0x44};
uint32_t failures;
static uint32_t failures_before;
static const rig *it;
static uint8_t frame[FRAME_MAX], got[FRAME_MAX];

void checked(bool holds, const char *what, const char *file, int line) {
  if (holds) return;
  if (failures++ == failures_before) printf("  %s:%d: %s\n", file, line, what);
}
void run(const char *name, void (*test)(void)) {
  failures_before = failures;
  test();
  printf("%s %s\n", failures == failures_before ? "ok" : "not ok", name);
  fflush(stdout);
}
void fill(uint8_t *to, uint32_t octets, uint32_t number) {
  static const uint8_t head[14] = {[6] = 2, [11] = 9, [12] = 8};
  memcpy(to, head, 14);
  memcpy(to, OURS, 6);
  for (uint32_t i = 14; i < octets; i++) to[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
}
static void start(void) {
  it->power();
  it->out->taken = it->out->written = 0;
  check(it->init(OURS) == 0);
}
static bool comes(uint32_t octets, uint32_t number) {
  memset(got, 0, sizeof got);
  fill(frame, octets, number);
  return it->receive(got, FRAME_MAX) == octets && !memcmp(got, frame, octets);
}
static bool left(uint32_t octets, uint32_t number) {
  outbox *out = it->out;
  fill(frame, octets, number);
  if (out->taken == out->written) return false;
  uint32_t i = out->taken++ % OUT_MAX, most = octets < it->shortest ? it->shortest : octets;
  return out->octets[i] == most && !memcmp(out->frames[i], frame, octets);
}
static bool deliver(uint32_t octets, uint32_t number) {
  fill(frame, octets, number);
  return it->deliver(frame, octets, GOOD);
}
static bool send(uint32_t octets, uint32_t number) {
  fill(frame, octets, number);
  return it->send(frame, octets);
}

static void every_length(void) {
  start();
  for (uint32_t octets = 60; octets <= 1518; octets++) {
    check(deliver(octets, octets) && comes(octets, octets));
    check(send(octets, octets) && left(octets, octets));
  }
  check(it->receive(got, FRAME_MAX) == 0);
  check(send(20, 1) && left(20, 1));
}
// So many that every place of the memory is a beginning and an end of frames.
static void wrap_around(void) {
  start();
  srand(1);
  for (uint32_t i = 0; i < 20000; i++) {
    uint32_t octets = 60 + (uint32_t)rand() % 1455;
    check(deliver(octets, i) && comes(octets, i));
    if (i % 4 == 0) check(send(octets, i) && left(octets, i));
  }
}
static void bursts(void) {
  start();
  uint32_t in = 0, out = 0;
  for (uint32_t round = 0; round < 2000; round++) {
    for (uint32_t count = round % 4 + 1; count; count--, in++) check(deliver(60 + in * 37 % 1300, in));
    for (; out != in; out++) check(comes(60 + out * 37 % 1300, out));
    check(it->receive(got, FRAME_MAX) == 0);
  }
}
// More than the part holds: the first come, the others are lost, and it goes on.
static void full(void) {
  start();
  for (uint32_t round = 0; round < 50; round++) {
    uint32_t held = 0, octets = 60 + round * 29;
    while (held < 300 && deliver(octets, held)) held++;
    check(held > 0 && held < 300);
    for (uint32_t i = 0; i < held; i++) check(comes(octets, i));
    check(it->receive(got, FRAME_MAX) == 0);
    check(deliver(64, round) && comes(64, round));
  }
}
static void busy(void) {
  start();
  it->hold(true);
  uint32_t taken = 0;
  while (taken < 9 && send(60 + taken * 100, taken)) taken++;
  check(taken > 0 && taken <= 8);
  for (uint32_t i = 0; i < taken; i++) it->finish();
  for (uint32_t i = 0; i < taken; i++) check(left(60 + i * 100, i));
  it->hold(false);
  check(send(77, 7) && left(77, 7));
}
static void faulty(void) {
  start();
  for (uint32_t i = 0; i < 100; i++) {
    fill(frame, 100, i);
    it->deliver(frame, 100, i & 1 ? BAD_CRC : BAD_SYMBOL);
    check(deliver(90, i) && comes(90, i));
    check(it->receive(got, FRAME_MAX) == 0);
  }
}
static void addresses(void) {
  static const uint8_t others[6] = {2, 0, 0x11, 0x22, 0x33, 0x45}, all[6] = {255, 255, 255, 255, 255, 255}, group[6] = {1, 0, 0x5e, 0, 0, 1};
  start();
  const uint8_t *wanted[] = {all, group, OURS, others};
  for (uint32_t i = 0; i < 4; i++) {
    fill(frame, 80, i);
    memcpy(frame, wanted[i], 6);
    it->deliver(frame, 80, GOOD);
    check(it->receive(got, FRAME_MAX) == (i < 3 ? 80 : 0));
  }
}
static void nothing_comes_back(void) {
  start();
  for (uint32_t i = 0; i < 5; i++) {
    fill(frame, 100, i);
    memset(frame, 255, 6);
    check(it->send(frame, 100));
    check(it->receive(got, FRAME_MAX) == 0);
  }
}
static void link(void) {
  start();
  for (int i = 0; i < 3; i++) {
    it->cable(true);
    check(it->link());
    check(deliver(60, 1) && comes(60, 1) && send(60, 2) && left(60, 2));
    it->cable(false);
    check(!it->link());
  }
}
// As after a trap of the stack: what was there is forgotten.
static void again(void) {
  start();
  it->hold(true);
  for (uint32_t i = 0; i < 3; i++) {
    deliver(60, i);
    send(60, i);
    check(it->init(OURS) == 0);
    check(it->receive(got, FRAME_MAX) == 0);
  }
  it->hold(false);
  it->out->taken = it->out->written;
  check(deliver(61, 4) && comes(61, 4));
  check(send(61, 5) && left(61, 5));
}

void run_common(const rig *which) {
  it = which;
  run("frames of 60 to 1,518 octets come and leave octet for octet", every_length);
  run("20,000 frames go around the part's memory", wrap_around);
  run("bursts come in their order, and none is left", bursts);
  run("a part that is full loses the newest, and goes on", full);
  run("a part that is busy takes no more than it can, and what it has taken leaves as it was", busy);
  run("frames with a fault never come, and hold up none", faulty);
  run("frames to us, to all and to groups come, to others not", addresses);
  run("what is sent does not come back", nothing_comes_back);
  run("the carrier goes and comes", link);
  run("init again, at any time, begins afresh", again);
}
