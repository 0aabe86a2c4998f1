#include "check.h"

int main(void) {
  wasi_prestat prestat;
  char name[16];
  memset(&prestat, 0xff, sizeof prestat);
  OK(fd_prestat_get(ROOT, &prestat));
  EQUAL(prestat.tag, 0);
  EQUAL(prestat.name_length, 1);
  memset(name, 0x5a, sizeof name);
  OK(fd_prestat_dir_name(ROOT, name, prestat.name_length));
  EQUAL(name[0], '/');
  EQUAL(name[1], 0x5a);
  EQUAL(fd_prestat_dir_name(ROOT, name, 0), E_NAMETOOLONG);

  // The walk of every libc over the preopens ends with the first EBADF.
  EQUAL(fd_prestat_get(ROOT + 1, &prestat), E_BADF);
  EQUAL(fd_prestat_dir_name(ROOT + 1, name, sizeof name), E_BADF);
  // What is opened later is no preopen, whatever its number.
  uint32_t fd = OPEN(".", O_DIR);
  EITHER(fd_prestat_get(fd, &prestat), E_BADF, E_NOTSUP, E_INVAL);
  OK(fd_close(fd));
  return finish();
}
