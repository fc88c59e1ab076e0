// Ringwire, made C by wasm2c, behind peer.h: the calls of docs/abi.md, and the application's own copies. The wire moves runs of slots.
#include "../peer.h"
#include "ringwire_abi.h"
#include "ringwire_calls.h"

enum { BACKLOG = 1024, LISTENERS = 16, SEED = 32, SYN_QUEUE = 1024, FIRST_PORT = 10000, PORTS = 50000 };

typedef struct { uint16_t family, port; uint8_t address[16]; uint32_t interface; } endpoint;

static uint32_t C, listeners[LISTENERS], listening, udp;
static int here;
static uint8_t application[APPLICATION_OCTETS];

static inline uint8_t *at(uint32_t address) { return rw.w2c_memory.data + address; }
static inline uint32_t *word(uint32_t address) { return (uint32_t *)at(address); }
static inline uint32_t device(void) { return C + RW_CONTROL_DEVICE_TABLE; }
static inline uint8_t *span(void) { return at(*word(C + RW_CONTROL_SPAN)); }

static void name(uint32_t record, int host, int port) {
  endpoint it = {host ? RW_FAMILY_IPV4 : RW_FAMILY_ANY, (uint16_t)port, {10, 0, 0, (uint8_t)host}, 0};
  if (!host) memset(it.address, 0, sizeof it.address);
  memcpy(at(record), &it, sizeof it);
}

static void capacity(uint32_t connections, uint32_t buffer, uint32_t time_wait) {
  uint32_t *classes = word(C + RW_CONTROL_CLASSES);
  memset(classes, 0, 48);
  classes[0] = connections;
  classes[1] = classes[2] = buffer;
  *word(C + RW_CONTROL_LISTENERS) = LISTENERS;
  *word(C + RW_CONTROL_SYN_QUEUE) = SYN_QUEUE;
  *word(C + RW_CONTROL_TIME_WAIT) = time_wait;
  *word(C + RW_CONTROL_UDP_RECEIVE) = *word(C + RW_CONTROL_UDP_SEND) = SLOTS;
  *word(C + RW_CONTROL_OFFER) = RW_OFFER_SCALE | RW_OFFER_SACK;
}

PEER(peer_start) int peer_start(int host, int connections, int buffer, int time_wait) {
  here = host;
  wasm2c_ringwire_instantiate(&rw);
  C = (uint32_t)rw_control();
  uint32_t interface = C + RW_CONTROL_INTERFACE_TABLE;
  for (int i = 0; i < SEED; i++) at(C + RW_CONTROL_SEED)[i] = (uint8_t)(i * 37 + 11 + host);
  *word(C + RW_CONTROL_DEVICES) = *word(C + RW_CONTROL_INTERFACES) = 1;
  *at(device() + RW_DEVICE_KIND) = RW_DEVICE_KIND_ETHERNET;
  *word(device() + RW_DEVICE_SLOT_OCTETS) = SLOT_OCTETS;
  *word(device() + RW_DEVICE_RX_SLOTS) = *word(device() + RW_DEVICE_TX_SLOTS) = SLOTS;
  *word(interface + RW_INTERFACE_MTU) = 1500;
  memcpy(at(interface + RW_INTERFACE_MAC), (uint8_t[6]){2, 0, 0, 0, 0, (uint8_t)host}, 6);
  memcpy(at(interface + RW_INTERFACE_ADDRESSES), (uint8_t[6]){10, 0, 0, (uint8_t)host, 24, RW_ADDRESS_STATE_VALID}, 6);
  capacity((uint32_t)connections, (uint32_t)buffer, (uint32_t)time_wait);
  int32_t result = rw_init(1000, 0);
  if (result != RW_ERR_NO_MEMORY) return result;
  wasm_rt_memory_t *memory = &rw.w2c_memory;
  if (!wasm_rt_grow_memory(memory, (*word(C + RW_CONTROL_MEMORY_NEEDED) + (uint64_t)memory->page - 1) / memory->page)) return -1;
  return rw_init(1000, 0);
}

PEER(peer_receive) void peer_receive(double now) {
  uint32_t milliseconds = (uint32_t)now;
  rw_receive(milliseconds, (uint32_t)((now - milliseconds) * 1000));
}
PEER(peer_transmit) void peer_transmit(void) { rw_transmit(); }

PEER(peer_wire) peer_rings *peer_wire(void) {
  static peer_rings rings;
  rings = (peer_rings){word(device() + RW_DEVICE_TX_WRITTEN), word(device() + RW_DEVICE_TX_TAKEN), word(device() + RW_DEVICE_RX_WRITTEN),
                       word(device() + RW_DEVICE_RX_TAKEN), (peer_slot *)at(*word(device() + RW_DEVICE_TX_RING)),
                       (peer_slot *)at(*word(device() + RW_DEVICE_RX_RING))};
  return &rings;
}

// ---- TCP ----

PEER(peer_listen) int peer_listen(int port) {
  name(C + RW_CONTROL_LOCAL, 0, port);
  int32_t listener = rw_tcp_listen(0, BACKLOG, 0);
  if (listener > 0) listeners[listening++] = (uint32_t)listener;
  return listener > 0 ? 0 : -1;
}

PEER(peer_connect) int peer_connect(int port) {
  static uint32_t connects;
  name(C + RW_CONTROL_LOCAL, here, FIRST_PORT + (int)(connects++ % PORTS));
  name(C + RW_CONTROL_REMOTE, 3 - here, port);
  return rw_tcp_connect(0, 0);
}

PEER(peer_accept) int peer_accept(void) {
  for (uint32_t i = 0; i < listening; i++) {
    int32_t connection = rw_tcp_accept(listeners[i]);
    if (connection > 0) return connection;
  }
  return -1;
}

PEER(peer_put) int peer_put(int connection, int octets) {
  int done = 0;
  while (done < octets) {
    int space = rw_tcp_send_space((uint32_t)connection);
    if (space > octets - done) space = octets - done;
    if (space <= 0) break;
    memcpy(span(), application + done, (uint32_t)space);
    rw_tcp_send_commit((uint32_t)connection, (uint32_t)space, 1);
    done += space;
  }
  return done;
}

PEER(peer_get) int peer_get(int connection, int octets) {
  int done = 0;
  while (done < octets) {
    int ready = rw_tcp_receive_ready((uint32_t)connection);
    if (ready == RW_ERR_END && !done) return -1;
    if (ready > octets - done) ready = octets - done;
    if (ready <= 0) break;
    memcpy(application + done, span(), (uint32_t)ready);
    rw_tcp_receive_release((uint32_t)connection, (uint32_t)ready);
    done += ready;
  }
  return done;
}

PEER(peer_close) void peer_close(int connection) { rw_tcp_close((uint32_t)connection, 0); }

// ---- UDP ----

PEER(peer_open_udp) void peer_open_udp(int port, int peer_port) {
  name(C + RW_CONTROL_LOCAL, 0, port);
  udp = (uint32_t)rw_udp_bind(0);
  name(C + RW_CONTROL_REMOTE, 3 - here, peer_port);
  rw_udp_connect(udp);
}

PEER(peer_put_udp) void peer_put_udp(int octets) {
  rw_udp_send_space(udp);
  memcpy(span(), application, (uint32_t)octets);
  rw_udp_send_commit(udp, (uint32_t)octets);
}

PEER(peer_get_udp) int peer_get_udp(void) {
  int length = rw_udp_receive_ready(udp);
  if (length < 0) return -1;
  memcpy(application, span(), (uint32_t)length);
  rw_udp_receive_release(udp);
  return length;
}
