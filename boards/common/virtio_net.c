// Registers and fields by their names in the specification, in words. A frame has two descriptors: one for the header of virtio, one for the slot.
#include "virtio_net.h"

#include <string.h>

enum { MAGIC = 0x00, VERSION = 0x04, DEVICE = 0x08, FEATURES_WHICH = 0x24, FEATURES = 0x20, QUEUE_WHICH = 0x30, QUEUE_LENGTH = 0x38, QUEUE_READY = 0x44 };
enum { QUEUE_NOTIFY = 0x50, INTERRUPT = 0x60, INTERRUPT_ACK = 0x64, STATUS = 0x70, DESCRIPTORS = 0x80, AVAILABLE = 0x90, USED = 0xa0 };
enum { MAGIC_VALUE = 0x74726976, NETWORK = 1, ACKNOWLEDGED = 1, DRIVER = 2, DRIVER_OK = 4, FEATURES_OK = 8, VERSION_1 = 1 };
enum { RECEIVE = 0, SEND = 1, QUEUES = 2, FRAMES = 8, LENGTH = 2 * FRAMES, HEADER = 12, NEXT = 1, WRITE = 2 };

typedef struct {
  uint64_t address;
  uint32_t octets;
  uint16_t flags, next;
} descriptor;

typedef struct {
  _Alignas(16) descriptor descriptors[LENGTH];
  struct {
    uint16_t flags, index, ring[LENGTH];
  } available;
  _Alignas(4) volatile struct {
    uint16_t flags, index;
    struct {
      uint32_t id, octets;
    } ring[LENGTH];
  } used;
  uint8_t header[HEADER];  // of what is sent: all zero; of what is received: not read
  uint16_t given, seen;    // frames, counted as the device counts
} queue;

static queue queues[QUEUES];

static volatile uint32_t *at(void *part, uint32_t offset) { return (volatile uint32_t *)((uintptr_t)part + offset); }
static void barrier(void) { __sync_synchronize(); }

static void set_up(void *part, uint32_t which) {
  queue *it = &queues[which];
  memset(it, 0, sizeof *it);
  *at(part, QUEUE_WHICH) = which;
  *at(part, QUEUE_LENGTH) = LENGTH;
  *at(part, DESCRIPTORS) = (uint32_t)(uintptr_t)it->descriptors;
  *at(part, AVAILABLE) = (uint32_t)(uintptr_t)&it->available;
  *at(part, USED) = (uint32_t)(uintptr_t)&it->used;
  *at(part, QUEUE_READY) = 1;
}

int32_t virtio_net_init(void *part, const uint8_t mac[6]) {
  (void)mac;  // the device takes every frame; the stack looks at addresses
  if (*at(part, MAGIC) != MAGIC_VALUE || *at(part, VERSION) != 2 || *at(part, DEVICE) != NETWORK) return -1;
  *at(part, STATUS) = 0;
  *at(part, STATUS) = ACKNOWLEDGED | DRIVER;
  *at(part, FEATURES_WHICH) = 0;
  *at(part, FEATURES) = 0;
  *at(part, FEATURES_WHICH) = 1;
  *at(part, FEATURES) = VERSION_1;
  *at(part, STATUS) = ACKNOWLEDGED | DRIVER | FEATURES_OK;
  if (!(*at(part, STATUS) & FEATURES_OK)) return -1;
  set_up(part, RECEIVE);
  set_up(part, SEND);
  *at(part, STATUS) = ACKNOWLEDGED | DRIVER | FEATURES_OK | DRIVER_OK;
  return 0;
}

static void give(void *part, uint32_t which, const uint8_t *frame, uint32_t octets) {
  queue *it = &queues[which];
  uint16_t flags = which == RECEIVE ? WRITE : 0, first = (uint16_t)(it->given % FRAMES * 2);
  it->descriptors[first] = (descriptor){(uintptr_t)it->header, HEADER, flags | NEXT, first + 1};
  it->descriptors[first + 1] = (descriptor){(uintptr_t)frame, octets, flags, 0};
  it->available.ring[it->given % LENGTH] = first;
  barrier();
  it->available.index = ++it->given;
  barrier();
  *at(part, QUEUE_NOTIFY) = which;
}

void virtio_net_lend(void *part, uint8_t *frame, uint32_t room) { give(part, RECEIVE, frame, room); }

uint32_t virtio_net_receive(void *part, uint8_t *none, uint32_t no_room) {
  queue *it = &queues[RECEIVE];
  (void)part, (void)none, (void)no_room;
  if (it->seen == it->used.index) return 0;
  barrier();
  return it->used.ring[it->seen++ % LENGTH].octets - HEADER;
}

bool virtio_net_send(void *part, const uint8_t *frame, uint32_t octets) {
  queue *it = &queues[SEND];
  if ((uint16_t)(it->given - it->used.index) >= FRAMES) return false;
  give(part, SEND, frame, octets);
  return true;
}

uint32_t virtio_net_sent(void *part) {
  queue *it = &queues[SEND];
  uint16_t out = (uint16_t)(it->used.index - it->seen);
  (void)part;
  it->seen += out;
  return out;
}

bool virtio_net_acknowledge(void *part) {
  uint32_t what = *at(part, INTERRUPT);
  *at(part, INTERRUPT_ACK) = what;
  return queues[RECEIVE].seen != queues[RECEIVE].used.index || queues[SEND].seen != queues[SEND].used.index;
}
