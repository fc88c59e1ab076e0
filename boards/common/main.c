// Serves: ping, TCP and UDP echo on port 7, and the page on port 80, which the application in the module brings. Prints `ready` once it does.
#include "board.h"
#include "words.h"

#ifdef RW_ACCOUNT
#include "account.h"
#endif

// An example of examples/ in place of application.ts.
#ifdef RW_EXAMPLE
#include "flash.h"
enum { IS_EXAMPLE = 1 };
#else
enum { IS_EXAMPLE = 0 };
#endif

// The word `trap` breaks the stack once, after so many polls, to show that it comes back.
static void break_once(uint32_t polls) {
  static bool is_done;
  if (is_done || polls < 100 || !word_after("trap")) return;
  is_done = true;
  ringwire_set_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_RING, 0x80000000);
  ringwire_set_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_WRITTEN, ringwire_control(RW_CONTROL_DEVICE_TABLE + RW_DEVICE_RX_TAKEN) + 1);
}

// What is done beside a poll, in programs that have it; answers how long to sleep.
static int32_t beside(const ringwire_config *config, int32_t wait) {
#ifdef RW_DHCP
  static int32_t before;
  int32_t state = ringwire_dhcp_poll(config);
  if (state != before && state == RW_DHCP_STATE_BOUND) print("bound\n");
  before = state;
#endif
#ifdef RW_EXAMPLE
  if (ringwire_flash_answer(&board_flash)) wait = 0;
#endif
#ifdef RW_ACCOUNT
  wait = account_poll(wait);
#endif
  return (void)config, wait;
}

int main(void) {
  board_init();
  const ringwire_config *config = service_config();
  int32_t result = ringwire_start(config);
  if (result < 0) {
    print("no start: error -");
    print_line("", (uint32_t)-result);
    print_line("memory needed:", ringwire_needed());
    board_exit(1);
  }
  print_line("memory", ringwire_needed());
  bool has_mail = words_mail();
  print("ready\n");
  for (uint32_t polls = 0;; polls++) {
    if (!has_mail && !IS_EXAMPLE) ringwire_set_mail(0, polls);  // the sensor of this board counts polls
    break_once(polls);
    int32_t wait = ringwire_poll();
    words_show();
    wait = beside(config, wait);
    if (wait > 0) board_sleep(wait);
    if (wait < 0) board_sleep(100);  // no start after a trap: tried again
  }
}
