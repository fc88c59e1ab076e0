// The other end of a wire that is no wire: frames made here are what the driver receives next, and what it sends is looked at here.
#ifndef RINGWIRE_PEER_H
#define RINGWIRE_PEER_H

#include "ringwire.h"

extern const ringwire_driver peer_driver;

// How many frames the stack has sent, and the length of the last.
uint32_t peer_frames(void);
uint32_t peer_length(void);
// Each puts one frame in; `octets` are those of data.
void peer_arp(void);
void peer_ping(uint32_t octets);
void peer_datagram(uint32_t octets);
// One connection to a port: SYN; then segments that acknowledge all that was sent; `flags` as on the wire.
enum { PEER_FIN = 1, PEER_PUSH = 8, PEER_ACK = 16 };
void peer_open(uint16_t port);
void peer_segment(uint8_t flags, const char *text, uint32_t octets);
// What must hold after the last frame sent, or the measurement means nothing.
bool peer_was_answered(uint8_t protocol, uint32_t octets);

#endif
