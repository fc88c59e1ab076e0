// Registers by their names in the data sheet of the part, in words.
#include "stellaris.h"

#include <string.h>

enum { INTERRUPT = 0x00, INT_MASK = 0x04, RX_CONTROL = 0x08, TX_CONTROL = 0x0c, DATA = 0x10, ADDRESS_LOW = 0x14, ADDRESS_HIGH = 0x18, FRAMES = 0x34, TX_REQUEST = 0x38 };
// On the wire's side a frame stands behind a word half: its length with these and the checksum, or the length without the Ethernet header.
enum { HALF = 2, CRC = 4, HEADER = 14, RECEIVE_INT = 1, RX_RESET = 0x10, RX_ON = 1, TX_ON = 1, TX_PAD = 2, TX_CRC = 4, TX_DUPLEX = 0x10 };

static volatile uint32_t *at(void *part, uint32_t offset) { return (volatile uint32_t *)((uintptr_t)part + offset); }

int32_t stellaris_init(void *part, const uint8_t mac[6]) {
  *at(part, INT_MASK) = 0;
  *at(part, RX_CONTROL) = RX_RESET;
  *at(part, ADDRESS_LOW) = mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24;
  *at(part, ADDRESS_HIGH) = mac[4] | (uint32_t)mac[5] << 8;
  *at(part, TX_CONTROL) = TX_ON | TX_PAD | TX_CRC | TX_DUPLEX;
  *at(part, RX_CONTROL) = RX_ON;
  return 0;
}

// Each word brings two octets of one word of the frame and two of the next.
uint32_t stellaris_receive(void *part, uint8_t *frame, uint32_t room) {
  if (!*at(part, FRAMES)) return 0;
  uint32_t word = *at(part, DATA), whole = word & 0xffff, length = whole - HALF - CRC, kept = length <= room ? length : 0;
  if (kept) memcpy(frame, (uint8_t *)&word + HALF, HALF);
  for (uint32_t read = 4; read < whole; read += 4) {
    uint32_t from = read - HALF, left = kept > from ? kept - from : 0;
    word = *at(part, DATA);
    if (left) memcpy(frame + from, &word, left < 4 ? left : 4);
  }
  return length;
}

bool stellaris_send(void *part, const uint8_t *frame, uint32_t octets) {
  if (*at(part, TX_REQUEST) & 1) return false;
  uint32_t word = octets - HEADER;
  memcpy((uint8_t *)&word + HALF, frame, HALF);
  *at(part, DATA) = word;
  for (uint32_t sent = HALF; sent < octets; sent += 4) {
    uint32_t left = octets - sent;
    word = 0;
    memcpy(&word, frame + sent, left < 4 ? left : 4);
    *at(part, DATA) = word;
  }
  *at(part, TX_REQUEST) = 1;
  return true;
}

// What comes after this raises the interrupt again, as soon as it is let in.
void stellaris_mask(void *part) {
  *at(part, INT_MASK) = 0;
  *at(part, INTERRUPT) = RECEIVE_INT;
}

void stellaris_unmask(void *part) { *at(part, INT_MASK) = RECEIVE_INT; }
