#include "check.h"

static int zeros(uint32_t fd, uint64_t from, uint32_t length) {
  static char buffer[8192];
  uint32_t got = 0;
  memset(buffer, 7, sizeof buffer);
  NEED(pread_once(fd, buffer, length, from, &got));
  for (uint32_t i = 0; i < got; i++)
    if (buffer[i]) return 0;
  return got == length;
}

int main(void) {
  uint32_t fd = OPEN("f", O_CREATE);
  uint32_t put;
  wasi_filestat stat;
  write_text(fd, "head");
  // A write past the end leaves zeros between.
  OK(pwrite_once(fd, "tail", 4, 100000, &put));
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 100004);
  TRUE(zeros(fd, 4, 8192));
  TRUE(zeros(fd, 100000 - 8192, 8192));
  char buffer[8];
  OK(pread_once(fd, buffer, 4, 100000, &put));
  EQUAL(memcmp(buffer, "tail", 4), 0);

  // So does one after a seek past the end.
  uint64_t position;
  OK(fd_seek(fd, 50, FROM_END, &position));
  write_text(fd, "!");
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 100055);
  TRUE(zeros(fd, 100004, 50));

  // What was cut off does not come back when the file grows again.
  OK(fd_filestat_set_size(fd, 2));
  OK(fd_filestat_set_size(fd, 300));
  TRUE(zeros(fd, 2, 298));
  OK(pread_once(fd, buffer, 2, 0, &put));
  EQUAL(memcmp(buffer, "he", 2), 0);
  OK(fd_close(fd));
  return finish();
}
