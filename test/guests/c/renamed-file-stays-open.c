#include "check.h"

int main(void) {
  make_directory("a");
  make_directory("b");
  make_file("a/f", "one ");
  uint32_t dir = OPEN("a", O_DIR);
  uint32_t fd = OPEN_WITH("a/f", 0, FD_APPEND);
  OK(path_rename(ROOT, PATH("a/f"), ROOT, PATH("b/g")));
  write_text(fd, "two ");
  TRUE(holds("b/g", "one two "));
  // An open directory moves with its name.
  OK(path_rename(ROOT, PATH("a"), ROOT, PATH("b/inner")));
  uint32_t made = open_at_line(__LINE__, dir, "made", O_CREATE, 0);
  write_text(made, "here");
  OK(fd_close(made));
  TRUE(holds("b/inner/made", "here"));
  // And what is below an open file's path may move too.
  OK(path_rename(ROOT, PATH("b"), ROOT, PATH("c")));
  write_text(fd, "three");
  OK(fd_close(fd));
  TRUE(holds("c/g", "one two three"));
  uint32_t again = open_at_line(__LINE__, dir, "made", 0, 0);
  OK(fd_close(again));
  OK(fd_close(dir));
  return finish();
}
