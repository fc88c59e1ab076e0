// The whole way: the wire of a model, its driver, bindings/c, the stack as C, and back. The peer at the other end of the wire is here.
#include "linked.h"

enum { ETHERNET = 14, IP = 20, ICMP = 8, SHORT = 98, LONG = 1514, ARP = 0x0806, IPV4 = 0x0800, REQUEST = 1, REPLY = 2, BURST = 20, SLOTS = 8, TX_SLOTS = 16, TOO_LONG = 1530 };

static const uint8_t ours[6] = {2, 0, 0x11, 0x22, 0x33, 0x44}, peers[6] = {2, 0, 0, 0, 0, 9}, all[6] = {255, 255, 255, 255, 255, 255};
static const uint8_t our_ip[4] = {10, 9, 0, 2}, peer_ip[4] = {10, 9, 0, 1};
static uint32_t clock_ms;
static uint8_t frame[FRAME_MAX], got[FRAME_MAX];

static uint32_t now(uint32_t *us) { return *us = 0, clock_ms; }
static bool entropy(uint8_t *octets, uint32_t count) {
  while (count--) *octets++ = (uint8_t)(count * 41 + 7);
  return true;
}
static ringwire_config config = {.mac = {2, 0, 0x11, 0x22, 0x33, 0x44}, .ip = {10, 9, 0, 2}, .prefix = 24, .rx_slots = SLOTS, .tx_slots = TX_SLOTS, .now = now, .entropy = entropy};

static uint32_t of_device(uint32_t field) { return ringwire_control(RW_CONTROL_DEVICE_TABLE + field); }
static void turns(uint32_t ms) {
  for (; ms; ms--, clock_ms++) check(ringwire_poll() >= 0);
}
static void start(void) {
  linked.power();
  linked.out->taken = linked.out->written = 0;
  check(ringwire_start(&config) == 0);
  linked.cable(true);
  turns(10);
}

// The peer.
static uint32_t get16(const uint8_t *at) { return (uint32_t)at[0] << 8 | at[1]; }
static void put16(uint8_t *at, uint32_t value) { at[0] = (uint8_t)(value >> 8), at[1] = (uint8_t)value; }
// Over what has its checksum in it: 0xffff.
static uint32_t sum(const uint8_t *at, uint32_t octets) {
  uint32_t words = 0;
  for (uint32_t i = 0; i < octets; i++) words += i & 1 ? at[i] : (uint32_t)at[i] << 8;
  while (words >> 16) words = (words & 0xffff) + (words >> 16);
  return words;
}
// Makes the frame empty, and what is left of it the peer's.
static void address(const uint8_t *to, uint32_t type) {
  memset(frame, 0, sizeof frame);
  memcpy(frame, to, 6);
  memcpy(frame + 6, peers, 6);
  put16(frame + 12, type);
}
static bool ask_who_has(void) {
  static const uint8_t request[8] = {0, 1, 8, 0, 6, 4, 0, REQUEST};
  address(all, ARP);
  memcpy(frame + 14, request, 8);
  memcpy(frame + 22, peers, 6);
  memcpy(frame + 28, peer_ip, 4);
  memcpy(frame + 38, our_ip, 4);
  return linked.deliver(frame, 60);
}
static bool ping(uint32_t octets, uint32_t number) {
  uint8_t *ip = frame + ETHERNET, *icmp = ip + IP;
  address(ours, IPV4);
  ip[0] = 0x45, ip[8] = 64, ip[9] = 1;
  put16(ip + 2, octets - ETHERNET);
  memcpy(ip + 12, peer_ip, 4);
  memcpy(ip + 16, our_ip, 4);
  put16(ip + 10, ~sum(ip, IP));
  icmp[0] = 8;
  put16(icmp + 4, 0x1234);
  put16(icmp + 6, number);
  for (uint32_t i = ETHERNET + IP + ICMP; i < octets; i++) frame[i] = (uint8_t)(number * 31 + i * 7 + (i >> 8));
  put16(icmp + 2, ~sum(icmp, octets - ETHERNET - IP));
  return linked.deliver(frame, octets);
}
// Takes the oldest frame of this type from the wire; answers its octets, 0: there is none.
static uint32_t came(uint32_t type) {
  for (outbox *out = linked.out; out->taken != out->written;) {
    uint32_t i = out->taken++ % OUT_MAX;
    memcpy(got, out->frames[i], out->octets[i]);
    if (get16(got + 12) == type) return out->octets[i];
  }
  return 0;
}
static bool is_arp(uint32_t operation, const uint8_t *to) {
  return came(ARP) >= 42 && !memcmp(got, to, 6) && !memcmp(got + 6, ours, 6) && get16(got + 20) == operation && !memcmp(got + 22, ours, 6) && !memcmp(got + 28, our_ip, 4);
}
// The reply to the ping of this number: all of it that is not said anew is as it was asked.
static bool is_reply(uint32_t octets, uint32_t number) {
  const uint8_t *ip = got + ETHERNET, *icmp = ip + IP;
  if (came(IPV4) != octets || memcmp(got, peers, 6) || memcmp(got + 6, ours, 6)) return false;
  if (ip[0] != 0x45 || get16(ip + 2) != octets - ETHERNET || ip[9] != 1 || memcmp(ip + 12, our_ip, 4) || memcmp(ip + 16, peer_ip, 4)) return false;
  if (sum(ip, IP) != 0xffff || sum(icmp, octets - ETHERNET - IP) != 0xffff || icmp[0] || icmp[1] || get16(icmp + 4) != 0x1234 || get16(icmp + 6) != number) return false;
  for (uint32_t i = ETHERNET + IP + ICMP; i < octets; i++)
    if (got[i] != (uint8_t)(number * 31 + i * 7 + (i >> 8))) return false;
  return true;
}
static void is_answered(uint32_t octets, uint32_t number) {
  check(ping(octets, number));
  turns(2);
  check(is_reply(octets, number));
}

static void arp(void) {
  start();
  check(is_arp(REQUEST, all));  // the address is announced
  check(ask_who_has());
  turns(2);
  check(is_arp(REPLY, peers) && !memcmp(got + 32, peers, 6) && !memcmp(got + 38, peer_ip, 4));
}
static void echo(void) {
  start();
  for (uint32_t number = 0; number < 2 * TX_SLOTS + 1; number++) {
    is_answered(SHORT, number);
    is_answered(LONG, number);
    check(!linked.lies_in_slots || linked.lies_in_slots());
  }
}
// So many echo requests before the stack looks: what the part has taken is answered in order, the others are lost, and it goes on.
static uint32_t burst(uint32_t octets, bool is_slow) {
  uint32_t taken = 0, before = ringwire_counter(RW_COUNTER_ICMP_ECHO_IN);
  linked.hold(is_slow);
  for (uint32_t i = 0; i < BURST; i++) taken += ping(octets, taken);
  for (uint32_t i = 0; i < 3 * BURST; i++) {
    turns(1);
    if (is_slow) linked.finish();
  }
  for (uint32_t i = 0; i < taken; i++) check(is_reply(octets, i));
  check(!came(IPV4) && ringwire_counter(RW_COUNTER_ICMP_ECHO_IN) - before == taken);
  linked.hold(false);
  is_answered(LONG, 77);
  return taken;
}
static void bursts(void) {
  start();
  for (int is_slow = 0; is_slow < 2; is_slow++) {
    check(burst(SHORT, is_slow) == BURST);
    check(burst(LONG, is_slow) == linked.held);
  }
}
// What no slot holds is thrown away, by the part or by the stack in as many pieces as it came in, and what comes next is answered.
static void too_long(void) {
  start();
  for (uint32_t i = 0; i < SLOTS + 1; i++) {
    ping(TOO_LONG, i);
    turns(2);
    check(!came(IPV4));
    is_answered(LONG, i);
  }
  check(!linked.lies_in_slots || (linked.lies_in_slots() && ringwire_counter(RW_COUNTER_LINK_LONG) == 2 * (SLOTS + 1)));
}
// The stack is told when the carrier is gone: what comes then is dropped, and what it has to say waits.
static void link(void) {
  start();
  linked.out->taken = linked.out->written;
  check(ringwire_start(&config) == 0);
  for (uint32_t i = 0; i < 3; i++) {
    linked.cable(false);
    turns(110);
    check(of_device(RW_DEVICE_LINK_DOWN) & 1 && of_device(RW_DEVICE_LINK_CHANGES) == 2 * i + 1);
    check(ping(SHORT, 9));
    turns(2);
    check(!came(IPV4) && ringwire_counter(RW_COUNTER_LINK_DOWN) == i + 1);
    linked.cable(true);
    turns(110);
    check(!(of_device(RW_DEVICE_LINK_DOWN) & 1) && of_device(RW_DEVICE_LINK_CHANGES) == 2 * i + 2);
    if (!i) check(is_arp(REQUEST, all));  // the announcement has waited
    is_answered(SHORT, i);
  }
}
// After a trap the part is reset with frames on both ways: none of them comes, and slots are lent anew.
static void trap(void) {
  start();
  for (uint32_t i = 0; i < 3; i++) {
    uint32_t restarts = ringwire_restarts();
    is_answered(LONG, i);
    linked.hold(true);
    for (uint32_t k = 0; k < 3; k++) check(ping(SHORT, 40 + k));
    turns(1);
    check(ping(LONG, 50));
    ringwire_set_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_RING, 0x80000000);
    ringwire_set_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_WRITTEN, of_device(RW_DEVICE_RX_TAKEN) + 1);
    turns(2);
    linked.hold(false);
    linked.cable(true);
    turns(110);
    check(ringwire_restarts() - restarts == 1 && !came(IPV4));
    is_answered(LONG, 60 + i);
    check(!linked.lies_in_slots || linked.lies_in_slots());
  }
}

int main(void) {
  config.driver = linked.driver, config.part = linked.part;
  run("the address is announced, and who asks for it is answered", arp);
  run("echo requests of 98 and 1,514 octets are answered octet for octet", echo);
  run("a burst of 20 is answered, but for what the part has no room for, also while frames leave slowly", bursts);
  run("a frame longer than a slot is thrown away, and the next one answered", too_long);
  run("the stack is told that the carrier goes and comes", link);
  run("after a trap the part begins anew, and nothing from before comes", trap);
  return failures != 0;
}
