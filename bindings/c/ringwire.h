// Ringwire for C: one network interface, an optional application in C, and the module by wasm2c or by wasm3 (ringwire_w2c.c, ringwire_wasm3.c).
// One thread calls everything here. Interrupts only mask themselves and set a flag. See README.md.
#ifndef RINGWIRE_H
#define RINGWIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "ringwire_abi.h"

// A call that trapped answers this, and so does every one until ringwire_poll has started the stack anew.
#define RINGWIRE_TRAPPED (-64)
// The engine could not take the module: too little heap, or a module that is none.
#define RINGWIRE_NO_ENGINE (-65)

// A network interface controller: a few functions over a part, which is passed to each.
// Without DMA, frames are copied straight between the part and the slots of the stack. With `lend`, the part reads and writes the slots itself.
typedef struct {
  // Resets the part and begins to receive; called again after a trap. Negative: it does not answer.
  int32_t (*init)(void *part, const uint8_t mac[6]);
  // The oldest frame that has arrived, without its checksum: copies it and answers its length; 0: none. One longer than `room` is thrown away,
  // and only its length told. With `lend`: the length of what lies in the oldest slot lent.
  uint32_t (*receive)(void *part, uint8_t *frame, uint32_t room);
  // Sends a frame; false: not now. It is copied, or with `sent` read by the part later.
  bool (*send)(void *part, const uint8_t *frame, uint32_t octets);
  // Whether there is a carrier. May be left out.
  bool (*link)(void *part);
  // DMA: a slot for the part to write a frame to; slots are lent and come back in order. May be left out.
  void (*lend)(void *part, uint8_t *frame, uint32_t room);
  // DMA: how many frames that `send` took are out since the last call. May be left out.
  uint32_t (*sent)(void *part);
} ringwire_driver;

// What is kept through a power cut.
typedef enum { RINGWIRE_MAC = 1, RINGWIRE_SEED = 2, RINGWIRE_LEASE = 3 } ringwire_item;

// A word of the control block (RW_CONTROL_...), or with `more` of the record that its word `more` points to (RW_MORE_...).
typedef struct {
  uint16_t offset;
  bool more;
  uint32_t value;
} ringwire_setting;

// Must stay as it is while the stack runs. What is not set (0, NULL) is left out, or the default of the module.
typedef struct {
  const ringwire_driver *driver;
  void *part;
  uint8_t mac[6];  // all 0: the one that `load` knows, or one chosen by `entropy` and stored
  uint8_t ip[4], gateway[4];
  uint8_t prefix;
  uint16_t mtu;                  // 0: 1,500
  uint32_t rx_slots, tx_slots;  // powers of two
  const ringwire_setting *settings;
  uint32_t setting_count;
  const uint8_t *module;  // wasm3: the .wasm, which stays where it is
  uint32_t module_octets;

  uint32_t (*now)(uint32_t *us);                                              // milliseconds, and the microseconds below one
  bool (*entropy)(uint8_t *octets, uint32_t count);                           // true noise
  uint32_t (*load)(ringwire_item item, void *octets, uint32_t room);          // what was stored; answers its octets, 0: nothing
  void (*store)(ringwire_item item, const void *octets, uint32_t count);      // a few times a day at most
  void (*watchdog)(void);                                                     // the stack lives: each poll, and with wasm3 each call of a function
  void (*trapped)(const char *what, uint32_t count);                          // what went wrong, and how often something did
  int32_t (*started)(void);                                                   // opens sockets: after each start, the one after a trap too. Negative: no start
} ringwire_config;

// Starts the stack, or starts it anew: all sockets are gone. 0, or an error of `init` (RW_ERR_...), RINGWIRE_NO_ENGINE, or what `driver.init` or `started` answered.
int32_t ringwire_start(const ringwire_config *config);
// Moves frames in, lets the stack work, moves frames out. Answers 0: call again at once; else the milliseconds it may be left alone, unless a frame
// arrives or a socket is used; negative: it could not be started again after a trap, and the next call tries again.
int32_t ringwire_poll(void);
// After RW_ERR_NO_MEMORY: how many octets the linear memory must have.
uint32_t ringwire_needed(void);
// How often the stack has trapped, and was started anew because of it.
uint32_t ringwire_traps(void);
uint32_t ringwire_restarts(void);
// Where octets of the linear memory are; NULL: not all of them in it.
void *ringwire_at(uint32_t address, uint32_t octets);
// Copies octets there, and into the input log; false: not all would lie in it.
bool ringwire_put(uint32_t address, const void *octets, uint32_t count);
uint32_t ringwire_word(uint32_t address);
void ringwire_set_word(uint32_t address, uint32_t value);
// Words of the control block: RW_CONTROL_...
uint32_t ringwire_control(uint32_t offset);
void ringwire_set_control(uint32_t offset, uint32_t value);
// Where the last span call pointed; NULL: not so many octets.
void *ringwire_span(uint32_t octets);
// Words between this side and an application in the module, 0 to 63.
uint32_t ringwire_mail(uint32_t place);
void ringwire_set_mail(uint32_t place, uint32_t value);
// A counter: RW_COUNTER_...
uint32_t ringwire_counter(uint32_t name);
// The endpoint records, RW_CONTROL_LOCAL and RW_CONTROL_REMOTE: an IPv4 address (NULL: any) and a port.
void ringwire_set_endpoint(uint32_t record, const uint8_t ip[4], uint16_t port);
uint16_t ringwire_endpoint(uint32_t record, uint8_t ip[4]);

// DHCP, in a module that has it (ringwire_dhcp.c): begins with the address of the last lease, and stores each new one; call the second after each poll.
int32_t ringwire_dhcp_start(const ringwire_config *config);
int32_t ringwire_dhcp_poll(const ringwire_config *config);

// What this side keeps for applications in the module, by the numbers of stores (ringwire_flash.c; docs/abi.md, "What the host keeps").
typedef struct {
  int32_t (*size)(uint32_t store);                                                              // octets; RW_ERR_BAD_ARGUMENT: no such store
  const void *(*at)(uint32_t store, uint32_t offset);                                           // within the size
  int32_t (*write)(uint32_t store, uint32_t offset, const void *octets, uint32_t count);        // how many, or an error. May be left out
} ringwire_flash;

// Answers a request that stands; call it after each poll. true: there was one, and the next poll is due at once.
bool ringwire_flash_answer(const ringwire_flash *flash);

// The calls of docs/abi.md, by their names: rw_tcp_listen(class, backlog, owner) and all the others.
#define RW_DECLARE0(name) int32_t rw_##name(void);
#define RW_DECLARE1(name) int32_t rw_##name(uint32_t a);
#define RW_DECLARE2(name) int32_t rw_##name(uint32_t a, uint32_t b);
#define RW_DECLARE3(name) int32_t rw_##name(uint32_t a, uint32_t b, uint32_t c);
RW_CALLS(RW_DECLARE0, RW_DECLARE1, RW_DECLARE2, RW_DECLARE3)

#endif
