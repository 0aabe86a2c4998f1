// floods MIB CHUNK FD [END]: writes so many MiB ("0": for ever) in writes of CHUNK bytes to FD (3: to stdout and
// stderr in turn), then exits, or with END traps. A write that fails ends it: 32 for EPIPE, else 1.
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static char block[65536];

int main(int argc, char **argv) {
  if (argc < 4) return 64;
  unsigned long long most = strtoull(argv[1], NULL, 10) << 20;
  size_t chunk = strtoul(argv[2], NULL, 10);
  int fd = atoi(argv[3]);
  if (chunk == 0 || chunk > sizeof block) return 64;
  for (size_t at = 0; at < sizeof block; at++) block[at] = 'x';
  unsigned turn = 0;
  for (unsigned long long done = 0; most == 0 || done < most; turn++) {
    ssize_t put = write(fd == 3 ? 1 + turn % 2 : fd, block, chunk);
    if (put <= 0) return errno == EPIPE ? 32 : 1;
    done += put;
  }
  if (argc > 4) __builtin_trap();
  return 0;
}
