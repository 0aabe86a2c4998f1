#include "check.h"

int main(void) {
  wasi_filestat stat;
  make_file("f", "x");
  make_directory("d");
  make_link("d", "link");
  make_link("f", "flink");
  OK(path_filestat_get(ROOT, 0, PATH("d/"), &stat));
  OK(path_filestat_get(ROOT, 0, PATH("d///"), &stat));
  OK(path_filestat_get(ROOT, 0, PATH("d/."), &stat));
  EQUAL(path_filestat_get(ROOT, 0, PATH("f/"), &stat), E_NOTDIR);
  EQUAL(path_filestat_get(ROOT, 0, PATH("f/."), &stat), E_NOTDIR);
  EQUAL(path_filestat_get(ROOT, FOLLOW, PATH("flink/"), &stat), E_NOTDIR);
  OK(path_filestat_get(ROOT, FOLLOW, PATH("link/"), &stat));
  EQUAL(stat.type, TYPE_DIRECTORY);
  EQUAL(path_filestat_get(ROOT, 0, PATH("none/"), &stat), E_NOENT);
  EQUAL(try_open(ROOT, 0, "f/", 0, RIGHT_READ), E_NOTDIR);
  EQUAL(try_open(ROOT, 0, "f/", 0, RIGHT_WRITE), E_NOTDIR);
  OK(try_open(ROOT, 0, "d/", O_DIR, RIGHT_READ));
  OK(try_open(ROOT, 0, "d//", 0, RIGHT_READ));
  return finish();
}
