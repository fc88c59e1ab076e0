// SMSC LAN9118, an Ethernet controller behind four FIFOs (data sheet of the part; QEMU's model of it).
#ifndef RINGWIRE_LAN9118_H
#define RINGWIRE_LAN9118_H

#include <stdbool.h>
#include <stdint.h>

// The functions of a ringwire_driver; `part` is the address of the registers.
int32_t lan9118_init(void *part, const uint8_t mac[6]);
uint32_t lan9118_receive(void *part, uint8_t *frame, uint32_t room);
bool lan9118_send(void *part, const uint8_t *frame, uint32_t octets);
bool lan9118_link(void *part);
// The interrupt: masked by its handler, let in again before sleep.
void lan9118_mask(void *part);
void lan9118_unmask(void *part);

#endif
