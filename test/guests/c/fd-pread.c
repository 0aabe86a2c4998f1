#include "check.h"

int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  char buffer[16];
  uint32_t got;
  uint64_t position;
  OK(fd_seek(fd, 3, FROM_START, &position));

  OK(pread_once(fd, buffer, 4, 5, &got));
  EQUAL(got, 4);
  EQUAL(memcmp(buffer, "5678", 4), 0);
  OK(pread_once(fd, buffer, 16, 8, &got));
  EQUAL(got, 2);
  OK(pread_once(fd, buffer, 16, 10, &got));
  EQUAL(got, 0);
  OK(pread_once(fd, buffer, 16, 1ull << 40, &got));
  EQUAL(got, 0);
  OK(pread_once(fd, buffer, 0, 0, &got));
  EQUAL(got, 0);
  OK(fd_pread(fd, NULL, 0, 0, &got));
  EQUAL(got, 0);
  EITHER(pread_once(fd, buffer, 1, UINT64_MAX, &got), E_INVAL, E_OVERFLOW, SUCCESS);

  // The position has not moved.
  OK(fd_tell(fd, &position));
  EQUAL(position, 3);
  OK(read_once(fd, buffer, 1, &got));
  EQUAL(buffer[0], '3');
  OK(fd_close(fd));
  return finish();
}
