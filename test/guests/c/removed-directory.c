#include "check.h"

// A directory that is gone but open: no new names in it.
int main(void) {
  make_directory("d");
  uint32_t dir = OPEN("d", O_DIR);
  OK(path_remove_directory(ROOT, PATH("d")));
  uint32_t fd;
  wasi_filestat stat;
  EQUAL(path_open(dir, 0, PATH("f"), O_CREATE, RIGHTS_ALL, 0, 0, &fd), E_NOENT);
  EQUAL(path_create_directory(dir, PATH("sub")), E_NOENT);
  EQUAL(path_symlink(PATH("x"), dir, PATH("link")), E_NOENT);
  EQUAL(path_filestat_get(dir, 0, PATH("f"), &stat), E_NOENT);
  OK(fd_filestat_get(dir, &stat));
  EQUAL(stat.type, TYPE_DIRECTORY);
  // A directory made anew under the name is not this one.
  make_directory("d");
  make_file("d/f", "x");
  EQUAL(path_filestat_get(dir, 0, PATH("f"), &stat), E_NOENT);
  OK(fd_close(dir));
  return finish();
}
