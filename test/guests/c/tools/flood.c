// flood MIB [CHUNK] [FD]: writes so many MiB in writes of CHUNK bytes (65536) to FD (1: stdout).
// The byte at position n of the stream is n % 251, so that a reader can check what arrived.
#include <stdlib.h>
#include <unistd.h>

static unsigned char pattern[(1 << 20) + 251];

int main(int argc, char **argv) {
  unsigned long long left = (argc > 1 ? strtoull(argv[1], NULL, 10) : 1) << 20;
  size_t chunk = argc > 2 ? strtoul(argv[2], NULL, 10) : 65536;
  int fd = argc > 3 ? atoi(argv[3]) : 1;
  if (chunk == 0 || chunk > 1 << 20) return 64;
  for (size_t at = 0; at < sizeof pattern; at++) pattern[at] = at % 251;
  unsigned phase = 0;
  while (left > 0) {
    size_t want = left < chunk ? left : chunk;
    ssize_t put = write(fd, pattern + phase, want);
    if (put <= 0) return 1;
    phase = (phase + put) % 251;
    left -= put;
  }
  return 0;
}
