// Text on the serial line, and the words that the program was started with.
#include "board.h"

#include <stddef.h>

const char *word_after(const char *text) { return text_after(board_words(), text); }

const char *text_after(const char *begin, const char *text) {
  for (const char *from = begin; *from; from++) {
    const char *at = from, *wanted = text;
    while (*wanted && *at == *wanted) at++, wanted++;
    if (!*wanted) return at;
  }
  return NULL;
}

void print(const char *text) {
  for (; *text; text++) board_put(*text);
}

void print_number(uint32_t value) {
  char digits[11];
  char *at = digits + sizeof digits;
  *--at = 0;
  do *--at = (char)('0' + value % 10);
  while (value /= 10);
  print(at);
}

void print_line(const char *name, uint32_t value) {
  print(name);
  board_put(' ');
  print_number(value);
  board_put('\n');
}
