// Registers by their names in the data sheet; those that begin with Sn_ are of socket 0.
#include "w5500.h"

#include <string.h>

enum { COMMON = 0, SOCKET = 1, SEND_MEMORY = 2, RECEIVE_MEMORY = 3, SOCKETS = 8, BLOCKS_OF_A_SOCKET = 4 };
enum { MR = 0x00, SHAR = 0x09, PHYCFGR = 0x2e, VERSIONR = 0x39 };
enum {
  Sn_MR = 0x00, Sn_CR = 0x01, Sn_IR = 0x02, Sn_SR = 0x03, Sn_RXBUF_SIZE = 0x1e, Sn_TXBUF_SIZE = 0x1f, Sn_TX_FSR = 0x20, Sn_TX_WR = 0x24,
  Sn_RX_RSR = 0x26, Sn_RX_RD = 0x28,
};
enum { RESET = 0x80, VERSION = 4, MACRAW = 4, MAC_FILTER = 0x80, IS_MACRAW = 0x42, OPEN = 0x01, SEND = 0x20, RECEIVE = 0x40, SENT = 0x10, LINK = 1 };
enum { TRIES = 1000, RESET_US = 1000, LENGTH = 2, SHORTEST = 14, LONGEST = 1518, KILOBYTES = 16 };

static void transfer(w5500 *it, uint8_t block, uint16_t address, const uint8_t *out, uint8_t *in, uint32_t octets) {
  uint8_t head[3] = {address >> 8, address & 0xff, (uint8_t)(block << 3 | (out ? 4 : 0))};
  it->spi->select(it->spi->bus, true);
  it->spi->transfer(it->spi->bus, head, NULL, sizeof head);
  it->spi->transfer(it->spi->bus, out, in, octets);
  it->spi->select(it->spi->bus, false);
}
static uint8_t get(w5500 *it, uint8_t block, uint16_t name) {
  uint8_t value;
  transfer(it, block, name, NULL, &value, 1);
  return value;
}
static void set(w5500 *it, uint8_t block, uint16_t name, uint8_t value) { transfer(it, block, name, &value, NULL, 1); }
static uint16_t get16(w5500 *it, uint16_t name) {
  uint8_t value[2];
  transfer(it, SOCKET, name, NULL, value, 2);
  return value[0] << 8 | value[1];
}
static void set16(w5500 *it, uint16_t name, uint16_t value) {
  uint8_t octets[2] = {value >> 8, value & 0xff};
  transfer(it, SOCKET, name, octets, NULL, 2);
}
// A number that the part may change between its two octets: good when it was read twice.
static uint16_t steady(w5500 *it, uint16_t name) {
  uint16_t value = get16(it, name), before;
  int tries = TRIES;
  do {
    before = value;
    value = get16(it, name);
  } while (value != before && --tries);
  return value;
}
// The next command must wait until the part has taken this one.
static bool command(w5500 *it, uint8_t which) {
  set(it, SOCKET, Sn_CR, which);
  for (int i = 0; i < TRIES; i++)
    if (!get(it, SOCKET, Sn_CR)) return true;
  return false;
}

int32_t w5500_init(void *part, const uint8_t mac[6]) {
  w5500 *it = part;
  if (mac != it->mac) memcpy(it->mac, mac, 6);
  it->is_sending = false;
  set(it, COMMON, MR, RESET);
  it->spi->wait(it->spi->bus, RESET_US);
  if (get(it, COMMON, MR) & RESET || get(it, COMMON, VERSIONR) != VERSION) return -1;
  transfer(it, COMMON, SHAR, it->mac, NULL, 6);
  for (int i = 0; i < SOCKETS; i++) {  // all memory is socket 0's
    set(it, BLOCKS_OF_A_SOCKET * i + SOCKET, Sn_RXBUF_SIZE, i ? 0 : KILOBYTES);
    set(it, BLOCKS_OF_A_SOCKET * i + SOCKET, Sn_TXBUF_SIZE, i ? 0 : KILOBYTES);
  }
  set(it, SOCKET, Sn_MR, MACRAW | MAC_FILTER);
  return command(it, OPEN) && get(it, SOCKET, Sn_SR) == IS_MACRAW ? 0 : -1;
}

uint32_t w5500_receive(void *part, uint8_t *frame, uint32_t room) {
  w5500 *it = part;
  uint16_t waiting = steady(it, Sn_RX_RSR), from = get16(it, Sn_RX_RD);
  uint8_t head[LENGTH];
  if (!waiting) return 0;
  transfer(it, RECEIVE_MEMORY, from, NULL, head, LENGTH);
  uint16_t octets = head[0] << 8 | head[1], length = octets - LENGTH;
  if (octets < SHORTEST + LENGTH || octets > LONGEST + LENGTH || octets > waiting) {  // this is no frame: all begins anew
    w5500_init(it, it->mac);
    return 0;
  }
  if (length <= room) transfer(it, RECEIVE_MEMORY, from + LENGTH, NULL, frame, length);
  set16(it, Sn_RX_RD, from + octets);
  command(it, RECEIVE);
  return length;
}

bool w5500_send(void *part, const uint8_t *frame, uint32_t octets) {
  w5500 *it = part;
  if (octets > LONGEST) return true;  // nobody would take it
  if (it->is_sending && !(get(it, SOCKET, Sn_IR) & SENT)) return false;
  if (steady(it, Sn_TX_FSR) < octets) return false;
  uint16_t to = get16(it, Sn_TX_WR);
  set(it, SOCKET, Sn_IR, SENT);
  transfer(it, SEND_MEMORY, to, frame, NULL, octets);
  set16(it, Sn_TX_WR, to + octets);
  it->is_sending = command(it, SEND);
  return true;
}

bool w5500_link(void *part) { return get(part, COMMON, PHYCFGR) & LINK; }
