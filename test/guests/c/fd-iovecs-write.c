#include "check.h"

int main(void) {
  uint32_t fd = OPEN("f", O_CREATE);
  uint32_t put = 9;
  OK(fd_write(fd, NULL, 0, &put));
  EQUAL(put, 0);

  wasi_iovec empty[] = {{"x", 0}, {NULL, 0}};
  OK(fd_write(fd, empty, 2, &put));
  EQUAL(put, 0);

  // 300 parts, some of them empty and all from one place.
  static wasi_iovec parts[300];
  uint32_t total = 0;
  while (total < 200) {
    uint32_t count = 0;
    for (uint32_t at = total; at < 200; at++) {
      parts[count++] = (wasi_iovec){at % 2 ? "b" : "a", 1};
      if (at % 2) parts[count++] = (wasi_iovec){"ab", 0};
    }
    NEED(fd_write(fd, parts, count, &put));
    if (!TRUE(put > 0 && put <= 200 - total)) return 1;
    total += put;
  }
  wasi_filestat stat;
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 200);
  char back[200];
  OK(pread_once(fd, back, 200, 0, &put));
  EQUAL(put, 200);
  for (int i = 0; i < 200; i++)
    if (!EQUAL(back[i], "ab"[i % 2])) break;

  // pwrite takes parts as well.
  wasi_iovec two[] = {{"XY", 2}, {"Z", 1}};
  OK(fd_pwrite(fd, two, 2, 10, &put));
  EITHER(put, 2, 3);
  OK(pread_once(fd, back, 4, 9, &put));
  EQUAL(memcmp(back, "bXY", 3), 0);
  OK(fd_close(fd));
  return finish();
}
