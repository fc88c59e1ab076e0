// A driver with its model behind bindings/c: what linked_test.c needs of the part that it is linked with.
#ifndef LINKED_H
#define LINKED_H

#include "../../bindings/c/ringwire.h"
#include "rig.h"

typedef struct {
  const ringwire_driver *driver;
  void *part;
  // The model, as in a rig.
  void (*power)(void);
  bool (*deliver)(const uint8_t *frame, uint32_t octets);
  void (*cable)(bool plugged);
  void (*hold)(bool held);
  void (*finish)(void);
  outbox *out;
  uint32_t held;  // frames of 1,514 octets that wait in the part and its slots when nobody takes them
  // DMA: whether all that it reads and writes are the slots of the stack. NULL: there is none.
  bool (*lies_in_slots)(void);
} linked_part;

extern const linked_part linked;

#endif
