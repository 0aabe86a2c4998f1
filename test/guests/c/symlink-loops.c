#include "check.h"

int main(void) {
  wasi_filestat stat;
  make_link("self", "self");
  make_link("b", "a");
  make_link("a", "b");
  EQUAL(try_open(ROOT, FOLLOW, "self", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, FOLLOW, "a", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, FOLLOW, "self/f", 0, RIGHT_READ), E_LOOP);
  EQUAL(try_open(ROOT, 0, "a/f", 0, RIGHT_READ), E_LOOP);
  EQUAL(path_filestat_get(ROOT, FOLLOW, PATH("self"), &stat), E_LOOP);
  EQUAL(path_filestat_set_times(ROOT, FOLLOW, PATH("a"), 0, 0, SET_ATIME), E_LOOP);
  EQUAL(path_create_directory(ROOT, PATH("a/d")), E_LOOP);
  EQUAL(path_unlink_file(ROOT, PATH("self/f")), E_LOOP);
  EQUAL(path_rename(ROOT, PATH("a/f"), ROOT, PATH("g")), E_LOOP);
  // The links themselves are files like others.
  OK(path_filestat_get(ROOT, 0, PATH("self"), &stat));
  EQUAL(stat.type, TYPE_LINK);
  OK(path_unlink_file(ROOT, PATH("self")));
  OK(path_rename(ROOT, PATH("a"), ROOT, PATH("c")));
  EQUAL(try_open(ROOT, FOLLOW, "b", 0, RIGHT_READ), E_NOENT);
  return finish();
}
