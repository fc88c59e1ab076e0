// What a board gives to the programs that run on it, and what the parts that boards have in common offer.
#ifndef RINGWIRE_BOARD_H
#define RINGWIRE_BOARD_H

#include "ringwire.h"

// ---- Given by each board (boards/NAME/board.c) ----

// Clocks, serial line and timer.
void board_init(void);
void board_put(char letter);
// Milliseconds since the start, and the microseconds below one.
uint32_t board_now(uint32_t *us);
// Sleeps until the network part has something, or so many milliseconds have passed.
void board_sleep(int32_t ms);
// Ends the program; the emulator ends with this status.
_Noreturn void board_exit(int status);
// The words after the program's name, as semihosting gives them.
const char *board_words(void);
// Where a text begins among those words, behind it; NULL: it is not there.
const char *word_after(const char *text);
// The same in another text.
const char *text_after(const char *from, const char *text);
// For measurements: no more interrupts of the timer, and a count of its ticks.
void board_count(void);
uint32_t board_ticks(void);
extern const ringwire_driver board_driver;
extern void *const board_part;
extern const uint32_t board_rx_slots, board_tx_slots;

// ---- console.c ----

void print(const char *text);
void print_number(uint32_t value);
void print_line(const char *name, uint32_t value);

// ---- semihosting.c: files of the machine on which the emulator runs ----

enum { WORDS_OCTETS = 512 };
// The one whose path follows a word, as `log=`; negative: no such word, or no such file.
int32_t file_open(const char *word, bool is_written);
bool file_write(int32_t file, const void *octets, uint32_t count);
uint32_t file_read(int32_t file, void *octets, uint32_t room);
void file_close(int32_t file);

// ---- service.c ----

// The configuration of the stack that all programs share. The seed comes with the words: `seed=` and 64 hexadecimal digits.
const ringwire_config *service_config(void);

// ---- stack.c: the native stack, painted at the start ----

uint32_t stack_octets(void);
uint32_t stack_used(void);

#endif
