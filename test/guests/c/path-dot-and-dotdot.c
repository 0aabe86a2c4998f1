#include "check.h"

int main(void) {
  make_directory("a");
  make_directory("a/b");
  make_file("a/f", "text");
  const char *same[] = {"a/f", "./a/f", "a/./f", "a/b/../f", "a//f", "a/b/../../a/f", "././a/b/.././f"};
  for (int i = 0; i < 7; i++) OK(try_open(ROOT, 0, same[i], 0, RIGHT_READ));
  // ".." does not cancel what is not there, or is no directory.
  EQUAL(try_open(ROOT, 0, "none/../a/f", 0, RIGHT_READ), E_NOENT);
  EQUAL(try_open(ROOT, 0, "a/f/../f", 0, RIGHT_READ), E_NOTDIR);
  OK(try_open(ROOT, 0, ".", O_DIR, RIGHT_READ));
  OK(try_open(ROOT, 0, "a/..", O_DIR, RIGHT_READ));
  OK(try_open(ROOT, 0, "a/b/../..", O_DIR, RIGHT_READ));
  // Of a link's target, not of its name.
  make_link("a/b", "jump");
  OK(try_open(ROOT, 0, "jump/../f", 0, RIGHT_READ));
  EQUAL(try_open(ROOT, 0, "jump/../a/f", 0, RIGHT_READ), E_NOENT);
  return finish();
}
