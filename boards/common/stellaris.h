// The Ethernet controller of the Stellaris LM3S6965: one register for the octets of frames, each way.
#ifndef RINGWIRE_STELLARIS_H
#define RINGWIRE_STELLARIS_H

#include <stdbool.h>
#include <stdint.h>

// The functions of a ringwire_driver; `part` is the address of the registers.
int32_t stellaris_init(void *part, const uint8_t mac[6]);
uint32_t stellaris_receive(void *part, uint8_t *frame, uint32_t room);
bool stellaris_send(void *part, const uint8_t *frame, uint32_t octets);
// The interrupt: masked by its handler, let in again before sleep.
void stellaris_mask(void *part);
void stellaris_unmask(void *part);

#endif
