// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host memory image
// descriptor.read and write: at offsets, past the end and past 2^32; the end is told; wrong descriptors.
#include "wasi2.h"

static int read_code(handle file, u64 count, u64 at) {
  was_read answer;
  file_read(file, count, at, &answer);
  return CODE(answer);
}

void test(void) {
  handle root = preopen("/");
  handle file = OPEN(root, "f", CREATE, READ | WRITE);
  EQUAL(write_to(file, "0123456789", 0), OK);
  EQUAL(write_to(file, "ab", 4), OK);
  EQUAL(write_to(file, "", 4), OK);
  was_read answer;
  file_read(file, 4, 3, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 4);
  TRUE(!memcmp(answer.data.at, "3ab6", 4));
  EQUAL(answer.end, 0);
  file_read(file, 100, 8, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 2);
  // The end has been seen, or the next read sees it.
  file_read(file, 100, 10, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 0);
  EQUAL(answer.end, 1);
  file_read(file, 100, 1000, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 0);
  EQUAL(answer.end, 1);
  file_read(file, 0, 0, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 0);

  // Past the end: zeros lie between.
  EQUAL(write_to(file, "z", 20), OK);
  file_read(file, 100, 9, &answer);
  EQUAL(answer.data.bytes, 12);
  TRUE(!memcmp(answer.data.at, "9\0\0\0\0\0\0\0\0\0\0z", 12));

  // No file goes so far.
  EQUAL(read_code(file, 10, (u64)1 << 40), OK);
  EQUAL(read_code(file, 10, ~(u64)0), INVALID);
  sized written;
  file_write(file, "x", 1, ~(u64)0, &written);
  EQUAL(written.failed, 1);
  TRUE(written.code == INVALID || written.code == FILE_TOO_LARGE);
  // A read of more than there could be.
  file_read(file, ~(u64)0, 0, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 21);
  descriptor_drop(file);

  file = OPEN(root, "f", 0, READ);
  EQUAL(write_to(file, "x", 0), BAD_DESCRIPTOR);
  descriptor_drop(file);
  file = OPEN(root, "f", 0, WRITE);
  EQUAL(read_code(file, 1, 0), BAD_DESCRIPTOR);
  EQUAL(write_to(file, "x", 0), OK);
  descriptor_drop(file);
  EQUAL(read_code(root, 1, 0), BAD_DESCRIPTOR);
  EQUAL(write_to(root, "x", 0), BAD_DESCRIPTOR);
}
