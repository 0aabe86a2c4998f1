// over: host
#include "check.h"

// Sizes and positions past 4 GiB; the file is one hole.
int main(void) {
  const uint64_t far = 0x140000000; // 5 GiB
  wasi_filestat stat;
  uint64_t position;
  uint32_t count;
  char buffer[8];
  uint32_t fd = OPEN("f", O_CREATE);
  OK(pwrite_once(fd, "end", 3, far, &count));
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, far + 3);
  OK(fd_seek(fd, -3, FROM_END, &position));
  EQUAL(position, far);
  EQUAL(read_all(fd, buffer, 8), 3);
  EQUAL(memcmp(buffer, "end", 3), 0);
  OK(fd_tell(fd, &position));
  EQUAL(position, far + 3);
  write_text(fd, "!");
  OK(pread_once(fd, buffer, 8, far + 2, &count));
  EQUAL(count, 2);
  OK(pread_once(fd, buffer, 8, far / 2, &count));
  EQUAL(count, 8);
  EQUAL(buffer[0], 0);
  OK(fd_filestat_set_size(fd, far - 1));
  OK(path_filestat_get(ROOT, 0, PATH("f"), &stat));
  EQUAL(stat.size, far - 1);
  OK(fd_close(fd));
  OK(path_unlink_file(ROOT, PATH("f")));
  return finish();
}
