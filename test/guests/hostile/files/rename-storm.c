// rename-storm ROUNDS: renames over itself, in circles, over others, directories under each other and under
// themselves, files of the image too if there are any; ROUNDS 0 goes on for ever. What is left must be what
// went in.
#include <stdlib.h>

#include "check.h"

int main(int argc, char **argv) {
  if (argc != 2) return 64;
  int rounds = atoi(argv[1]);
  make_directory("x");
  make_directory("x/y");
  make_directory("z");
  make_file("a", "a");
  make_file("b", "b");
  for (int round = 0; rounds == 0 || round < rounds; round++) {
    OK(path_rename(ROOT, PATH("a"), ROOT, PATH("a")));
    OK(path_rename(ROOT, PATH("a"), ROOT, PATH("c")));
    OK(path_rename(ROOT, PATH("b"), ROOT, PATH("a")));
    OK(path_rename(ROOT, PATH("c"), ROOT, PATH("b")));
    EQUAL(path_rename(ROOT, PATH("x"), ROOT, PATH("x/y/x")), E_INVAL);
    EQUAL(path_rename(ROOT, PATH("x"), ROOT, PATH("x/y")), E_INVAL);
    EITHER(path_rename(ROOT, PATH("x/y"), ROOT, PATH("x")), E_NOTEMPTY, E_EXIST);
    OK(path_rename(ROOT, PATH("x/y"), ROOT, PATH("z/y")));
    OK(path_rename(ROOT, PATH("x"), ROOT, PATH("z/y/x")));
    OK(path_rename(ROOT, PATH("z/y"), ROOT, PATH("y")));
    OK(path_rename(ROOT, PATH("y/x"), ROOT, PATH("x")));
    OK(path_rename(ROOT, PATH("y"), ROOT, PATH("x/y")));
    EQUAL(path_rename(ROOT, PATH("a"), ROOT, PATH("x")), E_ISDIR);
    EQUAL(path_rename(ROOT, PATH("x"), ROOT, PATH("a")), E_NOTDIR);
    make_file("d", "d");
    OK(path_rename(ROOT, PATH("d"), ROOT, PATH("a")));
    OK(path_link(ROOT, 0, PATH("b"), ROOT, PATH("d")));
    OK(path_rename(ROOT, PATH("d"), ROOT, PATH("b")));  // the same file: both names stay
    OK(path_unlink_file(ROOT, PATH("d")));
  }
  TRUE(holds("a", "d"));
  TRUE(holds("b", rounds % 2 ? "a" : rounds == 0 ? "b" : "d"));
  EQUAL(type_of("x/y"), TYPE_DIRECTORY);
  EQUAL(type_of("c"), MISSING);
  EQUAL(type_of("d"), MISSING);
  OK(path_unlink_file(ROOT, PATH("a")));
  OK(path_unlink_file(ROOT, PATH("b")));
  OK(path_remove_directory(ROOT, PATH("x/y")));
  OK(path_remove_directory(ROOT, PATH("x")));
  OK(path_remove_directory(ROOT, PATH("z")));
  return finish();
}
