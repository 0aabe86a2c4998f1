#include "check.h"

int main(void) {
  wasi_filestat stat;
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  uint64_t position;
  NEED(fd_seek(fd, 8, FROM_START, &position));
  OK(fd_filestat_set_size(fd, 4));
  TRUE(holds("f", "0123"));
  // The position stays where it was, past the end; a write there leaves a hole.
  OK(fd_tell(fd, &position));
  EQUAL(position, 8);
  write_text(fd, "!");
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 9);
  char buffer[16];
  uint32_t got;
  OK(pread_once(fd, buffer, 16, 0, &got));
  EQUAL(got, 9);
  EQUAL(memcmp(buffer, "0123\0\0\0\0!", 9), 0);

  OK(fd_filestat_set_size(fd, 70000));
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 70000);
  OK(pread_once(fd, buffer, 16, 69990, &got));
  EQUAL(got, 10);
  OK(fd_filestat_set_size(fd, 0));
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 0);
  OK(fd_close(fd));

  EITHER(fd_filestat_set_size(OPEN("f", 0), UINT64_MAX), E_INVAL, E_FBIG, E_OVERFLOW);
  // Not without write access.
  uint32_t reader;
  NEED(path_open(ROOT, 0, PATH("f"), 0, RIGHT_READ, 0, 0, &reader));
  EITHER(fd_filestat_set_size(reader, 5), E_BADF, E_INVAL, E_PERM, E_ACCES);
  OK(fd_filestat_get(reader, &stat));
  EQUAL(stat.size, 0);
  return finish();
}
