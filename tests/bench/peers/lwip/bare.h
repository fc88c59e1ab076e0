// What every lwIP that we measure is: one thread, the raw API, IPv4, full segments.
#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_IPV6 0
#define LWIP_STATS 0
#define LWIP_NOASSERT 1
#define TCP_MSS 1460
