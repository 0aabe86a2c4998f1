#include "readdir.h"

// "The last entry is cut off where the buffer ends": a full buffer says that there is more.
int main(void) {
  static char whole[4096], cut[4096];
  make_directory("d");
  make_file("d/a-name-of-some-length", "");
  make_file("d/b", "");
  uint32_t dir = OPEN("d", O_DIR);
  uint32_t length = 0, used = 0;
  OK(fd_readdir(dir, whole, sizeof whole, 0, &length));
  EQUAL(length, 4 * 24 + 1 + 2 + 21 + 1);

  for (uint32_t size = 0; size <= length; size++) {
    memset(cut, 0x5a, sizeof cut);
    used = 9999;
    OK(fd_readdir(dir, cut, size, 0, &used));
    EQUAL(used, size);
    EQUAL(memcmp(cut, whole, size), 0);
    if (!EQUAL(cut[size], 0x5a)) break;
  }
  OK(fd_readdir(dir, cut, length + 1, 0, &used));
  EQUAL(used, length);
  OK(fd_close(dir));
  return finish();
}
