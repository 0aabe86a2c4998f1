#include "check.h"

// A descriptor opened with no rights at all can still be looked at, walked from and closed.
int main(void) {
  make_directory("d");
  make_file("d/f", "inside");
  uint32_t dir = 0;
  NEED(path_open(ROOT, 0, PATH("d"), O_DIR, 0, 0, 0, &dir));
  wasi_fdstat stat;
  wasi_filestat info;
  OK(fd_fdstat_get(dir, &stat));
  EQUAL(stat.type, TYPE_DIRECTORY);
  OK(fd_filestat_get(dir, &info));
  OK(path_filestat_get(dir, 0, PATH("f"), &info));
  EQUAL(info.size, 6);
  uint32_t file = 0;
  NEED(path_open(dir, 0, PATH("f"), 0, RIGHT_READ, 0, 0, &file));
  char buffer[8];
  EQUAL(read_all(file, buffer, sizeof buffer), 6);
  OK(fd_close(file));
  OK(path_create_directory(dir, PATH("sub")));
  OK(path_remove_directory(dir, PATH("sub")));
  char entries[256];
  uint32_t used;
  OK(fd_readdir(dir, entries, sizeof entries, 0, &used));
  TRUE(used > 0);
  OK(fd_close(dir));

  uint32_t bare = 0;
  NEED(path_open(ROOT, 0, PATH("d/f"), 0, 0, 0, 0, &bare));
  OK(fd_filestat_get(bare, &info));
  EQUAL(info.size, 6);
  uint64_t position;
  OK(fd_seek(bare, 2, FROM_START, &position));
  OK(fd_close(bare));
  return finish();
}
