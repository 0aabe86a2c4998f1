// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// get-flags and get-type: what a descriptor was opened for, and what it is.
#include "wasi2.h"

static int flags_of(handle file) {
  done answer;
  file_flags(file, &answer);
  return answer.failed ? -100 - answer.code : answer.value;
}
static int type_of(handle file) {
  done answer;
  file_type(file, &answer);
  return answer.failed ? -100 - answer.code : answer.value;
}

void test(void) {
  handle root = preopen("/");
  EQUAL(type_of(root), DIRECTORY);
  EQUAL(flags_of(root), READ | MUTATE);
  make_file(root, "f", "");
  NEED(make_directory(root, "d"), OK);
  handle file = OPEN(root, "f", 0, READ);
  EQUAL(type_of(file), REGULAR_FILE);
  EQUAL(flags_of(file), READ);
  descriptor_drop(file);
  file = OPEN(root, "f", 0, WRITE);
  EQUAL(flags_of(file), WRITE);
  descriptor_drop(file);
  file = OPEN(root, "f", 0, READ | WRITE);
  EQUAL(flags_of(file), READ | WRITE);
  descriptor_drop(file);
  file = OPEN(root, "d", OPEN_DIRECTORY, READ | MUTATE);
  EQUAL(type_of(file), DIRECTORY);
  EQUAL(flags_of(file), READ | MUTATE);
  descriptor_drop(file);
  // What is written with the flags for it is on the disk, and it is said again.
  file = OPEN(root, "f", 0, WRITE | FILE_SYNC);
  EQUAL(write_to(file, "x", 0), OK);
  EQUAL(flags_of(file) & WRITE, WRITE);
  descriptor_drop(file);
  file = OPEN(root, "f", 0, READ | WRITE | DATA_SYNC);
  EQUAL(write_to(file, "y", 0), OK);
  descriptor_drop(file);
  TRUE(holds(root, "f", "y"));
}
