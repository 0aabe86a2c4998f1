// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// open-at: create, exclusive, truncate and directory, alone and together, on what is there and what is not.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  EQUAL(try_open(root, 0, "f", 0, READ), NO_ENTRY);
  EQUAL(try_open(root, 0, "f", CREATE | EXCLUSIVE, READ | WRITE), OK);
  EQUAL(try_open(root, 0, "f", CREATE | EXCLUSIVE, READ | WRITE), EXIST);
  EQUAL(try_open(root, 0, "f", CREATE, READ | WRITE), OK);
  make_file(root, "f", "contents");
  EQUAL(try_open(root, 0, "f", CREATE, WRITE), OK);
  TRUE(holds(root, "f", "contents"));
  EQUAL(try_open(root, 0, "f", TRUNCATE, WRITE), OK);
  TRUE(holds(root, "f", ""));
  EQUAL(try_open(root, 0, "none", TRUNCATE, WRITE), NO_ENTRY);

  NEED(make_directory(root, "d"), OK);
  EQUAL(try_open(root, 0, "d", 0, READ), OK);
  EQUAL(try_open(root, 0, "d", OPEN_DIRECTORY, READ), OK);
  EQUAL(try_open(root, 0, "d", OPEN_DIRECTORY, READ | MUTATE), OK);
  EQUAL(try_open(root, 0, "f", OPEN_DIRECTORY, READ), NOT_DIRECTORY);
  EQUAL(try_open(root, 0, "none", OPEN_DIRECTORY, READ), NO_ENTRY);
  EQUAL(try_open(root, 0, "d", 0, READ | WRITE), IS_DIRECTORY);
  EQUAL(try_open(root, 0, "d", CREATE | EXCLUSIVE, WRITE), EXIST);
  EQUAL(try_open(root, 0, "new", CREATE | OPEN_DIRECTORY, READ), INVALID);
  EQUAL(try_open(root, 0, "d", EXCLUSIVE | OPEN_DIRECTORY, READ), INVALID);
  EQUAL(try_open(root, 0, "d", TRUNCATE | OPEN_DIRECTORY, READ), INVALID);
  EQUAL(type_at(root, "new"), -100 - NO_ENTRY);

  // A link at the end is followed only with the flag for it, and an exclusive open never follows.
  make_file(root, "f", "contents");
  NEED(make_symlink(root, "f", "l"), OK);
  NEED(make_symlink(root, "d", "ld"), OK);
  EQUAL(try_open(root, 0, "l", 0, READ), LOOP);
  EQUAL(try_open(root, FOLLOW, "l", 0, READ), OK);
  EQUAL(try_open(root, FOLLOW, "ld", OPEN_DIRECTORY, READ), OK);
  EQUAL(try_open(root, FOLLOW, "l", CREATE | EXCLUSIVE, WRITE), EXIST);
  EQUAL(try_open(root, 0, "ld/x", CREATE, WRITE), OK);
  EQUAL(type_at(root, "d/x"), REGULAR_FILE);
}
