#include "stm32eth_model.h"

enum { MACCR = 0, MACFFR = 4, MACMIIAR = 0x10, MACMIIDR = 0x14, MACA0HR = 0x40, MACA0LR = 0x44, DMABMR = 0x1000, DMATPDR = 0x1004, DMARPDR = 0x1008, DMARDLAR = 0x100c, DMATDLAR = 0x1010, DMASR = 0x1014, DMAOMR = 0x1018, PHY = 1 };
enum { RESET_READS = 3, PHY_MAX_KHZ = 2500, HCLK_KHZ = 168000 };
#define OWN (1u << 31)

static uint32_t *reg(stm32eth_model *it, uint32_t offset) { return &it->registers[offset / 4]; }
// Octets of the memory; all that the DMA does must lie in it.
static uint8_t *at(stm32eth_model *it, uint32_t address, uint32_t octets) {
  static uint8_t nowhere[16384];
  bool is_linear = address >= LINEAR_AT;
  uint32_t base = is_linear ? LINEAR_AT : MEMORY_AT, size = is_linear ? it->linear_octets : MEMORY;
  bool is_inside = address >= base && octets <= size && address - base <= size - octets;
  check(is_inside);
  return is_inside ? (is_linear ? it->linear : it->memory) + (address - base) : nowhere;
}
static volatile uint32_t *descriptor(stm32eth_model *it, uint32_t address) { return (volatile uint32_t *)(void *)at(it, address & ~3u, 16); }

static void reset(stm32eth_model *it) {
  memset(it->registers, 0, sizeof it->registers);
  memset(it->written_at, 0xff, sizeof it->written_at);
  *reg(it, MACCR) = 0x8000;
  *reg(it, DMABMR) = 0x20101;
  it->rx = it->tx = it->queued = it->used = 0;
  it->rx_stopped = false;
}
void stm32eth_model_cable(stm32eth_model *it, bool plugged, uint16_t partner) {
  if (!plugged) it->lost_link = true;
  it->phy[1] = plugged ? 0x782d : 0x7809;
  it->phy[5] = plugged ? partner : 0;
}
void stm32eth_model_power(stm32eth_model *it) {
  memset(it, 0, sizeof *it);
  it->has_phy = true;
  it->phy[0] = 0x3000;
  it->phy[4] = 0x01e1;
  stm32eth_model_cable(it, false, 0);
  reset(it);
  *reg(it, DMABMR) = 0x20100;
}

// ---- The PHY ----

static void phy(stm32eth_model *it, uint32_t command) {
  static const uint32_t dividers[8] = {42, 62, 16, 26, 102, 1, 1, 1};
  uint32_t name = command >> 6 & 31;
  bool answers = (command >> 11 & 31) == PHY && HCLK_KHZ / dividers[command >> 2 & 7] <= PHY_MAX_KHZ;
  if (command & 2) {
    if (answers && name != 1) it->phy[name] = (uint16_t)*reg(it, MACMIIDR);
    return;
  }
  *reg(it, MACMIIDR) = answers ? it->phy[name] : 0xffff;
  if (answers && name == 0) it->phy[0] &= 0x7dff;  // reset and restart are over
  if (answers && name == 1 && it->lost_link) {     // told once, whatever the link is now
    *reg(it, MACMIIDR) &= ~4u;
    it->lost_link = false;
  }
}

// ---- What comes from the wire ----

static bool is_wanted(stm32eth_model *it, const uint8_t *frame) {
  static const uint8_t all[6] = {255, 255, 255, 255, 255, 255};
  uint32_t low = *reg(it, MACA0LR), high = *reg(it, MACA0HR);
  uint8_t ours[6] = {low & 255, low >> 8 & 255, low >> 16 & 255, (uint8_t)(low >> 24), high & 255, high >> 8 & 255};
  return !memcmp(frame, ours, 6) || !memcmp(frame, all, 6) || (frame[0] & 1 && *reg(it, MACFFR) & 1 << 4);
}
// Writes one frame to as many descriptors as it takes; false: there is none.
static bool store(stm32eth_model *it, const uint8_t *frame, uint32_t octets, bool is_bad) {
  uint32_t done = 0;
  for (bool first = true; done < octets || first; first = false) {
    volatile uint32_t *to = descriptor(it, it->rx);
    if (!(to[0] & OWN)) {
      *reg(it, DMASR) |= 1 << 7;
      it->rx_stopped = true;
      return !first;  // what was begun is cut off
    }
    uint32_t room = to[1] & 0x1ffc, part = octets - done < room ? octets - done : room, below = to[2] & 3;
    check(room > 0);
    memset(at(it, to[2] - below, below), 0xee, below);  // words are written whole
    memcpy(at(it, to[2], part), frame + done, part);
    done += part;
    uint32_t status = (first ? 1u << 9 : 0) | (done == octets ? 1u << 8 | octets << 16 | (is_bad ? 1u << 15 | 2 : 0) : 0);
    it->rx = to[1] & 1 << 14 ? to[3] : it->rx + 16;
    to[0] = status;
    *reg(it, DMASR) |= 1 << 6 | 1 << 16;
  }
  return true;
}
static void pump(stm32eth_model *it) {
  while (it->queued && !it->rx_stopped) {
    uint32_t octets = it->fifo[0] & 0xffff;
    if (!store(it, it->waiting[0], octets, it->fifo[0] >> 16)) return;
    it->used -= octets;
    it->queued--;
    memmove(it->fifo, it->fifo + 1, sizeof it->fifo - sizeof it->fifo[0]);
    memmove(it->waiting, it->waiting + 1, sizeof it->waiting - sizeof it->waiting[0]);
  }
}
bool stm32eth_model_deliver(stm32eth_model *it, const uint8_t *frame, uint32_t octets, enum how how) {
  bool runs = *reg(it, MACCR) & 1 << 2 && *reg(it, DMAOMR) & 2, waits = *reg(it, DMAOMR) & 1 << 25;
  if (!runs || !is_wanted(it, frame) || (how != GOOD && waits && !(*reg(it, DMAOMR) & 1 << 7))) return false;
  if (it->used + octets + 4 > FIFO || it->queued == 64 || octets + 4 > FRAME_MAX) return false;
  memcpy(it->waiting[it->queued], frame, octets);
  memset(it->waiting[it->queued] + octets, 0xcc, 4);
  it->fifo[it->queued++] = (octets + 4) | (how == GOOD ? 0 : 1u << 16);
  it->used += octets + 4;
  pump(it);
  return true;
}

// ---- What leaves ----

void stm32eth_model_finish(stm32eth_model *it) {
  bool runs = *reg(it, MACCR) & 1 << 3 && *reg(it, DMAOMR) & 1 << 13;
  volatile uint32_t *from = runs ? descriptor(it, it->tx) : NULL;
  if (!runs) return;
  if (!(from[0] & OWN)) {
    *reg(it, DMASR) |= 1 << 2;
    return;
  }
  uint32_t octets = from[1] & 0x1fff;
  check((from[0] & 3u << 28) == 3u << 28 && from[0] & 1 << 20);  // a whole frame, and where the next one is
  uint8_t frame[FRAME_MAX] = {0};
  if (octets <= FRAME_MAX) memcpy(frame, at(it, from[2], octets), octets);
  post(&it->out, frame, octets < 60 ? 60 : octets);
  it->tx = from[3];
  from[0] &= ~OWN;
  *reg(it, DMASR) |= 1 | 1 << 16;
}
static void send_all(stm32eth_model *it) {
  for (int i = 0; i < 100 && !it->is_held && *reg(it, DMAOMR) & 1 << 13 && descriptor(it, it->tx)[0] & OWN; i++) stm32eth_model_finish(it);
  if (!it->is_held) stm32eth_model_finish(it);  // sees that there is no more
}

// ---- Registers ----

static uint32_t read(void *bus, uint32_t offset) {
  stm32eth_model *it = bus;
  if (offset == DMABMR && it->resetting && it->has_phy && !--it->resetting) *reg(it, DMABMR) &= ~1u;
  if (offset == MACMIIAR) *reg(it, MACMIIAR) &= ~1u;
  return *reg(it, offset);
}
static void write(void *bus, uint32_t offset, uint32_t value) {
  stm32eth_model *it = bus;
  if (*reg(it, DMABMR) & 1 && offset != DMABMR) return;  // while it resets it takes nothing
  bool is_mac = offset < 0x100 && offset != MACMIIAR && offset != MACMIIDR;
  if (is_mac && it->written_at[offset / 4] == it->us) return;  // erratum: written again too soon
  it->written_at[offset / 4] = it->us;
  if (offset == DMASR) *reg(it, DMASR) &= ~value;
  else if (offset == DMABMR && value & 1) {
    reset(it);
    it->resetting = RESET_READS;
  } else *reg(it, offset) = value;
  if (offset == MACMIIAR) phy(it, value);
  if (offset == DMARDLAR) it->rx = value;
  if (offset == DMATDLAR) it->tx = value;
  if (offset == DMAOMR) {
    *reg(it, DMAOMR) &= ~(1u << 20);
    if (value & 1 << 13) send_all(it);
  }
  if (offset == DMATPDR && *reg(it, DMAOMR) & 1 << 13 && !(*reg(it, DMASR) & 1 << 2)) send_all(it);
  if (offset == DMARPDR && !(*reg(it, DMASR) & 1 << 7)) {
    it->rx_stopped = false;
    pump(it);
  }
}
static uint32_t address(void *bus, const volatile void *octets) {
  stm32eth_model *it = bus;
  const volatile uint8_t *where = octets;
  if (where >= it->linear && where < it->linear + it->linear_octets) return LINEAR_AT + (uint32_t)(where - it->linear);
  check(where >= it->memory && where < it->memory + MEMORY);
  return MEMORY_AT + (uint32_t)(where - it->memory);
}
static void wait(void *bus, uint32_t us) { ((stm32eth_model *)bus)->us += us; }

stm32eth_bus stm32eth_model_bus(stm32eth_model *it) { return (stm32eth_bus){it, read, write, address, wait}; }
