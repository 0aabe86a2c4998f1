#include "check.h"

// A preopen is a descriptor like others: it can be closed, and then nothing is reachable.
int main(void) {
  make_directory("d");
  make_file("d/f", "x");
  uint32_t dir = OPEN("d", O_DIR);
  OK(fd_close(ROOT));
  wasi_prestat prestat;
  wasi_filestat stat;
  EQUAL(fd_prestat_get(ROOT, &prestat), E_BADF);
  EQUAL(path_filestat_get(ROOT, 0, PATH("d"), &stat), E_BADF);
  EQUAL(try_open(ROOT, 0, "d", 0, RIGHT_READ), E_BADF);
  EQUAL(fd_close(ROOT), E_BADF);
  // What was opened through it stays.
  OK(path_filestat_get(dir, 0, PATH("f"), &stat));
  OK(fd_close(dir));
  return finish();
}
