#include "peer.h"

#include <string.h>

enum { ETHERNET = 14, IP = 20, ICMP = 8, UDP = 8, TCP = 20, LONGEST = 1514, SHORTEST = 60, PROTOCOL_ICMP = 1, PROTOCOL_TCP = 6, PROTOCOL_UDP = 17, SYN = 2, OPTIONS = 4, MSS = 1460 };

static const uint8_t board_mac[] = {2, 0, 0, 0, 0, 2}, peer_mac[] = {2, 0, 0, 0, 0, 1}, board_ip[] = {10, 9, 0, 2}, peer_ip[] = {10, 9, 0, 1};

static struct {
  uint8_t in[LONGEST], out[LONGEST];
  uint32_t waits, frames, length;          // octets of the frame that waits; what was sent
  uint32_t sequence, acknowledged, source;  // of the connection
  uint16_t port;
} it;

// ---- The driver ----

static int32_t init(void *part, const uint8_t mac[6]) { return (void)part, (void)mac, 0; }

static uint32_t receive(void *part, uint8_t *frame, uint32_t room) {
  uint32_t length = it.waits;
  (void)part;
  if (length && length <= room) memcpy(frame, it.in, length);
  it.waits = 0;
  return length;
}

static uint32_t get32(const uint8_t *at) { return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3]; }
static uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }

static bool send(void *part, const uint8_t *frame, uint32_t octets) {
  (void)part;
  memcpy(it.out, frame, octets);
  it.length = octets;
  it.frames++;
  return true;
}

const ringwire_driver peer_driver = {.init = init, .receive = receive, .send = send};
uint32_t peer_frames(void) { return it.frames; }
uint32_t peer_length(void) { return it.length; }

// ---- Frames ----

static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
static void put32(uint8_t *at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value); }

static uint32_t sum(const uint8_t *at, uint32_t octets, uint32_t from) {
  for (uint32_t i = 0; i < octets; i++) from += i & 1 ? at[i] : (uint32_t)at[i] << 8;
  while (from >> 16) from = (from & 0xffff) + (from >> 16);
  return from;
}

static uint8_t *ethernet(uint16_t type) {
  memset(it.in, 0, ETHERNET + IP + TCP);
  memcpy(it.in, board_mac, 6);
  memcpy(it.in + 6, peer_mac, 6);
  put16(it.in + 12, type);
  return it.in + ETHERNET;
}

// The IP header for `octets` behind it; answers where these begin.
static uint8_t *ip(uint8_t protocol, uint32_t octets) {
  uint8_t *at = ethernet(0x0800);
  at[0] = 0x45, at[8] = 64, at[9] = protocol;
  put16(at + 2, IP + octets);
  memcpy(at + 12, peer_ip, 4);
  memcpy(at + 16, board_ip, 4);
  put16(at + 10, ~sum(at, IP, 0));
  it.waits = ETHERNET + IP + octets < SHORTEST ? SHORTEST : ETHERNET + IP + octets;
  return at + IP;
}

// The sum of the pseudo header.
static uint32_t pseudo(uint8_t protocol, uint32_t octets) { return sum(peer_ip, 4, sum(board_ip, 4, protocol + octets)); }

void peer_arp(void) {
  static const uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
  uint8_t *at = ethernet(0x0806);
  memcpy(at, request, sizeof request);
  memcpy(at + 8, peer_mac, 6);
  memcpy(at + 14, peer_ip, 4);
  memcpy(at + 24, board_ip, 4);
  it.waits = SHORTEST;
}

void peer_ping(uint32_t octets) {
  uint8_t *at = ip(PROTOCOL_ICMP, ICMP + octets);
  memset(at, 0, ICMP);
  at[0] = 8;
  memset(at + ICMP, 0x5a, octets);
  put16(at + 2, ~sum(at, ICMP + octets, 0));
}

void peer_datagram(uint32_t octets) {
  uint8_t *at = ip(PROTOCOL_UDP, UDP + octets);
  put16(at, 40000), put16(at + 2, 7), put16(at + 4, UDP + octets), put16(at + 6, 0);
  memset(at + UDP, 0x5a, octets);
  put16(at + 6, ~sum(at, UDP + octets, pseudo(PROTOCOL_UDP, UDP + octets)));
}

static void segment(uint8_t flags, const char *text, uint32_t octets) {
  uint32_t header = TCP + (flags & SYN ? OPTIONS : 0);
  uint8_t *at = ip(PROTOCOL_TCP, header + octets);
  put16(at, it.source), put16(at + 2, it.port), put32(at + 4, it.sequence), put32(at + 8, it.acknowledged);
  at[12] = (uint8_t)(header << 2), at[13] = flags;
  put16(at + 14, 65535), put32(at + 16, 0);
  if (flags & SYN) put32(at + TCP, 0x02040000 | MSS);
  if (text) memcpy(at + header, text, octets);
  else memset(at + header, 0x5a, octets);
  put16(at + 16, ~sum(at, header + octets, pseudo(PROTOCOL_TCP, header + octets)));
  it.sequence += octets + (flags & (SYN | PEER_FIN) ? 1 : 0);
}

void peer_open(uint16_t port) {
  it.port = port;
  it.source = it.source ? it.source + 1 : 50000;
  it.sequence = 1000;
  it.acknowledged = 0;
  segment(SYN, NULL, 0);
}

void peer_segment(uint8_t flags, const char *text, uint32_t octets) {
  const uint8_t *at = it.out + ETHERNET + IP;
  uint32_t data = get16(it.out + ETHERNET + 2) - IP - (at[12] >> 4) * 4u;
  if (it.out[ETHERNET + 9] == PROTOCOL_TCP) it.acknowledged = get32(at + 4) + data + (at[13] & (SYN | PEER_FIN) ? 1 : 0);
  segment(flags | PEER_ACK, text, octets);
}

bool peer_was_answered(uint8_t protocol, uint32_t octets) {
  return it.out[12] == 8 && it.out[ETHERNET + 9] == protocol && get16(it.out + ETHERNET + 2) == octets;
}
