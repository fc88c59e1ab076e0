#include "w5500_model.h"

enum { MR = 0, SHAR = 9, PHYCFGR = 0x2e, VERSIONR = 0x39 };
enum { Sn_MR = 0, Sn_CR = 1, Sn_IR = 2, Sn_SR = 3, RX_SIZE = 0x1e, TX_SIZE = 0x1f, TX_FSR = 0x20, TX_RD = 0x22, TX_WR = 0x24, RX_RSR = 0x26, RX_RD = 0x28, RX_WR = 0x2a };
enum { RESET_US = 560, MACRAW = 0x42, BUSY_READS = 3 };

static uint16_t word(const uint8_t *at) { return (uint16_t)(at[0] << 8 | at[1]); }
static void set_word(uint8_t *at, uint32_t value) {
  at[0] = (uint8_t)(value >> 8);
  at[1] = value & 0xff;
}
static uint8_t *socket(w5500_model *it) { return it->sockets[0]; }
static uint32_t receive_size(w5500_model *it) { return socket(it)[RX_SIZE] * 1024u; }
static uint32_t send_size(w5500_model *it) { return socket(it)[TX_SIZE] * 1024u; }

static void reset(w5500_model *it) {
  memset(it->common, 0, sizeof it->common);
  memset(it->sockets, 0, sizeof it->sockets);
  it->common[VERSIONR] = 4;
  it->common[PHYCFGR] = 0xb8;
  for (int i = 0; i < 8; i++) it->sockets[i][RX_SIZE] = it->sockets[i][TX_SIZE] = 2;
  it->busy = 0;
  it->is_sending = false;
  it->rx_written = it->rx_read = it->tx_read = 0;
  it->ready = it->us + RESET_US;
}
void w5500_model_power(w5500_model *it) {
  memset(it, 0, sizeof *it);
  reset(it);
  it->us = it->ready;
}
// All buffers of all sockets together may not be more than there is.
static bool is_sized(w5500_model *it, int name) {
  uint32_t sum = 0;
  for (int i = 0; i < 8; i++) sum += it->sockets[i][name];
  return sum <= 16;
}

// ---- The wire ----

bool w5500_model_deliver(w5500_model *it, const uint8_t *frame, uint32_t octets, enum how how) {
  static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
  uint32_t size = receive_size(it), used = (uint16_t)(it->rx_written - it->rx_read);
  bool is_ours = !memcmp(frame, &it->common[SHAR], 6) || (frame[0] & 1 && !(socket(it)[Sn_MR] & 0x20)) || !memcmp(frame, all, 6);
  if (socket(it)[Sn_SR] != MACRAW || how != GOOD || (socket(it)[Sn_MR] & 0x80 && !is_ours)) return false;
  if (!size || size - used < octets + 2) return false;
  uint8_t head[2];
  set_word(head, octets + 2);
  for (uint32_t i = 0; i < octets + 2; i++) it->receive[it->rx_written++ % size] = i < 2 ? head[i] : frame[i - 2];
  socket(it)[Sn_IR] |= 4;
  return true;
}
void w5500_model_finish(w5500_model *it) {
  uint8_t frame[FRAME_MAX];
  uint32_t octets = 0, size = send_size(it);
  if (!it->is_sending) return;
  it->is_sending = false;
  for (uint16_t end = word(socket(it) + TX_WR); size && it->tx_read != end && octets < FRAME_MAX; octets++) frame[octets] = it->send[it->tx_read++ % size];
  post(&it->out, frame, octets);
  socket(it)[Sn_IR] |= 0x10;
}

// ---- Commands and registers ----

static void command(w5500_model *it, uint8_t which) {
  uint8_t *regs = socket(it);
  if (it->busy) return;  // the one before was not taken yet: this one is lost
  it->busy = BUSY_READS;
  if (which == 1 && (regs[Sn_MR] & 15) == 4 && is_sized(it, RX_SIZE) && is_sized(it, TX_SIZE)) {
    regs[Sn_SR] = MACRAW;
    it->rx_written = it->rx_read = it->tx_read = 0;
    set_word(regs + RX_RD, 0);
    set_word(regs + TX_WR, 0);
  }
  if (which == 0x40) it->rx_read = word(regs + RX_RD);
  if (which == 0x20 && !it->is_sending) {
    it->is_sending = true;
    if (!it->is_held) w5500_model_finish(it);
  }
}
static void write(w5500_model *it, uint8_t block, uint16_t at, uint8_t value) {
  if (it->us < it->ready) return;
  if (block == 0) {
    if (at == MR && value & 0x80) {
      reset(it);
      it->common[MR] = 0x80;
    } else if (at < 0x40 && at != VERSIONR) it->common[at] = value;
  } else if (block % 4 == 1 && at < 0x30) {
    uint8_t *regs = it->sockets[block / 4];
    if (block == 1 && at == Sn_CR) command(it, value);
    else if (at == Sn_IR) regs[at] &= ~value;
    else if (at != Sn_SR && !(at >= TX_FSR && at < TX_WR) && at != RX_RSR && at != RX_RSR + 1) regs[at] = value;
  } else if (block == 2 && send_size(it)) it->send[at % send_size(it)] = value;
}
static uint8_t read(w5500_model *it, uint8_t block, uint16_t at) {
  if (block == 0) {
    if (at == MR && it->us >= it->ready) it->common[MR] &= 0x7f;
    return at < 0x40 ? it->common[at] : 0;
  }
  if (block == 3) return receive_size(it) ? it->receive[at % receive_size(it)] : 0;
  if (block != 1 || at >= 0x30) return 0;
  uint8_t *regs = socket(it);
  if (at == Sn_CR) return it->busy && --it->busy ? 1 : 0;
  if (at == RX_RSR + 1 && it->between_octets) {  // the high octet was read before
    w5500_model_deliver(it, it->between, it->between_octets, GOOD);
    it->between_octets = 0;
  }
  set_word(regs + RX_RSR, (uint16_t)(it->rx_written - it->rx_read));
  set_word(regs + RX_WR, it->rx_written);
  set_word(regs + TX_RD, it->tx_read);
  set_word(regs + TX_FSR, send_size(it) - (uint16_t)(word(regs + TX_WR) - it->tx_read));
  return regs[at];
}

// ---- SPI ----

static uint8_t octet(w5500_model *it, uint8_t out) {
  uint32_t place = it->count++;
  if (place < 2) it->address = (uint16_t)(it->address << 8 | out);
  if (place == 2) it->control = out;
  if (place < 3) return 0;
  uint16_t at = (uint16_t)(it->address + place - 3);
  if (!(it->control & 4)) return read(it, it->control >> 3, at);
  write(it, it->control >> 3, at, out);
  return 0;
}
static void select(void *bus, bool on) {
  w5500_model *it = bus;
  check(on != it->selected);
  it->selected = on;
  it->count = 0;
}
static void transfer(void *bus, const uint8_t *out, uint8_t *in, uint32_t octets) {
  w5500_model *it = bus;
  check(it->selected);
  for (uint32_t i = 0; i < octets; i++) {
    uint8_t came = octet(it, out ? out[i] : 0);
    if (in) in[i] = came;
  }
}
static void wait(void *bus, uint32_t us) { ((w5500_model *)bus)->us += us; }

spi_bus w5500_model_bus(w5500_model *it) { return (spi_bus){it, select, transfer, wait}; }
