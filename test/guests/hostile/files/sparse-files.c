// sparse-files ERRNO: files that are a hole of 1 TiB, where ERRNO is what such a size is answered: 0 where a
// hole costs nothing. Reading one gives zeros; hundreds of them hold nothing.
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

#define TIB (1ull << 40)

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  wasi_errno full = (wasi_errno)atoi(argv[1]);
  static char bytes[65536];
  char name[16];
  uint32_t count = 0;
  for (int number = 0; number < 300; number++) {
    snprintf(name, sizeof name, "f%d", number);
    uint32_t fd = OPEN(name, O_CREATE);
    EQUAL(fd_filestat_set_size(fd, TIB), full);
    EQUAL(pwrite_once(fd, "x", 1, TIB, &count), full);
    wasi_filestat stat;
    OK(fd_filestat_get(fd, &stat));
    EQUAL(stat.size, full ? 0 : TIB + 1);
    memset(bytes, 1, sizeof bytes);
    OK(pread_once(fd, bytes, sizeof bytes, TIB / 2, &count));
    EQUAL(count, full ? 0 : sizeof bytes);
    for (uint32_t at = 0; at < count; at++)
      if (bytes[at] != 0) return 2;
    OK(fd_filestat_set_size(fd, 0));
    OK(fd_close(fd));
  }
  // A byte here and there: each costs a page at most, never what lies between.
  uint32_t fd = OPEN("comb", O_CREATE);
  uint64_t teeth = 0;
  wasi_errno error = 0;
  while (teeth < 100000 && !(error = pwrite_once(fd, "x", 1, teeth << 20, &count))) teeth++;
  if (error) EQUAL(error, full ? full : E_NOSPC);
  printf("%llu\n", (unsigned long long)teeth);
  return finish();
}
