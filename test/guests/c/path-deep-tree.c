#include "check.h"

// 60 directories deep, by one path and step by step.
int main(void) {
  static char path[400];
  uint32_t at = 0;
  for (int i = 0; i < 60; i++) {
    memcpy(path + at, "level", 5);
    at += 5;
    path[at] = 0;
    make_directory(path);
    path[at++] = '/';
  }
  strcpy(path + at, "f");
  make_file(path, "deep");
  TRUE(holds(path, "deep"));
  uint32_t dir = ROOT;
  for (int i = 0; i < 60; i++) {
    uint32_t next = open_at_line(__LINE__, dir, "level", O_DIR, 0);
    if (dir != ROOT) NEED(fd_close(dir));
    dir = next;
  }
  OK(try_open(dir, 0, "f", 0, RIGHT_READ));
  OK(path_unlink_file(dir, PATH("f")));
  OK(fd_close(dir));
  EQUAL(path_remove_directory(ROOT, PATH("level")), E_NOTEMPTY);
  path[at - 1] = 0;
  while (at > 0) {
    OK(path_remove_directory(ROOT, PATH(path)));
    at -= 6;
    if (at > 0) path[at - 1] = 0;
  }
  EQUAL(type_of("level"), MISSING);
  return finish();
}
