// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// set-size: shorter, longer with zeros, and what has no size to set.
#include "wasi2.h"

static int size_to(handle file, u64 size) {
  done answer;
  file_set_size(file, size, &answer);
  return CODE(answer);
}

void test(void) {
  handle root = preopen("/");
  handle file = OPEN(root, "f", CREATE, READ | WRITE);
  NEED(write_to(file, "0123456789", 0), OK);
  EQUAL(size_to(file, 4), OK);
  TRUE(holds(root, "f", "0123"));
  EQUAL(size_to(file, 6), OK);
  was_read answer;
  file_read(file, 100, 0, &answer);
  EQUAL(answer.data.bytes, 6);
  TRUE(!memcmp(answer.data.at, "0123\0\0", 6));
  EQUAL(size_to(file, 0), OK);
  TRUE(holds(root, "f", ""));
  EQUAL(size_to(file, ~(u64)0), INVALID);
  descriptor_drop(file);
  file = OPEN(root, "f", 0, READ);
  EQUAL(size_to(file, 1), INVALID);
  EQUAL(size_to(root, 0), BAD_DESCRIPTOR);
}
