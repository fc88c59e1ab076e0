// What both engines share: start and restart, frames between a driver and the rings, and looking into the linear memory.
#include "ringwire.h"

#include <string.h>

#include "ringwire_engine.h"
#include "ringwire_log.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of the module are little-endian");

enum { MAC_OCTETS = 6, SEED_OCTETS = 32, DEFAULT_MTU = 1500, LINK_EVERY = 100 };

static struct {
  const ringwire_config *config;
  uint8_t *memory;
  uint32_t octets;
  uint32_t control;        // address of the control block
  uint32_t lent, handed;  // DMA: frames of each ring that the part was given, counted as the rings count
  uint32_t linked;        // when the carrier was asked for
  uint32_t traps, restarts;
  bool is_trapped, link_down;
} it;

// What is stored of the seed: the octets, and how often they were used.
typedef struct {
  uint8_t octets[SEED_OCTETS];
  uint32_t starts;
} seed_record;

// ---- Linear memory ----

void *ringwire_at(uint32_t address, uint32_t octets) {
  return address <= it.octets && octets <= it.octets - address ? it.memory + address : NULL;
}

uint32_t ringwire_word(uint32_t address) {
  uint32_t word = 0;
  const void *from = ringwire_at(address, sizeof word);
  if (from) memcpy(&word, from, sizeof word);
  return word;
}

void ringwire_set_word(uint32_t address, uint32_t value) {
  void *to = ringwire_at(address, sizeof value);
  if (to) memcpy(to, &value, sizeof value);
}

bool ringwire_put(uint32_t address, const void *octets, uint32_t count) {
  void *to = ringwire_at(address, count);
  if (!to) return false;
  memcpy(to, octets, count);
  RW_RECORD(RW_LOG_WRITE, to, count, address);
  return true;
}

uint32_t ringwire_control(uint32_t offset) { return ringwire_word(it.control + offset); }
void ringwire_set_control(uint32_t offset, uint32_t value) { ringwire_set_word(it.control + offset, value); }
void *ringwire_span(uint32_t octets) { return ringwire_at(ringwire_control(RW_CONTROL_SPAN), octets); }
uint32_t ringwire_counter(uint32_t name) { return ringwire_word(ringwire_control(RW_CONTROL_COUNTERS) + 4 * name); }

uint32_t ringwire_needed(void) {
  uint32_t start = ringwire_control(RW_CONTROL_ARENA_START);
  return (start ? start : RW_ARENA_START) + ringwire_control(RW_CONTROL_MEMORY_NEEDED);
}

uint32_t ringwire_traps(void) { return it.traps; }
uint32_t ringwire_restarts(void) { return it.restarts; }

uint32_t ringwire_mail(uint32_t place) {
  return place < RW_MAILBOX_WORDS ? ringwire_control(RW_CONTROL_MAILBOX + 4 * place) : 0;
}

void ringwire_set_mail(uint32_t place, uint32_t value) {
  if (place >= RW_MAILBOX_WORDS) return;
  RW_RECORD(RW_LOG_MAIL, NULL, 0, place, value);
  ringwire_set_control(RW_CONTROL_MAILBOX + 4 * place, value);
}

void ringwire_set_endpoint(uint32_t record, const uint8_t ip[4], uint16_t port) {
  uint8_t *to = ringwire_at(it.control + record, RW_ENDPOINT_OCTETS);
  if (!to) return;
  memset(to, 0, RW_ENDPOINT_OCTETS);
  to[RW_ENDPOINT_FAMILY] = RW_FAMILY_IPV4;
  memcpy(to + RW_ENDPOINT_PORT, &port, sizeof port);
  if (ip) memcpy(to + RW_ENDPOINT_ADDRESS, ip, 4);
}

uint16_t ringwire_endpoint(uint32_t record, uint8_t ip[4]) {
  uint16_t port = 0;
  const uint8_t *from = ringwire_at(it.control + record, RW_ENDPOINT_OCTETS);
  if (!from) return 0;
  memcpy(ip, from + RW_ENDPOINT_ADDRESS, 4);
  memcpy(&port, from + RW_ENDPOINT_PORT, sizeof port);
  return port;
}

// ---- Traps ----

int32_t rw_trapped(const char *what) {
  it.is_trapped = true;
  it.traps++;
  if (it.config->trapped) it.config->trapped(what, it.traps);
  return RINGWIRE_TRAPPED;
}

bool rw_is_trapped(void) { return it.is_trapped; }

void rw_alive(void) {
  if (it.config && it.config->watchdog) it.config->watchdog();
}

// ---- Start ----

static uint32_t loaded(ringwire_item item, void *octets, uint32_t room) {
  return it.config->load ? it.config->load(item, octets, room) : 0;
}

static void stored(ringwire_item item, const void *octets, uint32_t count) {
  if (it.config->store) it.config->store(item, octets, count);
}

static bool noise(uint8_t *octets, uint32_t count) { return it.config->entropy && it.config->entropy(octets, count); }

// A seed that no earlier start has had: what was stored, with fresh noise where there is any, and the number of this start, which is stored before use.
static int32_t put_seed(void) {
  seed_record seed = {0};
  uint8_t fresh[SEED_OCTETS] = {0};
  bool is_known = loaded(RINGWIRE_SEED, &seed, sizeof seed) == sizeof seed, is_fresh = noise(fresh, SEED_OCTETS);
  uint8_t *to = ringwire_at(it.control + RW_CONTROL_SEED, SEED_OCTETS);
  if (!is_known && !is_fresh) return RW_ERR_BAD_SEED;
  for (int i = 0; i < SEED_OCTETS; i++) seed.octets[i] ^= fresh[i];
  seed.starts++;
  stored(RINGWIRE_SEED, &seed, sizeof seed);
  memcpy(to, seed.octets, SEED_OCTETS);
  for (int i = 0; i < 4; i++) to[i] ^= (uint8_t)(seed.starts >> (8 * i));
  return 0;
}

static int32_t find_mac(uint8_t mac[MAC_OCTETS]) {
  static const uint8_t none[MAC_OCTETS];
  memcpy(mac, it.config->mac, MAC_OCTETS);
  if (memcmp(mac, none, MAC_OCTETS) || loaded(RINGWIRE_MAC, mac, MAC_OCTETS) == MAC_OCTETS) return 0;
  if (!noise(mac, MAC_OCTETS)) return RW_ERR_BAD_INTERFACE;
  mac[0] = (mac[0] & 0xfc) | 0x02;  // unicast, locally administered
  stored(RINGWIRE_MAC, mac, MAC_OCTETS);
  return 0;
}

static void put_settings(const uint8_t mac[MAC_OCTETS]) {
  const ringwire_config *config = it.config;
  uint32_t device = RW_CONTROL_DEVICE_TABLE, interface = RW_CONTROL_INTERFACE_TABLE;
  uint8_t *control = it.memory + it.control, *address = control + interface + RW_INTERFACE_ADDRESSES;
  ringwire_set_control(RW_CONTROL_ARENA_END, it.octets);
  ringwire_set_control(RW_CONTROL_DEVICES, 1);
  ringwire_set_control(RW_CONTROL_INTERFACES, 1);
  control[device + RW_DEVICE_KIND] = RW_DEVICE_KIND_ETHERNET;
  ringwire_set_control(device + RW_DEVICE_RX_SLOTS, config->rx_slots);
  ringwire_set_control(device + RW_DEVICE_TX_SLOTS, config->tx_slots);
  ringwire_set_control(interface + RW_INTERFACE_MTU, config->mtu ? config->mtu : DEFAULT_MTU);
  memcpy(control + interface + RW_INTERFACE_MAC, mac, MAC_OCTETS);
  memcpy(control + interface + RW_INTERFACE_GATEWAY, config->gateway, 4);
  memcpy(address, config->ip, 4);
  address[4] = config->prefix;
  address[5] = config->prefix ? RW_ADDRESS_STATE_VALID : RW_ADDRESS_STATE_NONE;
  for (uint32_t i = 0; i < config->setting_count; i++) {
    const ringwire_setting *setting = &config->settings[i];
    ringwire_set_word((setting->more ? ringwire_control(RW_CONTROL_MORE) : it.control) + setting->offset, setting->value);
  }
}

// What the module is given before `init`.
static void record_start(void) {
#ifdef RW_LOG
  uint32_t more = ringwire_control(RW_CONTROL_MORE);
  RW_RECORD(RW_LOG_START, NULL, 0, it.octets, it.control, RW_LOG_MODULE);
  RW_RECORD(RW_LOG_WRITE, it.memory + it.control, RW_CONTROL_INTERFACE_TABLE + RW_INTERFACE_OCTETS, it.control);
  if (ringwire_at(more, RW_MORE_OCTETS)) RW_RECORD(RW_LOG_WRITE, it.memory + more, RW_MORE_OCTETS, more);
#endif
}

static int32_t start(void) {
  const ringwire_config *config = it.config;
  uint8_t mac[MAC_OCTETS];
  uint32_t us = 0;
  int32_t result = find_mac(mac);
  it.lent = it.handed = 0;
  it.link_down = false;
  if (!result) result = config->driver->init(config->part, mac);  // first: DMA into the old memory ends
  if (result) return result;
  if (!rw_engine_start(config->module, config->module_octets)) return RINGWIRE_NO_ENGINE;
  it.memory = rw_engine_memory(&it.octets);
  it.is_trapped = false;
  result = rw_control();
  if (result < 0) return result;
  it.control = (uint32_t)result;
  if (!ringwire_at(it.control, RW_CONTROL_INTERFACE_TABLE + RW_INTERFACE_OCTETS)) return RW_ERR_NO_MEMORY;
  put_settings(mac);
  result = put_seed();
  uint32_t ms = config->now(&us);
  it.linked = ms - LINK_EVERY;
  if (result) return result;
  record_start();
  result = rw_init(ms, us);
  RW_RECORD(RW_LOG_INIT, NULL, 0, ms, us, (uint32_t)result);
  if (!result && !rw_engine_settle()) return RINGWIRE_TRAPPED;
  if (!result && config->started) result = config->started();
  return result < 0 ? result : 0;
}

int32_t ringwire_start(const ringwire_config *config) {
  it.config = config;
  it.is_trapped = true;  // until it has started
  int32_t result = start();
  if (result < 0) it.is_trapped = true;
  return result;
}

// ---- Frames ----

static uint32_t ring(uint32_t field) { return ringwire_control(RW_CONTROL_DEVICE_TABLE + field); }
static void set_ring(uint32_t field, uint32_t value) { ringwire_set_control(RW_CONTROL_DEVICE_TABLE + field, value); }

// The slot of frame number `number`; NULL when rings do not lie in memory.
static uint8_t *slot(uint32_t base, uint32_t slots, uint32_t number) {
  uint32_t octets = ring(RW_DEVICE_SLOT_OCTETS);
  return ringwire_at(ring(base) + (number & (ring(slots) - 1)) * octets, octets);
}

static uint32_t room(void) { return ring(RW_DEVICE_SLOT_OCTETS) - RW_SLOT_ETHERNET; }

// Gives free receive slots to a part that writes them itself.
static void lend_slots(const ringwire_driver *driver, void *part) {
  for (uint8_t *free; it.lent - ring(RW_DEVICE_RX_TAKEN) < ring(RW_DEVICE_RX_SLOTS); it.lent++) {
    free = slot(RW_DEVICE_RX_RING, RW_DEVICE_RX_SLOTS, it.lent);
    if (!free) return;
    driver->lend(part, free + RW_SLOT_ETHERNET, room());
  }
}

// Takes what has arrived, while there is room; answers whether more may wait.
static bool receive_frames(const ringwire_driver *driver, void *part) {
  uint32_t written = ring(RW_DEVICE_RX_WRITTEN), taken = ring(RW_DEVICE_RX_TAKEN), slots = ring(RW_DEVICE_RX_SLOTS);
  if (driver->lend) lend_slots(driver, part);
  for (; written - taken < slots; set_ring(RW_DEVICE_RX_WRITTEN, ++written)) {
    uint8_t *to = slot(RW_DEVICE_RX_RING, RW_DEVICE_RX_SLOTS, written);
    uint32_t length = to ? driver->receive(part, to + RW_SLOT_ETHERNET, room()) : 0;
    if (!length) return false;
    memset(to, 0, RW_SLOT_ETHERNET);
    memcpy(to, &length, sizeof length);
    RW_RECORD(RW_LOG_RECEIVED, to + RW_SLOT_ETHERNET, length <= room() ? length : 0, length);
  }
  return true;
}

// Sends what the part takes; answers how many slots came free.
static uint32_t send_frames(const ringwire_driver *driver, void *part) {
  uint32_t written = ring(RW_DEVICE_TX_WRITTEN), taken = ring(RW_DEVICE_TX_TAKEN), before = taken;
  for (; it.handed != written; it.handed++) {
    const uint8_t *from = slot(RW_DEVICE_TX_RING, RW_DEVICE_TX_SLOTS, it.handed);
    uint32_t length = 0;
    if (!from) break;
    memcpy(&length, from, sizeof length);
    if (length > room() || !driver->send(part, from + RW_SLOT_ETHERNET, length)) break;
    RW_RECORD(RW_LOG_SENT, from + RW_SLOT_ETHERNET, length, length);
  }
  taken = driver->sent ? taken + driver->sent(part) : it.handed;
  set_ring(RW_DEVICE_TX_TAKEN, taken);
  return taken - before;
}

// A carrier is asked for now and then only: it takes parts long to answer.
static void look_at_link(const ringwire_driver *driver, void *part, uint32_t ms) {
  if (!driver->link || ms - it.linked < LINK_EVERY) return;
  it.linked = ms;
  bool is_down = !driver->link(part);
  if (is_down == it.link_down) return;
  it.link_down = is_down;
  it.memory[it.control + RW_CONTROL_DEVICE_TABLE + RW_DEVICE_LINK_DOWN] = is_down;
  set_ring(RW_DEVICE_LINK_CHANGES, ring(RW_DEVICE_LINK_CHANGES) + 1);
  RW_RECORD(RW_LOG_LINK, NULL, 0, is_down, ring(RW_DEVICE_LINK_CHANGES));
}

int32_t ringwire_poll(void) {
  const ringwire_config *config = it.config;
  uint32_t us = 0;
  if (it.is_trapped) {
    int32_t result = ringwire_start(config);
    if (result < 0) return result;
    it.restarts++;
  }
  rw_alive();
  bool more = receive_frames(config->driver, config->part);
  uint32_t ms = config->now(&us);
  look_at_link(config->driver, config->part, ms);
  int32_t wait = rw_poll(ms, us);
  RW_RECORD(RW_LOG_POLL, NULL, 0, ms, us, ring(RW_DEVICE_TX_TAKEN), (uint32_t)wait);
  if (wait == RINGWIRE_TRAPPED) return 0;
  uint32_t sent = send_frames(config->driver, config->part);
  if (config->driver->lend) lend_slots(config->driver, config->part);
  bool is_blocked = ringwire_control(RW_CONTROL_FLAGS) & RW_FLAG_TX_BLOCKED;
  if (more || (is_blocked && sent)) return 0;
  return it.handed == ring(RW_DEVICE_TX_WRITTEN) || wait < 1 ? wait : 1;  // what the part could not take yet is offered again soon
}
