// A driver with a model of its part: what the tests that all drivers pass need of the two.
#ifndef RIG_H
#define RIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FRAME_MAX = 1600, OUT_MAX = 64 };
// How a frame comes in: well, with a checksum that is wrong, or with another fault that the part tells of.
enum how { GOOD, BAD_CRC, BAD_SYMBOL };

// What a part has sent and nobody has looked at, the oldest first.
typedef struct {
  uint8_t frames[OUT_MAX][FRAME_MAX];
  uint32_t octets[OUT_MAX], written, taken;
} outbox;

static inline void post(outbox *it, const uint8_t *frame, uint32_t octets) {
  if (it->written - it->taken == OUT_MAX || octets > FRAME_MAX) return;
  memcpy(it->frames[it->written % OUT_MAX], frame, octets);
  it->octets[it->written++ % OUT_MAX] = octets;
}

typedef struct {
  // The driver, as the stack calls it; with DMA, slots are lent and given back in between.
  int32_t (*init)(const uint8_t mac[6]);
  uint32_t (*receive)(uint8_t *frame, uint32_t room);
  bool (*send)(const uint8_t *frame, uint32_t octets);
  bool (*link)(void);
  // The model: power on; a frame from the wire, false: lost; the cable; whether a frame that leaves takes its time; that time is over.
  void (*power)(void);
  bool (*deliver)(const uint8_t *frame, uint32_t octets, enum how how);
  void (*cable)(bool plugged);
  void (*hold)(bool held);
  void (*finish)(void);
  outbox *out;
  uint32_t shortest;  // frames that are shorter are filled up by the part; 0: they are not
} rig;

extern const uint8_t OURS[6];
extern uint32_t failures;
// What is expected; a failure is printed with its line.
#define check(condition) checked(condition, #condition, __FILE__, __LINE__)
void checked(bool holds, const char *what, const char *file, int line);
// Runs a test under its name.
void run(const char *name, void (*test)(void));
// A frame of so many octets for us, with contents that tell of `number`.
void fill(uint8_t *frame, uint32_t octets, uint32_t number);
// The tests that every driver passes.
void run_common(const rig *which);

#endif
