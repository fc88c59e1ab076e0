// pump send|receive ADDRESS PORT SECONDS: octets as fast as they go through a socket of the kernel, after a warm-up; prints nanoseconds of the wall clock
// for an octet as a line of JSON. Of what is sent only what the peer has acknowledged counts.
// pump serve: the other end where that is the kernel as well: discards on port 9, and sends on port 19 as much as is taken.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <linux/sockios.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 131072, DISCARD = 9, SOURCE = 19 };

#define must(holds, what) ((holds) ? (void)0 : (perror("pump: " what), exit(1)))

static char buffer[CHUNK];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static ssize_t step(int fd, int sends) {
  return sends ? write(fd, buffer, CHUNK) : read(fd, buffer, CHUNK);
}

// Octets that have left so far, or come.
static double moved(int fd, int sends, double octets) {
  int waiting = 0;
  if (sends) must(!ioctl(fd, SIOCOUTQ, &waiting), "SIOCOUTQ");
  return octets - waiting;
}

static void measure(int fd, int sends, double seconds) {
  double warm = seconds / 2 > 1 ? seconds / 2 : 1, began = now(), from = 0, at = 0, octets = 0, base = 0;
  while (!from || at - from < seconds) {
    ssize_t count = step(fd, sends);
    must(count > 0, "the connection has ended");
    octets += count;
    at = now();
    if (!from && at - began >= warm) from = at, base = moved(fd, sends, octets);
  }
  printf("{\"value\": %.6g}\n", (at - from) * 1e9 / (moved(fd, sends, octets) - base));
}

static struct sockaddr_in end(const char *address, int port) {
  struct sockaddr_in it = {.sin_family = AF_INET, .sin_port = htons(port)};
  must(inet_pton(AF_INET, address, &it.sin_addr) == 1, "address");
  return it;
}

static void serve(int port, int sends) {
  int yes = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in any = end("0.0.0.0", port);
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  must(!bind(listener, (struct sockaddr *)&any, sizeof any) && !listen(listener, 8), "bind");
  if (sends) puts("ready"), fflush(stdout);
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    while (step(fd, sends) > 0) {}
    close(fd);
  }
}

int main(int count, char **words) {
  signal(SIGPIPE, SIG_IGN);
  if (count == 2 && !strcmp(words[1], "serve")) {
    if (fork()) serve(SOURCE, 1);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    serve(DISCARD, 0);
  }
  if (count != 5) return fputs("expected: pump send|receive ADDRESS PORT SECONDS, or pump serve\n", stderr), 2;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in to = end(words[2], atoi(words[3]));
  must(!connect(fd, (struct sockaddr *)&to, sizeof to), "connect");
  measure(fd, !strcmp(words[1], "send"), atof(words[4]));
  return 0;
}
