// native LIBRARY WORKLOAD CONNECTIONS SECONDS: one figure of a native peer, as a line of JSON, and how many units of work there were in all. suite/workloads.ts does the same, call by call.
// Two copies of the library, each with its own state, are the two ends.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

enum {
  DATAGRAM = 64, BATCH = 32, OPENING = 16, SERVED = 8, BULK = 65536, REQUEST = 64, TURN = 10, PATIENCE = 100, PAUSE = 250,
  PORT = 5000, CONNECTIONS_PER_PORT = 10000, UDP_PORT = 7, LARGE = 65536, SMALL = 1024, IN_SHORT = 256,
};

#define must(holds, what) ((holds) ? (void)0 : (fprintf(stderr, "native: %s\n", what), exit(1)))

typedef struct {
  int (*start)(int, int, int, int);
  void (*receive)(double);
  void (*transmit)(void);
  int (*listen)(int), (*connect)(int), (*accept)(void), (*put)(int, int), (*get)(int, int);
  void (*close)(int), (*open_udp)(int, int), (*put_udp)(int);
  int (*get_udp)(void);
  peer_rings *(*wire)(void);
} side;

static side client, server;
static int *near, *far, opened, accepted, first;
static double now = 1000;
static uint32_t seed = 1;

static side load(const char *library, int which) {
  char path[64];
  snprintf(path, sizeof path, "/tmp/peer-%d-%d.so", getpid(), which);
  char command[512];
  snprintf(command, sizeof command, "cp '%s' '%s'", library, path);
  must(!system(command), "the library cannot be copied");
  void *it = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  unlink(path);
  must(it, dlerror());
#define CALL(name) dlsym(it, "peer_" #name)
  return (side){CALL(start), CALL(receive), CALL(transmit), CALL(listen), CALL(connect), CALL(accept), CALL(put), CALL(get),
                CALL(close), CALL(open_udp), CALL(put_udp), CALL(get_udp), CALL(wire)};
}

// ---- The wire ----

// Moves a burst. Of a short frame no more is copied than there is.
static void move(const side *from, const side *to) {
  peer_rings *a = from->wire(), *b = to->wire();
  while (*a->tx_taken != *a->tx_written && *b->rx_written - *b->rx_taken < SLOTS) {
    peer_slot *slot = &a->tx[*a->tx_taken % SLOTS];
    memcpy(&b->rx[*b->rx_written % SLOTS], slot, SLOT_HEADER + slot->length);
    ++*a->tx_taken;
    ++*b->rx_written;
  }
}
static void up(void) { move(&client, &server); }
static void down(void) { move(&server, &client); }

static void exchange(void) {
  now += TURN / 1000.0;
  client.receive(now);
  client.transmit();
  up();
  server.receive(now);
  server.transmit();
  down();
}

static void accept_all(void) {
  for (int it; (it = server.accept()) >= 0;) far[accepted++] = it;
}

static void connect_all(int count) {
  near = calloc(count, sizeof *near);
  far = calloc(count, sizeof *far);
  for (int port = 0; port * CONNECTIONS_PER_PORT < count; port++) must(!server.listen(PORT + port), "listen");
  while (opened < count) {
    int most = opened + OPENING < count ? opened + OPENING : count;
    for (; opened < most; opened++) must((near[opened] = client.connect(PORT + opened / CONNECTIONS_PER_PORT)) >= 0, "connect");
    for (int i = 0; accepted < most; i++) {
      must(i < PATIENCE, "a connection does not open");
      exchange();
      accept_all();
    }
  }
  for (int i = 0; i < PATIENCE; i++) exchange();
}

// ---- Workloads: a turn of each, which answers how many units it did ----

static int both, spread;

static double bulk(void) {
  int flows = opened < SERVED ? opened : SERVED, share = BULK / flows;
  double octets = 0;
  now += TURN / 1000.0;
  client.receive(now);
  for (int i = 0; i < flows; i++) {
    int flow = near[(first + i) % opened];
    if (both) octets += client.get(flow, BULK);
    client.put(flow, share);
  }
  client.transmit();
  up();
  server.receive(now);
  for (int i = 0; i < flows; i++) {
    int flow = far[(first + i) % opened];
    octets += server.get(flow, BULK);
    if (both) server.put(flow, share);
  }
  server.transmit();
  down();
  first = (first + flows) % opened;
  return octets;
}

static double udp(void) {
  now += TURN / 1000.0;
  for (int i = 0; i < BATCH; i++) client.put_udp(DATAGRAM);
  client.transmit();
  up();
  server.receive(now);
  for (int i = 0; i < BATCH; i++) server.put_udp(server.get_udp());
  server.transmit();
  down();
  client.receive(now);
  for (int i = 0; i < BATCH; i++) must(client.get_udp() == DATAGRAM, "a datagram is lost");
  return 2 * BATCH;
}

// An octet arrives. Timers of a stack may have filled the ring with acknowledgements of other connections: then it waits for the next try.
static void arrives(const side *at, int handle) {
  for (int i = 0; at->get(handle, 1) != 1; i++) {
    must(i < PATIENCE, "an octet is lost");
    now += PAUSE;
    exchange();
  }
}
static double ping(void) {
  if (spread) seed = seed * 1664525 + 1013904223;
  int i = spread ? (int)((uint64_t)seed * opened >> 32) : 0;
  now += 0.001;
  client.put(near[i], 1);
  client.transmit();
  up();
  server.receive(now);
  arrives(&server, far[i]);
  server.put(far[i], 1);
  server.transmit();
  down();
  client.receive(now);
  arrives(&client, near[i]);
  return 1;
}

static double brief(void) {
  int here[OPENING], there[IN_SHORT], count = OPENING, served = 0;
  for (int i = 0; i < OPENING; i++) must((here[i] = client.connect(PORT)) >= 0, "connect");
  for (int i = 0; i < OPENING; i++) must(client.put(here[i], REQUEST) == REQUEST, "put");
  for (int turn = 0; count; turn++) {
    must(turn < PATIENCE, "a connection does not end");
    now += TURN / 1000.0;
    client.receive(now);
    for (int i = 0; i < count;) {
      if (client.get(here[i], REQUEST) >= 0) i++;
      else client.close(here[i]), here[i] = here[--count];
    }
    client.transmit();
    up();
    server.receive(now);
    for (int it; (it = server.accept()) >= 0;) there[served++] = it;
    for (int i = 0; i < served;) {
      if (server.get(there[i], REQUEST) != REQUEST) i++;
      else server.put(there[i], REQUEST), server.close(there[i]), there[i] = there[--served];
    }
    server.transmit();
    down();
  }
  exchange();
  return OPENING;
}

static double idle(void) {
  for (int i = 0; i < BATCH; i++) {
    now += 0.001;
    client.receive(now);
    client.transmit();
  }
  return BATCH;
}

// ---- Measuring ----

static double processor(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static double total;

static double run(double (*turn)(void), double seconds) {
  double began = processor(), units = 0;
  for (long turns = 1;;) {
    double before = processor();
    for (long i = 0; i < turns; i++) units += turn();
    double after = processor();
    if (after - began >= seconds * 1e9) total += units;
    if (after - began >= seconds * 1e9) return (after - began) / units;
    if (after - before < 1e7) turns *= 2;
  }
}

static double resident(void) {
  long total, pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  must(file && fscanf(file, "%ld %ld", &total, &pages) == 2, "statm");
  fclose(file);
  return (double)pages * sysconf(_SC_PAGESIZE);
}

int main(int count, char **words) {
  must(count == 5, "expected: native LIBRARY WORKLOAD CONNECTIONS SECONDS");
  const char *workload = words[2];
  int connections = atoi(words[3]);
  double seconds = atof(words[4]);
  client = load(words[1], 1);
  server = load(words[1], 2);
  both = !strcmp(workload, "both");
  spread = !strcmp(workload, "spread");
  int is_bulk = both || !strcmp(workload, "bulk"), is_short = !strcmp(workload, "short"), is_udp = !strcmp(workload, "udp");
  for (int i = 1; i <= 2; i++)
    must(!(i == 1 ? &client : &server)->start(i, is_short ? IN_SHORT : connections, is_bulk ? LARGE : SMALL, is_short ? connections : 32), "start");
  for (int i = 0; i < 3; i++) exchange();
  double before = resident();
  if (is_short) must(!server.listen(PORT), "listen");
  else connect_all(connections);
  if (!strcmp(workload, "memory")) return printf("{\"value\": %g}\n", (resident() - before) / connections / 2) < 0;
  if (is_udp) {
    client.open_udp(UDP_PORT + 1, UDP_PORT);
    server.open_udp(UDP_PORT, UDP_PORT + 1);
  }
  double (*turn)(void) = is_bulk ? bulk : is_udp ? udp : is_short ? brief : !strcmp(workload, "idle") ? idle : ping;
  run(turn, seconds / 2);
  double value = run(turn, seconds);
  printf("{\"value\": %.6g, \"units\": %.9g}\n", value, total);
  return 0;
}
