#include "check.h"

int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  uint64_t position = 0;
  OK(fd_seek(fd, 5, FROM_START, &position));
  EQUAL(fd_seek(fd, INT64_MIN, FROM_START, &position), E_INVAL);
  EQUAL(fd_seek(fd, INT64_MIN, FROM_HERE, &position), E_INVAL);
  EITHER(fd_seek(fd, INT64_MAX, FROM_HERE, &position), E_INVAL, E_OVERFLOW);
  EITHER(fd_seek(fd, INT64_MAX, FROM_END, &position), E_INVAL, E_OVERFLOW);
  OK(fd_tell(fd, &position));
  EQUAL(position, 5);
  // 4 GiB and a bit: positions are 64 bits wide.
  OK(fd_seek(fd, 0x100000005, FROM_START, &position));
  EQUAL(position, 0x100000005);
  OK(fd_tell(fd, &position));
  EQUAL(position, 0x100000005);
  char byte;
  uint32_t got = 1;
  OK(read_once(fd, &byte, 1, &got));
  EQUAL(got, 0);
  OK(fd_close(fd));
  return finish();
}
