// How deep the native stack has been: it is painted before anything runs.
#include "board.h"

extern uint32_t _stack_end[], _stack[];
enum { PAINT = 0x57ac57ac };

uint32_t stack_octets(void) { return (uint32_t)((uint8_t *)_stack - (uint8_t *)_stack_end); }

uint32_t stack_used(void) {
  const uint32_t *at = _stack_end;
  while (at < _stack && *at == PAINT) at++;
  return (uint32_t)((const uint8_t *)_stack - (const uint8_t *)at);
}
