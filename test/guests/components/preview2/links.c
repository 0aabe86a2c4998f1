// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// link-at: two names of one file, and what cannot be linked.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "one");
  NEED(make_directory(root, "d"), OK);
  EQUAL(make_link(root, 0, "f", root, "d/g"), OK);
  file_stat found;
  EQUAL(try_stat(root, 0, "d/g", &found), OK);
  EQUAL(found.links, 2);
  handle one = OPEN(root, "f", 0, READ | WRITE), two = OPEN(root, "d/g", 0, READ);
  EQUAL(is_same_object(one, two), 1);
  NEED(write_to(one, "ONE", 0), OK);
  TRUE(holds(root, "d/g", "ONE"));
  descriptor_drop(one);
  descriptor_drop(two);
  EQUAL(unlink_file(root, "f"), OK);
  TRUE(holds(root, "d/g", "ONE"));
  EQUAL(try_stat(root, 0, "d/g", &found), OK);
  EQUAL(found.links, 1);

  make_file(root, "f", "");
  EQUAL(make_link(root, 0, "f", root, "d/g"), EXIST);
  EQUAL(make_link(root, 0, "none", root, "x"), NO_ENTRY);
  EQUAL(make_link(root, 0, "f", root, "none/x"), NO_ENTRY);
  EQUAL(make_link(root, 0, "d", root, "x"), NOT_PERMITTED);
  EQUAL(make_link(root, FOLLOW, "f", root, "x"), INVALID);
  handle dir = OPEN(root, "d", OPEN_DIRECTORY, READ | MUTATE);
  EQUAL(make_link(dir, 0, "g", root, "h"), OK);
  EQUAL(make_link(dir, 0, "../f", root, "i"), NOT_PERMITTED);
  EQUAL(make_link(root, 0, "f", dir, "../i"), NOT_PERMITTED);
  descriptor_drop(dir);
}
