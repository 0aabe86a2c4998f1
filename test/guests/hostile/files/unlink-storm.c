// unlink-storm ERRNO: files without names, held open, are no way around a quota, and their room comes back;
// a name is made and removed many times while descriptors on former files of it are open.
#include <stdio.h>
#include <stdlib.h>

#include "check.h"

static char block[65536];

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  wasi_errno full = (wasi_errno)atoi(argv[1]);
  static uint32_t held[512];
  int most = 0;
  for (int round = 0; round < 5; round++) {
    int count = 0;
    uint32_t put = sizeof block;
    wasi_errno error = 0;
    while (count < 512 && !error && put == sizeof block) {
      held[count] = OPEN("f", O_CREATE | O_EXCLUSIVE);
      error = write_once(held[count++], block, sizeof block, &put);
      OK(path_unlink_file(ROOT, PATH("f")));
    }
    EITHER(error, full, SUCCESS);
    TRUE(count < 512);
    if (round == 0) most = count;
    EQUAL(count, most);
    // They grow no more than others.
    error = 0;
    for (int more = 0; more < 100 && !error; more++) error = pwrite_once(held[0], block, sizeof block, 65536 + more * 65536, &put);
    EQUAL(error, full);
    while (count-- > 0) OK(fd_close(held[count]));
  }
  for (int turn = 0; turn < 2000; turn++) {
    uint32_t fd = OPEN("f", O_CREATE);
    write_text(fd, "x");
    OK(path_unlink_file(ROOT, PATH("f")));
    OK(fd_close(fd));
  }
  return finish();
}
