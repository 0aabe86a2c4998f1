#include "readdir.h"

// A pass from the start shows the directory as it is now.
int main(void) {
  static entry all[16];
  make_directory("d");
  uint32_t dir = OPEN("d", O_DIR);
  EQUAL(read_entries(dir, 4096, 0, all, 16), 2);
  make_file("d/new", "");
  uint32_t count = read_entries(dir, 4096, 0, all, 16);
  EQUAL(count, 3);
  TRUE(find_entry(all, count, "new") != NULL);
  OK(path_rename(ROOT, PATH("d/new"), ROOT, PATH("d/other")));
  count = read_entries(dir, 4096, 0, all, 16);
  EQUAL(count, 3);
  TRUE(find_entry(all, count, "new") == NULL);
  TRUE(find_entry(all, count, "other") != NULL);
  OK(path_unlink_file(ROOT, PATH("d/other")));
  EQUAL(read_entries(dir, 4096, 0, all, 16), 2);
  OK(fd_close(dir));
  return finish();
}
