// world: tests
// wit: world.wit
// wasi: io cli clocks filesystem random sockets
// build: -mexec-model=reactor -nostartfiles -Wl,--no-entry
// run: {"stdin":"hello, world"}
// stdin: read, blocking-read and skip to its end, which is "closed".
#include "wasi2.h"

void test(void) {
  handle in = get_stdin();
  stream_bytes answer;
  input_read(in, 0, &answer);
  EQUAL(STREAM(answer), OK);
  EQUAL(answer.data.bytes, 0);
  input_blocking_read(in, 5, &answer);
  EQUAL(STREAM(answer), OK);
  EQUAL(answer.data.bytes, 5);
  TRUE(!memcmp(answer.data.at, "hello", 5));
  stream_count count;
  input_blocking_skip(in, 2, &count);
  EQUAL(STREAM(count), OK);
  EQUAL(count.value, 2);
  handle ready = input_subscribe(in);
  pollable_block(ready);
  EQUAL(pollable_ready(ready), 1);
  input_read(in, 3, &answer);
  EQUAL(STREAM(answer), OK);
  TRUE(answer.data.bytes == 3 && !memcmp(answer.data.at, "wor", 3));
  input_blocking_read(in, ~(u64)0, &answer);
  EQUAL(STREAM(answer), OK);
  TRUE(answer.data.bytes == 2 && !memcmp(answer.data.at, "ld", 2));
  input_blocking_read(in, 10, &answer);
  EQUAL(STREAM(answer), CLOSED);
  pollable_block(ready);
  EQUAL(pollable_ready(ready), 1);
  input_read(in, 10, &answer);
  EQUAL(STREAM(answer), CLOSED);
  input_skip(in, 10, &count);
  EQUAL(STREAM(count), CLOSED);
  input_blocking_skip(in, 10, &count);
  EQUAL(STREAM(count), CLOSED);
  pollable_drop(ready);
  input_drop(in);
  // Another handle is on the same stream.
  in = get_stdin();
  input_blocking_read(in, 1, &answer);
  EQUAL(STREAM(answer), CLOSED);
}
