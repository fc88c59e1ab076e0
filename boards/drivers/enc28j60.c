// Registers by their names in the data sheet: the address, in the bits above it the bank, and MAC where reading takes an octet more.
#include "enc28j60.h"

#include <string.h>

enum { BANK = 5, MAC = 1 << 7, ALL_BANKS = 0x1b };
enum { EIR = 0x1c, ESTAT = 0x1d, ECON2 = 0x1e, ECON1 = 0x1f };
enum { ERDPT = 0x00, EWRPT = 0x02, ETXST = 0x04, ETXND = 0x06, ERXST = 0x08, ERXND = 0x0a, ERXRDPT = 0x0c };
enum { ERXFCON = 1 << BANK | 0x18, EPKTCNT = 1 << BANK | 0x19, EREVID = 3 << BANK | 0x12 };
enum {
  MACON1 = MAC | 2 << BANK | 0x00, MACON3 = MAC | 2 << BANK | 0x02, MACON4 = MAC | 2 << BANK | 0x03, MABBIPG = MAC | 2 << BANK | 0x04,
  MAIPG = MAC | 2 << BANK | 0x06, MAMXFL = MAC | 2 << BANK | 0x0a, MICMD = MAC | 2 << BANK | 0x12, MIREGADR = MAC | 2 << BANK | 0x14,
  MIWR = MAC | 2 << BANK | 0x16, MIRD = MAC | 2 << BANK | 0x18, MAADR = MAC | 3 << BANK | 0x00, MISTAT = MAC | 3 << BANK | 0x0a,
};
enum { PHCON1 = 0x00, PHCON2 = 0x10, PHSTAT2 = 0x11 };
enum { READ = 0x00, WRITE = 0x40, SET = 0x80, CLEAR = 0xa0, READ_MEMORY = 0x3a, WRITE_MEMORY = 0x7a, RESET = 0xff };
// Bits: ESTAT and MISTAT; EIR; ECON2; ECON1; PHCON2; PHSTAT2; of a frame's status.
enum { CLKRDY = 1, BUSY = 1, TXIF = 8, TXERIF = 2, RXERIF = 1, PKTDEC = 0x40, TXRST = 0x80, TXRTS = 8, RXEN = 4, HDLDIS = 0x100, LSTAT = 0x400, OK = 0x80 };
// Frames come into the memory from 0 on (erratum 5); behind them lies the one that leaves: control octet, 1,518 octets, seven of status.
enum { RX_END = 0x19ff, TX_START = 0x1a00, HEADER = 6, CRC = 4, LONGEST = 1522, SHORTEST = 14 + CRC, TRIES = 1000, RESET_US = 1000 };

static void begin(enc28j60 *it, uint8_t code) {
  it->spi->select(it->spi->bus, true);
  it->spi->transfer(it->spi->bus, &code, NULL, 1);
}
static void end(enc28j60 *it) { it->spi->select(it->spi->bus, false); }

static void operate(enc28j60 *it, uint8_t operation, uint8_t name, uint8_t value) {
  begin(it, operation | (name & 0x1f));
  it->spi->transfer(it->spi->bus, &value, NULL, 1);
  end(it);
}
// Registers from ALL_BANKS on are in every bank.
static void choose(enc28j60 *it, uint8_t name) {
  uint8_t bank = name >> BANK & 3;
  if ((name & 0x1f) >= ALL_BANKS || bank == it->bank) return;
  operate(it, CLEAR, ECON1, 3);
  operate(it, SET, ECON1, bank);
  it->bank = bank;
}
static uint8_t get(enc28j60 *it, uint8_t name) {
  uint8_t value[2];
  choose(it, name);
  begin(it, READ | (name & 0x1f));
  it->spi->transfer(it->spi->bus, NULL, value, name & MAC ? 2 : 1);
  end(it);
  return value[name & MAC ? 1 : 0];
}
static void set(enc28j60 *it, uint8_t name, uint8_t value) {
  choose(it, name);
  operate(it, WRITE, name, value);
}
// Two octets, the low one first: the high one makes both valid.
static void set16(enc28j60 *it, uint8_t name, uint16_t value) {
  set(it, name, value & 0xff);
  set(it, name + 1, value >> 8);
}
static void wait_for_phy(enc28j60 *it) {
  for (int i = 0; i < TRIES; i++)
    if (!(get(it, MISTAT) & BUSY)) return;
}
static void set_phy(enc28j60 *it, uint8_t name, uint16_t value) {
  set(it, MIREGADR, name);
  set16(it, MIWR, value);
  wait_for_phy(it);
}
static uint16_t get_phy(enc28j60 *it, uint8_t name) {
  set(it, MIREGADR, name);
  set(it, MICMD, 1);
  wait_for_phy(it);
  set(it, MICMD, 0);
  return get(it, MIRD) | get(it, MIRD + 1) << 8;
}

int32_t enc28j60_init(void *part, const uint8_t mac[6]) {
  enc28j60 *it = part;
  if (mac != it->mac) memcpy(it->mac, mac, 6);
  begin(it, RESET);
  end(it);
  it->spi->wait(it->spi->bus, RESET_US);  // erratum 2: CLKRDY says nothing after a reset
  it->bank = 0;
  it->next = 0;
  uint8_t revision = get(it, EREVID);
  if (!(get(it, ESTAT) & CLKRDY) || !revision || revision == 0xff) return -1;
  set16(it, ERXST, 0);
  set16(it, ERXND, RX_END);
  set16(it, ERXRDPT, RX_END);
  set16(it, ETXST, TX_START);
  set(it, ERXFCON, 0xa3);  // to us, to groups and to all, with a good checksum
  set(it, MACON1, 0x01);
  set(it, MACON3, 0x32);  // short frames are filled up, checksums appended
  set(it, MACON4, 0x40);
  set(it, MABBIPG, 0x12);  // half duplex, which is what the part agrees on
  set16(it, MAIPG, 0x0c12);
  set16(it, MAMXFL, LONGEST);
  for (int i = 0; i < 6; i++) set(it, MAADR + (4 - (i & ~1)) + (i & 1), mac[i]);
  set_phy(it, PHCON1, 0);
  set_phy(it, PHCON2, HDLDIS);  // what we send does not come back
  operate(it, SET, ECON1, RXEN);
  return 0;
}

// Gives the memory before `next` back. Erratum 14: the pointer must be odd; `next` is even.
static void release(enc28j60 *it, uint16_t next) {
  it->next = next;
  set16(it, ERXRDPT, next ? next - 1 : RX_END);
  operate(it, SET, ECON2, PKTDEC);
}

uint32_t enc28j60_receive(void *part, uint8_t *frame, uint32_t room) {
  enc28j60 *it = part;
  for (uint8_t waiting = get(it, EPKTCNT); waiting; waiting--) {  // erratum 6: EIR says nothing of frames
    uint8_t header[HEADER];
    set16(it, ERDPT, it->next);
    begin(it, READ_MEMORY);
    it->spi->transfer(it->spi->bus, NULL, header, HEADER);
    uint16_t next = header[0] | header[1] << 8, octets = header[2] | header[3] << 8, length = octets - CRC;
    if (next > RX_END || (next & 1) || octets < SHORTEST || octets > LONGEST) {  // this is no header: all begins anew
      end(it);
      enc28j60_init(it, it->mac);
      return 0;
    }
    bool is_good = header[4] & OK;
    if (is_good && length <= room) it->spi->transfer(it->spi->bus, NULL, frame, length);
    end(it);
    release(it, next);
    if (is_good) return length;
  }
  return 0;
}

bool enc28j60_send(void *part, const uint8_t *frame, uint32_t octets) {
  enc28j60 *it = part;
  uint8_t control = 0;
  if (octets + CRC > LONGEST) return true;  // nobody would take it
  if ((get(it, ECON1) & TXRTS) && !(get(it, EIR) & TXERIF)) return false;
  operate(it, SET, ECON1, TXRST);  // erratum 12: after a collision too many nothing leaves any more
  operate(it, CLEAR, ECON1, TXRST | TXRTS);
  operate(it, CLEAR, EIR, TXERIF | TXIF);
  set16(it, EWRPT, TX_START);
  begin(it, WRITE_MEMORY);
  it->spi->transfer(it->spi->bus, &control, NULL, 1);
  it->spi->transfer(it->spi->bus, frame, NULL, octets);
  end(it);
  set16(it, ETXND, TX_START + octets);
  operate(it, SET, ECON1, TXRTS);
  return true;
}

bool enc28j60_link(void *part) { return get_phy(part, PHSTAT2) & LSTAT; }
