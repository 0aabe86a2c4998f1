#include "check.h"

int main(void) {
  wasi_filestat stat, target;
  make_file("f", "text");
  make_directory("d");
  make_link("f", "link");

  OK(path_filestat_set_times(ROOT, 0, PATH("f"), 11, 1500000000000000003, SET_ATIME | SET_MTIME));
  OK(path_filestat_get(ROOT, 0, PATH("f"), &stat));
  EQUAL(stat.atime, 11);
  EQUAL(stat.mtime, 1500000000000000003);

  OK(path_filestat_set_times(ROOT, 0, PATH("d"), 21, 22, SET_ATIME | SET_MTIME));
  OK(path_filestat_get(ROOT, 0, PATH("d"), &stat));
  EQUAL(stat.mtime, 22);

  // Through the link with the flag, on the link itself without.
  OK(path_filestat_set_times(ROOT, FOLLOW, PATH("link"), 31, 32, SET_ATIME | SET_MTIME));
  OK(path_filestat_get(ROOT, 0, PATH("f"), &target));
  EQUAL(target.mtime, 32);
  OK(path_filestat_set_times(ROOT, 0, PATH("link"), 41, 42, SET_ATIME | SET_MTIME));
  OK(path_filestat_get(ROOT, 0, PATH("link"), &stat));
  EQUAL(stat.type, TYPE_LINK);
  EQUAL(stat.mtime, 42);
  OK(path_filestat_get(ROOT, FOLLOW, PATH("link"), &stat));
  EQUAL(stat.mtime, 32);

  EQUAL(path_filestat_set_times(ROOT, 0, PATH("f"), 1, 1, SET_ATIME | NOW_ATIME), E_INVAL);
  EQUAL(path_filestat_set_times(ROOT, 0, PATH("f"), 1, 1, SET_MTIME | NOW_MTIME), E_INVAL);
  EQUAL(path_filestat_set_times(ROOT, 0, PATH("none"), 1, 1, SET_MTIME), E_NOENT);
  EQUAL(path_filestat_set_times(ROOT, 0, PATH("f/"), 1, 1, SET_MTIME), E_NOTDIR);
  OK(path_filestat_set_times(ROOT, 0, PATH("d/"), 1, 52, SET_MTIME));
  OK(path_filestat_get(ROOT, 0, PATH("d"), &stat));
  EQUAL(stat.mtime, 52);
  make_link("nowhere", "dangling");
  EQUAL(path_filestat_set_times(ROOT, FOLLOW, PATH("dangling"), 1, 1, SET_MTIME), E_NOENT);
  return finish();
}
