#include "check.h"

// A directory in the place of a file: nothing can be read, written, sized or sought in it.
int main(void) {
  make_directory("d");
  uint32_t fd = OPEN("d", O_DIR);
  char byte = 1;
  uint32_t count;
  uint64_t position;
  EITHER(read_once(fd, &byte, 1, &count), E_BADF, E_ISDIR);
  EITHER(write_once(fd, &byte, 1, &count), E_BADF, E_ISDIR);
  EITHER(pread_once(fd, &byte, 1, 0, &count), E_BADF, E_ISDIR);
  EITHER(pwrite_once(fd, &byte, 1, 0, &count), E_BADF, E_ISDIR);
  EITHER(fd_seek(fd, 0, FROM_START, &position), E_BADF, E_ISDIR);
  EITHER(fd_tell(fd, &position), E_BADF, E_ISDIR);
  EITHER(fd_filestat_set_size(fd, 0), E_BADF, E_ISDIR, E_INVAL);
  EITHER(fd_allocate(fd, 0, 1), E_BADF, E_ISDIR, E_NOTSUP, E_INVAL);
  EITHER(fd_advise(fd, 0, 1, 0), E_BADF, E_ISDIR);
  // It can be asked for its attributes; some hosts can synchronise it too.
  wasi_fdstat fdstat;
  wasi_filestat stat;
  OK(fd_fdstat_get(fd, &fdstat));
  EQUAL(fdstat.type, TYPE_DIRECTORY);
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.type, TYPE_DIRECTORY);
  EITHER(fd_sync(fd), SUCCESS, E_BADF);
  EITHER(fd_datasync(fd), SUCCESS, E_BADF);
  OK(fd_close(fd));
  return finish();
}
