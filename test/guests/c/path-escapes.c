#include "check.h"

// No way leads above an open directory.
static void outside(uint32_t dir, const char *path) {
  char buffer[64];
  uint32_t used;
  wasi_filestat stat;
  EQUAL(try_open(dir, FOLLOW, path, 0, RIGHT_READ), E_PERM);
  EQUAL(try_open(dir, FOLLOW, path, O_CREATE, RIGHT_WRITE), E_PERM);
  EQUAL(path_filestat_get(dir, FOLLOW, PATH(path), &stat), E_PERM);
  EQUAL(path_filestat_set_times(dir, FOLLOW, PATH(path), 0, 0, SET_ATIME), E_PERM);
  EQUAL(path_create_directory(dir, PATH(path)), E_PERM);
  EQUAL(path_readlink(dir, PATH(path), buffer, sizeof buffer, &used), E_PERM);
  EQUAL(path_remove_directory(dir, PATH(path)), E_PERM);
  EQUAL(path_unlink_file(dir, PATH(path)), E_PERM);
  EQUAL(path_symlink(PATH("x"), dir, PATH(path)), E_PERM);
  EQUAL(path_link(dir, 0, PATH(path), ROOT, PATH("stolen")), E_PERM);
  EQUAL(path_link(ROOT, 0, PATH("f"), dir, PATH(path)), E_PERM);
  EQUAL(path_rename(dir, PATH(path), ROOT, PATH("stolen")), E_PERM);
  EQUAL(path_rename(ROOT, PATH("f"), dir, PATH(path)), E_PERM);
}

int main(void) {
  make_file("f", "x");
  make_directory("d");
  make_directory("d/e");
  uint32_t dir = OPEN("d", O_DIR);
  outside(dir, "../f");
  outside(dir, "e/../../f");
  outside(dir, "e/../../d/e");
  outside(dir, "./../f");
  outside(dir, "/f");
  outside(dir, "/");
  outside(ROOT, "../etc");
  outside(ROOT, "d/../../etc");
  outside(ROOT, "/f");
  TRUE(holds("f", "x"));
  EQUAL(type_of("stolen"), MISSING);
  OK(fd_close(dir));
  return finish();
}
