// lwIP for a microcontroller with what the boards' module has, and no more: IPv4 without fragments, ICMP, UDP, TCP without options, four connections.
// Where lwIP leaves a choice that costs instructions, the one that costs it the fewest.
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include "../../bench/peers/lwip/bare.h"

#define LWIP_RAW 0
#define IP_REASSEMBLY 0
#define IP_FRAG 0
#define MEM_ALIGNMENT 4
#define LWIP_CHKSUM_ALGORITHM 3  // fewer instructions than 2, the default, wherever there is much to sum
#define LWIP_NETIF_TX_SINGLE_PBUF 1

// As in boards/mps2-an385/config.ts and its profile; the send buffer is the smallest that lwIP calls enough (two segments).
#define TCP_WND 2048
#define TCP_SND_BUF (2 * TCP_MSS)
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 4
#define MEMP_NUM_UDP_PCB 1
#define ARP_TABLE_SIZE 8
#define ARP_QUEUEING 0

// Room for what these promise: each connection's window unread (two frames), and four frames on their way in; each connection's send buffer.
#define PBUF_POOL_SIZE (4 * 2 + 4)
#define MEMP_NUM_TCP_SEG 16
#define MEM_SIZE (4 * 2 * (TCP_MSS + 96))

#endif
