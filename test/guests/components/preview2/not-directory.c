// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// A file is no directory: all functions that take a path say so.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  make_file(root, "f", "");
  handle file = OPEN(root, "f", 0, READ | WRITE);
  file_stat found;
  hashed hash;
  done answer;
  EQUAL(try_open(file, 0, "x", CREATE, WRITE), NOT_DIRECTORY);
  EQUAL(try_stat(file, 0, "x", &found), NOT_DIRECTORY);
  hash_at(file, 0, PATH("x"), &hash);
  EQUAL(CODE(hash), NOT_DIRECTORY);
  set_times_at(file, 0, PATH("x"), NOW, 0, 0, NOW, 0, 0, &answer);
  EQUAL(CODE(answer), NOT_DIRECTORY);
  EQUAL(make_directory(file, "x"), NOT_DIRECTORY);
  EQUAL(remove_directory(file, "x"), NOT_DIRECTORY);
  EQUAL(unlink_file(file, "x"), NOT_DIRECTORY);
  EQUAL(try_readlink(file, "x", ""), NOT_DIRECTORY);
  EQUAL(make_symlink(file, "y", "x"), NOT_DIRECTORY);
  EQUAL(make_link(file, 0, "x", root, "y"), NOT_DIRECTORY);
  EQUAL(make_link(root, 0, "f", file, "y"), NOT_DIRECTORY);
  EQUAL(move(file, "x", root, "y"), NOT_DIRECTORY);
  EQUAL(move(root, "f", file, "y"), NOT_DIRECTORY);
}
