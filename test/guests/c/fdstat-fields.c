#include "check.h"

int main(void) {
  wasi_fdstat stat;
  memset(&stat, 0xff, sizeof stat);
  OK(fd_fdstat_get(ROOT, &stat));
  EQUAL(stat.type, TYPE_DIRECTORY);
  TRUE(stat.rights & RIGHT_PATH_OPEN);
  TRUE(stat.rights & RIGHT_READDIR);
  // What files opened below may do at most: reading and writing are among it.
  TRUE(stat.inheriting & RIGHT_READ);
  TRUE(stat.inheriting & RIGHT_WRITE);

  uint32_t fd = OPEN("f", O_CREATE);
  memset(&stat, 0xff, sizeof stat);
  OK(fd_fdstat_get(fd, &stat));
  EQUAL(stat.type, TYPE_REGULAR);
  EQUAL(stat.flags, 0);
  TRUE(stat.rights & RIGHT_READ);
  TRUE(stat.rights & RIGHT_WRITE);
  TRUE(stat.rights & RIGHT_SEEK);
  EQUAL(stat.rights & ~RIGHTS_ALL, 0);
  OK(fd_close(fd));

  uint32_t append = OPEN_WITH("f", 0, FD_APPEND);
  OK(fd_fdstat_get(append, &stat));
  EQUAL(stat.flags, FD_APPEND);
  OK(fd_close(append));

  uint32_t nonblock = OPEN_WITH("f", 0, FD_NONBLOCK);
  OK(fd_fdstat_get(nonblock, &stat));
  EQUAL(stat.flags & FD_APPEND, 0);
  OK(fd_close(nonblock));

  make_directory("d");
  uint32_t dir = OPEN("d", O_DIR);
  OK(fd_fdstat_get(dir, &stat));
  EQUAL(stat.type, TYPE_DIRECTORY);
  EQUAL(stat.flags, 0);
  OK(fd_close(dir));
  return finish();
}
