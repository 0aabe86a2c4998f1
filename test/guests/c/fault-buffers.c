#include "fault.h"

// Buffers and lists of buffers that lie outside, in whole or in part.
int main(void) {
  make_file("f", "0123456789");
  make_link("f", "link");
  uint32_t fd = OPEN("f", 0), count;
  wasi_iovec part;
  for (int i = 0; i < WILD_POINTERS; i++) {
    void *at = wild(i);
    // The list itself.
    FAULT(fd_read(fd, at, 1, &count));
    FAULT(fd_write(fd, at, 1, &count));
    FAULT(fd_pread(fd, at, 1, 0, &count));
    FAULT(fd_pwrite(fd, at, 1, 0, &count));
    // What it points to.
    part = (wasi_iovec){at, 8};
    FAULT(fd_read(fd, &part, 1, &count));
    FAULT(fd_write(fd, &part, 1, &count));
    FAULT(fd_pread(fd, &part, 1, 0, &count));
    FAULT(fd_pwrite(fd, &part, 1, 0, &count));
    FAULT(fd_write(1, &part, 1, &count));
    FAULT(fd_readdir(ROOT, at, 64, 0, &count));
    FAULT(path_readlink(ROOT, PATH("link"), at, 8, &count));
  }
  // A good pointer with a length that leads out.
  part = (wasi_iovec){&count, 0xffffffffu};
  FAULT(fd_read(fd, &part, 1, &count));
  FAULT(fd_write(fd, &part, 1, &count));
  part = (wasi_iovec){before_end(4), 5};
  FAULT(fd_write(fd, &part, 1, &count));
  // A count that leads out.
  FAULT(fd_write(fd, before_end(8), 2, &count));
  wasi_filestat stat;
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 10);
  OK(fd_close(fd));
  TRUE(holds("f", "0123456789"));
  return finish();
}
