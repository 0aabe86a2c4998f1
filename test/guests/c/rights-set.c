#include "check.h"

int main(void) {
  uint32_t fd = OPEN("f", O_CREATE);
  wasi_fdstat before, after;
  NEED(fd_fdstat_get(fd, &before));
  // Setting what is there already, and giving up, are fine where the call is supported at all.
  EITHER(fd_fdstat_set_rights(fd, before.rights, before.inheriting), SUCCESS, E_NOTSUP);
  wasi_errno error = fd_fdstat_set_rights(fd, RIGHT_READ, 0);
  EITHER(error, SUCCESS, E_NOTSUP);
  NEED(fd_fdstat_get(fd, &after));
  if (error) EQUAL(after.rights, before.rights);
  // More than there was is never granted.
  uint32_t reader = 0;
  NEED(path_open(ROOT, 0, PATH("f"), 0, RIGHT_READ, 0, 0, &reader));
  EITHER(fd_fdstat_set_rights(reader, RIGHTS_ALL, RIGHTS_ALL), E_NOTCAPABLE, E_NOTSUP);
  uint32_t put;
  EQUAL(write_once(reader, "x", 1, &put), E_BADF);
  OK(fd_close(reader));
  OK(fd_close(fd));
  return finish();
}
