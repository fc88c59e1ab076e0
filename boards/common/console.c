// Text on the serial line.
#include "board.h"

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
