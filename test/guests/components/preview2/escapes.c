// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// Ways out of a directory: `..`, absolute paths and links, by every function that takes a path.
#include "wasi2.h"

static handle root, dir;

static void all(const char *path) {
  file_stat found;
  hashed hash;
  done answer;
  EQUAL(try_open(dir, FOLLOW, path, 0, READ), NOT_PERMITTED);
  EQUAL(try_open(dir, FOLLOW, path, CREATE, WRITE), NOT_PERMITTED);
  EQUAL(try_stat(dir, FOLLOW, path, &found), NOT_PERMITTED);
  hash_at(dir, FOLLOW, PATH(path), &hash);
  EQUAL(CODE(hash), NOT_PERMITTED);
  set_times_at(dir, FOLLOW, PATH(path), NOW, 0, 0, NOW, 0, 0, &answer);
  EQUAL(CODE(answer), NOT_PERMITTED);
  EQUAL(make_directory(dir, path), NOT_PERMITTED);
  EQUAL(remove_directory(dir, path), NOT_PERMITTED);
  EQUAL(unlink_file(dir, path), NOT_PERMITTED);
  EQUAL(try_readlink(dir, path, ""), NOT_PERMITTED);
  EQUAL(make_symlink(dir, "x", path), NOT_PERMITTED);
  EQUAL(make_link(dir, 0, path, dir, "new"), NOT_PERMITTED);
  EQUAL(make_link(dir, 0, "in", dir, path), NOT_PERMITTED);
  EQUAL(move(dir, path, dir, "new"), NOT_PERMITTED);
  EQUAL(move(dir, "in", dir, path), NOT_PERMITTED);
}

void test(void) {
  root = preopen("/");
  make_file(root, "secret", "secret");
  NEED(make_directory(root, "d"), OK);
  NEED(make_directory(root, "d/e"), OK);
  dir = OPEN(root, "d", OPEN_DIRECTORY, READ | MUTATE);
  make_file(dir, "in", "");
  all("../secret");
  all("../new");
  all("/secret");
  all("e/../../secret");
  all("./../secret");
  all("e/../../d/in");
  // Links that lead out are links; following them is not permitted.
  file_stat found;
  NEED(make_symlink(dir, "..", "up"), OK);
  NEED(make_symlink(dir, "../secret", "out"), OK);
  NEED(make_symlink(dir, "../../secret", "e/far"), OK);
  EQUAL(try_open(dir, FOLLOW, "out", 0, READ), NOT_PERMITTED);
  EQUAL(try_open(dir, FOLLOW, "e/far", 0, READ), NOT_PERMITTED);
  EQUAL(try_open(dir, 0, "up/secret", 0, READ), NOT_PERMITTED);
  EQUAL(try_stat(dir, FOLLOW, "up", &found), NOT_PERMITTED);
  EQUAL(make_directory(dir, "up/new"), NOT_PERMITTED);
  EQUAL(unlink_file(dir, "up/secret"), NOT_PERMITTED);
  // A directory opened below itself is no way up either.
  handle deep = OPEN(dir, "e", OPEN_DIRECTORY, READ);
  EQUAL(try_open(deep, 0, "..", OPEN_DIRECTORY, READ), NOT_PERMITTED);
  EQUAL(try_open(dir, 0, "e/..", OPEN_DIRECTORY, READ), OK);
  TRUE(holds(root, "secret", "secret"));
}
