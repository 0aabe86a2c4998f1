// clock: real
#include "check.h"

// Writing moves the times, and they are those of the wall clock (give a coarse disk clock 2 s).
int main(void) {
  wasi_filestat a, b;
  uint64_t start = now(CLOCK_REAL);
  uint64_t slack = 2000000000;
  uint32_t fd = OPEN("f", O_CREATE);
  OK(fd_filestat_get(fd, &a));
  TRUE(a.mtime + slack > start);
  TRUE(a.mtime < start + slack);
  TRUE(a.ctime + slack > start);

  OK(fd_filestat_set_times(fd, 0, 1000, SET_ATIME | SET_MTIME));
  OK(fd_filestat_get(fd, &b));
  EQUAL(b.mtime, 1000);
  write_text(fd, "x");
  OK(fd_filestat_get(fd, &b));
  TRUE(b.mtime + slack > start);

  OK(fd_filestat_set_times(fd, 5, 5, NOW_ATIME | NOW_MTIME));
  OK(fd_filestat_get(fd, &b));
  TRUE(b.atime + slack > start && b.atime < start + 2 * slack);
  TRUE(b.mtime + slack > start && b.mtime < start + 2 * slack);
  OK(fd_close(fd));
  return finish();
}
