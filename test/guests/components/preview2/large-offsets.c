// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// over: host
// A file of more than 4 GiB, of which two bytes are there: offsets are of 64 bits everywhere.
#include "wasi2.h"

void test(void) {
  handle root = preopen("/");
  handle file = OPEN(root, "big", CREATE, READ | WRITE);
  u64 far = ((u64)5 << 30) + 7;
  EQUAL(write_to(file, "far", far), OK);
  was_read answer;
  file_read(file, 10, far, &answer);
  EQUAL(CODE(answer), OK);
  EQUAL(answer.data.bytes, 3);
  TRUE(!memcmp(answer.data.at, "far", 3));
  statted found;
  stat_of(file, &found);
  EQUAL(found.value.size, far + 3);
  made stream;
  read_via_stream(file, far + 1, &stream);
  EQUAL(CODE(stream), OK);
  stream_bytes bytes;
  input_blocking_read(stream.value, 10, &bytes);
  EQUAL(STREAM(bytes), OK);
  TRUE(bytes.data.bytes == 2 && !memcmp(bytes.data.at, "ar", 2));
  input_drop(stream.value);
  write_via_stream(file, far + 3, &stream);
  EQUAL(CODE(stream), OK);
  stream_done wrote;
  output_blocking_write(stream.value, "ther", 4, &wrote);
  EQUAL(STREAM(wrote), OK);
  output_drop(stream.value);
  file_read(file, 10, far, &answer);
  TRUE(answer.data.bytes == 7 && !memcmp(answer.data.at, "farther", 7));
  done set;
  file_set_size(file, (u64)6 << 30, &set);
  EQUAL(CODE(set), OK);
  stat_of(file, &found);
  EQUAL(found.value.size, (u64)6 << 30);
  file_set_size(file, 0, &set);
  EQUAL(CODE(set), OK);
}
