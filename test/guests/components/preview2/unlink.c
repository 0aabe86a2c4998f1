// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// unlink-file-at: files and links, never directories; an open file lives on.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "still here");
  NEED(make_directory(root, "d"), OK);
  handle file = OPEN(root, "f", 0, READ | WRITE);
  EQUAL(unlink_file(root, "f"), OK);
  EQUAL(unlink_file(root, "f"), NO_ENTRY);
  EQUAL(type_at(root, "f"), -100 - NO_ENTRY);
  was_read answer;
  file_read(file, 100, 0, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 10);
  EQUAL(write_to(file, "more", 10), OK);
  statted found;
  stat_of(file, &found);
  EQUAL(CODE(found), OK);
  EQUAL(found.value.size, 14);
  EQUAL(found.value.links, 0);
  descriptor_drop(file);
  EQUAL(unlink_file(root, "d"), IS_DIRECTORY);
  EQUAL(unlink_file(root, "d/"), IS_DIRECTORY);
  EQUAL(unlink_file(root, "none/x"), NO_ENTRY);
  make_file(root, "f", "");
  EQUAL(unlink_file(root, "f/x"), NOT_DIRECTORY);
  EQUAL(unlink_file(root, "f/"), NOT_DIRECTORY);
  EQUAL(unlink_file(root, "f"), OK);
}
