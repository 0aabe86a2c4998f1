#include "check.h"

int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0), count;
  uint64_t position;
  OK(fd_seek(fd, 0x7ffffffffffffff0, FROM_START, &position));
  EITHER(write_once(fd, "x", 1, &count), E_FBIG, E_INVAL, E_OVERFLOW, E_NOSPC);
  EITHER(pwrite_once(fd, "x", 1, 0x7ffffffffffffff0, &count), E_FBIG, E_INVAL, E_OVERFLOW, E_NOSPC);
  EITHER(fd_filestat_set_size(fd, 0x7ffffffffffffff0), E_FBIG, E_INVAL, E_OVERFLOW, E_NOSPC);
  wasi_filestat stat;
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 10);
  OK(fd_tell(fd, &position));
  EQUAL(position, 0x7ffffffffffffff0);
  OK(fd_close(fd));
  return finish();
}
