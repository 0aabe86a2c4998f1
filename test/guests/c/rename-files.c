#include "check.h"

int main(void) {
  make_file("a", "A");
  OK(path_rename(ROOT, PATH("a"), ROOT, PATH("b")));
  EQUAL(type_of("a"), MISSING);
  TRUE(holds("b", "A"));
  make_file("c", "C");
  OK(path_rename(ROOT, PATH("b"), ROOT, PATH("c")));
  EQUAL(type_of("b"), MISSING);
  TRUE(holds("c", "A"));
  // Onto itself, by one name or two, nothing happens.
  OK(path_rename(ROOT, PATH("c"), ROOT, PATH("c")));
  TRUE(holds("c", "A"));
  OK(path_link(ROOT, 0, PATH("c"), ROOT, PATH("twin")));
  OK(path_rename(ROOT, PATH("c"), ROOT, PATH("twin")));
  EQUAL(type_of("c"), TYPE_REGULAR);
  EQUAL(type_of("twin"), TYPE_REGULAR);

  EQUAL(path_rename(ROOT, PATH("none"), ROOT, PATH("x")), E_NOENT);
  EQUAL(path_rename(ROOT, PATH("c"), ROOT, PATH("none/x")), E_NOENT);
  EQUAL(path_rename(ROOT, PATH("c"), ROOT, PATH("twin/x")), E_NOTDIR);
  EQUAL(path_rename(ROOT, PATH("twin/x"), ROOT, PATH("y")), E_NOTDIR);
  make_directory("d");
  EQUAL(path_rename(ROOT, PATH("c"), ROOT, PATH("d")), E_ISDIR);
  EQUAL(path_rename(ROOT, PATH("c/"), ROOT, PATH("x")), E_NOTDIR);
  EITHER(path_rename(ROOT, PATH("c"), ROOT, PATH("x/")), E_NOTDIR, E_NOENT);
  EQUAL(type_of("c"), TYPE_REGULAR);

  // Links move as they are, and are replaced as they are.
  make_link("c", "link");
  OK(path_rename(ROOT, PATH("link"), ROOT, PATH("d/link")));
  EQUAL(type_of("d/link"), TYPE_LINK);
  make_link("c", "over");
  make_file("n", "N");
  OK(path_rename(ROOT, PATH("n"), ROOT, PATH("over")));
  EQUAL(type_of("over"), TYPE_REGULAR);
  TRUE(holds("c", "A"));

  uint32_t dir = OPEN("d", O_DIR);
  OK(path_rename(ROOT, PATH("over"), dir, PATH("moved")));
  TRUE(holds("d/moved", "N"));
  OK(path_rename(dir, PATH("moved"), ROOT, PATH("back")));
  TRUE(holds("back", "N"));
  OK(fd_close(dir));
  return finish();
}
