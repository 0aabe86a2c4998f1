#include "check.h"

int main(void) {
  make_directory("a");
  make_file("a/f", "F");
  OK(path_rename(ROOT, PATH("a"), ROOT, PATH("b")));
  EQUAL(type_of("a"), MISSING);
  TRUE(holds("b/f", "F"));
  // Over an empty directory, with slashes or without.
  make_directory("c");
  OK(path_rename(ROOT, PATH("b/"), ROOT, PATH("c/")));
  TRUE(holds("c/f", "F"));
  make_directory("full");
  make_file("full/x", "");
  EITHER(path_rename(ROOT, PATH("c"), ROOT, PATH("full")), E_NOTEMPTY, E_EXIST);
  make_file("file", "");
  EQUAL(path_rename(ROOT, PATH("c"), ROOT, PATH("file")), E_NOTDIR);
  EQUAL(path_rename(ROOT, PATH("file"), ROOT, PATH("c")), E_ISDIR);
  // A directory cannot move into itself.
  make_directory("c/sub");
  EQUAL(path_rename(ROOT, PATH("c"), ROOT, PATH("c/inside")), E_INVAL);
  EQUAL(path_rename(ROOT, PATH("c"), ROOT, PATH("c/sub/inside")), E_INVAL);
  EITHER(path_rename(ROOT, PATH("c/sub"), ROOT, PATH("c")), E_NOTEMPTY, E_EXIST);
  OK(path_rename(ROOT, PATH("c"), ROOT, PATH("c")));
  TRUE(holds("c/f", "F"));
  // A new name may end with a slash when it is a directory's.
  OK(path_rename(ROOT, PATH("c/sub"), ROOT, PATH("sub/")));
  EQUAL(type_of("sub"), TYPE_DIRECTORY);
  OK(path_rename(ROOT, PATH("sub"), ROOT, PATH("c/sub")));
  EQUAL(type_of("c/sub"), TYPE_DIRECTORY);
  EITHER(path_rename(ROOT, PATH("."), ROOT, PATH("x")), E_BUSY, E_INVAL);
  EITHER(path_rename(ROOT, PATH("c"), ROOT, PATH(".")), E_BUSY, E_INVAL, E_NOTEMPTY, E_EXIST);
  // A link to a directory is no directory.
  make_link("c", "link");
  make_directory("e");
  EQUAL(path_rename(ROOT, PATH("e"), ROOT, PATH("link")), E_NOTDIR);
  EQUAL(path_rename(ROOT, PATH("link"), ROOT, PATH("e")), E_ISDIR);
  return finish();
}
