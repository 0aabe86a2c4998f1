#include "check.h"

int main(void) {
  make_file("f", "x");
  make_directory("d");
  make_link("d", "to-d");
  make_link("f", "to-f");
  OK(try_open(ROOT, 0, "d", O_DIR, RIGHT_READ));
  OK(try_open(ROOT, 0, "d", 0, RIGHT_READ));
  OK(try_open(ROOT, 0, "d/", 0, RIGHT_READ));
  EQUAL(try_open(ROOT, 0, "f", O_DIR, RIGHT_READ), E_NOTDIR);
  EQUAL(try_open(ROOT, FOLLOW, "to-f", O_DIR, RIGHT_READ), E_NOTDIR);
  OK(try_open(ROOT, FOLLOW, "to-d", O_DIR, RIGHT_READ));
  EITHER(try_open(ROOT, 0, "to-d", O_DIR, RIGHT_READ), E_NOTDIR, E_LOOP);
  EQUAL(try_open(ROOT, 0, "none", O_DIR, RIGHT_READ), E_NOENT);
  // No directory is made by an open, and none is opened for writing.
  EITHER(try_open(ROOT, 0, "new", O_CREATE | O_DIR, RIGHT_READ), E_INVAL, E_NOENT, E_NOTDIR);
  EITHER(type_of("new"), MISSING, TYPE_REGULAR);
  EQUAL(try_open(ROOT, 0, "d", 0, RIGHT_READ | RIGHT_WRITE), E_ISDIR);
  EQUAL(try_open(ROOT, 0, "d", 0, RIGHT_WRITE), E_ISDIR);
  EITHER(try_open(ROOT, 0, "d", O_CREATE, RIGHT_WRITE | RIGHT_READ), E_ISDIR, E_EXIST);
  // From an open directory one walks on.
  make_directory("d/e");
  make_file("d/e/g", "deep");
  uint32_t d = OPEN("d", O_DIR);
  uint32_t e = open_at_line(__LINE__, d, "e", O_DIR, 0);
  uint32_t g = open_at_line(__LINE__, e, "g", 0, 0);
  char buffer[8];
  EQUAL(read_all(g, buffer, 8), 4);
  OK(fd_close(d));
  OK(try_open(e, 0, "g", 0, RIGHT_READ));
  OK(fd_close(e));
  OK(fd_close(g));
  return finish();
}
