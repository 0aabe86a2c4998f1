#include "check.h"

static uint32_t fd;
static void reset(void) { NEED(fd_filestat_set_times(fd, 1234567891, 1234567891, SET_ATIME | SET_MTIME)); }
static uint64_t modified(void) {
  wasi_filestat stat;
  NEED(fd_filestat_get(fd, &stat));
  return stat.mtime;
}

// What moves a file's time of modification, and what does not.
int main(void) {
  char buffer[8];
  uint32_t count;
  uint64_t position;
  make_file("f", "0123456789");
  fd = OPEN("f", 0);
  reset();
  EQUAL(read_all(fd, buffer, 8), 8);
  OK(pread_once(fd, buffer, 8, 0, &count));
  OK(fd_seek(fd, 0, FROM_START, &position));
  OK(fd_sync(fd));
  OK(write_once(fd, buffer, 0, &count));
  EQUAL(modified(), 1234567891);
  OK(path_rename(ROOT, PATH("f"), ROOT, PATH("g")));
  OK(path_link(ROOT, 0, PATH("g"), ROOT, PATH("h")));
  OK(path_unlink_file(ROOT, PATH("g")));
  EQUAL(modified(), 1234567891);

  write_text(fd, "x");
  TRUE(modified() > 1234567891);
  reset();
  OK(pwrite_once(fd, "y", 1, 5, &count));
  TRUE(modified() > 1234567891);
  reset();
  OK(fd_filestat_set_size(fd, 3));
  TRUE(modified() > 1234567891);
  reset();
  OK(try_open(ROOT, 0, "h", O_TRUNCATE, RIGHT_WRITE));
  TRUE(modified() > 1234567891);
  OK(fd_close(fd));
  return finish();
}
