// A Linux host for Ringwire as C, written from docs/abi.md alone.
//
//   host tap NAME ADDRESS/PREFIX   serves ping and TCP echo (port 7) on a TAP device
//   host replay FILE               performs a log of inputs; prints `HASH ANSWER` after each step, both as 8 hexadecimal digits
//
// A log has one step a line; numbers are decimal, octets hexadecimal:
//   control OFFSET OCTETS     octets into the control block
//   init MS US                as section 1 says, with growing of the memory
//   frame DEVICE OCTETS       a frame into the receive ring
//   poll MS US                (receive and transmit: as calls)
//   take DEVICE COUNT         takes that many frames out of the transmit ring; the answer is their FNV-1a hash
//   call NAME NUMBERS...      an exported function
//   endpoint RECORD OCTETS    RECORD is local or remote
//   write OCTETS              where the last span call pointed
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "ringwire_abi.h"
#include "ringwire_calls.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "words of the module are little-endian");

enum { ECHO_PORT = 7, BACKLOG = 64, OWNER = 0, BUFFER_CLASS = 0, SLOTS = 256, MTU = 1500, SEED = 32, MAC = 6, SHARE = 4096 };

// Records that section 2 describes in words.
typedef struct { uint8_t ip[4], prefix, state, zero[2]; } address_record;
typedef struct { uint16_t family, port; uint8_t address[16]; uint32_t interface; } endpoint_record;
typedef struct { uint32_t length; uint16_t flags, segment_size, reserved; } slot_header;

static uint32_t C;  // address of the control block

#define fail(...) (fputs("host: ", stderr), fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))

// ---- Memory and start ----

static uint8_t *at(uint32_t address, uint32_t octets) {
  if ((uint64_t)address + octets > rw.w2c_memory.size) fail("address %u lies outside the memory", address);
  return rw.w2c_memory.data + address;
}

static uint32_t load(uint32_t address) {
  uint32_t word;
  memcpy(&word, at(address, sizeof word), sizeof word);
  return word;
}

static void put(uint32_t address, const void *octets, uint32_t count) { memcpy(at(address, count), octets, count); }
static void store(uint32_t address, uint32_t word) { put(address, &word, sizeof word); }

static uint32_t device_at(uint32_t device) {
  if (device >= RW_DEVICES_MAX) fail("device %u: there are %d", device, RW_DEVICES_MAX);
  return C + RW_CONTROL_DEVICE_TABLE + device * RW_DEVICE_OCTETS;
}

static void instantiate(void) {
  wasm2c_ringwire_instantiate(&rw);
  C = (uint32_t)rw_control();
  if (load(C + RW_CONTROL_ABI) != RW_ABI_VERSION) fail("host interface %u, expected %d", load(C + RW_CONTROL_ABI), RW_ABI_VERSION);
}

// Section 1, step 3: once, or twice with enough memory.
static int32_t start(uint32_t ms, uint32_t us) {
  int32_t result = rw_init(ms, us);
  if (result != RW_ERR_NO_MEMORY) return result;
  wasm_rt_memory_t *memory = &rw.w2c_memory;
  uint32_t needed = load(C + RW_CONTROL_MEMORY_NEEDED);
  if (!wasm_rt_grow_memory(memory, (needed + (uint64_t)memory->page - 1) / memory->page)) fail("no memory: %u octets are needed", needed);
  return rw_init(ms, us);
}

// ---- Frame rings ----

// The slot of the next frame to write, or 0 when the ring is full.
static uint32_t rx_slot(uint32_t device) {
  uint32_t written = load(device + RW_DEVICE_RX_WRITTEN), slots = load(device + RW_DEVICE_RX_SLOTS);
  if (written - load(device + RW_DEVICE_RX_TAKEN) >= slots) return 0;
  return load(device + RW_DEVICE_RX_RING) + (written & (slots - 1)) * load(device + RW_DEVICE_SLOT_OCTETS);
}

static void rx_commit(uint32_t device, uint32_t slot, uint32_t length) {
  put(slot, &(slot_header){.length = length}, RW_SLOT_ETHERNET);
  store(device + RW_DEVICE_RX_WRITTEN, load(device + RW_DEVICE_RX_WRITTEN) + 1);
}

// The slot of the oldest frame to send, or 0 when there is none.
static uint32_t tx_slot(uint32_t device) {
  uint32_t taken = load(device + RW_DEVICE_TX_TAKEN), slots = load(device + RW_DEVICE_TX_SLOTS);
  if (taken == load(device + RW_DEVICE_TX_WRITTEN)) return 0;
  return load(device + RW_DEVICE_TX_RING) + (taken & (slots - 1)) * load(device + RW_DEVICE_SLOT_OCTETS);
}

static void tx_take(uint32_t device) { store(device + RW_DEVICE_TX_TAKEN, load(device + RW_DEVICE_TX_TAKEN) + 1); }
static int is_raw(uint32_t device) { return *at(device + RW_DEVICE_KIND, 1) == RW_DEVICE_KIND_RAW_IP; }
static uint32_t frame_start(uint32_t device) { return is_raw(device) ? RW_SLOT_RAW_IP : RW_SLOT_ETHERNET; }

// ---- host tap ----

static int open_tap(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  if (strlen(name) >= sizeof request.ifr_name) fail("%s: too long for the name of a device", name);
  strcpy(request.ifr_name, name);
  int tap = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (tap < 0 || ioctl(tap, TUNSETIFF, &request) < 0) fail("TAP device %s: %s", name, strerror(errno));
  return tap;
}

static address_record parse_address(const char *text) {
  address_record record = {.state = RW_ADDRESS_STATE_VALID};
  char address[INET_ADDRSTRLEN];
  int fields = sscanf(text, "%15[0-9.]/%hhu", address, &record.prefix);
  if (fields != 2 || inet_pton(AF_INET, address, record.ip) != 1) fail("%s is no address (expected as 10.0.0.2/24)", text);
  return record;  // init refuses a prefix out of range
}

static void configure(const char *address) {
  uint32_t device = device_at(0), interface = C + RW_CONTROL_INTERFACE_TABLE;
  address_record record = parse_address(address);
  uint8_t *seed = at(C + RW_CONTROL_SEED, SEED), *mac = at(interface + RW_INTERFACE_MAC, MAC);
  if (getentropy(seed, SEED) || getentropy(mac, MAC)) fail("no entropy: %s", strerror(errno));
  *mac = 0x02;  // unicast, locally administered
  store(C + RW_CONTROL_DEVICES, 1);
  store(C + RW_CONTROL_INTERFACES, 1);
  *at(device + RW_DEVICE_KIND, 1) = RW_DEVICE_KIND_ETHERNET;
  store(device + RW_DEVICE_RX_SLOTS, SLOTS);
  store(device + RW_DEVICE_TX_SLOTS, SLOTS);
  store(interface + RW_INTERFACE_MTU, MTU);
  put(interface + RW_INTERFACE_ADDRESSES, &record, sizeof record);
}

static uint32_t now(uint32_t *us) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  *us = (uint32_t)(time.tv_nsec / 1000 % 1000);
  return (uint32_t)(time.tv_sec * 1000 + time.tv_nsec / 1000000);
}

// Reads frames straight into slots, until the ring is full or nothing waits.
static void receive_frames(int tap, uint32_t device) {
  uint32_t room = load(device + RW_DEVICE_SLOT_OCTETS) - RW_SLOT_ETHERNET;
  for (uint32_t slot; (slot = rx_slot(device));) {
    ssize_t length = read(tap, at(slot + RW_SLOT_ETHERNET, room), room);
    if (length < 0 && errno == EAGAIN) return;
    if (length < 0) fail("TAP device: %s", strerror(errno));
    rx_commit(device, slot, (uint32_t)length);
  }
}

// Writes frames straight out of slots, until the ring is empty or the device takes no more; a frame that it refuses is lost, as on a wire.
static int send_frames(int tap, uint32_t device) {
  int sent = 0;
  for (uint32_t slot; (slot = tx_slot(device)); sent++) {
    uint32_t length = load(slot);
    if (write(tap, at(slot + RW_SLOT_ETHERNET, length), length) < 0 && errno == EAGAIN) break;
    tx_take(device);
  }
  return sent;
}

// Sends back what has arrived. A socket that has more than its share of octets is queued again, behind the others.
static void echo(uint32_t handle) {
  for (uint32_t octets, echoed = 0; echoed < SHARE; echoed += octets) {
    int32_t ready = rw_tcp_receive_ready(handle);
    uint32_t from = load(C + RW_CONTROL_SPAN);
    if (ready == 0) return;
    int32_t space = ready < 0 ? ready : rw_tcp_send_space(handle);
    uint32_t to = load(C + RW_CONTROL_SPAN);
    if (space == 0) return;  // WRITABLE will come
    if (space < 0) return (void)rw_tcp_close(handle, 0);  // the peer has closed and everything is sent back, or the connection is gone
    octets = (uint32_t)(ready < space ? ready : space);
    memcpy(at(to, octets), at(from, octets), octets);
    rw_tcp_send_commit(handle, octets, octets == (uint32_t)ready);
    rw_tcp_receive_release(handle, octets);
  }
  rw_ready_rearm(handle);
}

// Serves every socket to which something happened; answers how many.
static int serve(uint32_t listener) {
  int served = 0;
  for (uint32_t handle; (handle = (uint32_t)rw_ready_next(OWNER)); served++) {
    if (handle != listener) echo(handle);
    for (int32_t connection; handle == listener && (connection = rw_tcp_accept(listener)) > 0;) echo((uint32_t)connection);
  }
  return served;
}

// Sleeps until a frame can be read (and there is room), written (and one waits), or `wait` milliseconds have passed.
static void sleep_until(int tap, uint32_t device, int32_t wait) {
  struct pollfd watched = {.fd = tap, .events = (short)((rx_slot(device) ? POLLIN : 0) | (tx_slot(device) ? POLLOUT : 0))};
  if (poll(&watched, 1, wait) < 0 && errno != EINTR) fail("poll: %s", strerror(errno));
  if (watched.revents & (POLLERR | POLLNVAL)) fail("the TAP device is gone");
}

static void tap(const char *name, const char *address) {
  int file = open_tap(name);
  uint32_t us, ms = now(&us), device = device_at(0);
  configure(address);
  int32_t result = start(ms, us);
  if (result < 0) fail("init answered %d for the word at %u", result, load(C + RW_CONTROL_DETAIL));
  put(C + RW_CONTROL_LOCAL, &(endpoint_record){.family = RW_FAMILY_IPV4, .port = ECHO_PORT}, RW_ENDPOINT_OCTETS);
  int32_t listener = rw_tcp_listen(BUFFER_CLASS, BACKLOG, OWNER);
  if (listener < 0) fail("tcp_listen answered %d", listener);
  dprintf(STDOUT_FILENO, "%s: ping and TCP echo\n", address);
  for (;;) {
    receive_frames(file, device);
    ms = now(&us);
    int32_t wait = rw_poll(ms, us);
    int busy = send_frames(file, device) + serve((uint32_t)listener);
    if (tx_slot(device) || (wait && !busy)) sleep_until(file, device, wait ? wait : 1);
  }
}

// ---- host replay ----

// Writes octets, given as hexadecimal digits, to an address; answers how many.
static uint32_t write_octets(uint32_t address, const char *text) {
  uint32_t count = (uint32_t)strlen(text) / 2;
  for (uint32_t i = 0; i < count; i++) {
    const char digits[3] = {text[2 * i], text[2 * i + 1], 0};
    char *end;
    *at(address + i, 1) = (uint8_t)strtoul(digits, &end, 16);
    if (*end) fail("%s: no hexadecimal digits", digits);
  }
  return count;
}

static uint32_t number(const char *text) {
  char *end = NULL;
  uint32_t value = text ? (uint32_t)strtoll(text, &end, 10) : 0;
  if (!end || end == text || *end) fail("%s: expected a number", text ? text : "end of line");
  return value;
}

static uint32_t input(uint32_t device, const char *text) {
  uint32_t slot = rx_slot(device), start = frame_start(device);
  if (!slot) fail("the receive ring is full");
  if (strlen(text) / 2 > load(device + RW_DEVICE_SLOT_OCTETS) - start) fail("a frame of %zu octets does not fit a slot", strlen(text) / 2);
  uint32_t length = write_octets(slot + start, text);
  rx_commit(device, slot, length);
  return length;
}

static uint32_t take(uint32_t device, uint32_t count) {
  uint32_t hash = 0x811c9dc5;
  for (; count; count--, tx_take(device)) {
    uint32_t slot = tx_slot(device);
    if (!slot) fail("the transmit ring is empty");
    const uint8_t *frame = at(slot + frame_start(device), load(slot));
    for (uint32_t i = 0; i < load(slot); i++) hash = (hash ^ frame[i]) * 0x01000193;
  }
  return hash;
}

static uint32_t call(const char *name) {
  uint32_t arguments[4] = {0};
  for (size_t i = 0; i < sizeof rw_calls / sizeof *rw_calls; i++) {
    if (strcmp(rw_calls[i].name, name)) continue;
    for (int k = 0; k < rw_calls[i].arguments; k++) arguments[k] = number(strtok(NULL, " \n"));
    return (uint32_t)rw_calls[i].call(arguments);
  }
  fail("no function %s", name);
}

static uint32_t step(const char *verb, const char *first, const char *second) {
  if (!strcmp(verb, "control") && second) return write_octets(C + number(first), second);
  if (!strcmp(verb, "init")) return (uint32_t)start(number(first), number(second));
  if (!strcmp(verb, "frame") && second) return input(device_at(number(first)), second);
  if (!strcmp(verb, "poll")) return (uint32_t)rw_poll(number(first), number(second));
  if (!strcmp(verb, "take")) return take(device_at(number(first)), number(second));
  if (!strcmp(verb, "endpoint") && second) return write_octets(C + (strcmp(first, "local") ? RW_CONTROL_REMOTE : RW_CONTROL_LOCAL), second);
  if (!strcmp(verb, "write") && first) return write_octets(load(C + RW_CONTROL_SPAN), first);
  fail("%s: no step of a log, or octets are missing", verb);
}

static void replay(const char *path) {
  FILE *file = fopen(path, "r");
  char *line = NULL;
  if (!file) fail("%s: %s", path, strerror(errno));
  for (size_t size = 0; getline(&line, &size, file) > 0;) {
    char *verb = strtok(line, " \n"), *first = strtok(NULL, " \n");
    if (!verb) continue;
    uint32_t answer = !strcmp(verb, "call") && first ? call(first) : step(verb, first, strtok(NULL, " \n"));
    printf("%08x %08x\n", (uint32_t)rw_state_hash(), answer);
  }
}

int main(int count, char **words) {
  int is_tap = count == 4 && !strcmp(words[1], "tap"), is_replay = count == 3 && !strcmp(words[1], "replay");
  if (!is_tap && !is_replay) fail("expected: host tap NAME ADDRESS/PREFIX, or: host replay FILE");
  instantiate();
  is_tap ? tap(words[2], words[3]) : replay(words[2]);
}
