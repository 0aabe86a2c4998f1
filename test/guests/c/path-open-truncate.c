#include "check.h"

int main(void) {
  const uint64_t rw = RIGHT_READ | RIGHT_WRITE;
  make_file("f", "content");
  OK(try_open(ROOT, 0, "f", 0, rw));
  TRUE(holds("f", "content"));
  OK(try_open(ROOT, 0, "f", O_CREATE, rw));
  TRUE(holds("f", "content"));
  OK(try_open(ROOT, 0, "f", O_TRUNCATE, rw));
  TRUE(holds("f", ""));
  EQUAL(try_open(ROOT, 0, "none", O_TRUNCATE, rw), E_NOENT);
  make_directory("d");
  EITHER(try_open(ROOT, 0, "d", O_TRUNCATE, rw), E_ISDIR, E_INVAL);

  // The file of another descriptor is cut as well.
  make_file("g", "0123456789");
  uint32_t fd = OPEN("g", 0);
  char buffer[4];
  EQUAL(read_all(fd, buffer, 4), 4);
  OK(try_open(ROOT, 0, "g", O_CREATE | O_TRUNCATE, RIGHT_WRITE));
  EQUAL(read_all(fd, buffer, 4), 0);
  OK(fd_close(fd));
  // An exclusive create that fails cuts nothing.
  make_file("h", "keep");
  EQUAL(try_open(ROOT, 0, "h", O_CREATE | O_EXCLUSIVE | O_TRUNCATE, rw), E_EXIST);
  TRUE(holds("h", "keep"));
  return finish();
}
