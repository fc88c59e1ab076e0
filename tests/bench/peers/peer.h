// A stack as the benchmark drives it: one instance for each copy of the library, one Ethernet device, addresses 10.0.0.1 and 10.0.0.2.
// In WebAssembly the same functions are exports. suite/side.ts says what each does.
#ifndef PEER_H
#define PEER_H

#include <stdint.h>

#ifdef __wasm__
#define PEER(name) __attribute__((export_name(#name)))
#else
#define PEER(name) __attribute__((visibility("default")))
#endif

enum { SLOTS = 64, SLOT_OCTETS = 1536, SLOT_HEADER = 10, APPLICATION_OCTETS = 65536 };

// A frame and its length. Frames begin where their IP header is aligned.
typedef struct {
  uint32_t length;
  uint8_t air[SLOT_HEADER - 4];
  uint8_t frame[SLOT_OCTETS - SLOT_HEADER];
} peer_slot;

// Where both frame rings lie, and their counters, which run freely.
typedef struct {
  uint32_t *tx_written, *tx_taken, *rx_written, *rx_taken;
  peer_slot *tx, *rx;
} peer_rings;

int peer_start(int host, int connections, int buffer, int time_wait);
void peer_receive(double now);
void peer_transmit(void);
int peer_listen(int port);
int peer_connect(int port);
int peer_accept(void);
int peer_put(int connection, int octets);
int peer_get(int connection, int octets);
void peer_close(int connection);
void peer_open_udp(int port, int peer_port);
void peer_put_udp(int octets);
int peer_get_udp(void);
peer_rings *peer_wire(void);

#endif
