#include "check.h"

static uint32_t open_for(uint64_t rights) {
  uint32_t fd = 0;
  NEED(path_open(ROOT, 0, PATH("f"), 0, rights, 0, 0, &fd));
  return fd;
}

// Rights say how a file is opened (reading, writing); everything else is not held back by them.
int main(void) {
  make_file("f", "content");
  wasi_fdstat stat;
  char buffer[16];
  uint32_t count;
  uint64_t position;

  uint32_t reader = open_for(RIGHT_READ);
  OK(fd_fdstat_get(reader, &stat));
  TRUE(stat.rights & RIGHT_READ);
  TRUE(!(stat.rights & RIGHT_WRITE));
  OK(read_once(reader, buffer, sizeof buffer, &count));
  EQUAL(count, 7);
  EQUAL(write_once(reader, "x", 1, &count), E_BADF);
  EQUAL(pwrite_once(reader, "x", 1, 0, &count), E_BADF);
  // Neither seeking nor asking was in the rights.
  OK(fd_seek(reader, 1, FROM_START, &position));
  OK(fd_tell(reader, &position));
  EQUAL(position, 1);
  wasi_filestat info;
  OK(fd_filestat_get(reader, &info));
  OK(fd_sync(reader));
  OK(fd_close(reader));

  uint32_t writer = open_for(RIGHT_WRITE);
  OK(fd_fdstat_get(writer, &stat));
  TRUE(stat.rights & RIGHT_WRITE);
  TRUE(!(stat.rights & RIGHT_READ));
  OK(write_once(writer, "C", 1, &count));
  EQUAL(read_once(writer, buffer, sizeof buffer, &count), E_BADF);
  EQUAL(pread_once(writer, buffer, sizeof buffer, 0, &count), E_BADF);
  OK(fd_seek(writer, 0, FROM_END, &position));
  EQUAL(position, 7);
  OK(fd_filestat_set_size(writer, 3));
  OK(fd_close(writer));
  TRUE(holds("f", "Con"));
  return finish();
}
