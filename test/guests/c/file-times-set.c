#include "check.h"

// Times are kept to the nanosecond.
int main(void) {
  wasi_filestat a, b;
  uint32_t fd = OPEN("f", O_CREATE);
  uint64_t atime = 1234567890123456789ull, mtime = 1000000000000000001ull;
  OK(fd_filestat_set_times(fd, atime, mtime, SET_ATIME | SET_MTIME));
  OK(fd_filestat_get(fd, &a));
  EQUAL(a.atime, atime);
  EQUAL(a.mtime, mtime);
  OK(path_filestat_get(ROOT, 0, PATH("f"), &b));
  EQUAL(b.atime, atime);
  EQUAL(b.mtime, mtime);

  // One alone leaves the other.
  OK(fd_filestat_set_times(fd, 77, 88, SET_ATIME));
  OK(fd_filestat_get(fd, &a));
  EQUAL(a.atime, 77);
  EQUAL(a.mtime, mtime);
  OK(fd_filestat_set_times(fd, 99, 999999999, SET_MTIME));
  OK(fd_filestat_get(fd, &a));
  EQUAL(a.atime, 77);
  EQUAL(a.mtime, 999999999);
  OK(fd_filestat_set_times(fd, 1, 1, 0));
  OK(fd_filestat_get(fd, &a));
  EQUAL(a.atime, 77);
  EQUAL(a.mtime, 999999999);

  // A value and "now" for one time exclude each other.
  EQUAL(fd_filestat_set_times(fd, 1, 1, SET_ATIME | NOW_ATIME), E_INVAL);
  EQUAL(fd_filestat_set_times(fd, 1, 1, SET_MTIME | NOW_MTIME), E_INVAL);
  OK(fd_filestat_get(fd, &b));
  EQUAL(b.atime, a.atime);
  EQUAL(b.mtime, a.mtime);

  // "Now" for one and a value for the other go together.
  OK(fd_filestat_set_times(fd, 0, 500, NOW_ATIME | SET_MTIME));
  OK(fd_filestat_get(fd, &a));
  TRUE(a.atime > 1000000000);
  EQUAL(a.mtime, 500);

  // The times outlive the descriptor.
  OK(fd_close(fd));
  OK(path_filestat_get(ROOT, 0, PATH("f"), &b));
  EQUAL(b.mtime, 500);
  return finish();
}
