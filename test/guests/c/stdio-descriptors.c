// stdin: "input"
#include "check.h"

int main(void) {
  wasi_fdstat stat;
  wasi_filestat info;
  for (uint32_t fd = 0; fd < 3; fd++) {
    OK(fd_fdstat_get(fd, &stat));
    TRUE(stat.type != TYPE_DIRECTORY);
    EQUAL(stat.flags & ~(FD_APPEND | FD_NONBLOCK | FD_SYNC | FD_DSYNC | FD_RSYNC), 0);
    TRUE(stat.rights & (fd == 0 ? RIGHT_READ : RIGHT_WRITE));
    OK(fd_filestat_get(fd, &info));
    EQUAL(info.type, stat.type);

    // A stream has no position and holds no entries.
    uint64_t position;
    EQUAL(fd_seek(fd, 0, FROM_START, &position), E_SPIPE);
    EQUAL(fd_seek(fd, 0, FROM_HERE, &position), E_SPIPE);
    EQUAL(fd_tell(fd, &position), E_SPIPE);
    uint32_t used;
    char buffer[64];
    EITHER(fd_readdir(fd, buffer, sizeof buffer, 0, &used), E_NOTDIR, E_BADF);
    wasi_prestat prestat;
    EITHER(fd_prestat_get(fd, &prestat), E_BADF, E_INVAL, E_NOTSUP);
  }
  return finish();
}
