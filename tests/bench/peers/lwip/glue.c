// lwIP behind peer.h. Received frames are not copied: a pbuf refers to its slot until the application has read it.
#include <string.h>

#include "../peer.h"
#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"

enum { CONNECTIONS = MEMP_NUM_TCP_PCB + 64, WAITING = 1024, PIECE = 32768 };

typedef struct {
  struct tcp_pcb *pcb;
  struct pbuf *first, *last;  // unread
  uint16_t offset;
  uint8_t finished;
  int next_free;
} connection;

static uint32_t tx_written, tx_taken, rx_written, rx_taken;
static peer_slot tx[SLOTS], rx[SLOTS];
static peer_rings rings = {&tx_written, &tx_taken, &rx_written, &rx_taken, tx, rx};
static struct pbuf_custom pbufs[SLOTS];
static uint8_t busy[SLOTS];
static uint32_t read_up_to;
static struct netif netif;
static connection connections[CONNECTIONS];
static int used, first_free = -1;
static int waiting[WAITING];
static unsigned waiting_written, waiting_taken, datagrams_written, datagrams_taken;
static struct udp_pcb *udp;
static struct pbuf *datagrams[SLOTS];
static uint8_t application[APPLICATION_OCTETS];
static uint32_t milliseconds;
static ip4_addr_t peer;

u32_t sys_now(void) { return milliseconds; }

unsigned peer_random(void) {
  static uint32_t state = 1;
  return state = state * 1664525 + 1013904223;
}

// ---- The device ----

static err_t output(struct netif *unused, struct pbuf *packet) {
  (void)unused;
  if (tx_written - tx_taken >= SLOTS) return ERR_IF;
  peer_slot *slot = &tx[tx_written % SLOTS];
  uint8_t *to = slot->frame;
  for (struct pbuf *part = packet; part; part = part->next) {
    memcpy(to, part->payload, part->len);
    to += part->len;
  }
  slot->length = packet->tot_len;
  tx_written++;
  return ERR_OK;
}

static void freed(struct pbuf *packet) { busy[(struct pbuf_custom *)packet - pbufs] = 0; }

// Slots are given back in order, once nobody refers to them.
static void give_back(void) {
  while (rx_taken != read_up_to && !busy[rx_taken % SLOTS]) rx_taken++;
}

PEER(peer_receive) void peer_receive(double now) {
  milliseconds = (uint32_t)now;
  for (; read_up_to != rx_written; read_up_to++) {
    unsigned place = read_up_to % SLOTS;
    peer_slot *slot = &rx[place];
    busy[place] = 1;
    struct pbuf *packet = pbuf_alloced_custom(PBUF_RAW, (u16_t)slot->length, PBUF_REF, &pbufs[place], slot->frame, sizeof slot->frame);
    if (netif.input(packet, &netif) != ERR_OK) pbuf_free(packet);
  }
  sys_check_timeouts();
  give_back();
}

// What is to be sent has been, by peer_put or by lwIP itself.
PEER(peer_transmit) void peer_transmit(void) { give_back(); }
PEER(peer_wire) peer_rings *peer_wire(void) { return &rings; }

static err_t set_up(struct netif *it) {
  it->hwaddr_len = ETH_HWADDR_LEN;
  it->mtu = 1500;
  it->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  it->output = etharp_output;
  it->linkoutput = output;
  return ERR_OK;
}

PEER(peer_start) int peer_start(int host, int wanted, int buffer, int time_wait) {
  (void)time_wait;
  if (wanted > MEMP_NUM_TCP_PCB || buffer > TCP_WND) return -1;
  for (int i = 0; i < SLOTS; i++) pbufs[i].custom_free_function = freed;
  lwip_init();
  ip4_addr_t address, mask, none;
  IP4_ADDR(&address, 10, 0, 0, host);
  IP4_ADDR(&peer, 10, 0, 0, 3 - host);
  IP4_ADDR(&mask, 255, 255, 255, 0);
  ip4_addr_set_zero(&none);
  memcpy(netif.hwaddr, (uint8_t[6]){2, 0, 0, 0, 0, (uint8_t)host}, 6);
  netif_add(&netif, &address, &mask, &none, NULL, set_up, ethernet_input);
  netif_set_default(&netif);
  netif_set_up(&netif);
  etharp_request(&netif, &peer);  // so that no SYN waits for it
  return 0;
}

// ---- TCP ----

static connection *take(struct tcp_pcb *pcb) {
  int place = first_free >= 0 ? first_free : used++;
  connection *it = &connections[place];
  if (first_free >= 0) first_free = it->next_free;
  *it = (connection){.pcb = pcb};
  return it;
}

static err_t arrived(void *which, struct tcp_pcb *pcb, struct pbuf *packet, err_t error) {
  (void)pcb, (void)error;
  connection *it = which;
  if (!packet) {
    it->finished = 1;
    return ERR_OK;
  }
  if (it->last) it->last->next = packet;
  else it->first = packet;
  while (packet->next) packet = packet->next;
  it->last = packet;
  return ERR_OK;
}

static void failed(void *which, err_t error) {
  (void)error;
  connection *it = which;
  it->pcb = NULL;
  it->finished = 1;
}

static void serve(connection *it) {
  tcp_arg(it->pcb, it);
  tcp_recv(it->pcb, arrived);
  tcp_err(it->pcb, failed);
}

static err_t accepted(void *unused, struct tcp_pcb *pcb, err_t error) {
  (void)unused;
  if (error != ERR_OK || waiting_written - waiting_taken >= WAITING) return ERR_MEM;
  connection *it = take(pcb);
  serve(it);
  waiting[waiting_written++ % WAITING] = (int)(it - connections);
  return ERR_OK;
}

PEER(peer_listen) int peer_listen(int port) {
  struct tcp_pcb *pcb = tcp_new();
  if (!pcb || tcp_bind(pcb, IP_ADDR_ANY, (u16_t)port) != ERR_OK) return -1;
  pcb = tcp_listen_with_backlog(pcb, 255);
  tcp_accept(pcb, accepted);
  return 0;
}

PEER(peer_connect) int peer_connect(int port) {
  struct tcp_pcb *pcb = tcp_new();
  if (!pcb) return -1;
  connection *it = take(pcb);
  serve(it);
  return tcp_connect(pcb, &peer, (u16_t)port, NULL) == ERR_OK ? (int)(it - connections) : -1;
}

PEER(peer_accept) int peer_accept(void) { return waiting_taken == waiting_written ? -1 : waiting[waiting_taken++ % WAITING]; }

PEER(peer_put) int peer_put(int which, int octets) {
  connection *it = &connections[which];
  int at = 0;
  while (it->pcb && at < octets) {
    int count = LWIP_MIN(LWIP_MIN(octets - at, (int)tcp_sndbuf(it->pcb)), PIECE);
    if (count <= 0 || tcp_write(it->pcb, application + at, (u16_t)count, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
    at += count;
  }
  if (at) tcp_output(it->pcb);
  return at;
}

PEER(peer_get) int peer_get(int which, int octets) {
  connection *it = &connections[which];
  int at = 0;
  while (it->first && at < octets) {
    struct pbuf *packet = it->first;
    int count = LWIP_MIN(packet->len - it->offset, octets - at);
    memcpy(application + at, (uint8_t *)packet->payload + it->offset, count);
    at += count;
    it->offset += count;
    if (it->offset < packet->len) break;
    it->offset = 0;
    it->first = packet->next;
    if (!it->first) it->last = NULL;
    packet->next = NULL;
    pbuf_free(packet);
  }
  for (int left = at; it->pcb && left;) {
    int count = LWIP_MIN(left, PIECE);
    tcp_recved(it->pcb, (u16_t)count);
    left -= count;
  }
  return at || !it->finished ? at : -1;
}

PEER(peer_close) void peer_close(int which) {
  connection *it = &connections[which];
  if (it->pcb) {
    tcp_arg(it->pcb, NULL);
    tcp_recv(it->pcb, NULL);
    tcp_err(it->pcb, NULL);
    if (tcp_close(it->pcb) != ERR_OK) tcp_abort(it->pcb);
  }
  it->next_free = first_free;
  first_free = which;
}

// ---- UDP ----

static void datagram(void *unused, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *from, u16_t port) {
  (void)unused, (void)pcb, (void)from, (void)port;
  if (datagrams_written - datagrams_taken < SLOTS) datagrams[datagrams_written++ % SLOTS] = packet;
  else pbuf_free(packet);
}

PEER(peer_open_udp) void peer_open_udp(int port, int peer_port) {
  udp = udp_new();
  udp_bind(udp, IP_ADDR_ANY, (u16_t)port);
  udp_connect(udp, &peer, (u16_t)peer_port);
  udp_recv(udp, datagram, NULL);
}

PEER(peer_put_udp) void peer_put_udp(int octets) {
  struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, (u16_t)octets, PBUF_RAM);
  memcpy(packet->payload, application, octets);
  udp_send(udp, packet);
  pbuf_free(packet);
}

PEER(peer_get_udp) int peer_get_udp(void) {
  if (datagrams_taken == datagrams_written) return -1;
  struct pbuf *packet = datagrams[datagrams_taken++ % SLOTS];
  int length = packet->tot_len;
  memcpy(application, packet->payload, length);
  pbuf_free(packet);
  return length;
}
