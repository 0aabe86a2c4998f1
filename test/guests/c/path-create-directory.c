#include "check.h"

int main(void) {
  OK(path_create_directory(ROOT, PATH("d")));
  EQUAL(type_of("d"), TYPE_DIRECTORY);
  EQUAL(path_create_directory(ROOT, PATH("d")), E_EXIST);
  EQUAL(path_create_directory(ROOT, PATH("d/")), E_EXIST);
  OK(path_create_directory(ROOT, PATH("d/e/")));
  EQUAL(type_of("d/e"), TYPE_DIRECTORY);
  EQUAL(path_create_directory(ROOT, PATH("x/y")), E_NOENT);
  make_file("f", "x");
  EQUAL(path_create_directory(ROOT, PATH("f")), E_EXIST);
  EQUAL(path_create_directory(ROOT, PATH("f/d")), E_NOTDIR);
  make_link("d", "link");
  make_link("nowhere", "dangling");
  EQUAL(path_create_directory(ROOT, PATH("link")), E_EXIST);
  EQUAL(path_create_directory(ROOT, PATH("dangling")), E_EXIST);
  EQUAL(type_of("nowhere"), MISSING);
  EQUAL(path_create_directory(ROOT, PATH(".")), E_EXIST);
  EQUAL(path_create_directory(ROOT, PATH("d/..")), E_EXIST);
  EQUAL(path_create_directory(ROOT, PATH("")), E_NOENT);
  return finish();
}
