#include "enc28j60_model.h"

enum { ERDPT = 0x00, EWRPT = 0x02, ETXST = 0x04, ETXND = 0x06, ERXST = 0x08, ERXND = 0x0a, ERXRDPT = 0x0c, EIR = 0x1c, ESTAT = 0x1d, ECON2 = 0x1e, ECON1 = 0x1f };
enum { ERXFCON = 0x18, EPKTCNT = 0x19, MACON1 = 0x00, MACON3 = 0x02, MAMXFL = 0x0a, MICMD = 0x12, MIREGADR = 0x14, MIWRL = 0x16, MIWRH = 0x17, MIRD = 0x18, MISTAT = 0x0a, EREVID = 0x12 };
enum { PHCON1 = 0, PHCON2 = 16, PHSTAT2 = 17, RESET_US = 300, MASK = 8191 };

static uint16_t word(const enc28j60_model *it, int bank, int name) { return it->registers[bank][name] | it->registers[bank][name + 1] << 8; }
static void set_word(enc28j60_model *it, int bank, int name, uint32_t value) {
  it->registers[bank][name] = value & 0xff;
  it->registers[bank][name + 1] = (uint8_t)(value >> 8);
}
static uint8_t *common(enc28j60_model *it, int name) { return &it->registers[0][name]; }
static int bank(enc28j60_model *it) { return *common(it, ECON1) & 3; }
// MAC and MII registers: reading them takes an octet more, bits of them cannot be set alone.
static bool is_slow(int in, int name) { return (in == 2 && name < 0x1a) || (in == 3 && (name < 6 || name == MISTAT)); }

static void reset(enc28j60_model *it) {
  memset(it->registers, 0, sizeof it->registers);
  memset(it->phy, 0, sizeof it->phy);
  *common(it, ECON2) = 0x80;
  *common(it, ESTAT) = 1;  // erratum 2: at once, though nothing works yet
  set_word(it, 0, ERDPT, 0x5fa);
  set_word(it, 0, ERXST, 0x5fa);
  set_word(it, 0, ERXND, 0x1fff);
  set_word(it, 0, ERXRDPT, 0x5fa);
  it->registers[1][ERXFCON] = 0xa1;
  it->registers[3][EREVID] = 6;
  it->rx_written = 0x5fa;
  it->is_odd_fault = it->is_stalled = false;
  it->mii_busy = 0;
  it->ready = it->us + RESET_US;
}
void enc28j60_model_power(enc28j60_model *it) {
  memset(it, 0, sizeof *it);
  reset(it);
  it->us = it->ready;
}

// ---- What comes from the wire ----

static bool is_wanted(enc28j60_model *it, const uint8_t *frame) {
  uint8_t filter = it->registers[1][ERXFCON];
  static const int order[6] = {4, 5, 2, 3, 0, 1};
  bool ours = true, all = true;
  if (!filter) return true;
  for (int i = 0; i < 6; i++) {
    ours = ours && frame[i] == it->registers[3][order[i]];
    all = all && frame[i] == 255;
  }
  return (filter & 0x80 && ours) || (filter & 2 && frame[0] & 1 && !all) || (filter & 1 && all);
}
static void put(enc28j60_model *it, uint8_t octet) {
  it->memory[it->rx_written] = octet;
  it->rx_written = it->rx_written == word(it, 0, ERXND) ? word(it, 0, ERXST) : (it->rx_written + 1) & MASK;
}
static uint32_t free_octets(enc28j60_model *it) {
  uint32_t first = word(it, 0, ERXST), last = word(it, 0, ERXND), read = word(it, 0, ERXRDPT), written = it->rx_written;
  return written > read ? last - first - (written - read) : written == read ? last - first : read - written - 1;
}
bool enc28j60_model_deliver(enc28j60_model *it, const uint8_t *frame, uint32_t octets, enum how how) {
  uint32_t length = octets + 4, first = word(it, 0, ERXST), space = word(it, 0, ERXND) - first + 1u;
  uint8_t *packets = &it->registers[1][EPKTCNT];
  if (!(*common(it, ECON1) & 4) || !(it->registers[2][MACON1] & 1) || !is_wanted(it, frame)) return false;
  if (how == BAD_CRC && it->registers[1][ERXFCON] & 0x20) return false;
  if (length > word(it, 2, MAMXFL) && !(it->registers[2][MACON3] & 4)) return false;
  if (6 + length + (length & 1) > free_octets(it) || *packets == 255) {
    *common(it, EIR) |= 1;
    return false;
  }
  uint32_t next = first + (it->rx_written - first + 6 + length + (length & 1)) % space;
  if (it->is_odd_fault) next |= 1;  // erratum 14: what is received after an even pointer is damaged
  uint8_t head[6] = {next & 0xff, (uint8_t)(next >> 8), length & 0xff, (uint8_t)(length >> 8), how == GOOD ? 0x80 : 0x10, 0};
  for (int i = 0; i < 6; i++) put(it, head[i]);
  for (uint32_t i = 0; i < octets; i++) put(it, frame[i]);
  for (uint32_t i = 0; i < 4 + (length & 1); i++) put(it, 0xcc);
  ++*packets;
  return true;
}

// ---- What leaves ----

void enc28j60_model_finish(enc28j60_model *it) {
  uint8_t frame[FRAME_MAX];
  uint32_t octets = 0, first = word(it, 0, ETXST), last = word(it, 0, ETXND);
  if (!(*common(it, ECON1) & 8) || it->is_stalled) return;
  *common(it, ECON1) &= ~8;
  if (it->is_aborting) {  // erratum 12
    it->is_aborting = false;
    it->is_stalled = true;
    *common(it, EIR) |= 2;
    *common(it, ESTAT) |= 2;
    return;
  }
  *common(it, EIR) |= 8;
  for (uint32_t at = first + 1; at <= last && octets < FRAME_MAX; at++) frame[octets++] = it->memory[at & MASK];
  if (it->registers[2][MACON3] & 0x20)
    while (octets < 60) frame[octets++] = 0;
  if (octets + 4 > word(it, 2, MAMXFL) || !(it->registers[2][MACON3] & 0x10)) return;  // too long, or without a checksum: nobody takes it
  for (int i = 0; i < 7; i++) it->memory[(last + 1 + (uint32_t)i) & MASK] = 0x77;         // the status vector
  post(&it->out, frame, octets);
  if (!(it->phy[PHCON1] & 0x100) && !(it->phy[PHCON2] & 0x100)) enc28j60_model_deliver(it, frame, octets, GOOD);
}

// ---- Registers ----

static void econ1(enc28j60_model *it, uint8_t before) {
  uint8_t now = *common(it, ECON1);
  if (now & 0x80) {
    it->is_stalled = false;
    *common(it, ECON1) &= ~8;
  } else if (before & 0x80) *common(it, EIR) |= 2;  // erratum 12: clearing it may raise an error
  if ((now & 8) && !(before & 8) && !it->is_held) enc28j60_model_finish(it);
}
static void written(enc28j60_model *it, int in, int name, uint8_t value) {
  uint8_t *at = name >= 0x1b ? common(it, name) : &it->registers[in][name], before = *at;
  if (name == ESTAT || (in == 1 && name == EPKTCNT)) return;
  if (in == 0 && name == ERXRDPT) {
    it->rx_next_low = value;
    return;
  }
  if (in == 2 && it->mii_busy && (name == MIWRH || name == MICMD)) return;
  *at = value;
  if (name == ECON1) econ1(it, before);
  if (name == ECON2 && value & 0x40) {
    *at &= ~0x40;
    if (it->registers[1][EPKTCNT]) it->registers[1][EPKTCNT]--;
  }
  if (in == 0 && name >= ERXST && name <= ERXND + 1) it->rx_written = word(it, 0, ERXST);
  if (in == 0 && name == ERXRDPT + 1) {
    it->registers[0][ERXRDPT] = (uint8_t)it->rx_next_low;
    it->is_odd_fault = !(it->rx_next_low & 1);
  }
  if (in == 2 && name == MIWRH) {
    it->phy[it->registers[2][MIREGADR] & 31] = word(it, 2, MIWRL);
    it->mii_busy = 3;
  }
  if (in == 2 && name == MICMD && value & 1) it->mii_busy = 3;
}
static uint8_t read(enc28j60_model *it, int in, int name) {
  if (in == 3 && name == MISTAT) {
    if (it->mii_busy && !--it->mii_busy && it->registers[2][MICMD] & 1) set_word(it, 2, MIRD, it->phy[it->registers[2][MIREGADR] & 31]);
    return it->mii_busy > 0;
  }
  return name >= 0x1b ? *common(it, name) : it->registers[in][name];
}

// ---- SPI ----

static uint8_t octet(enc28j60_model *it, uint8_t out) {
  if (!it->count++) {
    it->operation = out & 0xe0;
    it->place = out & 0x1f;
    if (out == 0xff) reset(it);
    return 0;
  }
  int in = bank(it), pointer = it->operation == 0x20 ? ERDPT : EWRPT;
  uint16_t at = word(it, 0, pointer);
  bool works = it->us >= it->ready;
  switch (it->operation) {
    case 0x00:
      if (it->place < 0x1b && is_slow(in, it->place)) return it->count == 3 ? read(it, in, it->place) : 0xdd;
      return it->count == 2 ? read(it, in, it->place) : 0xdd;
    case 0x40:
      if (works && it->count == 2) written(it, in, it->place, out);
      return 0;
    case 0x80:
    case 0xa0:
      if (!works || it->count != 2 || (it->place < 0x1b && is_slow(in, it->place))) return 0;
      written(it, in, it->place, it->operation == 0x80 ? read(it, in, it->place) | out : read(it, in, it->place) & ~out);
      return 0;
    case 0x20:
      set_word(it, 0, ERDPT, at == word(it, 0, ERXND) ? word(it, 0, ERXST) : (at + 1u) & MASK);
      return it->memory[at & MASK];
    case 0x60:
      it->memory[at & MASK] = out;
      set_word(it, 0, EWRPT, (at + 1u) & MASK);
      return 0;
    default:
      return 0;
  }
}
static void select(void *bus, bool on) {
  enc28j60_model *it = bus;
  check(on != it->selected);
  it->selected = on;
  it->count = 0;
}
static void transfer(void *bus, const uint8_t *out, uint8_t *in, uint32_t octets) {
  enc28j60_model *it = bus;
  check(it->selected);
  for (uint32_t i = 0; i < octets; i++) {
    uint8_t came = octet(it, out ? out[i] : 0);
    if (in) in[i] = came;
  }
}
static void wait(void *bus, uint32_t us) { ((enc28j60_model *)bus)->us += us; }

spi_bus enc28j60_model_bus(enc28j60_model *it) { return (spi_bus){it, select, transfer, wait}; }
