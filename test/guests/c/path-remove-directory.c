#include "check.h"

int main(void) {
  make_directory("d");
  make_directory("d/e");
  EQUAL(path_remove_directory(ROOT, PATH("d")), E_NOTEMPTY);
  OK(path_remove_directory(ROOT, PATH("d/e")));
  OK(path_remove_directory(ROOT, PATH("d/")));
  EQUAL(type_of("d"), MISSING);
  EQUAL(path_remove_directory(ROOT, PATH("d")), E_NOENT);
  make_file("f", "x");
  EQUAL(path_remove_directory(ROOT, PATH("f")), E_NOTDIR);
  EQUAL(path_remove_directory(ROOT, PATH("f/")), E_NOTDIR);
  make_directory("g");
  make_link("g", "link");
  EQUAL(path_remove_directory(ROOT, PATH("link")), E_NOTDIR);
  EITHER(path_remove_directory(ROOT, PATH("link/")), E_NOTDIR, E_INVAL, E_LOOP);
  EQUAL(type_of("g"), TYPE_DIRECTORY);
  EITHER(path_remove_directory(ROOT, PATH("g/.")), E_INVAL);
  EITHER(path_remove_directory(ROOT, PATH(".")), E_INVAL, E_BUSY);
  EQUAL(path_remove_directory(ROOT, PATH("")), E_NOENT);
  make_file("g/f", "");
  EQUAL(path_remove_directory(ROOT, PATH("g")), E_NOTEMPTY);
  EITHER(path_remove_directory(ROOT, PATH("g/..")), E_NOTEMPTY, E_INVAL, E_BUSY);
  EQUAL(type_of("g/f"), TYPE_REGULAR);
  return finish();
}
