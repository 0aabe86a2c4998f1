#include "check.h"

static char text[4000];

int main(void) {
  uint32_t fd = OPEN("f", O_CREATE);
  for (int i = 0; i < 4000; i++) text[i] = 'a' + i % 23;
  write_all(fd, text, sizeof text);
  uint64_t position;
  uint32_t got = 9;
  NEED(fd_seek(fd, 0, FROM_START, &position));

  OK(fd_read(fd, NULL, 0, &got));
  EQUAL(got, 0);

  // 500 parts of 8 bytes; a host may stop after any of them, the rest follows in the next call.
  static wasi_iovec parts[500];
  static char out[4000];
  uint32_t total = 0;
  while (total < 4000) {
    uint32_t count = 0;
    for (uint32_t at = total; at < 4000; count++) {
      uint32_t length = 4000 - at < 8 ? 4000 - at : 8;
      parts[count] = (wasi_iovec){out + at, length};
      at += length;
    }
    NEED(fd_read(fd, parts, count, &got));
    if (!TRUE(got > 0 && got <= 4000 - total)) return 1;
    total += got;
  }
  EQUAL(memcmp(out, text, 4000), 0);
  OK(fd_tell(fd, &position));
  EQUAL(position, 4000);

  // Empty parts before the first real one are passed over.
  NEED(fd_seek(fd, 0, FROM_START, &position));
  wasi_iovec sparse[] = {{out, 0}, {NULL, 0}, {out, 5}, {out, 0}};
  memset(out, 0, 8);
  OK(fd_read(fd, sparse, 4, &got));
  EQUAL(got, 5);
  EQUAL(memcmp(out, text, 5), 0);
  EQUAL(out[5], 0);

  // All parts empty: nothing is read and that is no end of file.
  OK(fd_read(fd, sparse, 2, &got));
  EQUAL(got, 0);
  OK(fd_tell(fd, &position));
  EQUAL(position, 5);

  // Parts that lie over each other are filled in order, as far as the host goes in one call.
  wasi_iovec same[] = {{out, 4}, {out, 4}};
  NEED(fd_seek(fd, 0, FROM_START, &position));
  OK(fd_read(fd, same, 2, &got));
  EITHER(got, 4, 8);
  EQUAL(memcmp(out, text + (got == 8 ? 4 : 0), 4), 0);

  // pread fills parts in the same way.
  memset(out, 0, sizeof out);
  wasi_iovec two[] = {{out, 3}, {out + 100, 4}};
  OK(fd_pread(fd, two, 2, 10, &got));
  EITHER(got, 3, 7);
  EQUAL(memcmp(out, text + 10, 3), 0);
  if (got == 7) EQUAL(memcmp(out + 100, text + 13, 4), 0);
  EQUAL(out[3], 0);
  OK(fd_close(fd));
  return finish();
}
