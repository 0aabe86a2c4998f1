#include "check.h"

int main(void) {
  char buffer[64];
  uint32_t used;
  make_file("f", "x");
  make_directory("d");
  OK(path_symlink(PATH("f"), ROOT, PATH("link")));
  EQUAL(path_symlink(PATH("f"), ROOT, PATH("link")), E_EXIST);
  EQUAL(path_symlink(PATH("f"), ROOT, PATH("f")), E_EXIST);
  EQUAL(path_symlink(PATH("f"), ROOT, PATH("d")), E_EXIST);
  EQUAL(path_symlink(PATH("f"), ROOT, PATH("none/link")), E_NOENT);
  EQUAL(path_symlink(PATH("f"), ROOT, PATH("f/link")), E_NOTDIR);
  OK(path_symlink(PATH("no such/target at all"), ROOT, PATH("d/odd")));
  OK(path_readlink(ROOT, PATH("d/odd"), buffer, sizeof buffer, &used));
  EQUAL(used, 21);
  EQUAL(memcmp(buffer, "no such/target at all", 21), 0);
  // A trailing slash names a directory, and none is there.
  EITHER(path_symlink(PATH("f"), ROOT, PATH("new/")), E_NOENT, E_NOTDIR, E_INVAL);
  EQUAL(path_symlink(PATH("f"), ROOT, PATH("d/")), E_EXIST);
  EITHER(path_symlink(PATH(""), ROOT, PATH("empty")), E_NOENT, E_INVAL, SUCCESS);
  return finish();
}
