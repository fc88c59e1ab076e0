// A virtio network device behind memory-mapped registers (virtio 1.2, §4.2 and §5.1). It reads and writes the slots of the stack itself.
#ifndef RINGWIRE_VIRTIO_NET_H
#define RINGWIRE_VIRTIO_NET_H

#include <stdbool.h>
#include <stdint.h>

// The functions of a ringwire_driver; `part` is the address of the registers. There is one device.
int32_t virtio_net_init(void *part, const uint8_t mac[6]);
void virtio_net_lend(void *part, uint8_t *frame, uint32_t room);
uint32_t virtio_net_receive(void *part, uint8_t *none, uint32_t no_room);
bool virtio_net_send(void *part, const uint8_t *frame, uint32_t octets);
uint32_t virtio_net_sent(void *part);
// Takes back the interrupt; whether a frame has come, or one is out.
bool virtio_net_acknowledge(void *part);

#endif
