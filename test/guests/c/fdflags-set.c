#include "check.h"

int main(void) {
  wasi_fdstat stat;
  uint64_t position;
  uint32_t fd = OPEN("f", O_CREATE);
  write_text(fd, "0123456789");

  OK(fd_fdstat_set_flags(fd, FD_APPEND));
  OK(fd_fdstat_get(fd, &stat));
  EQUAL(stat.flags, FD_APPEND);
  OK(fd_seek(fd, 2, FROM_START, &position));
  write_text(fd, "end");
  TRUE(holds("f", "0123456789end"));

  OK(fd_fdstat_set_flags(fd, 0));
  OK(fd_fdstat_get(fd, &stat));
  EQUAL(stat.flags, 0);
  OK(fd_seek(fd, 2, FROM_START, &position));
  write_text(fd, "XX");
  TRUE(holds("f", "01XX456789end"));

  OK(fd_fdstat_set_flags(fd, FD_APPEND | FD_NONBLOCK));
  OK(fd_fdstat_get(fd, &stat));
  TRUE(stat.flags & FD_APPEND);
  OK(fd_close(fd));
  return finish();
}
