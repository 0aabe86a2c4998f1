#include "check.h"

static wasi_iovec parts[5000];
static char block[1 << 20];

// Lists whose lengths together pass 4 GiB: the count of bytes would not fit. The host may refuse, or
// transfer a part.
int main(void) {
  make_file("f", "0123456789");
  uint32_t fd = OPEN("f", 0), count = 0;
  for (int i = 0; i < 5000; i++) parts[i] = (wasi_iovec){block, sizeof block};
  wasi_errno error = fd_read(fd, parts, 5000, &count);
  EITHER(error, SUCCESS, E_INVAL);
  if (error == SUCCESS) EQUAL(count, 10);
  error = fd_pread(fd, parts, 5000, 0, &count);
  EITHER(error, SUCCESS, E_INVAL);
  if (error == SUCCESS) EQUAL(count, 10);

  // A count whose list alone would pass the address space.
  EITHER(fd_read(fd, parts, 0x20000001, &count), E_FAULT, E_INVAL, E_OVERFLOW, E_NOMEM);
  EITHER(fd_write(fd, parts, 0xffffffff, &count), E_FAULT, E_INVAL, E_OVERFLOW, E_NOMEM);
  wasi_filestat stat;
  OK(fd_filestat_get(fd, &stat));
  EQUAL(stat.size, 10);
  OK(fd_close(fd));
  return finish();
}
