#include "check.h"

int main(void) {
  wasi_filestat stat;
  make_file("f", "x");
  EQUAL(try_open(ROOT, 0, "", 0, RIGHT_READ), E_NOENT);
  EQUAL(path_filestat_get(ROOT, 0, "", 0, &stat), E_NOENT);
  EQUAL(path_rename(ROOT, PATH("f"), ROOT, PATH("")), E_NOENT);
  EQUAL(path_rename(ROOT, PATH(""), ROOT, PATH("g")), E_NOENT);
  EQUAL(path_link(ROOT, 0, PATH("f"), ROOT, PATH("")), E_NOENT);
  EQUAL(path_symlink(PATH("f"), ROOT, PATH("")), E_NOENT);

  // The length counts, not a NUL: a name that holds one is no name.
  uint32_t fd;
  EITHER(path_open(ROOT, 0, "f\0g", 3, 0, RIGHT_READ, 0, 0, &fd), E_INVAL, E_ILSEQ, E_NOENT);
  EITHER(path_open(ROOT, 0, "f\0", 2, 0, RIGHT_READ, 0, 0, &fd), E_INVAL, E_ILSEQ, E_NOENT);
  EITHER(path_create_directory(ROOT, "d\0e", 3), E_INVAL, E_ILSEQ);
  EQUAL(type_of("d"), MISSING);
  // And what lies behind the length is not looked at.
  OK(path_filestat_get(ROOT, 0, "f-and-more", 1, &stat));
  EQUAL(stat.size, 1);
  return finish();
}
