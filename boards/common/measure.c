// Counts instructions. Under `-icount` the emulator's timer advances evenly with them: how many ticks one takes is measured first, by a loop of known
// length. What is counted is ringwire_poll from a frame that waits to its answer sent, the copies to and from the slots among them.
#include <stddef.h>

#include "board.h"
#include "peer.h"

#ifdef RW_WASM_IMAGE
#include "ringwire_engine.h"
#include "ringwire_heap.h"
#endif

enum { ROUNDS = 16, LOOP = 20000, PER_ROUND = 2, HOUR = 3600000, ICMP = 1, TCP = 6, UDP = 17, HEADERS = 28, STREAM_HEADERS = 40 };

static uint32_t clock, ticks_of_loop, empty;

static uint32_t now(uint32_t *us) {
  *us = 0;
  return clock;
}

__attribute__((noinline)) static void loop(uint32_t rounds) {
#ifdef __arm__
  __asm__ volatile("1: subs %0, %0, #1\n bne 1b" : "+r"(rounds)::"cc");
#else
  __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(rounds));
#endif
}

static uint32_t instructions(uint32_t ticks) {
  return (uint32_t)(((uint64_t)ticks * LOOP * PER_ROUND + ticks_of_loop / 2) / ticks_of_loop);
}

static uint32_t began;
static void begin(void) { began = board_ticks(); }
static uint32_t end(void) { return instructions(board_ticks() - began) - empty; }

static void calibrate(void) {
  uint32_t first;
  begin();
  loop(LOOP);
  first = board_ticks() - began;
  begin();
  loop(2 * LOOP);
  ticks_of_loop = board_ticks() - began - first;  // without what surrounds the loop
  begin();
  empty = end();
}

static void must(bool holds, const char *what) {
  if (holds) return;
  print("not measured: ");
  print(what);
  print("\n");
  board_exit(1);
}

static uint32_t counted_poll(void) {
  begin();
  int32_t wait = ringwire_poll();
  uint32_t count = end();
  must(wait >= 0, "poll");
  return count;
}

// The dearest of some rounds, all of which do the same.
static void packets(const char *name, void (*put)(uint32_t), uint32_t octets, uint8_t protocol) {
  uint32_t most = 0;
  for (int i = 0; i < ROUNDS; i++, clock++) {
    put(octets);
    uint32_t count = counted_poll(), before = peer_frames();
    if (count > most) most = count;
    must(before && peer_was_answered(protocol, octets + HEADERS), name);
  }
  print_line(name, most);
}

// Opens a connection; all answers come with the next poll.
static void open_(uint16_t port) {
  peer_open(port);
  ringwire_poll();
  must(peer_was_answered(TCP, STREAM_HEADERS + 4), "SYN");
  peer_segment(0, NULL, 0);
  ringwire_poll();
}

static void echoes(const char *name, uint32_t octets) {
  uint32_t all = 0;
  for (int i = 0; i < ROUNDS; i++, clock++) {
    peer_segment(PEER_PUSH, NULL, octets);
    all += counted_poll();
    must(peer_was_answered(TCP, STREAM_HEADERS + octets), name);
  }
  print_line(name, all / ROUNDS);
}

// A stream to port 9, which reads and throws away: each segment with its ACK.
static void bulk(const char *name, uint32_t octets) {
  uint32_t all = 0;
  open_(9);
  for (int i = 0; i < ROUNDS; i++, clock++) {
    uint32_t before = peer_frames();
    peer_segment(PEER_PUSH, NULL, octets);
    all += counted_poll();
    must(peer_frames() == before + 1 && peer_was_answered(TCP, STREAM_HEADERS), name);
  }
  print_line(name, all / ROUNDS);
}

static void acknowledgement(void) {
  peer_segment(PEER_PUSH, NULL, 64);
  ringwire_poll();
  peer_segment(0, NULL, 0);
  print_line("tcp-ack", counted_poll());
}

// A whole exchange: connection, request, page, end.
static void page(void) {
  static const char request[] = "GET / HTTP/1.1\r\nHost: board\r\n\r\n";
  uint32_t all = 0, frames = peer_frames();
  peer_open(80);
  all += counted_poll();
  peer_segment(PEER_PUSH, request, sizeof request - 1);
  for (int i = 0; i < 4; i++, clock++) {
    all += counted_poll();
    peer_segment(i == 1 ? PEER_FIN : 0, NULL, 0);
  }
  must(peer_frames() - frames >= 3, "page");
  print_line("http-page", all);
}

static void idle(void) {
  uint32_t polls = 0;
  for (int i = 0; i < 10000; i++) {  // until all that was begun has ended
    int32_t wait = ringwire_poll();
    if (wait >= HOUR) break;
    clock += (uint32_t)wait;
  }
  ringwire_poll();  // what is due now: the next one has nothing to do
  print_line("idle-poll", counted_poll());
  for (uint32_t until = clock + HOUR; (int32_t)(until - clock) > 0; polls++) {
    int32_t wait = ringwire_poll();
    clock += wait < HOUR ? (uint32_t)wait : HOUR;
  }
  print_line("polls-an-hour", polls);
}

int main(void) {
  static ringwire_config config;
  board_init();
  board_count();
  calibrate();
  config = *service_config();
  config.driver = &peer_driver;
  config.now = now;
  begin();
  int32_t result = ringwire_start(&config);
  print_line("start", end());
  must(result == 0, "start");
  for (int i = 0; i < ROUNDS; i++) ringwire_poll();
  peer_arp();
  ringwire_poll();
  packets("icmp-98", peer_ping, 98 - 42, ICMP);
  packets("icmp-1514", peer_ping, 1514 - 42, ICMP);
  packets("udp-64", peer_datagram, 64, UDP);
  packets("udp-1472", peer_datagram, 1472, UDP);
  open_(7);
  echoes("tcp-64", 64);
  if (ringwire_control(RW_CONTROL_CLASSES + 8) >= 1460) echoes("tcp-1460", 1460);  // where a send ring holds it
  else echoes("tcp-1000", 1000);
  acknowledgement();
  bulk("tcp-bulk", 1460);
  page();
  idle();
  print_line("memory", ringwire_needed());
  print_line("stack", stack_used());
#ifdef RW_WASM_IMAGE
  print_line("heap", rw_heap_most());
  print_line("wasm-stack", rw_wasm_stack_used());
  print_line("code", rw_wasm_code());
  print_line("records", rw_heap_used() - rw_wasm_code() - RW_MEMORY_OCTETS - RW_WASM_STACK);
#endif
  must(ringwire_traps() == 0, "traps");
  print("measured\n");
  board_exit(0);
}
