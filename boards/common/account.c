#include "account.h"

#include "board.h"

#ifdef RW_WASM_IMAGE
#include "ringwire_heap.h"
#endif

enum { QUIET = 1000 };

void account_settings(ringwire_config *config) {
  static ringwire_setting setting = {.offset = RW_CONTROL_MSL};
  const char *at = word_after("msl=");
  if (!at) return;
  for (setting.value = 0; *at >= '0' && *at <= '9'; at++) setting.value = setting.value * 10 + (uint32_t)(*at - '0');
  config->settings = &setting;
  config->setting_count = 1;
}

// `pool NUMBER IN-USE` and `counter NUMBER VALUE`; what is 0 is left out.
static void print_pair(const char *name, uint32_t number, uint32_t value) {
  if (!value) return;
  print(name);
  print_number(number);
  print_line("", value);
}

static uint32_t in_use(uint32_t pool) {
  uint32_t at = ringwire_control(RW_CONTROL_POOLS) + pool * RW_POOL_OCTETS;
  return ringwire_word(at + RW_POOL_MARK) - ringwire_word(at + RW_POOL_FREE);
}

static uint32_t all_in_use(void) {
  uint32_t sum = 0;
  for (uint32_t i = 0; i < RW_POOL_INDEX_COUNT; i++) sum += in_use(i);
  return sum;
}

static void print_account(void) {
  for (uint32_t i = 0; i < RW_POOL_INDEX_COUNT; i++) print_pair("pool ", i, in_use(i));
  for (uint32_t i = 0; i < RW_COUNTER_COUNT; i++) print_pair("counter ", i, ringwire_counter(i));
#ifdef RW_WASM_IMAGE
  print_line("heap", rw_heap_used());
#endif
  print_line("stack", stack_used());
  print_line("traps", ringwire_traps());
  print("at rest\n");
}

int32_t account_poll(int32_t wait) {
  static uint32_t seen, since, told, told_held;
  uint32_t frames = ringwire_counter(RW_COUNTER_FRAMES_IN), held = all_in_use(), us, now = board_now(&us);
  if (frames != seen) since = now;
  seen = frames;
  if (wait <= QUIET || (frames == told && held == told_held)) return wait;
  if (now - since < QUIET) return QUIET - (int32_t)(now - since);
  told = frames;
  told_held = held;
  print_account();
  return wait;
}
