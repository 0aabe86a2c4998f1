// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// rename-at: files and directories, over what is there, and what cannot be.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "f");
  make_file(root, "g", "g");
  EQUAL(move(root, "f", root, "h"), OK);
  EQUAL(type_at(root, "f"), -100 - NO_ENTRY);
  EQUAL(move(root, "h", root, "g"), OK);
  TRUE(holds(root, "g", "f"));
  EQUAL(move(root, "g", root, "g"), OK);
  TRUE(holds(root, "g", "f"));
  EQUAL(move(root, "none", root, "x"), NO_ENTRY);
  EQUAL(move(root, "g", root, "none/x"), NO_ENTRY);

  NEED(make_directory(root, "d"), OK);
  NEED(make_directory(root, "empty"), OK);
  NEED(make_directory(root, "full"), OK);
  make_file(root, "d/in", "in");
  make_file(root, "full/in", "");
  EQUAL(move(root, "d", root, "full"), NOT_EMPTY);
  EQUAL(move(root, "d", root, "g"), NOT_DIRECTORY);
  EQUAL(move(root, "g", root, "d"), IS_DIRECTORY);
  EQUAL(move(root, "d", root, "d/below"), INVALID);
  EQUAL(move(root, "d", root, "empty"), OK);
  TRUE(holds(root, "empty/in", "in"));
  EQUAL(type_at(root, "d"), -100 - NO_ENTRY);
  EQUAL(move(root, "g/", root, "x"), NOT_DIRECTORY);

  handle one = OPEN(root, "empty", OPEN_DIRECTORY, READ | MUTATE), two = OPEN(root, "full", OPEN_DIRECTORY, READ | MUTATE);
  EQUAL(move(one, "in", two, "moved"), OK);
  TRUE(holds(root, "full/moved", "in"));
  EQUAL(move(one, "../g", two, "x"), NOT_PERMITTED);
  EQUAL(move(two, "moved", one, "../x"), NOT_PERMITTED);
  // An open file stays what it is.
  handle file = OPEN(two, "moved", 0, READ);
  EQUAL(move(two, "moved", one, "again"), OK);
  was_read answer;
  file_read(file, 10, 0, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 2);
}
