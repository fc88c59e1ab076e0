// lwIP for one thread and for speed: window scaling, buffers of 64 KiB, received frames not copied, pools that never run out.
#ifndef LWIPOPTS_H
#define LWIPOPTS_H

#include "bare.h"

#define LWIP_SUPPORT_CUSTOM_PBUF 1
#define MEM_ALIGNMENT 8

#define LWIP_WND_SCALE 1
#define TCP_RCV_SCALE 2
#define TCP_WND 65536
#define TCP_SND_BUF 65536
#define TCP_SND_QUEUELEN 256
#define TCP_LISTEN_BACKLOG 1
#define LWIP_DISABLE_TCP_SANITY_CHECKS 1 // of PBUF_POOL, which is not used

#ifndef PEER_HEAP
#define MEM_SIZE (160 * 1024 * 1024)
#else
// Each connection takes its memory when it opens: what it costs can be seen from outside.
#define MEM_LIBC_MALLOC 1
#define MEMP_MEM_MALLOC 1
#endif
#define MEMP_NUM_TCP_PCB 20000
#define MEMP_NUM_TCP_PCB_LISTEN 16
#define MEMP_NUM_TCP_SEG 65000
#define MEMP_NUM_PBUF 1024
#define MEMP_NUM_UDP_PCB 8

#endif
