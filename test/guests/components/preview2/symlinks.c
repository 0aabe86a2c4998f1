// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// symlink-at and readlink-at: any text that is not absolute; where links are followed and where not; circles.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "contents");
  NEED(make_directory(root, "d"), OK);
  EQUAL(make_symlink(root, "f", "l"), OK);
  EQUAL(make_symlink(root, "f", "l"), EXIST);
  EQUAL(make_symlink(root, "../f", "d/up"), OK);
  EQUAL(make_symlink(root, "no such", "dangling"), OK);
  EQUAL(make_symlink(root, "/f", "absolute"), NOT_PERMITTED);
  EQUAL(type_at(root, "absolute"), -100 - NO_ENTRY);
  EQUAL(try_readlink(root, "l", "f"), OK);
  EQUAL(try_readlink(root, "d/up", "../f"), OK);
  EQUAL(try_readlink(root, "dangling", "no such"), OK);
  EQUAL(try_readlink(root, "f", ""), INVALID);
  EQUAL(try_readlink(root, "d", ""), INVALID);
  EQUAL(try_readlink(root, "none", ""), NO_ENTRY);
  EQUAL(try_open(root, FOLLOW, "d/up", 0, READ), OK);
  EQUAL(try_open(root, 0, "d/up", 0, READ), LOOP);
  EQUAL(try_open(root, FOLLOW, "dangling", 0, READ), NO_ENTRY);

  NEED(make_symlink(root, "b", "a"), OK);
  NEED(make_symlink(root, "a", "b"), OK);
  EQUAL(try_open(root, FOLLOW, "a", 0, READ), LOOP);
  EQUAL(try_open(root, FOLLOW, "a/x", 0, READ), LOOP);
  file_stat found;
  EQUAL(try_stat(root, FOLLOW, "a", &found), LOOP);
  EQUAL(try_stat(root, 0, "a", &found), OK);

  // Links in the middle are followed always; removing and renaming is of the link itself.
  NEED(make_symlink(root, "d", "ld"), OK);
  make_file(root, "ld/x", "x");
  TRUE(holds(root, "d/x", "x"));
  EQUAL(remove_directory(root, "ld"), NOT_DIRECTORY);
  EQUAL(move(root, "l", root, "moved"), OK);
  EQUAL(try_readlink(root, "moved", "f"), OK);
  EQUAL(unlink_file(root, "moved"), OK);
  EQUAL(unlink_file(root, "ld"), OK);
  TRUE(holds(root, "f", "contents"));
  TRUE(holds(root, "d/x", "x"));
}
