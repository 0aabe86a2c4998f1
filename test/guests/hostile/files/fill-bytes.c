// fill-bytes ERRNO ROUNDS [holes]: fills the directory it is given until ERRNO, tries every way to get a byte
// more, and makes room again in ways that a count could get wrong. The room must be the same each time.
// `holes`: what was never written costs nothing there.
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static char block[65536];
static wasi_errno full;

static uint64_t fill(uint32_t fd) {
  uint64_t total = 0;
  for (;;) {
    uint32_t put = 0;
    wasi_errno error = write_once(fd, block, sizeof block, &put);
    if (error) {
      EQUAL(error, full);
      return total;
    }
    total += put;
  }
}

int main(int argc, char **argv) {
  if (argc < 3) return 64;
  wasi_errno hole = argc == 4 ? SUCCESS : (wasi_errno)atoi(argv[1]);
  full = (wasi_errno)atoi(argv[1]);
  int rounds = atoi(argv[2]);
  uint64_t room = 0;
  uint32_t put = 0;
  for (int round = 0; round < rounds; round++) {
    uint32_t fd = OPEN("big", O_CREATE | O_TRUNCATE);
    uint64_t total = fill(fd);
    if (round == 0) room = total;
    EQUAL(total, room);
    // Not one byte more, by any way.
    EQUAL(pwrite_once(fd, block, 1, total, &put), full);
    EQUAL(pwrite_once(fd, block, 1, total + (1 << 20), &put), full);
    EQUAL(fd_filestat_set_size(fd, total + 1), hole);
    EQUAL(fd_filestat_set_size(fd, total + (1ull << 40)), hole);
    OK(fd_filestat_set_size(fd, total));
    uint32_t other = OPEN_WITH("other", O_CREATE, FD_APPEND);
    EQUAL(write_once(other, block, 1, &put), full);
    OK(fd_close(other));
    // What is there may be written again.
    OK(pwrite_once(fd, block, sizeof block, 0, &put));
    EQUAL(put, sizeof block);
    switch (round % 4) {
      case 0: // cut
        OK(fd_filestat_set_size(fd, 0));
        break;
      case 1: // removed while open: the room comes back with the last descriptor
        OK(path_unlink_file(ROOT, PATH("big")));
        other = OPEN_WITH("other", O_CREATE, FD_APPEND);
        EQUAL(write_once(other, block, 1, &put), full);
        OK(fd_close(other));
        break;
      case 2: // replaced
        make_directory("d");
        OK(path_rename(ROOT, PATH("other"), ROOT, PATH("big")));
        OK(path_remove_directory(ROOT, PATH("d")));
        break;
      case 3: // opened with truncation by another name
        OK(path_link(ROOT, 0, PATH("big"), ROOT, PATH("twin")));
        OK(path_unlink_file(ROOT, PATH("big")));
        OK(fd_close(OPEN("twin", O_TRUNCATE)));
        OK(path_unlink_file(ROOT, PATH("twin")));
        break;
    }
    OK(fd_close(fd));
    (void)!path_unlink_file(ROOT, PATH("big"));
    (void)!path_unlink_file(ROOT, PATH("other"));
  }
  printf("%llu\n", (unsigned long long)room);
  return finish();
}
