// readdir-storm COUNT: a directory that grows while it is read; one of COUNT files read through a buffer that
// holds one entry; and its list taken by many descriptors at once.
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static char name[16];
static uint32_t named(const char *format, int number) { return (uint32_t)snprintf(name, sizeof name, format, number); }

static void make(uint32_t at, const char *format, int number) {
  uint32_t fd, length = named(format, number);
  NEED(path_open(at, 0, name, length, O_CREATE, RIGHT_WRITE, 0, 0, &fd));
  NEED(fd_close(fd));
}

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  int count = atoi(argv[1]);
  uint32_t used;
  static struct { wasi_dirent head; char name[16]; } one;

  make_directory("growing");
  uint32_t growing = OPEN("growing", O_DIR);
  for (int number = 0; number < 10; number++) make(growing, "g%d", number);
  uint64_t cookie = 0;
  int seen = 0;
  for (;;) {
    NEED(fd_readdir(growing, (void *)&one, sizeof one, cookie, &used));
    if (used < sizeof(wasi_dirent)) break;
    cookie = one.head.next;
    seen++;
    make(growing, "more%d", seen);
    if (seen > 1000) break;
  }
  EQUAL(seen, 12);  // as it was when the reading began, with "." and ".."

  make_directory("many");
  uint32_t many = OPEN("many", O_DIR);
  for (int number = 0; number < count; number++) make(many, "f%06d", number);
  cookie = 0;
  seen = 0;
  for (;;) {
    NEED(fd_readdir(many, (void *)&one, sizeof(wasi_dirent) + 7, cookie, &used));
    if (used < sizeof(wasi_dirent)) break;
    cookie = one.head.next;
    seen++;
  }
  EQUAL(seen, count + 2);
  // A buffer too small for any entry gets nowhere, and says so.
  NEED(fd_readdir(many, (void *)&one, 1, 5, &used));
  EQUAL(used, 1);
  NEED(fd_readdir(many, (void *)&one, sizeof one, UINT64_MAX, &used));
  EQUAL(used, 0);

  static uint32_t held[24];
  for (int number = 0; number < 24; number++) {
    held[number] = OPEN("many", O_DIR);
    NEED(fd_readdir(held[number], (void *)&one, sizeof one, 0, &used));
  }
  for (int number = 0; number < 24; number++) {
    NEED(fd_readdir(held[number], (void *)&one, sizeof one, (uint64_t)count, &used));
    TRUE(used >= sizeof(wasi_dirent));
  }
  return finish();
}
