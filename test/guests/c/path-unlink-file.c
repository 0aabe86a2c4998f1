#include "check.h"

int main(void) {
  make_file("f", "x");
  make_directory("d");
  OK(path_unlink_file(ROOT, PATH("f")));
  EQUAL(path_unlink_file(ROOT, PATH("f")), E_NOENT);
  EITHER(path_unlink_file(ROOT, PATH("d")), E_ISDIR, E_PERM, E_ACCES);
  EITHER(path_unlink_file(ROOT, PATH("d/")), E_ISDIR, E_PERM, E_ACCES, E_NOTDIR);
  EQUAL(type_of("d"), TYPE_DIRECTORY);
  make_file("g", "x");
  EQUAL(path_unlink_file(ROOT, PATH("g/")), E_NOTDIR);
  EQUAL(path_unlink_file(ROOT, PATH("g/f")), E_NOTDIR);
  EQUAL(path_unlink_file(ROOT, PATH("none/f")), E_NOENT);
  EQUAL(path_unlink_file(ROOT, PATH("")), E_NOENT);
  EQUAL(type_of("g"), TYPE_REGULAR);
  make_link("g", "link");
  make_link("d", "dirlink");
  EITHER(path_unlink_file(ROOT, PATH("link/")), E_NOTDIR);
  OK(path_unlink_file(ROOT, PATH("link")));
  EITHER(path_unlink_file(ROOT, PATH("dirlink/")), E_ISDIR, E_NOTDIR, E_PERM, E_LOOP);
  OK(path_unlink_file(ROOT, PATH("dirlink")));
  EQUAL(type_of("g"), TYPE_REGULAR);
  EQUAL(type_of("d"), TYPE_DIRECTORY);
  return finish();
}
