#include "words.h"

#include <string.h>

#include "board.h"

enum { SHOWN = 64 };

static uint32_t number(const char **at) {
  uint32_t value = 0;
  for (; **at >= '0' && **at <= '9'; ++*at) value = value * 10 + (uint32_t)(**at - '0');
  return value;
}

bool words_mail(void) {
  const char *at = word_after("mail=");
  if (!at) return false;
  for (; at; at = text_after(at, "mail=")) {
    uint32_t place = number(&at);
    if (*at++ == ':') ringwire_set_mail(place, number(&at));
  }
  return true;
}

static void show_text(const char *at) {
  static char shown[SHOWN];
  char text[SHOWN] = {0};
  uint32_t place = number(&at), octets = place < RW_MAILBOX_WORDS ? 4 * (RW_MAILBOX_WORDS - place) : 0;
  for (uint32_t i = 0; i < octets && i < SHOWN - 1; i++) {
    text[i] = (char)(ringwire_mail(place + i / 4) >> (8 * (i % 4)));
    if (!text[i]) break;
  }
  if (!memcmp(text, shown, SHOWN)) return;
  memcpy(shown, text, SHOWN);
  print("text: ");
  print(text);
  board_put('\n');
}

void words_show(void) {
  static const char *text;
  static bool is_known;
  if (!is_known) text = word_after("show=");
  is_known = true;
  if (text) show_text(text);
}
