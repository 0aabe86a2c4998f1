#include "check.h"

// Values outside an enumeration or flag set of the witx.
int main(void) {
  make_file("f", "text");
  uint32_t fd = OPEN("f", 0);
  uint64_t position;
  EQUAL(fd_seek(fd, 0, 3, &position), E_INVAL);
  EQUAL(fd_seek(fd, 0, 255, &position), E_INVAL);
  EQUAL(fd_advise(fd, 0, 0, 6), E_INVAL);
  EQUAL(fd_fdstat_set_flags(fd, 1 << 5), E_INVAL);
  EQUAL(fd_filestat_set_times(fd, 0, 0, 1 << 4), E_INVAL);
  EQUAL(path_filestat_set_times(ROOT, 0, PATH("f"), 0, 0, 1 << 4), E_INVAL);
  uint32_t opened;
  EQUAL(path_open(ROOT, 0, PATH("f"), 1 << 4, RIGHT_READ, 0, 0, &opened), E_INVAL);
  EQUAL(path_open(ROOT, 0, PATH("f"), 0, RIGHT_READ, 0, 1 << 5, &opened), E_INVAL);
  return finish();
}
