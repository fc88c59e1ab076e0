// Registers by their names in the data sheet, in words.
#include "lan9118.h"

#include <string.h>

enum {
  RX_DATA = 0x00, TX_DATA = 0x20, RX_STATUS = 0x40, TX_STATUS = 0x48, BYTE_TEST = 0x64, IRQ_CONFIG = 0x54, INT_STATUS = 0x58, INT_ENABLE = 0x5c,
  FIFO_INT = 0x68, TX_CONFIG = 0x70, HW_CONFIG = 0x74, RX_CONTROL = 0x78, RX_INFO = 0x7c, TX_INFO = 0x80, MAC_COMMAND = 0xa4, MAC_DATA = 0xa8,
};
enum { MAC_CONTROL = 1, MAC_HIGH = 2, MAC_LOW = 3, MII_ACCESS = 6, MII_DATA = 7, PHY = 1 << 11, PHY_STATUS = 1 };
enum { TRIES = 100000, BUSY = 1 << 31, READ = 1 << 30, RECEIVE_INT = 1 << 3, CRC = 4, ERROR = 1 << 15, DISCARD = 1 << 31, FIRST = 1 << 13, LAST = 1 << 12 };

static volatile uint32_t *at(void *part, uint32_t offset) { return (volatile uint32_t *)((uintptr_t)part + offset); }

static bool wait(void *part, uint32_t offset, uint32_t bits) {
  for (int i = 0; i < TRIES; i++)
    if (!(*at(part, offset) & bits)) return true;
  return false;
}

static void set_mac(void *part, uint32_t name, uint32_t value) {
  wait(part, MAC_COMMAND, (uint32_t)BUSY);
  *at(part, MAC_DATA) = value;
  *at(part, MAC_COMMAND) = (uint32_t)BUSY | name;
}

static uint32_t get_mac(void *part, uint32_t name) {
  *at(part, MAC_COMMAND) = (uint32_t)BUSY | READ | name;
  wait(part, MAC_COMMAND, (uint32_t)BUSY);
  return *at(part, MAC_DATA);
}

int32_t lan9118_init(void *part, const uint8_t mac[6]) {
  *at(part, HW_CONFIG) = 1;
  if (!wait(part, HW_CONFIG, 1) || *at(part, BYTE_TEST) != 0x87654321) return -1;
  *at(part, HW_CONFIG) = 5 << 16 | 1 << 20;  // 5 KB of send FIFO, which must be told
  set_mac(part, MAC_HIGH, mac[4] | (uint32_t)mac[5] << 8);
  set_mac(part, MAC_LOW, mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24);
  set_mac(part, MAC_CONTROL, 1 << 2 | 1 << 3);  // receives and sends
  *at(part, IRQ_CONFIG) = 1 << 8 | 1 << 4 | 1;
  *at(part, FIFO_INT) = 0;
  *at(part, TX_CONFIG) = 2;
  return 0;
}

uint32_t lan9118_receive(void *part, uint8_t *frame, uint32_t room) {
  while (*at(part, RX_INFO) >> 16 & 0xff) {
    uint32_t status = *at(part, RX_STATUS), length = (status >> 16 & 0x3fff) - CRC, words = (length + CRC + 3) / 4;
    bool is_good = !(status & ERROR) && length <= room;
    for (uint32_t i = 0; i < words; i++) {
      uint32_t word = *at(part, RX_DATA), left = length > 4 * i ? length - 4 * i : 0;
      if (is_good && left) memcpy(frame + 4 * i, &word, left < 4 ? left : 4);
    }
    if (!(status & ERROR)) return length;
  }
  return 0;
}

bool lan9118_send(void *part, const uint8_t *frame, uint32_t octets) {
  while (*at(part, TX_INFO) >> 16 & 0xff) (void)*at(part, TX_STATUS);
  if ((*at(part, TX_INFO) & 0xffff) < octets + 16) return false;
  *at(part, TX_DATA) = (uint32_t)FIRST | LAST | octets;
  *at(part, TX_DATA) = octets;
  for (uint32_t i = 0; i < octets; i += 4) {
    uint32_t word = 0;
    if (octets - i >= 4) memcpy(&word, frame + i, 4);
    else memcpy(&word, frame + i, octets - i);
    *at(part, TX_DATA) = word;
  }
  return true;
}

bool lan9118_link(void *part) {
  set_mac(part, MII_ACCESS, PHY | PHY_STATUS << 6 | 1);
  wait(part, MAC_COMMAND, (uint32_t)BUSY);
  return get_mac(part, MII_DATA) >> 2 & 1;
}

// What comes after this raises the interrupt again, as soon as it is let in.
void lan9118_mask(void *part) {
  *at(part, INT_ENABLE) = 0;
  *at(part, INT_STATUS) = RECEIVE_INT;
}

void lan9118_unmask(void *part) { *at(part, INT_ENABLE) = RECEIVE_INT; }
