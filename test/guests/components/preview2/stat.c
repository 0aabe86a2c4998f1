// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// stat and stat-at: type, size and links of files, directories and links; both say the same.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "12345");
  NEED(make_directory(root, "d"), OK);
  NEED(make_symlink(root, "f", "l"), OK);
  NEED(make_symlink(root, "none", "dangling"), OK);
  file_stat one;
  EQUAL(try_stat(root, 0, "f", &one), OK);
  EQUAL(one.type, REGULAR_FILE);
  EQUAL(one.size, 5);
  EQUAL(one.links, 1);
  TRUE(one.accessed.some && one.modified.some && one.changed.some);
  TRUE(one.modified.value.nanoseconds < 1000000000);
  handle file = OPEN(root, "f", 0, READ);
  statted two;
  stat_of(file, &two);
  EQUAL(CODE(two), OK);
  EQUAL(two.value.type, one.type);
  EQUAL(two.value.size, one.size);
  EQUAL(two.value.links, one.links);
  EQUAL(two.value.modified.value.seconds, one.modified.value.seconds);
  EQUAL(two.value.modified.value.nanoseconds, one.modified.value.nanoseconds);
  descriptor_drop(file);
  EQUAL(try_stat(root, 0, "d", &one), OK);
  EQUAL(one.type, DIRECTORY);
  stat_of(root, &two);
  EQUAL(CODE(two), OK);
  EQUAL(two.value.type, DIRECTORY);
  EQUAL(try_stat(root, 0, ".", &one), OK);
  EQUAL(one.type, DIRECTORY);
  EQUAL(try_stat(root, 0, "l", &one), OK);
  EQUAL(one.type, SYMBOLIC_LINK);
  EQUAL(one.size, 1);
  EQUAL(try_stat(root, FOLLOW, "l", &one), OK);
  EQUAL(one.type, REGULAR_FILE);
  EQUAL(one.size, 5);
  EQUAL(try_stat(root, 0, "dangling", &one), OK);
  EQUAL(try_stat(root, FOLLOW, "dangling", &one), NO_ENTRY);
  EQUAL(try_stat(root, 0, "none", &one), NO_ENTRY);
  EQUAL(try_stat(root, 0, "f/x", &one), NOT_DIRECTORY);
  EQUAL(try_stat(root, 0, "f/", &one), NOT_DIRECTORY);
  EQUAL(try_stat(root, 0, "d/", &one), OK);
  EQUAL(try_stat(root, 0, "", &one), NO_ENTRY);
}
