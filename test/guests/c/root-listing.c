#include "readdir.h"

// The preopened root is read like any directory, however often.
int main(void) {
  static entry all[64];
  make_directory("one");
  make_file("two", "");
  for (int i = 0; i < 3; i++) {
    uint32_t count = read_entries(ROOT, 4096, 0, all, 64);
    TRUE(find_entry(all, count, "one") != NULL);
    TRUE(find_entry(all, count, "two") != NULL);
    TRUE(find_entry(all, count, ".") != NULL);
    TRUE(find_entry(all, count, "..") != NULL);
  }
  uint32_t again = OPEN(".", O_DIR);
  uint32_t count = read_entries(again, 64, 0, all, 64);
  TRUE(find_entry(all, count, "two") != NULL);
  OK(fd_close(again));
  return finish();
}
