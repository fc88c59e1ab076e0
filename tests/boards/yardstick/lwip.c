// lwIP behind the functions of bindings/c/ringwire.h that the boards' programs call: main.c, measure.c and the drivers are the very same as for Ringwire.
// What the application does is what boards/common/application.ts does, by lwIP's raw API.
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/init.h"
#include "lwip/tcp.h"
#include "lwip/timeouts.h"
#include "lwip/udp.h"
#include "netif/ethernet.h"
#include "ringwire.h"

enum { LONGEST = 1514, LONGEST_SLEEP = 3600000, ECHO = 7, SINK = 9, PAGE = 80, BLANK = 4, PAGE_OCTETS = 192 };

static struct {
  const ringwire_config *config;
  struct netif netif;
  struct pbuf *spare;  // for the next frame
  uint32_t milliseconds, number, frames_in, frames_out;
} it;

u32_t sys_now(void) { return it.milliseconds; }

unsigned peer_random(void) {
  static uint32_t state = 1;
  return state = state * 1664525 + 1013904223;
}

// ---- Frames ----

// With one pbuf for each packet (LWIP_NETIF_TX_SINGLE_PBUF) it is handed over as it is.
static err_t output(struct netif *netif, struct pbuf *packet) {
  (void)netif;
  if (packet->next || !it.config->driver->send(it.config->part, packet->payload, packet->len)) return ERR_IF;
  it.frames_out++;
  return ERR_OK;
}

// Answers whether there was one: the driver writes it into a pbuf that is kept for it.
static bool receive(void) {
  if (!it.spare) it.spare = pbuf_alloc(PBUF_RAW, LONGEST, PBUF_POOL);
  if (!it.spare) return false;
  uint32_t length = it.config->driver->receive(it.config->part, it.spare->payload, LONGEST);
  if (!length) return false;
  it.frames_in++;
  if (length > LONGEST) return true;
  struct pbuf *packet = it.spare;
  it.spare = NULL;
  pbuf_realloc(packet, (u16_t)length);
  if (it.netif.input(packet, &it.netif) != ERR_OK) pbuf_free(packet);
  return true;
}

int32_t ringwire_poll(void) {
  uint32_t us = 0;
  it.milliseconds = it.config->now(&us);
  while (receive()) continue;
  sys_check_timeouts();
  uint32_t wait = sys_timeouts_sleeptime();
  return wait < LONGEST_SLEEP ? (int32_t)wait : LONGEST_SLEEP;
}

// ---- Applications ----

static void finish(struct tcp_pcb *pcb) {
  tcp_recv(pcb, NULL);
  tcp_sent(pcb, NULL);
  tcp_close(pcb);
}

// Sends back as much as there is room for. What is left waits as the argument of the connection until something has been acknowledged.
static bool is_echoed(struct pbuf *packet, struct tcp_pcb *pcb) {
  while (packet) {
    u16_t octets = LWIP_MIN(packet->len, tcp_sndbuf(pcb));
    if (!octets || tcp_write(pcb, packet->payload, octets, TCP_WRITE_FLAG_COPY) != ERR_OK) break;
    tcp_recved(pcb, octets);
    packet = pbuf_free_header(packet, octets);
  }
  tcp_arg(pcb, packet);
  tcp_output(pcb);
  return !packet;
}

static err_t echo_on(void *waiting, struct tcp_pcb *pcb, u16_t unused) {
  (void)unused;
  return is_echoed(waiting, pcb), ERR_OK;
}

static err_t echo_last(void *waiting, struct tcp_pcb *pcb, u16_t unused) {
  (void)unused;
  if (is_echoed(waiting, pcb)) finish(pcb);
  return ERR_OK;
}

static err_t echo(void *waiting, struct tcp_pcb *pcb, struct pbuf *packet, err_t error) {
  (void)error;
  if (!packet) {
    tcp_sent(pcb, echo_last);
    return echo_last(waiting, pcb, 0);
  }
  if (waiting) pbuf_cat(waiting, packet);
  is_echoed(waiting ? waiting : packet, pcb);
  return ERR_OK;
}

static err_t sink(void *unused, struct tcp_pcb *pcb, struct pbuf *packet, err_t error) {
  (void)unused, (void)error;
  if (!packet) return finish(pcb), ERR_OK;
  tcp_recved(pcb, packet->tot_len);
  pbuf_free(packet);
  return ERR_OK;
}

static char *text(char *at, const char *from) {
  while (*from) *at++ = *from++;
  return at;
}

static char *decimal(char *at, uint32_t value) {
  if (value > 9) at = decimal(at, value / 10);
  *at++ = (char)('0' + value % 10);
  return at;
}

static uint32_t answer(char *to) {
  static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nlwIP on a board\nsensor: ";
  char *at = decimal(text(to, head), it.number);
  at = decimal(text(at, "\nframes in: "), it.frames_in);
  at = decimal(text(at, "\nframes out: "), it.frames_out);
  return (uint32_t)(text(at, "\n") - to);
}

// The argument counts how far the blank line that ends the request has come.
static err_t page(void *argument, struct tcp_pcb *pcb, struct pbuf *packet, err_t error) {
  char made[PAGE_OCTETS];
  uintptr_t blank = (uintptr_t)argument;
  (void)error;
  if (!packet) return finish(pcb), ERR_OK;
  for (u16_t i = 0; i < packet->tot_len && blank < BLANK; i++) blank = pbuf_get_at(packet, i) == (blank & 1 ? '\n' : '\r') ? blank + 1 : 0;
  tcp_recved(pcb, packet->tot_len);
  pbuf_free(packet);
  tcp_arg(pcb, (void *)blank);
  if (blank < BLANK) return ERR_OK;
  tcp_write(pcb, made, (u16_t)answer(made), TCP_WRITE_FLAG_COPY);
  if (pcb->state != CLOSE_WAIT) finish(pcb);  // else the end of what comes, which stands in the same segment, is told next
  return ERR_OK;
}

static void failed(void *waiting, err_t error) {
  (void)error;
  if (waiting) pbuf_free(waiting);
}

static err_t accepted(void *unused, struct tcp_pcb *pcb, err_t error) {
  (void)unused;
  if (error != ERR_OK) return ERR_VAL;
  tcp_arg(pcb, NULL);
  tcp_recv(pcb, pcb->local_port == ECHO ? echo : pcb->local_port == SINK ? sink : page);
  if (pcb->local_port != ECHO) return ERR_OK;
  tcp_sent(pcb, echo_on);
  tcp_err(pcb, failed);
  return ERR_OK;
}

static bool listens(u16_t port) {
  struct tcp_pcb *pcb = tcp_new();
  if (!pcb || tcp_bind(pcb, IP_ADDR_ANY, port) != ERR_OK) return false;
  pcb = tcp_listen(pcb);
  if (pcb) tcp_accept(pcb, accepted);
  return pcb;
}

static void reply(void *unused, struct udp_pcb *pcb, struct pbuf *packet, const ip_addr_t *from, u16_t port) {
  (void)unused;
  udp_sendto(pcb, packet, from, port);
  pbuf_free(packet);
}

// ---- Start ----

static err_t set_up(struct netif *netif) {
  netif->hwaddr_len = ETH_HWADDR_LEN;
  netif->mtu = 1500;
  netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_LINK_UP;
  netif->output = etharp_output;
  netif->linkoutput = output;
  memcpy(netif->hwaddr, it.config->mac, ETH_HWADDR_LEN);
  return ERR_OK;
}

static ip4_addr_t address_of(const uint8_t octets[4]) {
  ip4_addr_t address;
  IP4_ADDR(&address, octets[0], octets[1], octets[2], octets[3]);
  return address;
}

int32_t ringwire_start(const ringwire_config *config) {
  uint32_t us = 0;
  it.config = config;
  it.milliseconds = config->now(&us);
  int32_t result = config->driver->init(config->part, config->mac);
  if (result) return result;
  lwip_init();
  ip4_addr_t address = address_of(config->ip), gateway = address_of(config->gateway), mask = {lwip_htonl(~0u << (32 - config->prefix))};
  netif_add(&it.netif, &address, &mask, &gateway, NULL, set_up, ethernet_input);
  netif_set_default(&it.netif);
  netif_set_up(&it.netif);
  struct udp_pcb *udp = udp_new();
  if (!udp || udp_bind(udp, IP_ADDR_ANY, ECHO) != ERR_OK) return -1;
  udp_recv(udp, reply, NULL);
  return listens(ECHO) && listens(SINK) && listens(PAGE) ? 0 : -1;
}

// ---- What the programs ask for besides ----

uint32_t ringwire_needed(void) { return 0; }
uint32_t ringwire_traps(void) { return 0; }
uint32_t ringwire_control(uint32_t offset) { return offset == RW_CONTROL_CLASSES + 8 ? TCP_SND_BUF : 0; }
void ringwire_set_control(uint32_t offset, uint32_t value) { (void)offset, (void)value; }
uint32_t ringwire_mail(uint32_t place) { return place ? 0 : it.number; }
void ringwire_set_mail(uint32_t place, uint32_t value) {
  if (!place) it.number = value;
}
