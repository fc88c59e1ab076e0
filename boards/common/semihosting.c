// Semihosting: the words of the command line, and an end with a status. On Arm by BKPT, on RISC-V by EBREAK between two marks.
#include "board.h"

enum { OPEN = 0x01, CLOSE = 0x02, WRITE = 0x05, READ = 0x06, GET_COMMAND_LINE = 0x15, EXIT_EXTENDED = 0x20, APPLICATION_EXIT = 0x20026 };

static intptr_t call(intptr_t operation, void *argument) {
#ifdef __arm__
  register intptr_t r0 __asm__("r0") = operation;
  register void *r1 __asm__("r1") = argument;
  __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
#else
  register intptr_t a0 __asm__("a0") = operation;
  register void *a1 __asm__("a1") = argument;
  __asm__ volatile(".balign 16\n.option push\n.option norvc\nslli zero, zero, 0x1f\nebreak\nsrai zero, zero, 7\n.option pop" : "+r"(a0) : "r"(a1) : "memory");
  return a0;
#endif
}

const char *board_words(void) {
  static char text[WORDS_OCTETS];
  static bool is_known;
  struct {
    char *text;
    uintptr_t room;
  } block = {text, sizeof text};
  if (!is_known && call(GET_COMMAND_LINE, &block) != 0) text[0] = 0;
  is_known = true;
  return text;
}

// A file of the machine on which the emulator runs, by the text that follows a word; negative: no such word, or no such file.
int32_t file_open(const char *word, bool is_written) {
  static char path[WORDS_OCTETS];
  const char *from = word_after(word);
  uint32_t octets = 0;
  if (!from) return -1;
  for (; from[octets] && from[octets] != ' '; octets++) path[octets] = from[octets];
  path[octets] = 0;
  uintptr_t block[] = {(uintptr_t)path, is_written ? 5 : 1, octets};  // "wb", "rb"
  return (int32_t)call(OPEN, block);
}

bool file_write(int32_t file, const void *octets, uint32_t count) {
  uintptr_t block[] = {(uintptr_t)file, (uintptr_t)octets, count};
  return call(WRITE, block) == 0;
}

uint32_t file_read(int32_t file, void *octets, uint32_t room) {
  uintptr_t block[] = {(uintptr_t)file, (uintptr_t)octets, room};
  return room - (uint32_t)call(READ, block);
}

void file_close(int32_t file) {
  uintptr_t block[] = {(uintptr_t)file};
  call(CLOSE, block);
}

_Noreturn void board_exit(int status) {
  uintptr_t block[] = {APPLICATION_EXIT, (uintptr_t)status};
  call(EXIT_EXTENDED, block);
  for (;;) continue;
}
