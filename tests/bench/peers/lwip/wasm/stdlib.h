// lwIP includes it; nothing of it is used.
#include <stddef.h>

int atoi(const char *text);
