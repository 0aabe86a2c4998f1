#include "fault.h"

// Where an answer cannot be written.
int main(void) {
  make_file("f", "0123456789");
  make_link("f", "link");
  uint32_t fd = OPEN("f", 0), got;
  char buffer[16];
  wasi_iovec part = {buffer, 4};
  for (int i = 0; i < WILD_POINTERS; i++) {
    void *at = wild(i);
    FAULT(args_sizes_get(at, &got));
    FAULT(args_sizes_get(&got, at));
    FAULT(environ_sizes_get(at, &got));
    FAULT(environ_sizes_get(&got, at));
    FAULT(args_get(at, buffer));
    FAULT(clock_res_get(CLOCK_MONO, at));
    FAULT(clock_time_get(CLOCK_MONO, 1, at));
    FAULT(fd_fdstat_get(fd, at));
    FAULT(fd_filestat_get(fd, at));
    FAULT(fd_prestat_get(ROOT, at));
    FAULT(fd_tell(fd, at));
    FAULT(fd_seek(fd, 0, FROM_HERE, at));
    FAULT(fd_read(fd, &part, 1, at));
    FAULT(fd_pread(fd, &part, 1, 0, at));
    FAULT(path_filestat_get(ROOT, 0, PATH("f"), at));
    FAULT(path_open(ROOT, 0, PATH("f"), 0, RIGHT_READ, 0, 0, at));
    FAULT(path_readlink(ROOT, PATH("link"), buffer, sizeof buffer, at));
    FAULT(fd_readdir(ROOT, buffer, sizeof buffer, 0, at));
    FAULT(random_get(at, 16));
  }
  FAULT(random_get(buffer, 0xffffffffu));
  FAULT(random_get(before_end(8), 9));
  OK(random_get(before_end(8), 8));
  OK(fd_close(fd));
  TRUE(holds("f", "0123456789"));
  return finish();
}
