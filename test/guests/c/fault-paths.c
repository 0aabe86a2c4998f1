#include "fault.h"

int main(void) {
  char buffer[16];
  uint32_t count;
  wasi_filestat stat;
  make_file("f", "0123456789");
  for (int i = 0; i < WILD_POINTERS; i++) {
    const char *at = wild(i);
    FAULT(path_open(ROOT, 0, at, 8, 0, RIGHT_READ, 0, 0, &count));
    FAULT(path_create_directory(ROOT, at, 8));
    FAULT(path_filestat_get(ROOT, 0, at, 8, &stat));
    FAULT(path_filestat_set_times(ROOT, 0, at, 8, 0, 0, SET_ATIME));
    FAULT(path_link(ROOT, 0, at, 8, ROOT, PATH("g")));
    FAULT(path_link(ROOT, 0, PATH("f"), ROOT, at, 8));
    FAULT(path_readlink(ROOT, at, 8, buffer, sizeof buffer, &count));
    FAULT(path_remove_directory(ROOT, at, 8));
    FAULT(path_rename(ROOT, at, 8, ROOT, PATH("g")));
    FAULT(path_rename(ROOT, PATH("f"), ROOT, at, 8));
    FAULT(path_symlink(at, 8, ROOT, PATH("g")));
    FAULT(path_symlink(PATH("f"), ROOT, at, 8));
    FAULT(path_unlink_file(ROOT, at, 8));
  }
  FAULT(path_create_directory(ROOT, "name", 0x80000000u));
  FAULT(path_create_directory(ROOT, "name", 0xffffffffu));
  FAULT(fd_prestat_dir_name(ROOT, before_end(0), 1));
  EQUAL(type_of("g"), MISSING);
  TRUE(holds("f", "0123456789"));
  return finish();
}
