// What words of the command line ask of the program, for examples that speak by the mailbox.
#ifndef RINGWIRE_WORDS_H
#define RINGWIRE_WORDS_H

#include <stdbool.h>

// Each `mail=WORD:VALUE`: writes the value into that mailbox word. Answers whether there was one.
bool words_mail(void);
// `show=WORD`: prints the text that begins with that mailbox word, when it has changed.
void words_show(void);

#endif
