#include "check.h"

// posix_fallocate's rules where the host has it; it may say that it has not, and then nothing changes.
int main(void) {
  wasi_filestat stat;
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);
  wasi_errno error = fd_allocate(fd, 0, 4);
  EITHER(error, SUCCESS, E_NOTSUP);
  TRUE(holds("f", "0123456789"));
  if (error == SUCCESS) {
    OK(fd_allocate(fd, 8, 10));
    OK(fd_filestat_get(fd, &stat));
    EQUAL(stat.size, 18);
    char buffer[32];
    uint32_t got;
    OK(pread_once(fd, buffer, 32, 0, &got));
    EQUAL(got, 18);
    EQUAL(memcmp(buffer, "0123456789\0\0\0\0\0\0\0\0", 18), 0);
    EQUAL(fd_allocate(fd, 0, 0), E_INVAL);
    EITHER(fd_allocate(fd, UINT64_MAX, 1), E_INVAL, E_FBIG, E_OVERFLOW);
    EITHER(fd_allocate(fd, 1, UINT64_MAX), E_INVAL, E_FBIG, E_OVERFLOW);
    OK(fd_filestat_get(fd, &stat));
    EQUAL(stat.size, 18);
  } else {
    EQUAL(fd_allocate(fd, 8, 10), E_NOTSUP);
    OK(fd_filestat_get(fd, &stat));
    EQUAL(stat.size, 10);
  }
  OK(fd_close(fd));
  return finish();
}
