// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// create-directory-at and remove-directory-at, and paths below them.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  EQUAL(make_directory(root, "d"), OK);
  EQUAL(make_directory(root, "d"), EXIST);
  EQUAL(make_directory(root, "d/e"), OK);
  EQUAL(make_directory(root, "d/e/../e2"), OK);
  EQUAL(make_directory(root, "none/e"), NO_ENTRY);
  EQUAL(make_directory(root, "d/slash/"), OK);
  make_file(root, "f", "");
  EQUAL(make_directory(root, "f"), EXIST);
  EQUAL(make_directory(root, "f/x"), NOT_DIRECTORY);
  EQUAL(make_directory(root, ""), NO_ENTRY);
  EQUAL(remove_directory(root, "d"), NOT_EMPTY);
  EQUAL(remove_directory(root, "f"), NOT_DIRECTORY);
  EQUAL(remove_directory(root, "none"), NO_ENTRY);

  // Through a descriptor of the directory itself.
  handle dir = OPEN(root, "d", OPEN_DIRECTORY, READ | MUTATE);
  EQUAL(make_directory(dir, "mine"), OK);
  make_file(dir, "mine/f", "1");
  TRUE(holds(root, "d/mine/f", "1"));
  EQUAL(unlink_file(dir, "mine/f"), OK);
  EQUAL(remove_directory(dir, "mine"), OK);
  EQUAL(remove_directory(dir, "e"), OK);
  EQUAL(remove_directory(dir, "e2"), OK);
  EQUAL(remove_directory(dir, "slash/"), OK);
  EQUAL(remove_directory(root, "d"), OK);
  EQUAL(type_at(root, "d"), -100 - NO_ENTRY);
  // It is gone, but open: nothing can be made in it.
  EQUAL(make_directory(dir, "x"), NO_ENTRY);
  descriptor_drop(dir);
}
