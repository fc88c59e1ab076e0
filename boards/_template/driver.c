// Fill in each function; until then the board says `no start: error -1`.
#include "driver.h"

// Resets the part, tells it its address, lets it receive and send. It is called again after a trap, while the part runs: everything that it still
// holds must be gone afterwards. Negative: it does not answer; never wait without an end.
int32_t part_init(void *part, const uint8_t mac[6]) {
  (void)part, (void)mac;
  return -1;
}

// The oldest good frame, without its checksum: copied to `frame`, and its length. 0: none. One longer than `room` is thrown away and only its length
// told, so that it is counted; one with an error is thrown away here, and the next looked at. `frame` may have any alignment of 2.
uint32_t part_receive(void *part, uint8_t *frame, uint32_t room) {
  (void)part, (void)frame, (void)room;
  return 0;
}

// Sends a frame, which the part pads to 60 octets and gives its checksum. False: no room now; it is offered again at the next poll.
bool part_send(void *part, const uint8_t *frame, uint32_t octets) {
  (void)part, (void)frame, (void)octets;
  return false;
}

// Whether there is a carrier; asked ten times a second. Leave it out of `board_driver` where the part does not tell.
bool part_link(void *part) {
  (void)part;
  return true;
}

// Called in the interrupt: it must not come again until `part_unmask`, and what arrives in between must raise it then.
void part_mask(void *part) { (void)part; }

void part_unmask(void *part) { (void)part; }
