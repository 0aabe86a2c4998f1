#include "check.h"

int main(void) {
  make_file("f", "x");
  make_link("f", "link");
  make_link("nowhere", "dangling");
  OK(try_open(ROOT, FOLLOW, "link", 0, RIGHT_READ));
  EQUAL(try_open(ROOT, 0, "link", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, 0, "link", 0, RIGHT_WRITE), E_LOOP);
  EQUAL(try_open(ROOT, 0, "dangling", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, FOLLOW, "dangling", 0, RIGHT_READ), E_NOENT);
  EQUAL(try_open(ROOT, 0, "link", O_TRUNCATE, RIGHT_WRITE), E_LOOP);
  TRUE(holds("f", "x"));
  // The flag is about the last name only: links on the way are followed.
  make_directory("d");
  make_file("d/g", "y");
  make_link("d", "to-d");
  OK(try_open(ROOT, 0, "to-d/g", 0, RIGHT_READ));
  // So is a link that a trailing slash makes a directory on the way.
  EITHER(try_open(ROOT, 0, "to-d/", O_DIR, RIGHT_READ), SUCCESS, E_LOOP, E_NOTDIR);
  OK(try_open(ROOT, FOLLOW, "to-d/", O_DIR, RIGHT_READ));
  return finish();
}
