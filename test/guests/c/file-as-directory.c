#include "check.h"

// A regular file in the place of the directory of each path call.
int main(void) {
  char buffer[64];
  uint32_t count;
  wasi_filestat stat;
  uint32_t fd = OPEN("file", O_CREATE);
  EITHER(path_create_directory(fd, PATH("d")), E_NOTDIR, E_BADF);
  EITHER(path_filestat_get(fd, 0, PATH("d"), &stat), E_NOTDIR, E_BADF);
  EITHER(path_filestat_set_times(fd, 0, PATH("d"), 0, 0, SET_ATIME), E_NOTDIR, E_BADF);
  EITHER(path_link(fd, 0, PATH("d"), ROOT, PATH("e")), E_NOTDIR, E_BADF);
  EITHER(path_link(ROOT, 0, PATH("file"), fd, PATH("e")), E_NOTDIR, E_BADF);
  EITHER(path_open(fd, 0, PATH("d"), 0, RIGHT_READ, 0, 0, &count), E_NOTDIR, E_BADF);
  EITHER(path_readlink(fd, PATH("d"), buffer, sizeof buffer, &count), E_NOTDIR, E_BADF);
  EITHER(path_remove_directory(fd, PATH("d")), E_NOTDIR, E_BADF);
  EITHER(path_rename(fd, PATH("d"), ROOT, PATH("e")), E_NOTDIR, E_BADF);
  EITHER(path_rename(ROOT, PATH("file"), fd, PATH("e")), E_NOTDIR, E_BADF);
  EITHER(path_symlink(PATH("d"), fd, PATH("e")), E_NOTDIR, E_BADF);
  EITHER(path_unlink_file(fd, PATH("d")), E_NOTDIR, E_BADF);
  EITHER(fd_readdir(fd, buffer, sizeof buffer, 0, &count), E_NOTDIR, E_BADF);
  EITHER(fd_prestat_get(fd, (wasi_prestat *)buffer), E_BADF, E_NOTDIR);
  return finish();
}
