// file-size BYTES: no file may become larger, by any function that makes one grow.
#include <stdlib.h>

#include "check.h"

static char block[4096];

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  uint64_t most = strtoull(argv[1], NULL, 10);
  uint32_t put = 0;
  wasi_filestat stat;
  uint32_t fd = OPEN("f", O_CREATE);
  OK(pwrite_once(fd, block, sizeof block, most - 10, &put));
  EQUAL(put, 10);
  EQUAL(pwrite_once(fd, block, 1, most, &put), E_FBIG);
  EQUAL(pwrite_once(fd, block, 1, most + 1, &put), E_FBIG);
  EQUAL(pwrite_once(fd, block, 1, 1ull << 50, &put), E_FBIG);
  EQUAL(fd_filestat_set_size(fd, most + 1), E_FBIG);
  EQUAL(fd_filestat_set_size(fd, INT64_MAX), E_FBIG);
  EITHER(fd_allocate(fd, most, 1), E_FBIG, E_NOTSUP);
  uint64_t position;
  OK(fd_seek(fd, 0, FROM_END, &position));
  EQUAL(position, most);
  EQUAL(write_once(fd, block, 1, &put), E_FBIG);
  // Several buffers: what fits.
  OK(fd_filestat_set_size(fd, most - 5));
  wasi_iovec parts[3] = {{block, 3}, {block, 3}, {block, 3}};
  OK(fd_pwrite(fd, parts, 3, most - 5, &put));
  EQUAL(put, 5);
  OK(fd_close(fd));
  fd = OPEN_WITH("f", 0, FD_APPEND);
  EQUAL(write_once(fd, block, 1, &put), E_FBIG);
  OK(fd_filestat_set_size(fd, most - 1));
  OK(write_once(fd, block, 100, &put));
  EQUAL(put, 1);
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, most);
  OK(fd_close(fd));
  return finish();
}
