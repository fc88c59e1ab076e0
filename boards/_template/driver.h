// Fill in: the network part and its data sheet. Leave this file and driver.c out where boards/common has a driver for the part.
#ifndef RINGWIRE_DRIVER_H
#define RINGWIRE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

// The functions of a ringwire_driver; `part` is the address of the registers.
int32_t part_init(void *part, const uint8_t mac[6]);
uint32_t part_receive(void *part, uint8_t *frame, uint32_t room);
bool part_send(void *part, const uint8_t *frame, uint32_t octets);
bool part_link(void *part);
// The interrupt that says a frame has arrived.
void part_mask(void *part);
void part_unmask(void *part);

#endif
