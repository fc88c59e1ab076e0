// The module by wasm3, an interpreter: the .wasm lies in flash as it is and can be replaced in the field. All of its memory is one static heap;
// everything is compiled at the start, so that nothing is taken from the heap afterwards. A trap ends the call that ran.
#include <string.h>

#include "m3_code.h"
#include "m3_compile.h"
#include "m3_env.h"
#include "ringwire.h"
#include "ringwire_engine.h"
#include "ringwire_heap.h"
#include "wasm3.h"

#ifndef RW_MEMORY_OCTETS
#error "RW_MEMORY_OCTETS: how large the linear memory is (at least what ringwire_needed() answers)"
#endif
#ifndef RW_WASM_STACK
#define RW_WASM_STACK 4096
#endif

enum { PAGE = 65536 };

static IM3Runtime runtime;
static uint32_t generation;  // of the runtime, so that functions found in an earlier one are looked up again

// A function of the module, once it was found.
typedef struct {
  IM3Function function;
  uint32_t generation;
} entry;

// Called by wasm3 for every call of a function within the module.
M3Result m3_Yield(void) {
  rw_alive();
  return m3Err_none;
}

static M3Result load(const uint8_t *wasm, uint32_t octets) {
  IM3Environment environment = m3_NewEnvironment();
  IM3Module module = NULL;
  if (!environment) return m3Err_mallocFailed;
  runtime = m3_NewRuntime(environment, RW_WASM_STACK, NULL);
  if (!runtime) return m3Err_mallocFailed;
  runtime->memoryLimit = RW_MEMORY_OCTETS;
  M3Result wrong = m3_ParseModule(environment, &module, wasm, octets);
  if (!wrong) wrong = m3_LoadModule(runtime, module);
  if (!wrong && RW_MEMORY_OCTETS > PAGE) wrong = ResizeMemory(runtime, (RW_MEMORY_OCTETS + PAGE - 1) / PAGE);
#ifndef RW_HEAP_REACH
  if (!wrong) wrong = m3_CompileModule(module);
#endif
  return wrong;
}

#ifdef RW_HEAP_REACH
// Forgets all compiled code; nothing runs.
static void forget_code(IM3Module module) {
  FreeCodePages(&runtime->pagesOpen);
  FreeCodePages(&runtime->pagesFull);
  for (uint32_t i = 0; i < module->numFunctions; i++) {
    IM3Function function = &module->functions[i];
    m3_Free(function->constants);
    function->compiled = NULL;
    function->isCalled = false;
  }
  generation++;
}

static bool is_wanted(IM3Function function) { return function->isCalled || (function->export_name && strcmp(function->export_name, "init")); }

// Compiles what exports call, but for `init`, and what that calls.
static M3Result compile_wanted(IM3Module module) {
  M3Result wrong = NULL;
  for (uint32_t i = 0; i < module->table0Size; i++) {
    if (module->table0[i]) module->table0[i]->isCalled = true;
  }
  for (bool found = true; found;) {
    found = false;
    for (uint32_t i = 0; i < module->numFunctions; i++) {
      IM3Function function = &module->functions[i];
      if (!function->wasm || function->compiled || !is_wanted(function)) continue;
      wrong = CompileFunction(function);
      if (wrong) return wrong;
      found = true;
    }
  }
  return NULL;
}

// What only the start called is not needed again: its code makes room for the rest, which was compiled when first called, as the start was.
bool rw_engine_settle(void) {
  IM3Module module = runtime->modules;
  forget_code(module);
  M3Result wrong = compile_wanted(module);
  if (wrong) rw_trapped(wrong);
  return !wrong;
}
#else
bool rw_engine_settle(void) { return true; }
#endif

bool rw_engine_start(const uint8_t *module, uint32_t octets) {
  rw_heap_reset();
  generation++;
  M3Result wrong = module ? load(module, octets) : "no module";
  if (wrong) rw_trapped(wrong);
  return !wrong;
}

uint8_t *rw_engine_memory(uint32_t *octets) { return m3_GetMemory(runtime, octets, 0); }

// It was zeroed at the start, and grows upwards.
uint32_t rw_wasm_stack_used(void) {
  const uint8_t *stack = runtime->stack;
  uint32_t used = RW_WASM_STACK;
  while (used && !stack[used - 1]) used--;
  return used;
}

static uint32_t octets_of_pages(IM3CodePage page) {
  uint32_t octets = 0;
  for (; page; page = page->info.next) octets += sizeof page->info + page->info.numLines * sizeof page->code[0];
  return octets;
}

uint32_t rw_wasm_code(void) { return octets_of_pages(runtime->pagesOpen) + octets_of_pages(runtime->pagesFull); }

static int32_t call(entry *it, const char *name, uint32_t count, const void **arguments) {
  int32_t answer = 0;
  const void *answers[] = {&answer};
  if (rw_is_trapped()) return RINGWIRE_TRAPPED;
  if (it->generation != generation) {
    M3Result missing = m3_FindFunction(&it->function, runtime, name);
    if (missing == m3Err_functionLookupFailed) return RW_ERR_NOT_SUPPORTED;
    if (missing) return rw_trapped(missing);
    it->generation = generation;
  }
  M3Result trap = m3_Call(it->function, count, arguments);
  if (!trap) trap = m3_GetResults(it->function, 1, answers);
  return trap ? rw_trapped(trap) : answer;
}

#define CALL0(name)         \
  int32_t rw_##name(void) { \
    static entry it;        \
    return call(&it, #name, 0, NULL); \
  }
#define CALL1(name)                       \
  int32_t rw_##name(uint32_t a) {         \
    static entry it;                      \
    return call(&it, #name, 1, (const void *[]){&a}); \
  }
#define CALL2(name)                           \
  int32_t rw_##name(uint32_t a, uint32_t b) { \
    static entry it;                          \
    return call(&it, #name, 2, (const void *[]){&a, &b}); \
  }
#define CALL3(name)                                       \
  int32_t rw_##name(uint32_t a, uint32_t b, uint32_t c) { \
    static entry it;                                      \
    return call(&it, #name, 3, (const void *[]){&a, &b, &c}); \
  }
RW_CALLS(CALL0, CALL1, CALL2, CALL3)
