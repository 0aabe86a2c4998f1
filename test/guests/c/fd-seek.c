#include "check.h"

int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  uint64_t position = 99;
  char byte;
  uint32_t got;

  OK(fd_tell(fd, &position));
  EQUAL(position, 0);
  OK(fd_seek(fd, 4, FROM_START, &position));
  EQUAL(position, 4);
  OK(read_once(fd, &byte, 1, &got));
  EQUAL(byte, '4');
  OK(fd_seek(fd, -3, FROM_HERE, &position));
  EQUAL(position, 2);
  OK(fd_seek(fd, 0, FROM_HERE, &position));
  EQUAL(position, 2);
  OK(fd_seek(fd, -1, FROM_END, &position));
  EQUAL(position, 9);
  OK(read_once(fd, &byte, 1, &got));
  EQUAL(byte, '9');
  OK(read_once(fd, &byte, 1, &got));
  EQUAL(got, 0);

  // Past the end is allowed, reads there find nothing, and the file does not grow by it.
  OK(fd_seek(fd, 100, FROM_END, &position));
  EQUAL(position, 110);
  OK(read_once(fd, &byte, 1, &got));
  EQUAL(got, 0);
  wasi_filestat stat;
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 10);

  // Before the start is not, and leaves the position alone.
  OK(fd_seek(fd, 5, FROM_START, &position));
  EQUAL(fd_seek(fd, -1, FROM_START, &position), E_INVAL);
  EQUAL(fd_seek(fd, -6, FROM_HERE, &position), E_INVAL);
  EQUAL(fd_seek(fd, -11, FROM_END, &position), E_INVAL);
  OK(fd_tell(fd, &position));
  EQUAL(position, 5);

  // The position belongs to the descriptor.
  uint32_t other = OPEN("f", 0);
  OK(fd_tell(other, &position));
  EQUAL(position, 0);
  OK(fd_close(other));
  OK(fd_close(fd));
  return finish();
}
