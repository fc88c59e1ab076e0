// What an engine gives to ringwire.c, and ringwire.c to an engine.
#ifndef RINGWIRE_ENGINE_H
#define RINGWIRE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

// A fresh instance, as after the first start. False: the module cannot be had.
bool rw_engine_start(const uint8_t *module, uint32_t octets);
// `init` has run, and is not called again in this instance. False: it trapped.
bool rw_engine_settle(void);
// Linear memory; it never moves while the instance lives.
uint8_t *rw_engine_memory(uint32_t *octets);
// wasm3: how much of its stack was ever in use.
uint32_t rw_wasm_stack_used(void);
// wasm3: octets that compiled code takes, in whole pages.
uint32_t rw_wasm_code(void);

// Something trapped: reported and counted. Answers RINGWIRE_TRAPPED.
int32_t rw_trapped(const char *what);
// Whether nothing may be called until the stack is started anew.
bool rw_is_trapped(void);
// The watchdog hook.
void rw_alive(void);

#endif
