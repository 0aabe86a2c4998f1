// mischief KIND: ends badly, in one way of many, so that a host that runs it very often shows what it leaks.
//
//   leave        leaves with 3 in the middle of writing, with files and descriptors open
//   trap         leaves a file half written, then executes `unreachable`
//   loop         never ends
//   flood        writes 256 KiB to stdout and to stderr, more than anybody keeps
//   memory       takes memory until there is no more
//   descriptors  opens a file until there are no more descriptors, and closes none
//   stack        calls itself until the stack ends
//   files        makes files and directories until it may make no more
//   sleep        sleeps for a day
//   read         waits for input
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char block[65536];
volatile int turn;

static int half_written(void) {
  int fd = open("/half", O_CREAT | O_RDWR, 0644);
  if (fd < 0) return 1;
  if (write(fd, block, sizeof block) < 0) return 1;
  if (lseek(fd, 100000, SEEK_CUR) < 0) return 1;
  return write(fd, block, 10) == 10 ? 0 : 1;
}

static void flood(int fd) {
  for (int left = 4; left > 0; left--)
    if (write(fd, block, sizeof block) < 0) return;
}

__attribute__((noinline)) static int deeper(int depth) {
  if (turn < 0) return depth;
  return deeper(depth + 1) + deeper(depth - 1);
}

static int files(void) {
  char path[32];
  for (int made = 0;; made++) {
    snprintf(path, sizeof path, "/f%d", made);
    int fd = open(path, O_CREAT | O_WRONLY, 0644);
    if (fd < 0) return made > 0 ? 4 : 1;
    close(fd);
  }
}

int main(int argc, char **argv) {
  const char *kind = argc > 1 ? argv[1] : "leave";
  if (!strcmp(kind, "leave")) _exit(half_written() ? 1 : 3);
  if (!strcmp(kind, "trap")) {
    if (half_written()) return 1;
    __builtin_trap();
  }
  if (!strcmp(kind, "loop"))
    for (;;) turn++;
  if (!strcmp(kind, "flood")) {
    flood(1);
    flood(2);
    return 5;
  }
  if (!strcmp(kind, "memory")) {
    int got = 0;
    for (volatile char *more; (more = malloc(1 << 20)); got++) *more = 1;
    return got > 0 ? 6 : 1;
  }
  if (!strcmp(kind, "descriptors")) {
    int got = 0;
    if (half_written()) return 1;
    while (open("/half", O_RDONLY) >= 0) got++;
    return got > 0 ? 7 : 1;
  }
  if (!strcmp(kind, "stack")) return deeper(1) == 0;
  if (!strcmp(kind, "files")) return files();
  if (!strcmp(kind, "sleep")) {
    struct timespec day = {.tv_sec = 86400};
    return nanosleep(&day, NULL);
  }
  if (!strcmp(kind, "read")) return read(0, block, sizeof block) < 0;
  return 64;
}
