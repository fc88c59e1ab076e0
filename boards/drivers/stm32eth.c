// Registers by their names in the reference manual.
#include "stm32eth.h"

enum {
  MACCR = 0x00, MACFFR = 0x04, MACMIIAR = 0x10, MACMIIDR = 0x14, MACFCR = 0x18, MACA0HR = 0x40, MACA0LR = 0x44, DMABMR = 0x1000, DMATPDR = 0x1004,
  DMARPDR = 0x1008, DMARDLAR = 0x100c, DMATDLAR = 0x1010, DMASR = 0x1014, DMAOMR = 0x1018,
};
// Bits: MACCR; MACFFR; MACMIIAR; DMABMR; DMASR; DMAOMR.
enum { RE = 1 << 2, TE = 1 << 3, DM = 1 << 11, FES = 1 << 14, PAM = 1 << 4, MB = 1, MW = 2, SR = 1, FB = 1 << 16, BURST = 8 << 8 };
enum { TBUS = 1 << 2, RBUS = 1 << 7, START_RX = 1 << 1, START_TX = 1 << 13, FTF = 1 << 20, WHOLE_TX = 1 << 21, WHOLE_RX = 1 << 25 };
// Bits of descriptors.
enum { RX_FIRST = 1 << 9, RX_LAST = 1 << 8, RX_ERROR = 1 << 15, RX_CHAINED = 1 << 14, TX_CHAINED = 1 << 20, TX_FIRST = 1 << 28, TX_LAST = 1 << 29 };
#define OWN (1u << 31)
// Registers of every PHY, IEEE 802.3 clause 22.
enum { BMCR = 0, BMSR = 1, ANAR = 4, ANLPAR = 5, PHY_RESET = 1 << 15, NEGOTIATE = 1 << 12 | 1 << 9, LINK = 1 << 2, NEGOTIATED = 1 << 5 };
enum { TEN_FULL = 1 << 6, HUNDRED_HALF = 1 << 7, HUNDRED_FULL = 1 << 8 };
enum { TRIES = 100000, CRC = 4, TOO_LONG = 65535 };

static uint32_t get(stm32eth *it, uint32_t name) { return it->bus->read(it->bus->bus, name); }
static void set(stm32eth *it, uint32_t name, uint32_t value) { it->bus->write(it->bus->bus, name, value); }
// Erratum: a register of the MAC that is written again too soon may not take it.
static void set_mac(stm32eth *it, uint32_t name, uint32_t value) {
  set(it, name, value);
  (void)get(it, name);
  it->bus->wait(it->bus->bus, 1);
}
static bool is_clear(stm32eth *it, uint32_t name, uint32_t bits) {
  for (int i = 0; i < TRIES; i++)
    if (!(get(it, name) & bits)) return true;
  return false;
}
// The PHY's clock is at most 2.5 MHz.
static uint32_t phy_clock(const stm32eth *it) {
  uint32_t mhz = it->hclk / 1000000;
  return mhz >= 150 ? 4 << 2 : mhz >= 100 ? 1 << 2 : mhz >= 60 ? 0 : mhz >= 35 ? 3 << 2 : 2 << 2;
}
static uint32_t phy(stm32eth *it, uint32_t name, uint32_t how) {
  set(it, MACMIIAR, (uint32_t)it->phy << 11 | name << 6 | phy_clock(it) | how | MB);
  return is_clear(it, MACMIIAR, MB) ? get(it, MACMIIDR) & 0xffff : 0;
}
static void set_phy(stm32eth *it, uint32_t name, uint32_t value) {
  set(it, MACMIIDR, value);
  phy(it, name, MW);
}

static void chain(stm32eth *it, stm32eth_descriptor *list, uint32_t status, uint32_t control) {
  for (int i = 0; i < STM32ETH_FRAMES; i++)
    list[i] = (stm32eth_descriptor){status, control, 0, it->bus->address(it->bus->bus, &list[(i + 1) % STM32ETH_FRAMES])};
}

int32_t stm32eth_init(void *part, const uint8_t mac[6]) {
  stm32eth *it = part;
  it->lent = it->received = it->given = it->sent = 0;
  set(it, DMABMR, SR);
  if (!is_clear(it, DMABMR, SR)) return -1;  // no clock of the PHY
  set_phy(it, BMCR, PHY_RESET);
  int tries = TRIES;
  while (phy(it, BMCR, 0) & PHY_RESET)
    if (!--tries) return -1;
  set_phy(it, BMCR, NEGOTIATE);
  chain(it, it->rx, 0, RX_CHAINED);
  chain(it, it->tx, TX_CHAINED, 0);
  set_mac(it, MACA0HR, mac[4] | (uint32_t)mac[5] << 8);
  set_mac(it, MACA0LR, mac[0] | (uint32_t)mac[1] << 8 | (uint32_t)mac[2] << 16 | (uint32_t)mac[3] << 24);
  set_mac(it, MACFFR, PAM);  // to us, to groups and to all
  set_mac(it, MACFCR, 0);
  set(it, DMABMR, FB | BURST);
  set(it, DMARDLAR, it->bus->address(it->bus->bus, it->rx));
  set(it, DMATDLAR, it->bus->address(it->bus->bus, it->tx));
  set(it, DMAOMR, FTF);
  if (!is_clear(it, DMAOMR, FTF)) return -1;
  set(it, DMAOMR, WHOLE_RX | WHOLE_TX | START_RX | START_TX);  // whole frames only: those with errors never get here
  it->mode = FES | DM;
  set_mac(it, MACCR, it->mode | RE | TE);
  return 0;
}

void stm32eth_lend(void *part, uint8_t *frame, uint32_t room) {
  stm32eth *it = part;
  stm32eth_descriptor *to = &it->rx[it->lent++ % STM32ETH_FRAMES];
  to->buffer = it->bus->address(it->bus->bus, frame);
  to->control = RX_CHAINED | (room & ~3u);
  __sync_synchronize();
  to->status = OWN;
  __sync_synchronize();
  if (!(get(it, DMASR) & RBUS)) return;
  set(it, DMASR, RBUS);
  set(it, DMARPDR, 0);
}

uint32_t stm32eth_receive(void *part, uint8_t *none, uint32_t no_room) {
  stm32eth *it = part;
  uint32_t status = it->rx[it->received % STM32ETH_FRAMES].status;
  (void)none, (void)no_room;
  if (it->received == it->lent || (status & OWN)) return 0;
  __sync_synchronize();
  it->received++;
  bool is_whole = (status & RX_FIRST) && (status & RX_LAST) && !(status & RX_ERROR);
  return is_whole ? (status >> 16 & 0x3fff) - CRC : TOO_LONG;
}

bool stm32eth_send(void *part, const uint8_t *frame, uint32_t octets) {
  stm32eth *it = part;
  stm32eth_descriptor *to = &it->tx[it->given % STM32ETH_FRAMES];
  if (it->given - it->sent == STM32ETH_FRAMES) return false;
  it->given++;
  to->buffer = it->bus->address(it->bus->bus, frame);
  to->control = octets;
  __sync_synchronize();
  to->status = OWN | TX_FIRST | TX_LAST | TX_CHAINED;
  __sync_synchronize();
  if (get(it, DMASR) & TBUS) set(it, DMASR, TBUS);
  set(it, DMATPDR, 0);
  return true;
}

uint32_t stm32eth_sent(void *part) {
  stm32eth *it = part;
  uint32_t before = it->sent;
  while (it->sent != it->given && !(it->tx[it->sent % STM32ETH_FRAMES].status & OWN)) it->sent++;
  return it->sent - before;
}

bool stm32eth_link(void *part) {
  stm32eth *it = part;
  phy(it, BMSR, 0);  // a link that was lost is told once
  if ((phy(it, BMSR, 0) & (LINK | NEGOTIATED)) != (LINK | NEGOTIATED)) return false;
  uint32_t both = phy(it, ANAR, 0) & phy(it, ANLPAR, 0), mode = 0;
  if (both & HUNDRED_FULL) mode = FES | DM;
  else if (both & HUNDRED_HALF) mode = FES;
  else if (both & TEN_FULL) mode = DM;
  if (mode != it->mode) set_mac(it, MACCR, mode | RE | TE);
  it->mode = mode;
  return true;
}
