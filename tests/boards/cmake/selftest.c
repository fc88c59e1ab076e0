// The C binding on a desktop, with an application in C: UDP and TCP echo on port 7. `selftest [MODULE.wasm]`: with a module for wasm3.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "ringwire.h"

#define must(holds) ((holds) ? (void)0 : (fprintf(stderr, "line %d: %s\n", __LINE__, #holds), exit(1)))

enum { TCP = 6, UDP = 17, ECHO_PORT = 7, ITEMS = 4, ROOM = 64, SEED = 32, HEADERS = 28, STREAM_HEADERS = 40 };

// What is kept: octets by item.
static struct {
  uint8_t octets[ROOM];
  uint32_t count;
} kept[ITEMS];
static uint32_t clock_ms, alive, told, starts;
static int32_t listener;

static uint32_t now(uint32_t *us) { return *us = 0, clock_ms; }
static void watchdog(void) { alive++; }
static void trapped(const char *what, uint32_t count) { must(strlen(what) > 4), told = count; }

static uint32_t load(ringwire_item item, void *octets, uint32_t room) {
  must(kept[item].count <= room);
  memcpy(octets, kept[item].octets, kept[item].count);
  return kept[item].count;
}

static void store(ringwire_item item, const void *octets, uint32_t count) {
  must(count <= ROOM);
  memcpy(kept[item].octets, octets, count);
  kept[item].count = count;
}

static bool entropy(uint8_t *octets, uint32_t count) {
  static uint8_t next = 7;
  while (count--) *octets++ = next += 41;
  return true;
}

static int32_t started(void) {
  starts++;
  ringwire_set_endpoint(RW_CONTROL_LOCAL, NULL, ECHO_PORT);
  int32_t socket = rw_udp_bind(0);
  ringwire_set_endpoint(RW_CONTROL_LOCAL, NULL, ECHO_PORT);
  listener = rw_tcp_listen(0, 4, 0);
  return socket < 0 ? socket : listener;
}

static void echo_datagram(uint32_t socket) {
  uint8_t copy[1472], from[4];
  int32_t octets = rw_udp_receive_ready(socket);
  if (octets < 0) return;
  uint16_t port = ringwire_endpoint(RW_CONTROL_REMOTE, from);
  memcpy(copy, ringwire_span((uint32_t)octets), (size_t)octets);
  must(rw_udp_receive_release(socket) == 0 && rw_udp_send_space(socket) >= octets);
  memcpy(ringwire_span((uint32_t)octets), copy, (size_t)octets);
  ringwire_set_endpoint(RW_CONTROL_REMOTE, from, port);
  must(rw_udp_send_commit(socket, (uint32_t)octets) == octets);
}

static void echo_stream(uint32_t socket) {
  uint8_t copy[1460];
  int32_t octets = rw_tcp_receive_ready(socket);
  if (octets <= 0) return;
  memcpy(copy, ringwire_span((uint32_t)octets), (size_t)octets);
  must(rw_tcp_receive_release(socket, (uint32_t)octets) == 0 && rw_tcp_send_space(socket) >= octets);
  memcpy(ringwire_span((uint32_t)octets), copy, (size_t)octets);
  must(rw_tcp_send_commit(socket, (uint32_t)octets, 1) == octets);
}

static void turn(void) {
  clock_ms++;
  must(ringwire_poll() >= 0);
  for (int32_t socket; (socket = rw_ready_next(0)) > 0;) {
    if (socket >> 28 == RW_KIND_UDP) echo_datagram((uint32_t)socket);
    else if (socket == listener) must(rw_tcp_accept((uint32_t)listener) > 0);
    else echo_stream((uint32_t)socket);
  }
  must(ringwire_poll() >= 0);
}

static void serves(void) {
  peer_arp();
  turn();
  peer_datagram(100);
  turn();
  must(peer_was_answered(UDP, HEADERS + 100));
  peer_open(ECHO_PORT);
  turn();
  peer_segment(0, NULL, 0);
  turn();
  peer_segment(PEER_PUSH, "hello", 5);
  turn();
  must(peer_was_answered(TCP, STREAM_HEADERS + 5));
}

static void keeps(ringwire_config *config) {
  uint8_t first[SEED], mac[6];
  config->load = NULL, config->store = NULL, config->entropy = NULL;
  must(ringwire_start(config) == RW_ERR_BAD_SEED);
  config->load = load, config->store = store, config->entropy = entropy;
  must(ringwire_start(config) == 0 && kept[RINGWIRE_SEED].count > SEED);
  memcpy(first, ringwire_at((uint32_t)rw_control() + RW_CONTROL_SEED, SEED), SEED);
  config->entropy = NULL;  // from here on what was stored is enough, and no seed comes twice
  must(ringwire_start(config) == 0);
  must(memcmp(first, ringwire_at((uint32_t)rw_control() + RW_CONTROL_SEED, SEED), SEED) != 0);
  memset(config->mac, 0, sizeof config->mac);
  must(ringwire_start(config) == RW_ERR_BAD_INTERFACE);
  config->entropy = entropy;
  must(ringwire_start(config) == 0 && kept[RINGWIRE_MAC].count == 6);
  memcpy(mac, kept[RINGWIRE_MAC].octets, 6);
  must((mac[0] & 3) == 2 && ringwire_start(config) == 0 && memcmp(mac, kept[RINGWIRE_MAC].octets, 6) == 0);
  memcpy(config->mac, (const uint8_t[]){2, 0, 0, 0, 0, 2}, 6);
}

static void refuses(ringwire_config *config) {
  static const ringwire_setting much = {RW_CONTROL_NEIGHBOURS, false, 100000};
  config->settings = &much, config->setting_count = 1;
  must(ringwire_start(config) == RW_ERR_NO_MEMORY && ringwire_needed() > 100000);
  must(ringwire_poll() == RW_ERR_NO_MEMORY && rw_tcp_listen(0, 1, 0) == RINGWIRE_TRAPPED);
  config->setting_count = 0;
  must(ringwire_at(0xffffffff, 2) == NULL && ringwire_at(131071, 2) == NULL && ringwire_at(131070, 2) != NULL);
}

// What overwrites a record of the stack makes its next access leave the memory.
static void comes_back(void) {
  uint32_t before = starts, traps = ringwire_traps() + 1, restarts = ringwire_restarts() + 1;
  ringwire_set_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_RING, 0x80000000);
  ringwire_set_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_WRITTEN, ringwire_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_TAKEN) + 1);
  must(ringwire_poll() == 0 && told == traps && ringwire_traps() == traps);
  must(rw_tcp_listen(0, 1, 0) == RINGWIRE_TRAPPED && ringwire_traps() == traps);
  turn();
  must(ringwire_restarts() == restarts && starts == before + 1);
  serves();
  must(ringwire_traps() == traps);
}

static uint8_t *file(const char *path, uint32_t *octets) {
  static uint8_t wasm[1 << 20];
  FILE *it = fopen(path, "rb");
  must(it);
  *octets = (uint32_t)fread(wasm, 1, sizeof wasm, it);
  fclose(it);
  return wasm;
}

int main(int count, char **words) {
  static const uint8_t none[] = "no module";
  ringwire_config config = {.driver = &peer_driver, .mac = {2, 0, 0, 0, 0, 2}, .ip = {10, 9, 0, 2}, .prefix = 24, .rx_slots = 4, .tx_slots = 4};
  config.now = now, config.watchdog = watchdog, config.trapped = trapped, config.started = started;
  if (count > 1) {
    config.module = none, config.module_octets = sizeof none;
    config.entropy = entropy;
    must(ringwire_start(&config) == RINGWIRE_NO_ENGINE && ringwire_traps() == told);
    config.module = file(words[1], &config.module_octets);
  }
  keeps(&config);
  refuses(&config);
  must(ringwire_start(&config) == 0);
  serves();
  ringwire_set_mail(63, 77);
  ringwire_set_mail(64, 1);
  must(ringwire_mail(63) == 77 && ringwire_mail(64) == 0 && ringwire_counter(RW_COUNTER_UDP_IN) == 1 && alive > 0);
  comes_back();
  puts("ok");
}
