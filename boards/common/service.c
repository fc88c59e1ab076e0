// The configuration that the programs of all boards share: addresses, seed, clock, and what is said on the serial line when something goes wrong.
#include <string.h>

#include "board.h"

#ifdef RW_ACCOUNT
#include "account.h"
#endif

#ifdef RW_WASM_IMAGE
extern const uint8_t rw_image[], rw_image_end[];
__asm__(".section .rodata.rw_image,\"a\"\n.balign 4\n.global rw_image, rw_image_end\n"
        "rw_image: .incbin \"" RW_WASM_IMAGE "\"\nrw_image_end: .byte 0\n.text\n");
#endif

static int digit(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// Emulated parts have no source of noise: whoever starts the emulator brings it.
static bool noise(uint8_t *octets, uint32_t count) {
  const char *at = word_after("seed=");
  if (!at) return false;
  for (uint32_t i = 0; i < count; i++, at += 2) {
    if (digit(at[0]) < 0 || digit(at[1]) < 0) return false;
    octets[i] = (uint8_t)(digit(at[0]) << 4 | digit(at[1]));
  }
  return true;
}

// What is kept lies in files that words name; without a word it is not kept.
static int32_t item_open(ringwire_item item, bool is_written) {
  static const char *const words[] = {[RINGWIRE_MAC] = "mac=", [RINGWIRE_SEED] = "kept=", [RINGWIRE_LEASE] = "lease="};
  return file_open(words[item], is_written);
}

static uint32_t load(ringwire_item item, void *octets, uint32_t room) {
  int32_t file = item_open(item, false);
  uint32_t count = file < 0 ? 0 : file_read(file, octets, room);
  if (file >= 0) file_close(file);
  return count;
}

static void store(ringwire_item item, const void *octets, uint32_t count) {
  int32_t file = item_open(item, true);
  if (file < 0) return;
  file_write(file, octets, count);
  file_close(file);
}

static void trapped(const char *what, uint32_t count) {
  print("trap: ");
  print(what);
  print_line(", number", count);
}

#ifdef RW_DHCP
static int32_t begin_dhcp(void) { return ringwire_dhcp_start(service_config()); }
#endif

const ringwire_config *service_config(void) {
  static ringwire_config config = {
      .driver = &board_driver,
      .mac = {0x02, 0, 0, 0, 0, 0x02},
      .ip = {10, 9, 0, 2},
      .prefix = 24,
      .gateway = {10, 9, 0, 1},
      .now = board_now,
      .entropy = noise,
      .load = load,
      .store = store,
      .trapped = trapped,
  };
  config.part = board_part;
  config.rx_slots = board_rx_slots;
  config.tx_slots = board_tx_slots;
  if (word_after("mac=")) memset(config.mac, 0, sizeof config.mac);  // the one kept there, or chosen and kept
#ifdef RW_DHCP
  config.prefix = 0;
  memset(config.gateway, 0, sizeof config.gateway);
  config.started = begin_dhcp;
#endif
#ifdef RW_ACCOUNT
  account_settings(&config);
#endif
#ifdef RW_WASM_IMAGE
  config.module = rw_image;
  config.module_octets = (uint32_t)(rw_image_end - rw_image);
#endif
  return &config;
}
