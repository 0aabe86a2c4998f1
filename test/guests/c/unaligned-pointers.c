#include "check.h"

// Structures at odd addresses: a host that insists on alignment says EINVAL, any other must get them right.
int main(void) {
  static char place[256];
  char *odd = place + 1;
  uint64_t time = 0;
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0);

  wasi_errno error = clock_time_get(CLOCK_MONO, 1, (uint64_t *)odd);
  EITHER(error, SUCCESS, E_INVAL);
  if (!error) {
    memcpy(&time, odd, 8);
    TRUE(time > 0 && time <= now(CLOCK_MONO));
  }
  wasi_filestat aligned, copy;
  OK(fd_filestat_get(fd, &aligned));
  error = fd_filestat_get(fd, (wasi_filestat *)(place + 3));
  EITHER(error, SUCCESS, E_INVAL);
  if (!error) {
    memcpy(&copy, place + 3, sizeof copy);
    EQUAL(copy.ino, aligned.ino);
    EQUAL(copy.size, 10);
    EQUAL(copy.mtime, aligned.mtime);
  }
  wasi_fdstat stat;
  error = fd_fdstat_get(fd, (wasi_fdstat *)(place + 5));
  EITHER(error, SUCCESS, E_INVAL);
  if (!error) {
    memcpy(&stat, place + 5, sizeof stat);
    EQUAL(stat.type, TYPE_REGULAR);
    TRUE(stat.rights & RIGHT_READ);
  }
  // The list of parts and the count.
  char buffer[8];
  wasi_iovec part = {buffer, 4};
  memcpy(place + 65, &part, sizeof part);
  error = fd_pread(fd, (wasi_iovec *)(place + 65), 1, 2, (uint32_t *)(place + 97));
  EITHER(error, SUCCESS, E_INVAL);
  if (!error) {
    uint32_t got;
    memcpy(&got, place + 97, 4);
    EQUAL(got, 4);
    EQUAL(memcmp(buffer, "2345", 4), 0);
  }
  // Entries of a directory have no alignment at all.
  make_directory("d");
  make_file("d/a", "");
  uint32_t dir = OPEN("d", O_DIR), used = 0;
  OK(fd_readdir(dir, place + 7, 200, 0, &used));
  EQUAL(used, 3 * 24 + 1 + 2 + 1);
  OK(fd_close(dir));
  OK(fd_close(fd));
  return finish();
}
