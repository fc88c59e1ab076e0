// What the stack has in use and has counted, said on the serial line, for tests: only in programs built with RW_ACCOUNT.
#ifndef RINGWIRE_ACCOUNT_H
#define RINGWIRE_ACCOUNT_H

#include "ringwire.h"

// The word `msl=` as a setting: milliseconds, so that tests need not wait two minutes for TIME-WAIT to end.
void account_settings(ringwire_config *config);
// After each poll, with what it answered. Once no frame has come for a second and nothing is due within another, prints the account, if a frame came or
// what is in use has changed since the last one. Answers how long to sleep.
int32_t account_poll(int32_t wait);

#endif
