// Answers what applications in the module ask of the host by the mailbox: octets that it keeps, in flash say. docs/abi.md, "What the host keeps".
#include <string.h>

#include "ringwire.h"

static int32_t done(const ringwire_flash *flash, uint32_t what, uint32_t store, uint32_t offset, uint32_t octets) {
  uint32_t address = ringwire_mail(RW_FLASH_WORD_ADDRESS);
  void *at = ringwire_at(address, octets);
  int32_t size = flash->size(store);
  if (size < 0 || what == RW_FLASH_WHAT_SIZE) return size;
  if (!at) return RW_ERR_BAD_ARGUMENT;
  if (what == RW_FLASH_WHAT_WRITE) return flash->write ? flash->write(store, offset, at, octets) : RW_ERR_NOT_SUPPORTED;
  if (what != RW_FLASH_WHAT_READ) return RW_ERR_NOT_SUPPORTED;
  uint32_t left = offset < (uint32_t)size ? (uint32_t)size - offset : 0, count = octets < left ? octets : left;
  if (count) ringwire_put(address, flash->at(store, offset), count);
  return (int32_t)count;
}

bool ringwire_flash_answer(const ringwire_flash *flash) {
  uint32_t what = ringwire_mail(RW_FLASH_WORD_WHAT);
  if (what == RW_FLASH_WHAT_NOTHING) return false;
  int32_t answer = done(flash, what, ringwire_mail(RW_FLASH_WORD_STORE), ringwire_mail(RW_FLASH_WORD_OFFSET), ringwire_mail(RW_FLASH_WORD_OCTETS));
  ringwire_set_mail(RW_FLASH_WORD_ANSWER, (uint32_t)answer);
  ringwire_set_mail(RW_FLASH_WORD_WHAT, RW_FLASH_WHAT_NOTHING);
  return true;
}
