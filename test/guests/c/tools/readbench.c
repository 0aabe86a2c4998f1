// readbench WHAT PATH COUNT: does a call so many times and prints "<what> <ns per call, one decimal>",
// measured by the monotonic clock (so it needs the real one).
//
//   pread   64 bytes of PATH at positions that walk through its first 4 KiB
//   open    open, fstat, close
//   stat    stat
//   read    16 bytes from the start of PATH, with the seek before it
//   write   pwrite of 64 bytes into PATH
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char buffer[64];

static long long now(void) {
  struct timespec time;
  if (clock_gettime(CLOCK_MONOTONIC, &time) != 0) exit(2);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int one(char what, int fd, const char *path, int turn) {
  struct stat info;
  switch (what) {
    case 'p': return pread(fd, buffer, 64, turn * 64 % 4096) < 0;
    case 'w': return pwrite(fd, buffer, 64, turn * 64 % 4096) != 64;
    case 'r': return lseek(fd, 0, SEEK_SET) != 0 || read(fd, buffer, 16) < 0;
    case 's': return stat(path, &info) != 0;
    case 'o': {
      int opened = open(path, O_RDONLY);
      return opened < 0 || fstat(opened, &info) != 0 || close(opened) != 0;
    }
  }
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  const char *what = argv[1];
  const char *path = argv[2];
  int count = atoi(argv[3]);
  int fd = open(path, *what == 'w' ? O_RDWR : O_RDONLY);
  if (fd < 0 || count < 1) return 3;
  long long start = now();
  for (int turn = 0; turn < count; turn++) {
    if (one(*what, fd, path, turn)) {
      perror(what);
      return 4;
    }
  }
  long long tenths = (now() - start) * 10 / count;
  printf("%s %lld.%lld\n", what, tenths / 10, tenths % 10);
  return 0;
}
