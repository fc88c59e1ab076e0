// Writes the input log into the file that the word `log=` names, each record when it is made, so that nothing is lost when the emulator is killed.
#include "ringwire_log.h"

#include "board.h"

enum { HEADER = 2 };

void rw_log(uint32_t kind, const uint32_t *words, uint32_t count, const void *octets, uint32_t length) {
  static int32_t file;
  static bool is_open;
  uint32_t header[HEADER] = {kind, 4 * count + length};
  if (!is_open) file = file_open("log=", true);
  if (!is_open && file < 0) print("no log: the word log= names no file that can be written\n");
  is_open = true;
  if (file < 0) return;
  bool is_written = file_write(file, header, sizeof header) && (!count || file_write(file, words, 4 * count)) && (!length || file_write(file, octets, length));
  if (is_written) return;
  print("the log ends here: it could not be written\n");
  file = -1;
}
