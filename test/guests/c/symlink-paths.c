#include "check.h"

int main(void) {
  wasi_filestat stat, target;
  make_directory("d");
  make_directory("d/e");
  make_file("d/f", "text");
  make_link("d", "to-d");
  make_link("d/f", "to-f");
  make_link("../f", "d/e/up");
  make_link("to-d/e", "two");
  TRUE(holds("to-f", "text"));
  TRUE(holds("to-d/f", "text"));
  TRUE(holds("d/e/up", "text"));
  TRUE(holds("to-d/e/up", "text"));
  TRUE(holds("two/up", "text"));

  OK(path_filestat_get(ROOT, 0, PATH("to-f"), &stat));
  EQUAL(stat.type, TYPE_LINK);
  EQUAL(stat.size, 3);
  OK(path_filestat_get(ROOT, FOLLOW, PATH("to-f"), &stat));
  OK(path_filestat_get(ROOT, 0, PATH("d/f"), &target));
  EQUAL(stat.ino, target.ino);
  EQUAL(stat.type, TYPE_REGULAR);

  // Names are made on the other side of a link.
  make_file("to-d/new", "n");
  TRUE(holds("d/new", "n"));
  OK(path_create_directory(ROOT, PATH("to-d/sub")));
  EQUAL(type_of("d/sub"), TYPE_DIRECTORY);
  OK(path_rename(ROOT, PATH("to-d/new"), ROOT, PATH("two/moved")));
  TRUE(holds("d/e/moved", "n"));
  OK(path_unlink_file(ROOT, PATH("two/moved")));
  EQUAL(type_of("d/e/moved"), MISSING);

  // The name of a link goes, its target stays.
  OK(path_unlink_file(ROOT, PATH("to-f")));
  TRUE(holds("d/f", "text"));
  EQUAL(path_remove_directory(ROOT, PATH("to-d")), E_NOTDIR);
  OK(path_unlink_file(ROOT, PATH("to-d")));
  EQUAL(type_of("d"), TYPE_DIRECTORY);
  return finish();
}
