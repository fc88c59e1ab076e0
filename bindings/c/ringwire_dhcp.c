// DHCP with a lease that is remembered: the address of the last one is asked for first. For modules that have DHCP.
#include <string.h>

#include "ringwire.h"

static uint8_t last[4];

int32_t ringwire_dhcp_start(const ringwire_config *config) {
  memset(last, 0, sizeof last);
  if (config->load && config->load(RINGWIRE_LEASE, last, sizeof last) != sizeof last) memset(last, 0, sizeof last);
  ringwire_set_endpoint(RW_CONTROL_LOCAL, last, 0);
  return rw_dhcp_start(0, RW_DHCP_START_NOW);
}

int32_t ringwire_dhcp_poll(const ringwire_config *config) {
  int32_t state = rw_dhcp_status(0);
  const uint8_t *told = ringwire_at(ringwire_control(RW_CONTROL_EXCHANGE), RW_DHCP_STATUS_LOCAL + 4);
  if (state != RW_DHCP_STATE_BOUND || !told) return state;
  const uint8_t *number = told + RW_DHCP_STATUS_ADDRESS;
  uint8_t address[4] = {number[3], number[2], number[1], number[0]};
  if (memcmp(address, last, sizeof last) == 0) return state;
  memcpy(last, address, sizeof last);
  if (config->store) config->store(RINGWIRE_LEASE, last, sizeof last);
  return state;
}
