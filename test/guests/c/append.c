#include "check.h"

int main(void) {
  make_file("log", "one\n");
  uint32_t a = OPEN_WITH("log", 0, FD_APPEND);
  uint32_t b = OPEN_WITH("log", 0, FD_APPEND);
  write_text(a, "two\n");
  write_text(b, "three\n");
  write_text(a, "four\n");
  TRUE(holds("log", "one\ntwo\nthree\nfour\n"));

  // A seek moves only the reading.
  uint64_t position;
  OK(fd_seek(a, 0, FROM_START, &position));
  char buffer[4];
  EQUAL(read_all(a, buffer, 4), 4);
  EQUAL(memcmp(buffer, "one\n", 4), 0);
  write_text(a, "five\n");
  TRUE(holds("log", "one\ntwo\nthree\nfour\nfive\n"));

  // After the file has shrunk the end is where it is now.
  OK(fd_filestat_set_size(b, 4));
  write_text(a, "2\n");
  TRUE(holds("log", "one\n2\n"));
  OK(fd_close(a));
  OK(fd_close(b));

  // With O_CREATE a missing file is made.
  uint32_t fresh = OPEN_WITH("new", O_CREATE | O_EXCLUSIVE, FD_APPEND);
  write_text(fresh, "x");
  write_text(fresh, "y");
  OK(fd_close(fresh));
  TRUE(holds("new", "xy"));
  // And with O_TRUNCATE an old one begins anew.
  uint32_t anew = OPEN_WITH("new", O_TRUNCATE, FD_APPEND);
  write_text(anew, "z");
  OK(fd_close(anew));
  TRUE(holds("new", "z"));
  return finish();
}
